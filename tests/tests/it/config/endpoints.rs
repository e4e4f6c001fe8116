//! Lists of replicas, from a file.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use redress::config::{ConfigFile, EndpointsConfig, EndpointsTable, Format};
use redress::endpoints::{EndpointSnapshot, Endpoints};
use redress::{CircuitState, ErrorClass, Policies, breaker};

use super::File;

/// A file with a list of these replicas.
fn list(name: &str, breaker: &str, replicas: &[(&str, &str)]) -> String {
    let replicas: Vec<_> = replicas
        .iter()
        .map(|(name, address)| format!("{name} = '{address}'"))
        .collect();
    format!(
        "[endpoints.{name}]\nreplicas = {{ {} }}\ncircuit_breaker = {{ {breaker} }}\n",
        replicas.join(", ")
    )
}

fn search(replicas: &[(&str, &str)]) -> String {
    list("search", "", replicas)
}

/// Returns what is known of a replica.
fn seen<T, C>(list: &Endpoints<T, C>, name: &str) -> EndpointSnapshot {
    let snapshot = list.snapshot().into_iter();
    let mut named = snapshot.filter(|replica| replica.name == name);
    named.next().unwrap()
}

/// Lets attempts at a replica fail.
fn fail<T, C>(list: &Endpoints<T, C>, name: &str, times: u32) {
    let mut failed = 0;
    while failed < times {
        let replica = list.take();
        if replica.name() == name {
            replica.failure(ErrorClass::Transient);
            failed += 1;
        } else {
            replica.success();
        }
    }
}

/// A value that knows how often one was made before it, and of what.
#[derive(Debug, PartialEq)]
struct Client {
    number: u32,
    address: String,
}

/// Makes clients, and numbers them.
fn clients(table: &EndpointsTable<String>) -> (EndpointsTable<Client>, Arc<AtomicU32>) {
    let made = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&made);
    let make = move |address: &str| {
        if address == "nowhere" {
            return Err("there is no such place");
        }
        let number = counter.fetch_add(1, Ordering::Relaxed);
        let address = address.to_owned();
        Ok(Client { number, address })
    };
    (table.make(make).unwrap(), made)
}

/// Returns the number and the address of the client of a replica.
fn client(table: &EndpointsTable<Client>, name: &str) -> (u32, String) {
    let list = table.current();
    loop {
        let replica = list.take();
        if replica.name() == name {
            return (replica.number, replica.address.clone());
        }
    }
}

#[test]
fn each_replica_has_a_breaker_with_the_defaults_of_a_list() {
    let file = File::new(&search(&[("a", "10.0.0.1:80"), ("b", "10.0.0.2:80")]));
    let table = file.policies.endpoints("search").unwrap();
    assert_eq!(table.name(), "search");
    let list = table.current();
    fail(&list, "a", 2);
    assert_eq!(seen(&list, "a").state, CircuitState::Closed);
    fail(&list, "a", 1);
    assert_eq!(seen(&list, "a").state, CircuitState::Open);
    assert_eq!(seen(&list, "b").state, CircuitState::Closed);
    for _ in 0..100 {
        assert_eq!(list.take().as_str(), "10.0.0.2:80");
    }
    assert!(file.policies.names().is_empty());
}

#[test]
fn the_breaker_has_the_settings_of_the_file_and_the_defaults_of_a_list_for_others() {
    let settings = |breaker: &str| {
        let text = list("search", breaker, &[("a", "x")]);
        let file = ConfigFile::parse(Format::Toml, text).unwrap();
        let rows = file.endpoints()["search"].rows();
        let value = move |name: &str| {
            let name = format!("breaker.{name}");
            let mut rows = rows.iter();
            rows.find(|row| row.0 == name).map(|row| row.1.clone())
        };
        ["consecutive_failures", "failure_threshold", "recovery"]
            .map(|name| value(name).unwrap_or_default())
    };
    let fixed = |time: &str| format!("fixed(delay = {time})");
    assert_eq!(settings(""), ["3", "", &fixed("10s")]);
    assert_eq!(settings("recovery_timeout = '2s'"), ["3", "", &fixed("2s")]);
    assert_eq!(settings("failure_threshold = 4"), ["", "4", &fixed("10s")]);
    assert_eq!(
        settings("failure_rate = 0.5, minimum_calls = 9"),
        ["", "", &fixed("10s")]
    );
    assert_eq!(settings("proportional = 2"), ["", "", &fixed("10s")]);
    assert_eq!(
        settings("consecutive_failures = 5"),
        ["5", "", &fixed("10s")]
    );
    let recovery = settings("recovery_strategy = 'full_jitter(1m)'")[2].clone();
    assert!(recovery.contains("full_jitter"), "{recovery}");
}

#[test]
fn a_policy_of_the_file_goes_to_another_one_when_it_retries() {
    let text = "[policies.p]\nstrategy = 'instant()'\nmax_attempts = 3\n".to_owned();
    let file = File::new(&(text + &search(&[("a", "down"), ("b", "up")])));
    let table = file.policies.endpoints("search").unwrap();
    let policy = file.policies.get("p").unwrap();
    for _ in 0..100 {
        let list = table.current();
        let route = list.route();
        let outcome = policy.execute(|| {
            let replica = route.take();
            replica.record(match replica.as_str() {
                "up" => Ok(()),
                _ => super::failing(),
            })
        });
        assert!(outcome.stop_reason.is_none() && outcome.attempts <= 2);
    }
    assert!(seen(&table.current(), "a").failed);
}

#[test]
fn replicas_that_stay_go_on_with_what_is_known_of_them() {
    let file = File::new(&search(&[("a", "x"), ("b", "y"), ("c", "z")]));
    let (table, made) = clients(&file.policies.endpoints("search").unwrap());
    let before = table.current();
    fail(&before, "a", 3);
    let held = loop {
        let replica = before.take();
        if replica.name() == "b" {
            break replica;
        }
        replica.success();
    };
    let first = [client(&table, "b"), client(&table, "c")];
    // `d` is new, `c` is gone.
    let text = search(&[("a", "x"), ("b", "y"), ("d", "w")]);
    assert_eq!(file.reload(&text), "other endpoints `search`");
    assert_eq!(file.reload(&text), "changed nothing");
    let now = table.current();
    assert_eq!(seen(&now, "a").state, CircuitState::Open);
    assert_eq!(seen(&now, "b").in_flight, 1);
    let time = seen(&now, "b").usual_time;
    assert!(time.is_some() && time == seen(&before, "b").usual_time);
    assert_eq!(client(&table, "b"), first[0]);
    assert_eq!(client(&table, "d"), (3, "w".to_owned()));
    assert_eq!(made.load(Ordering::Relaxed), 4);
    let names: Vec<_> = now.snapshot().into_iter().map(|own| own.name).collect();
    assert_eq!(names, ["a", "b", "d"]);
    // A call that was on its way tells the same replica, and the list that it has is as it was.
    held.failure(ErrorClass::Transient);
    assert!(seen(&now, "b").failed);
    drop(held);
    assert_eq!(seen(&now, "b").in_flight, 0);
    assert_eq!(before.len(), 3);
}

#[test]
fn a_replica_at_another_address_is_another_one() {
    let file = File::new(&search(&[("a", "x"), ("b", "y")]));
    let (table, _) = clients(&file.policies.endpoints("search").unwrap());
    let before = table.current();
    fail(&before, "a", 3);
    file.reload(&search(&[("a", "elsewhere"), ("b", "y")]));
    let now = table.current();
    assert_eq!(seen(&now, "a").state, CircuitState::Closed);
    assert!(!seen(&now, "a").failed);
    assert_eq!(client(&table, "a"), (2, "elsewhere".to_owned()));
    assert_eq!(seen(&before, "a").state, CircuitState::Open);
}

#[test]
fn breakers_go_on_with_other_settings() {
    let replicas = [("a", "x"), ("b", "y"), ("c", "z")];
    let text = |failures: u32| {
        let breaker = format!("consecutive_failures = {failures}");
        list("search", &breaker, &replicas)
    };
    let file = File::new(&text(4));
    let table = file.policies.endpoints("search").unwrap();
    let before = table.current();
    fail(&before, "a", 4);
    fail(&before, "b", 2);
    assert_eq!(file.reload(&text(3)), "other endpoints `search`");
    let now = table.current();
    assert_eq!(seen(&now, "a").state, CircuitState::Open);
    assert_eq!(seen(&now, "b").state, CircuitState::Closed);
    // What it had counted counts, also for calls that have the list from before.
    fail(&before, "b", 1);
    assert_eq!(seen(&now, "b").state, CircuitState::Open);
}

#[test]
fn all_tables_of_a_list_share_what_is_known_of_its_replicas() {
    let file = File::new(&list("shared", "", &[("a", "x"), ("b", "y")]));
    let text = file.policies.endpoints("shared").unwrap();
    let (first, made) = clients(&text);
    let (second, _) = clients(&file.policies.endpoints("shared").unwrap());
    fail(&first.current(), "a", 3);
    assert!(seen(&second.current(), "a").ejected);
    assert!(seen(&text.current(), "a").ejected);
    let named = breaker::named();
    let names = named.iter().filter_map(|breaker| breaker.name());
    let names: Vec<_> = names.filter(|name| name.starts_with("shared/")).collect();
    assert_eq!(names, ["shared/a", "shared/b"]);
    // Nothing is made for a table that nobody has.
    drop(first);
    file.reload(&list("shared", "", &[("a", "x"), ("c", "z")]));
    assert_eq!(made.load(Ordering::Relaxed), 2);
    assert_eq!(client(&second, "c"), (2, "z".to_owned()));
}

#[test]
fn a_value_ends_with_the_last_list_that_has_it() {
    let file = File::new(&search(&[("a", "x"), ("b", "y")]));
    let alive = Arc::new(());
    let value = Arc::clone(&alive);
    let table = file.policies.endpoints("search").unwrap();
    let table = table.make(move |_| Ok::<_, Infallible>(Arc::clone(&value)));
    let table = table.unwrap();
    // One is in the function.
    assert_eq!(Arc::strong_count(&alive), 2 + 2);
    let held = table.current();
    file.reload(&search(&[("b", "y")]));
    assert_eq!(Arc::strong_count(&alive), 2 + 2);
    drop(held);
    assert_eq!(Arc::strong_count(&alive), 2 + 1);
    drop(table);
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn a_value_that_cannot_be_made_refuses_the_file_and_changes_nothing() {
    let text = |attempts: u32, replicas: &[(&str, &str)]| {
        format!("[policies.p]\nmax_attempts = {attempts}\n") + &search(replicas)
    };
    let good = [("a", "x"), ("b", "y")];
    let file = File::new(&text(3, &good));
    let addresses = file.policies.endpoints("search").unwrap();
    let (table, _) = clients(&addresses);
    let bad = [("a", "x"), ("c", "nowhere"), ("d", "nowhere")];
    let error = file.try_reload(&text(2, &bad)).unwrap_err();
    let told: Vec<_> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["c", "d"].map(|name| format!(
            "endpoints.search.replicas.{name}: cannot be used by the program: there is no such place"
        ))
    );
    let place = error.problems()[0].place().unwrap();
    assert_eq!(&error.text()[place.span()], "'nowhere'");
    assert_eq!((table.current().len(), addresses.current().len()), (2, 2));
    let handle = file.policies.get("p").unwrap();
    assert_eq!(handle.current().snapshot().max_attempts, Some(3));
    assert_eq!(client(&table, "b").1, "y");
    // It is read anew as if nothing had been.
    assert_eq!(
        file.reload(&text(2, &[("a", "x"), ("c", "z")])),
        "changed `p`, other endpoints `search`"
    );
    assert_eq!(client(&table, "c").1, "z");
}

#[test]
fn a_panic_of_the_users_function_is_a_mistake_in_the_file_and_no_more() {
    let file = File::new(&search(&[("a", "1")]));
    let table = file.policies.endpoints("search").unwrap();
    let numbers = table.make(|address| Ok::<_, Infallible>(address.parse::<u32>().unwrap()));
    let numbers = numbers.unwrap();
    let error = file.try_reload(&search(&[("a", "1"), ("b", "two")]));
    assert!(
        error
            .unwrap_err()
            .to_string()
            .ends_with("endpoints.search.replicas.b: cannot be used by the program: it panicked")
    );
    assert_eq!(numbers.current().len(), 1);
    file.reload(&search(&[("a", "1"), ("b", "2")]));
    assert_eq!(numbers.current().len(), 2);
}

#[test]
fn the_users_function_may_ask_the_policies_while_they_are_read_anew() {
    let file = File::new(&("[policies.p]\n".to_owned() + &search(&[("a", "x")])));
    let policies = file.policies.clone();
    let table = file.policies.endpoints("search").unwrap();
    let before = table.clone();
    let table = table.make(move |_| {
        let inner = policies.endpoints("search")?;
        let inner = inner.make(|_| Ok::<_, Infallible>(()))?;
        let list = policies
            .get("p")
            .map(|_| inner.current().len() + before.current().len());
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(list?)
    });
    let table = table.unwrap();
    file.reload(&search(&[("a", "x"), ("b", "y")]).replace("[end", "[policies.p]\n[end"));
    // While it ran, the list was that of before.
    let list = table.current();
    let values: Vec<usize> = (0..100).map(|_| *list.take()).collect();
    assert!(values.iter().all(|len| *len == 2), "{values:?}");
}

#[test]
fn what_is_gone_keeps_its_values_until_it_is_there_again() {
    let file = File::new(&search(&[("a", "x"), ("b", "y")]));
    let (table, made) = clients(&file.policies.endpoints("search").unwrap());
    fail(&table.current(), "a", 3);
    assert_eq!(
        file.reload("[policies.p]\n"),
        "added `p`, other endpoints `search`"
    );
    let error = file.policies.endpoints("search").unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no \"search\" among the `endpoints`: the file has none"
    );
    assert!(seen(&table.current(), "a").ejected);
    file.reload(&search(&[("a", "x"), ("c", "z")]));
    assert!(seen(&table.current(), "a").ejected);
    assert_eq!(client(&table, "c").0, 2);
    assert_eq!(made.load(Ordering::Relaxed), 3);
    // What nobody holds begins anew.
    drop(table);
    file.reload("[policies.p]\n");
    file.reload(&search(&[("a", "x")]));
    let table = file.policies.endpoints("search").unwrap();
    assert!(!seen(&table.current(), "a").ejected);
}

#[test]
fn a_bad_file_changes_nothing() {
    let file = File::new(&search(&[("a", "x"), ("b", "y")]));
    let (table, made) = clients(&file.policies.endpoints("search").unwrap());
    let bad = list("search", "window = 0", &[("c", "z")]);
    let error = file.try_reload(&bad).unwrap_err().to_string();
    assert!(
        error.contains("endpoints.search.circuit_breaker.window"),
        "{error}"
    );
    assert_eq!(table.current().len(), 2);
    assert_eq!(made.load(Ordering::Relaxed), 2);
}

/// Attempts on their way while the file changes are told to the replicas that stay, and to no other.
#[test]
fn reloads_lose_no_failure_and_no_attempt_of_callers_beside_them() {
    let text = |n: u32| {
        let breaker = format!("failure_threshold = 60000, window = '{}h'", n % 500 + 1);
        let other = format!("b{}", n % 3);
        list("storm", &breaker, &[("a", "x"), (&other, "y")])
    };
    let file = File::new(&text(0));
    let (table, _) = clients(&file.policies.endpoints("storm").unwrap());
    let (done, told) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        let list = table.current();
                        let replica = list.take();
                        replica.failure(ErrorClass::Transient);
                        if replica.name() == "a" {
                            told.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                })
            })
            .collect();
        // Tables that are made meanwhile have what the file says at last.
        let makers = scope.spawn(|| {
            let mut tables = Vec::new();
            while !done.load(Ordering::Relaxed) {
                tables.truncate(10);
                tables.push(clients(&file.policies.endpoints("storm").unwrap()).0);
            }
            tables
        });
        let reloads = scope.spawn(|| {
            let mut times = 0;
            while !done.load(Ordering::Relaxed) {
                times += 1;
                file.reload(&text(times));
            }
            file.reload(&text(1));
            times
        });
        for caller in callers {
            caller.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(reloads.join().unwrap() > 1);
        for table in makers.join().unwrap() {
            assert_eq!(table.current().snapshot()[1].name, "b1");
        }
    });
    let now = table.current().snapshot();
    assert!(now.iter().all(|replica| replica.in_flight == 0), "{now:?}");
    let named = breaker::named();
    let mut of_a = named.iter().filter(|own| own.name() == Some("storm/a"));
    let failures = of_a.next().unwrap().snapshot().failures;
    assert_eq!(failures, told.load(Ordering::Relaxed));
    assert!(failures > 0);
}

#[test]
fn another_classifier_judges_what_is_recorded() {
    let file = File::new(&search(&[("a", "x")]));
    let judged = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&judged);
    let classify = move |status: &u16| {
        log.lock().unwrap().push(*status);
        ErrorClass::Permanent
    };
    let table = file.policies.endpoints("search").unwrap();
    let table = table.make_classified(classify, |_| Ok::<_, Infallible>(()));
    let table = table.unwrap();
    let record = |status| {
        let list = table.current();
        list.take().record(Err::<(), u16>(status)).unwrap_err()
    };
    record(404);
    // As well after a reload.
    file.reload(&search(&[("b", "y")]));
    record(405);
    assert_eq!(*judged.lock().unwrap(), [404, 405]);
}

#[test]
fn it_is_a_serde_type() {
    for text in [
        r#"{"replicas": {"a": "10.0.0.1:80", "b": "10.0.0.2:80"}}"#,
        r#"{"replicas": {"a": "x"}, "circuit_breaker": {"window": "10s"}}"#,
    ] {
        let config: EndpointsConfig = serde_json::from_str(text).unwrap();
        let written = serde_json::to_value(&config).unwrap();
        let before: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(written, before);
    }
    let error = serde_json::from_str::<EndpointsConfig>(r#"{"replicas": {}}"#).unwrap_err();
    assert!(error.to_string().contains("has no replica"), "{error}");
}

#[test]
fn every_mistake_is_named_in_every_format() {
    let json = r#"{"endpoints": {"none": {}, "empty": {"replicas": {}}, "named": {"replicas": {"": "x", "a": " "},
        "circuit_breaker": "mine"}, "list": {"replicas": ["10.0.0.1:80"]}, "odd": {"replica": {"a": "x"}, "replicas":
        {"a": 80}, "circuit_breaker": {"windoww": 1, "consecutive_failures": 0}}, "twice": {"replicas": {"a": "x", "a": "y"}}}}"#;
    let form = "write a name and an address for each, such as { a = \"10.0.0.1:80\" }";
    let where_it_is = "write where it is, such as \"10.0.0.1:80\"";
    let expected = [
        format!("endpoints.none: is missing `replicas`: {form}"),
        format!("endpoints.empty.replicas: has no replica: {form}"),
        "endpoints.named.replicas.\"\": has no name: write what logs and metrics shall call it, such as a".to_owned(),
        format!("endpoints.named.replicas.a: has no address: {where_it_is}"),
        "endpoints.named.circuit_breaker: is the name of one that policies share, and each replica has its own: write its settings here, as a table".to_owned(),
        format!("endpoints.list.replicas: expected a table of names and addresses, found a list: {form}"),
        "endpoints.odd.replica: unknown key: did you mean `replicas`?".to_owned(),
        format!("endpoints.odd.replicas.a: expected an address as a text, found the number 80: {where_it_is}"),
        "endpoints.odd.circuit_breaker.windoww: unknown key: did you mean `window`?".to_owned(),
        "endpoints.odd.circuit_breaker.consecutive_failures: must be at least 1".to_owned(),
        "the key \"a\" is given twice: remove one of them".to_owned(),
    ];
    // JSON is YAML.
    for format in [Format::Json, Format::Yaml] {
        let error = ConfigFile::parse(format, json).unwrap_err();
        let told: Vec<_> = error.problems().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (told, expected) in told.iter().zip(&expected) {
            assert!(told.starts_with(expected.as_str()), "{told} {expected}");
        }
    }
}

#[test]
fn a_file_needs_a_policy_or_one_of_these() {
    let error = Policies::from_str(Format::Toml, "[endpoints]\n").unwrap_err();
    assert!(error.to_string().contains("there is no policy"), "{error}");
    assert!(Policies::from_str(Format::Toml, &search(&[("a", "x")])).is_ok());
}

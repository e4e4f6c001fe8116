//! Runs `redress simulate`, `redress tune` and `redress replay`.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use redress::Policy;
use redress::simulate::CallRecorder;
use serde_json::Value;

const POLICIES: &str = "\
[policies.plain]
strategy = \"full_jitter(base = 100ms, max = 20s)\"
max_attempts = 4
deadline = \"none\"

[policies.bounded]
max_attempts = 4
recommended = true
";

/// A small outage: what takes long is the debug build.
const WORLD: &str = "\
like = 'outage'
duration = '60s'
load.rate = 45
server.capacity = 50
[[script]]
what = 'stalls'
from = '15s'
until = '25s'
";

/// A folder of its own for each test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("simulate-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("retry.toml"), POLICIES).unwrap();
    fs::write(folder.join("world.toml"), WORLD).unwrap();
    folder
}

fn redress(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
    command.current_dir(folder).args(arguments);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command.output().expect("the command runs")
}

fn written(output: &Output) -> (Option<i32>, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).expect("what it writes is UTF-8");
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn what_never_recovers_exits_with_1_and_says_why() {
    let folder = folder("never");
    let arguments = [
        "simulate",
        "retry.toml:plain",
        "--world",
        "world.toml",
        "--seeds",
        "1",
    ];
    let output = redress(&folder, &arguments);
    let (code, text, error) = written(&output);
    assert_eq!((code, error), (Some(1), ""));
    assert!(text.starts_with("policy plain\n"), "{text}");
    assert!(text.contains("\nplain: world: never recovers; "), "{text}");
    assert!(
        text.contains("and the server can do 50: what times out is repeated"),
        "{text}"
    );
    assert!(
        text.contains("fix: nothing in the policy bounds retries"),
        "{text}"
    );
}

#[test]
fn what_is_shown_beside_does_not_decide_and_is_drawn() {
    let folder = folder("against");
    let output = redress(
        &folder,
        &[
            "simulate",
            "retry.toml:bounded",
            "--against",
            "retry.toml:plain",
            "--world",
            "world.toml",
            "--seeds",
            "1",
            "--format",
            "json",
            "--svg",
            "both.svg",
        ],
    );
    let (code, text, error) = written(&output);
    assert_eq!((code, error), (Some(0), ""));
    let report: Value = serde_json::from_str(text).unwrap();
    assert_eq!(report["world"], "world");
    let policies = report["policies"].as_array().unwrap();
    let recovers: Vec<_> = policies.iter().map(|policy| &policy["recovers"]).collect();
    assert_eq!(recovers, [&Value::Bool(true), &Value::Bool(false)]);
    assert_eq!(policies[1]["name"], "plain (against)");
    let seconds = &policies[0]["runs"][0]["by_second"]["calls"];
    assert_eq!(seconds.as_array().unwrap().len(), 60);
    let svg = fs::read_to_string(folder.join("both.svg")).unwrap();
    assert!(svg.contains("bounded: recovers after"), "{svg}");
    assert!(svg.contains("plain (against): never recovers"));
}

#[test]
fn every_mistake_in_a_world_is_shown_in_its_place() {
    let folder = folder("mistakes");
    fs::write(
        folder.join("world.yaml"),
        "durration: 3s\nserver:\n  queue: -1\n",
    )
    .unwrap();
    let output = redress(
        &folder,
        &["simulate", "retry.toml", "--world", "world.yaml"],
    );
    let (code, text, error) = written(&output);
    assert_eq!((code, text), (Some(2), ""));
    assert!(error.contains("world.yaml:1:1"), "{error}");
    assert!(error.contains("did you mean `duration`?"), "{error}");
    assert!(error.contains("world.yaml:3:10"), "{error}");
    let output = redress(&folder, &["simulate", "retry.toml", "--world", "flood"]);
    let (code, _, error) = written(&output);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("there is no world flood: give a file of one, or outage, "),
        "{error}"
    );
}

#[test]
fn tuning_finds_what_recovers_and_prints_the_patch() {
    let folder = folder("tune");
    let arguments = [
        "tune",
        "retry.toml:plain",
        "--world",
        "world.toml",
        "--candidates",
        "12",
        "--seeds",
        "1",
    ];
    let output = redress(&folder, &arguments);
    let (code, text, error) = written(&output);
    assert_eq!((code, error), (Some(0), ""));
    assert!(
        text.starts_with(
            "goal: recovery; worlds: world; searched with the seeds 1 to 1, judged with 1 others"
        ),
        "{text}"
    );
    assert!(text.contains("(the policy as it is)"), "{text}");
    let patch = text
        .split_once("--- retry.toml\n+++ retry.toml\n")
        .unwrap()
        .1;
    let added: Vec<_> = patch.lines().filter(|line| line.starts_with('+')).collect();
    assert!(
        added.iter().any(|line| line.contains("circuit_breaker = ")),
        "{patch}"
    );
    // The same search finds the same.
    assert_eq!(written(&redress(&folder, &arguments)).1, text);
    // What it prints is what the file takes, and it recovers.
    let mut lines: Vec<_> = POLICIES.lines().map(str::to_owned).collect();
    let key = |line: &str| line.split_once(" =").map(|(key, _)| key.to_owned());
    for line in added {
        let line = line.trim_start_matches('+');
        lines.retain(|old| key(old) != key(line) || old.starts_with('['));
        lines.insert(1, line.to_owned());
    }
    fs::write(folder.join("tuned.toml"), lines.join("\n")).unwrap();
    let arguments = [
        "simulate",
        "tuned.toml:plain",
        "--world",
        "world.toml",
        "--seeds",
        "2",
    ];
    assert_eq!(redress(&folder, &arguments).status.code(), Some(0));
}

#[test]
fn one_policy_is_tuned_at_a_time() {
    let output = redress(&folder("one"), &["tune", "retry.toml"]);
    let (code, _, error) = written(&output);
    assert_eq!(code, Some(2));
    assert_eq!(
        error,
        "error: name one policy, as in retry.toml:NAME; it has bounded, plain\n"
    );
}

#[test]
fn a_replay_says_how_far_it_is_to_be_trusted() {
    let folder = folder("replay");
    let recorder = CallRecorder::new(Vec::new());
    let policy = Policy::builder()
        .operation("pay")
        .strategy(redress::strategies::instant())
        .max_attempts(2)
        .on_event(recorder.clone())
        .build()
        .unwrap();
    let down = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    for n in 0..400_u32 {
        // Every fourth attempt fails, so every sixteenth call.
        let mut attempt = n.wrapping_mul(2_654_435_761);
        let _ = policy.call(|| {
            attempt = attempt.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if attempt >> 30 == 0 {
                Err(down())
            } else {
                Ok(())
            }
        });
    }
    fs::write(folder.join("calls.jsonl"), recorder.lines().unwrap()).unwrap();
    let policies = "[policies.old]\nmax_attempts = 2\nstrategy = 'instant()'\n\
                    [policies.new]\nmax_attempts = 5\nstrategy = 'instant()'\n";
    fs::write(folder.join("retry.toml"), policies).unwrap();
    let arguments = [
        "replay",
        "calls.jsonl",
        "--recorded",
        "retry.toml:old",
        "--policy",
        "retry.toml:new",
        "--format",
        "json",
        "--seeds",
        "10",
    ];
    let output = redress(&folder, &arguments);
    let (code, text, error) = written(&output);
    assert_eq!((code, error), (Some(0), ""));
    let report: Value = serde_json::from_str(text).unwrap();
    let pay = &report["operations"][0];
    assert_eq!(pay["operation"], "pay");
    let success = |of: &Value| of["success"].as_f64().unwrap();
    let (happened, again) = (success(&pay["happened"]), success(&pay["replayed"]));
    assert!((again / happened - 1.0).abs() < 0.05, "{happened} {again}");
    assert!(success(&pay["tried"]["new"]) > 0.99);

    fs::write(
        folder.join("wrong.jsonl"),
        "\n{\"at\": 1, \"operaton\": \"pay\"}\n",
    )
    .unwrap();
    let output = redress(
        &folder,
        &["replay", "wrong.jsonl", "--policy", "retry.toml"],
    );
    let (code, _, error) = written(&output);
    assert_eq!(code, Some(2));
    assert!(error.contains("wrong.jsonl:2:11"), "{error}");
    assert!(error.contains("did you mean `operation`?"), "{error}");
}

/// Starts a command that takes hours, presses Ctrl-C after a while, and returns what it has written.
#[cfg(target_os = "linux")]
fn interrupted(test: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    use std::io::Read as _;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    let folder = folder(test);
    // One run is short.
    let world =
        "duration = '5s'\nload.rate = 20\n[[script]]\nwhat = 'down'\nfrom = '1s'\nuntil = '2s'\n";
    fs::write(folder.join("short.toml"), world).unwrap();
    let lines = "{\"at\": 1, \"operation\": \"pay\", \"result\": \"success\", \"took\": 0.1, \
                 \"attempts\": [{\"after\": 0, \"took\": 0.1, \"end\": \"ok\"}]}\n";
    let lines = lines.repeat(100);
    let policies = (0..1000).map(|n| format!("[policies.p{n}]\nmax_attempts = 2\n"));
    fs::write(folder.join("many.toml"), policies.collect::<String>()).unwrap();
    fs::write(folder.join("calls.jsonl"), lines).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_redress"))
        .current_dir(&folder)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Until it has computed for a second, however busy the machine is: that is a few runs.
    let stat = PathBuf::from(format!("/proc/{}/stat", child.id()));
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        let stat = fs::read_to_string(&stat).unwrap();
        // After the name in parentheses the twelfth is the time, in hundredths of a second.
        let fields = stat.rsplit_once(')').unwrap().1;
        if fields
            .split_whitespace()
            .nth(11)
            .unwrap()
            .parse::<u32>()
            .unwrap()
            >= 50
        {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let signal = ["-INT", &child.id().to_string()];
    assert!(
        Command::new("kill")
            .args(signal)
            .status()
            .unwrap()
            .success()
    );
    let (mut text, mut error) = (String::new(), String::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut error)
        .unwrap();
    (child.wait().unwrap().code(), text, error)
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_gives_what_is_done_so_far() {
    let world = ["--world", "short.toml"];
    let simulate = [
        &["simulate", "retry.toml:plain", "--seeds", "100000"][..],
        &world,
    ]
    .concat();
    let (code, text, error) = interrupted("interrupted-simulate", &simulate);
    assert_eq!(code, Some(130), "{text} {error}");
    assert!(text.contains("\nplain: short: "), "{text}");
    let seeds = text
        .lines()
        .find_map(|line| line.strip_prefix("seed "))
        .unwrap();
    let done = seeds.split_whitespace().count();
    assert!((1..100_000).contains(&done), "{done}");
    let said = format!("stopped: what is shown is from {done} of 100000 runs\n");
    assert_eq!(error, said);

    let tune = [
        "tune",
        "retry.toml:plain",
        "--candidates",
        "200",
        "--seeds",
        "1000",
        "--world",
        "world.toml",
    ];
    let (code, text, error) = interrupted("interrupted-tune", &tune);
    assert_eq!(code, Some(130), "{text} {error}");
    assert!(
        text.contains("stopped before it was judged with others"),
        "{text}"
    );
    assert!(text.contains("(the policy as it is)"), "{text}");
    assert!(
        error.starts_with("stopped: what is shown is from "),
        "{error}"
    );

    let replay = [
        "replay",
        "calls.jsonl",
        "--policy",
        "many.toml",
        "--seeds",
        "1000",
    ];
    let replay = [&replay[..], &["--format", "json"]].concat();
    let (code, text, error) = interrupted("interrupted-replay", &replay);
    assert_eq!(code, Some(130), "{text} {error}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["stopped"], true);
    assert!(report["operations"][0]["tried"]["p0"]["calls"].is_number());
}

/// `script` gives the command a terminal. It is part of util-linux.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_shows_a_bar_and_a_pipe_does_not() {
    let folder = folder("bar");
    let command = format!(
        "{} simulate retry.toml --world world.toml --seeds 2",
        env!("CARGO_BIN_EXE_redress")
    );
    let mut script = Command::new("script");
    let output = script
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(&folder)
        .env("TERM", "xterm")
        .output()
        .expect("`script` gives the command a terminal: apt-get install bsdutils");
    let (code, text, _) = written(&output);
    assert_eq!(code, Some(1), "{text}");
    // The bar, where it stands, and that it is gone in the end.
    let shown: Vec<_> = (0..=4)
        .filter(|n| text.contains(&format!("{n}/4")))
        .collect();
    assert!(!shown.is_empty(), "{text:?}");
    assert!(
        text.contains("\u{1b}[2K") && text.contains("policy bounded"),
        "{text:?}"
    );
    let arguments = [
        "simulate",
        "retry.toml",
        "--world",
        "world.toml",
        "--seeds",
        "2",
    ];
    let piped = redress(&folder, &arguments);
    let (code, text, error) = written(&piped);
    assert_eq!((code, error), (Some(1), ""));
    assert!(!text.contains('\u{1b}') && !text.contains("/4"), "{text:?}");
}

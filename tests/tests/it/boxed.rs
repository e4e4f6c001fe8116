//! Policies that are fields of structs: `Policy::boxed`.

use std::io::{Error, ErrorKind};

use redress::classify::{BoxedResultClassifier, ResultClassifier};
use redress::strategies::instant;
use redress::{BoxedClassifier, ErrorClass, Execute, Policy, StopReason};

struct Response(u16);

struct Files {
    policy: Policy<BoxedClassifier<Error>>,
}

struct Http {
    policy: Policy<BoxedClassifier<Error>, BoxedResultClassifier<Response>>,
}

fn http() -> Http {
    let limit = 500;
    let policy = Policy::builder()
        .classifier(|_: &Error| ErrorClass::Permanent)
        .result_classifier(move |response: &Response| {
            (response.0 >= limit).then_some(ErrorClass::ServerError)
        })
        .strategy(instant())
        .max_attempts(3)
        .build()
        .unwrap();
    Http {
        policy: policy.boxed(),
    }
}

#[test]
fn both_closures_are_hidden_and_go_on_to_decide() {
    let http = http();
    let outcome = http.policy.execute(|| Ok(Response(503)));
    assert_eq!(outcome.attempts, 3);
    assert_eq!(outcome.last_class, Some(ErrorClass::ServerError));
    let outcome = http.policy.execute(|| Err(ErrorKind::TimedOut.into()));
    assert_eq!(outcome.stop_reason, Some(StopReason::NonRetryableClass));
    assert_eq!(http.policy.execute(|| Ok(Response(200))).attempts, 1);
}

#[test]
fn a_policy_without_a_result_classifier_goes_on_to_take_values_of_any_type() {
    let files = Files {
        policy: Policy::new().boxed(),
    };
    assert_eq!(files.policy.call(|| Ok(7)).unwrap(), 7);
    assert_eq!(files.policy.call(|| Ok("text")).unwrap(), "text");
}

#[test]
fn the_types_are_found_without_being_written() {
    let policy = Policy::builder()
        .result_classifier(|value: &u16| (*value > 0).then_some(ErrorClass::Permanent))
        .build()
        .unwrap()
        .boxed();
    assert_eq!(policy.execute(|| Ok::<_, Error>(1)).attempts, 1);
    let policy = Policy::new().boxed();
    assert!(policy.call(|| Ok::<_, Error>(1)).is_ok());
}

#[test]
fn a_result_classifier_of_ones_own_type_is_boxed_by_hand() {
    struct Broken;

    impl ResultClassifier<u16> for Broken {
        fn classify(&self, _: &u16) -> Option<redress::Classification> {
            Some(ErrorClass::Permanent.into())
        }
    }
    let policy: Policy<BoxedClassifier<Error>, BoxedResultClassifier<u16>> = Policy::builder()
        .result_classifier(BoxedResultClassifier::new(Broken))
        .build()
        .unwrap()
        .boxed();
    let outcome = policy.execute(|| Ok(1));
    assert_eq!(outcome.stop_reason, Some(StopReason::NonRetryableClass));
}

#[test]
fn a_boxed_policy_shares_what_its_clones_share_and_runs_code_that_takes_any() {
    fn code<R: ResultClassifier<Response>>(policy: &impl Execute<Error, R>) -> u32 {
        policy.execute(|| Ok(Response(503))).attempts
    }
    let policy = Policy::builder()
        .result_classifier(|_: &Response| Some(ErrorClass::ServerError))
        .budget(redress::Budget::rolling(1, 60))
        .strategy(instant())
        .build()
        .unwrap();
    let boxed = policy.clone().boxed::<Error, _>();
    assert_eq!(code(&boxed), 2);
    assert_eq!(code(&policy), 1);
    assert_eq!(code(&boxed.boxed::<Error, _>()), 1);
}

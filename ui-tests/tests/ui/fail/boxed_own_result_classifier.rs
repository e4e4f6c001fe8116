use std::io::Error;

use redress::classify::ResultClassifier;
use redress::{BoxedClassifier, Classification, Policy};

struct Own;

impl ResultClassifier<u16> for Own {
    fn classify(&self, _: &u16) -> Option<Classification> {
        None
    }
}

struct Client {
    policy: Policy<BoxedClassifier<Error>>,
}

fn client() -> Client {
    let policy = Policy::builder().result_classifier(Own).build().unwrap();
    Client {
        policy: policy.boxed(),
    }
}

fn main() {}

//! What breakers and budgets know when their settings change, in virtual time.

mod breakers;
mod budgets;

use std::time::Duration;

use redress::{Budget, CircuitBreaker, CircuitState, ErrorClass, Policies};
use tokio::time::advance;

/// A file with one policy, whose breaker and budget have these settings.
struct File {
    folder: tempfile::TempDir,
    policies: Policies,
}

fn text(breaker: &str, budget: &str) -> String {
    format!(
        "[breakers.b]\n{breaker}\n[budgets.b]\n{budget}\n[policies.a]\nstrategy = 'instant()'\n\
         circuit_breaker = 'b'\nbudget = 'b'\n"
    )
}

const BUDGET: &str = "kind = 'in_flight_share'\nshare = 0.5";

impl File {
    fn new(breaker: &str, budget: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("retry.toml");
        std::fs::write(&path, text(breaker, budget)).unwrap();
        let policies = Policies::from_file(path).unwrap();
        Self { folder, policies }
    }

    fn reload(&self, breaker: &str, budget: &str) {
        let path = self.folder.path().join("retry.toml");
        std::fs::write(path, text(breaker, budget)).unwrap();
        assert_eq!(self.policies.reload().unwrap().changed(), ["a"]);
    }

    fn breaker(&self) -> CircuitBreaker {
        let policy = self.policies.get("a").unwrap().current();
        policy.circuit_breaker().unwrap().clone()
    }

    fn budget(&self) -> Budget {
        let policy = self.policies.get("a").unwrap().current();
        policy.budget().unwrap().clone()
    }
}

fn fail(breaker: &CircuitBreaker) {
    breaker
        .try_acquire()
        .unwrap()
        .failure(ErrorClass::Transient);
}

async fn seconds(seconds: u64) {
    advance(Duration::from_secs(seconds)).await;
}

fn spend(budget: &Budget, retries: u32) {
    for _ in 0..retries {
        budget.try_spend(ErrorClass::Transient).unwrap().keep();
    }
}

#[tokio::test(start_paused = true)]
async fn the_recommended_breaker_and_budget_go_on_as_others_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("retry.toml");
    let recommended = "[policies.a]\nrecommended = true\n";
    std::fs::write(&path, recommended).unwrap();
    let policies = Policies::from_file(&path).unwrap();
    let current = || policies.get("a").unwrap().current();
    for _ in 0..100 {
        fail(&current().circuit_breaker().unwrap().clone());
        if current().circuit_breaker().unwrap().state() == CircuitState::Open {
            break;
        }
    }
    spend(current().budget().unwrap(), 90);
    let own = "circuit_breaker = { failure_threshold = 3 }\n\
               budget = { kind = 'success_ratio', ratio = 0.01 }\n";
    for text in [format!("{recommended}{own}"), recommended.to_owned()] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(policies.reload().unwrap().changed(), ["a"]);
        let now = current();
        assert_eq!(now.circuit_breaker().unwrap().state(), CircuitState::Open);
        assert_eq!(now.budget().unwrap().remaining(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_policy_names_for_a_while_is_kept_although_it_changes() {
    let shared = |threshold: u32, retries: u32, named: &str| {
        format!(
            "[breakers.b]\nfailure_threshold = {threshold}\n[budgets.b]\nkind = 'rolling'\n\
             max_retries = {retries}\nwindow = 60\n[policies.a]\n{named}"
        )
    };
    let named = "circuit_breaker = 'b'\nbudget = 'b'\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("retry.toml");
    std::fs::write(&path, shared(1, 10, named)).unwrap();
    let policies = Policies::from_file(&path).unwrap();
    let current = || policies.get("a").unwrap().current();
    fail(current().circuit_breaker().unwrap());
    spend(current().budget().unwrap(), 2);
    for text in [shared(2, 9, ""), shared(3, 8, ""), shared(4, 7, named)] {
        std::fs::write(&path, text).unwrap();
        policies.reload().unwrap();
    }
    let now = current();
    assert_eq!(now.circuit_breaker().unwrap().state(), CircuitState::Open);
    assert_eq!(now.budget().unwrap().remaining(), 5);
}

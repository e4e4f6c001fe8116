//! Checks that any text is a file of policies, or is refused with places that are in the text.
//!
//! cargo-fuzz needs a nightly compiler, or a stable one with `RUSTC_BOOTSTRAP=1`:
//!
//! ```text
//! RUSTC_BOOTSTRAP=1 cargo fuzz run config fuzz/corpus/config tests/tests/data/config -- -max_total_time=600
//! ```

#![no_main]

use libfuzzer_sys::fuzz_target;
use redress::config::{BudgetKind, BudgetSettings, ConfigFile, Format, NamedOr, RetryConfig};
use redress::Policies;

/// The largest number of retries of a budget that is created: larger ones take memory, as they
/// should.
const SMALL: u32 = 1000;

fuzz_target!(|text: &str| {
    for format in [Format::Toml, Format::Json, Format::Yaml] {
        match ConfigFile::parse(format, text) {
            Ok(file) => accepted(&file),
            Err(error) => {
                assert!(!error.problems().is_empty());
                for place in error
                    .problems()
                    .iter()
                    .filter_map(|problem| problem.place())
                {
                    assert!(text.get(place.span()).is_some(), "{error}");
                }
                assert!(!error.to_string().is_empty());
            }
        }
    }
});

/// Checks that an accepted file can be written, read back, and turned into policies.
fn accepted(file: &ConfigFile) {
    for policy in file.policies().values() {
        let written = serde_json::to_string(policy).expect("a policy is written");
        let read: RetryConfig = serde_json::from_str(&written).expect("and read back");
        assert_eq!(&read, policy, "{written}");
    }
    let named = file.budgets().values();
    let own = file
        .policies()
        .values()
        .filter_map(|policy| match &policy.budget {
            Some(NamedOr::Own(own)) => Some(own),
            _ => None,
        });
    if named.chain(own).any(is_large) {
        return;
    }
    let policies = Policies::new(file);
    for name in policies.names() {
        let policy = policies.get(&name).expect("it is listed");
        assert!(policy.call(|| Ok::<_, std::fmt::Error>(())).is_ok());
    }
}

fn is_large(budget: &BudgetSettings) -> bool {
    matches!(budget.kind, BudgetKind::Rolling { max_retries, .. } if max_retries > SMALL)
}

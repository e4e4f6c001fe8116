//! What a handle has beside its calls: contexts, detached calls, calls that go on.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Instant;

use redress::call::ResumeToken;
use redress::config::Format;
use redress::{CallContext, Policies, PolicyHandle, SleepDecision, Step, StopReason};

use super::failing;

const TEXT: &str = "[policies.a]\nstrategy = 'instant()'\nmax_attempts = 3\n";

fn handle() -> PolicyHandle {
    Policies::from_str(Format::Toml, TEXT)
        .unwrap()
        .get("a")
        .unwrap()
}

fn deferred() -> ResumeToken {
    let context = handle()
        .context()
        .sleep_handler(|_, _| SleepDecision::Defer);
    context.execute(failing).resume_token().unwrap()
}

#[tokio::test]
async fn a_context_outlives_its_handle_and_borrows_what_its_hooks_use() {
    let sleeps = AtomicU32::new(0);
    let context = handle().context().before_sleep(|_, _| {
        sleeps.fetch_add(1, Relaxed);
    });
    assert_eq!(context.execute(failing).attempts, 3);
    let outcome = context.execute_async(async || failing()).await;
    assert_eq!(outcome.attempts, 3);
    assert_eq!(context.execute_detached(failing).attempts, 3);
    assert_eq!(sleeps.load(Relaxed), 6);
}

#[test]
fn a_context_can_be_kept_and_go_to_another_thread() {
    fn kept<C, R>(context: CallContext<'static, C, R>) -> CallContext<'static, C, R> {
        context
    }
    let context = kept(handle().context().operation("charge"));
    let outcome = std::thread::spawn(move || context.execute(failing));
    assert_eq!(outcome.join().unwrap().attempts, 3);
}

#[test]
fn a_context_keeps_the_values_of_when_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("retry.toml");
    std::fs::write(&file, TEXT).unwrap();
    let policies = Policies::from_file(&file).unwrap();
    let a = policies.get("a").unwrap();
    let context = a.context();
    std::fs::write(&file, TEXT.replace('3', "5")).unwrap();
    policies.reload().unwrap();
    assert_eq!(context.execute(failing).attempts, 3);
    assert_eq!(a.context().execute(failing).attempts, 5);
}

#[test]
fn detached_calls_run_on_other_threads() {
    let here = std::thread::current().id();
    let elsewhere = move || Ok::<_, std::io::Error>(std::thread::current().id() != here);
    assert!(handle().call_detached(elsewhere).unwrap());
    let outcome = handle().execute_detached(failing);
    assert_eq!(outcome.stop_reason, Some(StopReason::MaxAttemptsGlobal));
    assert_eq!(outcome.attempts, 3);
}

#[test]
fn a_deferred_operation_goes_on_with_a_loop_and_without() {
    let outcome = handle().context().resume(deferred()).execute(failing);
    assert_eq!(outcome.attempts, 3);

    let now = Instant::now();
    let mut steps = handle().resume(&deferred(), now);
    assert_eq!(steps.next_attempt(now), Step::Attempt(2));
}

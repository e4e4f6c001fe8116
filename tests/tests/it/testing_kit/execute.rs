use super::*;

fn load(policy: &impl Execute<Error>) -> Result<u32, StopReason> {
    let work = || Ok(7);
    policy.call(work).map_err(|error| error.stop_reason())
}

async fn load_async(policy: &impl Execute<Error>, script: Script<u32, Error>) -> Option<u32> {
    policy.call_async(|| script.run_async()).await.ok()
}

/// Spawns for any executor, which needs the bound that the future is `Send`.
fn spawn(
    policy: impl Execute<Error> + 'static,
    script: Script<u32, Error>,
) -> tokio::task::JoinHandle<Option<u32>> {
    tokio::spawn(async move { policy.call_send(|| script.run_async()).await.ok() })
}

#[test]
fn a_policy_and_its_contexts_run_code_that_takes_any() {
    let policy = Policy::new();
    assert_eq!(load(&policy), Ok(7));
    let context = policy.context().abort_if(|| true);
    assert_eq!(load(&context), Err(StopReason::Aborted));
    assert_eq!(load(&policy.clone().boxed::<Error, _>()), Ok(7));
}

#[test]
fn code_may_fail_in_more_than_one_way() {
    fn both(policy: &(impl Execute<Error> + Execute<String>)) -> (u32, usize) {
        let error = policy
            .call(|| Err::<(), _>(String::from("down")))
            .unwrap_err();
        let value = policy.call(|| Ok::<_, Error>(7)).unwrap();
        (value, error.into_source().unwrap().len())
    }
    assert_eq!(both(&FakePolicy::passing()), (7, 4));
}

#[test]
fn code_may_take_policies_with_a_result_classifier_too() {
    fn status<R: ResultClassifier<u16>>(policy: &impl Execute<Error, R>) -> (u16, u32) {
        let script = Script::returns(2, 503).then(200);
        let outcome = policy.execute(|| script.run());
        (outcome.last_result.unwrap(), outcome.attempts)
    }
    let judging = Policy::builder()
        .result_classifier(|status: &u16| (*status >= 500).then_some(ErrorClass::ServerError))
        .strategy(instant_retries())
        .build()
        .unwrap();
    assert_eq!(status(&judging), (200, 3));
    assert_eq!(status(&RecordingPolicy::new(judging)), (200, 3));
    assert_eq!(status(&Policy::new()), (503, 1));
    assert_eq!(status::<AnyValue>(&FakePolicy::passing()), (503, 1));
}

#[tokio::test(start_paused = true)]
async fn tasks_run_under_every_executor() {
    let policy = Policy::builder()
        .strategy(strategies::fixed(1))
        .build()
        .unwrap();
    let recording = RecordingPolicy::new(policy.clone());
    let fake = FakePolicy::passing();
    let flaky = || Script::fails_with(1, down).then(7);

    // If the type of the policy is known, any code may be spawned.
    let (policy2, script) = (policy.clone(), flaky());
    let task = tokio::spawn(async move { load_async(&policy2, script).await });
    assert_eq!(task.await.unwrap(), Some(7));
    let (recording2, script) = (recording.clone(), flaky());
    let task = tokio::spawn(async move { load_async(&recording2, script).await });
    assert_eq!(task.await.unwrap(), Some(7));
    let (fake2, script) = (fake.clone(), flaky());
    let task = tokio::spawn(async move { load_async(&fake2, script).await });
    assert_eq!(task.await.unwrap(), None);

    // If not, `call_send` is needed.
    assert_eq!(spawn(policy, flaky()).await.unwrap(), Some(7));
    assert_eq!(spawn(recording.clone(), flaky()).await.unwrap(), Some(7));
    assert_eq!(spawn(fake.clone(), flaky()).await.unwrap(), None);
    assert_eq!(recording.calls().len(), 2);
    assert_eq!(fake.calls().len(), 2);
}

#[tokio::test]
async fn what_is_not_send_runs_where_it_is() {
    async fn on_this_thread(policy: &impl Execute<Error>) -> std::rc::Rc<u32> {
        policy
            .call_async(|| async { Ok(std::rc::Rc::new(5)) })
            .await
            .unwrap()
    }
    assert_eq!(*on_this_thread(&Policy::new()).await, 5);
    assert_eq!(*on_this_thread(&FakePolicy::passing()).await, 5);
}

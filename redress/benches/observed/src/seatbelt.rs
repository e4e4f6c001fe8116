//! seatbelt, async, without metrics and with them. It counts nothing on a success.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use ::seatbelt::retry::Retry;
use ::seatbelt::{RecoveryInfo, ResilienceContext};
use layered::{Execute, Service as _, Stack as _};
use tick::Clock;
use tokio::runtime::{Builder, Runtime};

use crate::cases::{Down, operation, provider};
use crate::measure::{Case, keep};

type Request = &'static AtomicU32;
type Answer = Result<u64, Down>;

fn recovery(answer: &Answer) -> RecoveryInfo {
    match answer {
        Err(_) => RecoveryInfo::retry(),
        Ok(_) => RecoveryInfo::never(),
    }
}

pub(crate) fn all(failures: u32) -> Vec<Case> {
    static LEFT: AtomicU32 = AtomicU32::new(0);
    let case = |name, metrics: bool| {
        let runtime: Runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let entered = runtime.enter();
        let mut context = ResilienceContext::<Request, Answer>::new(Clock::new_tokio());
        if metrics {
            context = context.use_metrics(&provider());
        }
        let retry = Retry::layer("retry", &context)
            .clone_input()
            .recovery_with(|answer, _| recovery(answer))
            .max_retry_attempts(5)
            .base_delay(Duration::ZERO);
        let service = (retry, Execute::new(async |left: Request| operation(left))).into_service();
        drop(entered);
        Case::new(name, move |times| {
            runtime.block_on(async {
                for _ in 0..times {
                    LEFT.store(failures, Relaxed);
                    let _ = keep(service.execute(&LEFT).await);
                }
            });
        })
    };
    vec![
        case("seatbelt, async, nobody", false),
        case("seatbelt, async, metrics", true),
    ]
}

use redress::{ErrorClass, Execute, StopReason};

#[derive(Debug, Clone, PartialEq)]
pub enum PriceError {
    Busy,
    UnknownItem,
}

pub fn classify(error: &PriceError) -> ErrorClass {
    match error {
        PriceError::Busy => ErrorClass::Transient,
        PriceError::UnknownItem => ErrorClass::Permanent,
    }
}

/// Shows prices, which it fetches under a policy.
pub struct Shop<P> {
    pub policy: P,
}

impl<P: Execute<PriceError>> Shop<P> {
    pub fn label(&self, fetch: impl FnMut() -> Result<u32, PriceError>) -> String {
        match self.policy.call(fetch) {
            Ok(cents) => format!("{cents} cents"),
            Err(e) if e.stop_reason() == StopReason::CircuitOpen => "back soon".into(),
            Err(e) => format!("no price after {} attempts", e.attempts()),
        }
    }

    pub async fn label_async<F>(&self, fetch: impl FnMut() -> F) -> String
    where
        F: Future<Output = Result<u32, PriceError>>,
    {
        match self.policy.call_async(fetch).await {
            Ok(cents) => format!("{cents} cents"),
            Err(e) => format!("no price after {} attempts", e.attempts()),
        }
    }
}

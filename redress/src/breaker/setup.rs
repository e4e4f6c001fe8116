use super::settings::BreakerSettings;
use crate::strategies::Strategy;

/// The parts that a breaker was built from: its settings, and what they cannot hold.
pub(crate) struct BreakerSetup {
    pub(super) settings: BreakerSettings,
    /// Chooses how long it stays open, if there is no recovery timeout.
    pub(super) recovery_strategy: Option<Box<dyn Strategy>>,
}

impl BreakerSetup {
    pub(super) const fn new(
        settings: BreakerSettings,
        recovery_strategy: Option<Box<dyn Strategy>>,
    ) -> Self {
        Self {
            settings,
            recovery_strategy,
        }
    }
}

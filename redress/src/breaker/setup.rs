use super::changes::OnChange;
use super::settings::BreakerSettings;
use crate::strategies::Strategy;

/// The parts that a breaker was built from: its settings, and what they cannot hold.
pub(crate) struct BreakerSetup {
    pub(super) settings: BreakerSettings,
    /// Chooses how long it stays open, if there is no recovery timeout.
    pub(super) recovery_strategy: Option<Box<dyn Strategy>>,
    pub(super) on_change: Option<OnChange>,
}

impl BreakerSetup {
    pub(super) const fn new(
        settings: BreakerSettings,
        recovery_strategy: Option<Box<dyn Strategy>>,
        on_change: Option<OnChange>,
    ) -> Self {
        Self {
            settings,
            recovery_strategy,
            on_change,
        }
    }
}

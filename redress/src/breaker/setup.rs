use std::sync::Arc;

use super::changes::OnChange;
use super::settings::BreakerSettings;
use crate::strategies::Strategy;

/// The parts that a breaker was built from: its settings, and what they cannot hold.
pub(crate) struct BreakerSetup {
    pub(super) settings: BreakerSettings,
    /// Chooses how long it stays open, if there is no recovery timeout.
    pub(super) recovery_strategy: Option<Arc<dyn Strategy>>,
    pub(super) on_change: Option<OnChange>,
    /// Nothing is told of its changes: it is simulated.
    pub(super) silent: bool,
}

impl BreakerSetup {
    pub(super) const fn new(
        settings: BreakerSettings,
        recovery_strategy: Option<Arc<dyn Strategy>>,
        on_change: Option<OnChange>,
    ) -> Self {
        Self {
            settings,
            recovery_strategy,
            on_change,
            silent: false,
        }
    }

    /// Returns the same for a breaker of whose changes nothing is told.
    #[cfg(feature = "simulate")]
    pub(super) fn silent(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            recovery_strategy: self.recovery_strategy.clone(),
            on_change: None,
            silent: true,
        }
    }
}

/// Makes an observer of a type with a field `recorder`, with the settings that all of them have.
macro_rules! metrics_observer {
    ($metrics:ident) => {
        impl $metrics {
            /// Records how long calls and attempts took, too: two histograms, and the exact clock is read
            /// for them. Default: no.
            #[must_use]
            pub fn durations(mut self) -> Self {
                self.recorder.durations = true;
                self
            }

            /// Keeps a gauge of the calls that have started and not ended, too. Default: no.
            #[must_use]
            pub fn in_flight(mut self) -> Self {
                self.recorder.in_flight = true;
                self
            }
        }

        impl $crate::observe::Observer for $metrics {
            fn on_event(&self, event: &$crate::observe::Event<'_>) {
                self.recorder.event(event);
            }

            fn on_attempt_end(&self, attempt: &$crate::observe::AttemptEnd<'_>) {
                self.recorder.attempt_end(attempt);
            }

            fn on_call_start(
                &self,
                call: &$crate::observe::CallStart<'_>,
            ) -> Option<std::sync::Arc<dyn $crate::observe::CallObserver>> {
                self.recorder.call_start(call);
                None
            }

            fn on_call_end(&self, call: &$crate::observe::CallEnd<'_>) {
                self.recorder.call_end(call);
            }

            fn on_circuit_change(&self, change: &$crate::breaker::CircuitChange<'_>) {
                self.recorder.circuit_change(change);
            }

            fn interest(&self) -> $crate::observe::Interest {
                self.recorder.interest()
            }
        }

        impl std::fmt::Debug for $metrics {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($metrics))
                    .field("durations", &self.recorder.durations)
                    .field("in_flight", &self.recorder.in_flight)
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(in crate::contrib) use metrics_observer;

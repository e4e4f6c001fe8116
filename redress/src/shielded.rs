use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls a user's hook. A panic in it is caught and gives `fallback`.
pub(crate) fn shielded<T>(fallback: T, hook: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(hook)) {
        Ok(value) => value,
        Err(payload) => {
            // The payload of a panic is the user's, too, and may panic when it is dropped.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(again);
            }
            fallback
        }
    }
}

/// The step after an async attempt. `T` is the result of the call, and `K` is kept during its pause: the
/// attempt's result, for the case that the call ends there, or nothing where that is kept elsewhere.
#[derive(Debug)]
pub enum After<T, K = T> {
    /// The call is over.
    Ended(T),
    /// Run the operation again.
    Again,
    /// Wait first.
    Paused(K),
}

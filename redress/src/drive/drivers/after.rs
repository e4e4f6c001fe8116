/// What follows an async attempt. `T` is what the call returns, `K` what is kept in its pause: what
/// the attempt returned, for the case that the call ends there, or nothing where that is kept
/// elsewhere.
#[derive(Debug)]
pub enum After<T, K = T> {
    /// The call is over.
    Ended(T),
    /// Run the operation again.
    Again,
    /// Wait first.
    Paused(K),
}

use crate::strategies::jitter;

/// Makes the jitter of the current thread reproducible: the same seed gives the same delays.
///
/// All strategies with jitter draw from one generator per thread, each with a seed of its own. The
/// seed given here applies to this thread alone, from now on. A future that moves between threads,
/// as on a multi-threaded runtime, draws from the generator of the thread that polls it.
///
/// The delays of a seed may differ between platforms and change with a release: compare two runs,
/// or test a bound, rather than a literal value.
///
/// ```
/// use redress::testing::seed_jitter;
/// use redress::{BackoffContext, Classification, ErrorClass, Strategy, strategies::full_jitter};
///
/// let transient = Classification::new(ErrorClass::Transient);
/// let draw = || full_jitter(5).delay(&BackoffContext::first(&transient));
///
/// seed_jitter(7);
/// let first = (draw(), draw());
/// seed_jitter(7);
/// assert_eq!((draw(), draw()), first);
/// ```
pub fn seed_jitter(seed: u64) {
    jitter::seed(seed);
}

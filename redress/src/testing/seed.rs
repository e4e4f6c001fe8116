use crate::strategies::jitter;

/// Makes the jitter of the current thread repeat: the same seed gives the same delays.
///
/// Every strategy with jitter draws from one generator per thread, which starts from a seed of its
/// own. The seed given here counts for this thread alone, from now on; a future that moves between
/// threads, as on a multi-threaded runtime, draws on whichever thread polls it.
///
/// Which delays belong to a seed may differ between platforms and change with a release: compare
/// two runs, or test a bound, rather than a literal.
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

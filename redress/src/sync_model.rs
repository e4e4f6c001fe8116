//! How loom runs a model of shared state:
//! `RUSTFLAGS="--cfg redress_loom" cargo test -p redress --lib --release loom`.

use loom::sync::Arc;
use loom::thread;

/// Runs `threads` on what `new` makes, under every interleaving with at most two preemptions, and
/// checks what they leave and what each of them returned.
///
/// Loom derives what to interleave from the last access to each atomic alone, so that a load hides
/// an earlier one from the store that follows it. So each order to start the threads in is a model
/// of its own: between them, each thread is explored as the first and as the last.
pub(crate) fn explore<T, R, const N: usize>(
    new: fn() -> T,
    threads: [fn(&T) -> R; N],
    check: fn(&T, &[R]),
) where
    T: Send + Sync + 'static,
    R: Copy + 'static,
{
    for order in orders(N) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(2);
        builder.check(move || {
            let shared = Arc::new(new());
            let start = |n: &usize| {
                let (n, shared) = (*n, Arc::clone(&shared));
                (n, thread::spawn(move || threads[n](&shared)))
            };
            let mut running: Vec<_> = order.iter().map(start).collect();
            running.sort_by_key(|(n, _)| *n);
            let join = |(_, thread): (usize, thread::JoinHandle<R>)| thread.join().unwrap();
            let results: Vec<_> = running.into_iter().map(join).collect();
            check(&shared, &results);
        });
    }
}

/// Lists all orders of the numbers below `n`.
fn orders(n: usize) -> Vec<Vec<usize>> {
    let Some(last) = n.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let insert = |order: Vec<usize>| {
        (0..n).map(move |at| {
            let mut order = order.clone();
            order.insert(at, last);
            order
        })
    };
    orders(last).into_iter().flat_map(insert).collect()
}

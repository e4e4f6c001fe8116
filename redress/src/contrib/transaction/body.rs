/// An async closure that may run several times, in a future that is `Send`: the body of a transaction.
///
/// Every `async |argument| ...` is one whose future can be sent and that changes nothing that it has
/// captured, which would be changed once for each attempt. There is nothing to implement.
#[diagnostic::on_unimplemented(
    message = "this is no body of a transaction",
    note = "it is an async closure such as `async |tx| {{ ... }}` that returns a `Result`, changes nothing that it captures, and holds nothing across an `.await` that is not `Send`"
)]
pub trait Body<A, R>: AsyncFn(A) -> R + Fn(A) -> <Self as Body<A, R>>::Running {
    /// The future of one run.
    type Running: Future<Output = R>;
}

#[diagnostic::do_not_recommend]
impl<F, A, R, Running> Body<A, R> for F
where
    F: AsyncFn(A) -> R + Fn(A) -> Running,
    Running: Future<Output = R>,
{
    type Running = Running;
}

// Input:
//
//     #[retry(clone(body))]
//     async fn send(mut body: String, id: Id) -> Result<u32, Error> {
//         post(body, id).await
//     }

// Expands to:

async fn send(body: String, id: Id) -> Result<u32, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::of(
        "send",
    );
    let __redress_body = body;
    {
        #[diagnostic::on_unimplemented(
            message = "`id` is consumed by the first attempt",
            label = "moved here: nothing is left of it for a second attempt",
            note = "write `clone(id)` in `#[retry(...)]` to give each attempt a clone, or borrow `id` in the body",
        )]
        trait __RedressKept {}
        #[diagnostic::do_not_recommend]
        impl<T: ::redress::__private::Copy> __RedressKept for T {}
        fn __redress_kept<T: __RedressKept>(_: &T) {}
        use ::redress::__private::Moves as _;
        let __moved = ::redress::__private::Used(&id).redress_moved();
        __redress_kept(__moved);
    }
    let mut __run = __REDRESS_POLICY.redress_run();
    loop {
        #[allow(clippy::shadow_reuse, clippy::shadow_same, clippy::shadow_unrelated)]
        let mut body = ::redress::__private::Clone::clone(&__redress_body);
        let __kept = match {
            let __returned: Result<u32, Error> = { post(body, id).await };
            #[allow(unreachable_code)]
            let __judged = ::redress::__private::by_type(&__returned)
                .redress_classifier();
            __run.redress_after_async(__returned, __judged)
        } {
            ::redress::__private::After::Ended(__returned) => return __returned,
            ::redress::__private::After::Again => continue,
            ::redress::__private::After::Paused(__kept) => __kept,
        };
        if __run.redress_pause().await {
            return __kept;
        }
    }
}

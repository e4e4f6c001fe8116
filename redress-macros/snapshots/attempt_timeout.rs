// Input:
//
//     #[retry(attempt_timeout = 500ms)]
//     async fn get() -> Result<u32, Error> {
//         fetch().await
//     }

// Expands to:

async fn get() -> Result<u32, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::of(
            "get",
        )
        .attempt_timeout(::redress::__private::Duration::from_millis(500));
    let mut __run = __REDRESS_POLICY.redress_run();
    let mut __last = ::redress::__private::Option::None;
    loop {
        let () = match {
            let __returned = {
                let mut __attempt = ::redress::__private::pin!(
                    async { if false { return ::redress::__private::never:: < Result <
                    u32, Error > > (); } fetch(). await }
                );
                ::redress::__private::poll_fn(|__cx| {
                        __run.redress_poll_attempt(__attempt.as_mut(), __cx)
                    })
                    .await
            };
            let __judged = match &__returned {
                ::redress::__private::Option::Some(__outcome) => {
                    ::redress::__private::Judge::judge(
                        ::redress::__private::by_type(__outcome).redress_classifier(),
                        __outcome,
                    )
                }
                ::redress::__private::Option::None => ::redress::__private::TIMED_OUT,
            };
            __run.redress_after_async_or_interrupt(__returned, &mut __last, __judged)
        } {
            ::redress::__private::After::Ended(__returned) => return __returned,
            ::redress::__private::After::Again => continue,
            ::redress::__private::After::Paused(__kept) => __kept,
        };
        if __run.redress_pause().await {
            return __run.redress_last(__last);
        }
    }
}

// Input:
//
//     #[retry(attempt_timeout = 500ms)]
//     async fn get() -> Result<u32, Error> {
//         fetch().await
//     }

// Expands to:

async fn get() -> Result<u32, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::literal()
        .operation("get")
        .attempt_timeout(::redress::__private::Duration::from_millis(500));
    let mut __run = ::redress::__private::Run::new(&__REDRESS_POLICY, ());
    let mut __last = ::redress::__private::Option::None;
    loop {
        match {
            let __returned = {
                let mut __attempt = ::redress::__private::pin!(
                    async { if false { return ::redress::__private::never:: < Result <
                    u32, Error > > (); } fetch(). await }
                );
                ::redress::__private::poll_fn(|__cx| {
                        __run.poll_attempt(__attempt.as_mut(), __cx)
                    })
                    .await
            };
            let __judged = match &__returned {
                ::redress::__private::Option::Some(__outcome) => {
                    match ::redress::__private::error_of(__outcome) {
                        ::redress::__private::Option::Some(__error) => {
                            use ::redress::__private::{Tag, by_type::*, failed};
                            failed(__error, (&&&&Tag(__error)).redress_classify())
                        }
                        ::redress::__private::Option::None => {
                            ::redress::__private::SUCCEEDED
                        }
                    }
                }
                ::redress::__private::Option::None => ::redress::__private::TIMED_OUT,
            };
            __run.after_async_or_interrupt(__returned, &mut __last, __judged)
        } {
            ::redress::__private::Settled::Return(__returned) => return __returned,
            ::redress::__private::Settled::Again => {}
            ::redress::__private::Settled::Pause(__pause) => {
                let ::redress::__private::ControlFlow::Break(__returned) = __pause.await
                else { continue };
                return __returned;
            }
        }
    }
}

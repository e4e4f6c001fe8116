// Input:
//
//     #[retry(strategy = equal_jitter(base = 1ms, max = 4ms), strategies(rate_limit = retry_after_or(decorrelated_jitter(60.0))), max_attempts = ATTEMPTS, deadline = 30s)]
//     fn get() -> Result<u32, Error> {
//         fetch()
//     }

// Expands to:

fn get() -> Result<u32, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::computed(||
    ::redress::__private::build(
        ::redress::__private::builder()
            .operation("get")
            .strategy(
                ::redress::strategies::equal_jitter(
                        ::redress::__private::Duration::from_millis(4),
                    )
                    .base(::redress::__private::Duration::from_millis(1)),
            )
            .class_strategy(
                ::redress::__private::ErrorClass::RateLimit,
                ::redress::strategies::retry_after_or(
                    ::redress::strategies::decorrelated_jitter(
                        ::redress::__private::Duration::from_secs(60),
                    ),
                ),
            )
            .max_attempts(ATTEMPTS)
            .deadline(::redress::__private::Duration::from_secs(30)),
    ));
    const _: () = ::redress::__private::assert!(
        ATTEMPTS != 0,
        "`max_attempts` must be at least 1: it counts attempts, the first one included"
    );
    let mut __run = __REDRESS_POLICY.redress_run();
    loop {
        if let ::redress::__private::Break(__returned) = {
            let __returned: Result<u32, Error> = { fetch() };
            #[allow(unreachable_code)]
            let __judged = ::redress::__private::by_type(&__returned)
                .redress_classifier();
            __run.redress_after(__returned, __judged)
        } {
            return __returned;
        }
    }
}

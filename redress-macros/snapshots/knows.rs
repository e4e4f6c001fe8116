// Input:
//
//     #[retry(knows(ApiError, DbError))]
//     fn get() -> Result<u32, Error> {
//         fetch()
//     }

// Expands to:

fn get() -> Result<u32, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::of(
        "get",
    );
    let mut __run = __REDRESS_POLICY.redress_run();
    loop {
        if let ::redress::__private::Break(__returned) = {
            let __returned: Result<u32, Error> = { fetch() };
            #[allow(unreachable_code)]
            let __judged = ::redress::__private::by_type(&__returned)
                .redress_knowing(|__error| ::redress::__private::knows_2::<
                    ApiError,
                    DbError,
                    _,
                >(__error));
            __run.redress_after(__returned, __judged)
        } {
            return __returned;
        }
    }
}

// Input:
//
//     #[retry]
//     async fn get(&self) -> Result<String, Error> {
//         self.fetch().await
//     }

// Expands to:

async fn get(&self) -> Result<String, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::Literals::of(
            "get",
        )
        .policy();
    let mut __run = __REDRESS_POLICY.redress_run();
    loop {
        match {
            let __returned: Result<String, Error> = { self.fetch().await };
            let __judged = ::redress::__private::by_type(&__returned)
                .redress_classifier();
            __run.redress_after_async(__returned, __judged)
        } {
            ::redress::__private::Break(__returned) => return __returned,
            ::redress::__private::Continue(__pause) => {
                if let ::redress::__private::Break(__returned) = __pause.await {
                    return __returned;
                }
            }
        }
    }
}

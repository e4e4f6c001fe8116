// Input:
//
//     #[retry]
//     async fn get(&self) -> Result<String, Error> {
//         self.fetch().await
//     }

// Expands to:

async fn get(&self) -> Result<String, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::of(
        "get",
    );
    let mut __run = __REDRESS_POLICY.redress_run();
    loop {
        let __kept = match {
            let __returned: Result<String, Error> = { self.fetch().await };
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

// Input:
//
//     #[retry]
//     async fn get(&mut self, url: &str) -> Result<String, Error> {
//         self.calls += 1;
//         Ok(self.fetch(url).await?.to_owned())
//     }

// Expands to:

async fn get(&mut self, url: &str) -> Result<String, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::of(
        "get",
    );
    let mut __run = __REDRESS_POLICY.redress_run();
    loop {
        let __kept = match {
            let __returned: Result<String, Error> = '__attempt: {
                self.calls += 1;
                Ok(
                    (match ::redress::__private::Try::branch(self.fetch(url).await) {
                        ::redress::__private::Continue(__value) => __value,
                        ::redress::__private::Break(__rest) => {
                            break '__attempt ::redress::__private::FromResidual::from_residual(
                                __rest,
                            );
                        }
                    })
                        .to_owned(),
                )
            };
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

// Input:
//
//     #[retry]
//     fn get(url: &str) -> Result<String, Error> {
//         let text = fetch(url)?;
//         Ok(text)
//     }

// Expands to:

fn get(url: &str) -> Result<String, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::of(
        "get",
    );
    let mut __run = __REDRESS_POLICY.redress_run();
    loop {
        if let ::redress::__private::Break(__returned) = {
            let __returned: Result<String, Error> = '__attempt: {
                let text = (match ::redress::__private::Try::branch(fetch(url)) {
                    ::redress::__private::Continue(__value) => __value,
                    ::redress::__private::Break(__rest) => {
                        break '__attempt ::redress::__private::FromResidual::from_residual(
                            __rest,
                        );
                    }
                });
                Ok(text)
            };
            #[allow(unreachable_code)]
            let __judged = ::redress::__private::by_type(&__returned)
                .redress_classifier();
            __run.redress_after(__returned, __judged)
        } {
            return __returned;
        }
    }
}

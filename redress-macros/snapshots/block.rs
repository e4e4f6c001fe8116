// Input:
//
//     retry_block!(<Error> strategy = fixed(1ms), async {
//         let n = step(&mut n).await?;
//         Ok(n)
//     })

// Expands to:

fn surroundings() {
    let future = async {
        static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::computed(||
        ::redress::__private::build(
            ::redress::__private::builder()
                .strategy(
                    ::redress::strategies::fixed(
                        ::redress::__private::Duration::from_millis(1),
                    ),
                ),
        ));
        let mut __run = __REDRESS_POLICY.redress_run();
        loop {
            let __kept = match {
                let __returned: ::redress::__private::Result<_, Error> = '__attempt: {
                    let n = (match ::redress::__private::Try::branch(
                        step(&mut n).await,
                    ) {
                        ::redress::__private::Continue(__value) => __value,
                        ::redress::__private::Break(__rest) => {
                            break '__attempt ::redress::__private::FromResidual::from_residual(
                                __rest,
                            );
                        }
                    });
                    Ok(n)
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
    };
}

// Input:
//
//     retry_block!(<Error> strategy = fixed(1ms), async {
//         let n = step(&mut n).await?;
//         Ok(n)
//     })

// Expands to:

fn surroundings() {
    let future = async {
        static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::new(||
        ::redress::__private::build(
            ::redress::__private::builder()
                .strategy(
                    ::redress::strategies::fixed(
                        ::redress::__private::Duration::from_millis(1),
                    ),
                ),
        ));
        let mut __run = ::redress::__private::Run::new(&__REDRESS_POLICY, ());
        loop {
            match {
                let __returned: ::redress::__private::Result<_, Error> = '__attempt: {
                    let n = (match ::redress::__private::Question::question(
                        step(&mut n).await,
                    ) {
                        ::redress::__private::ControlFlow::Continue(__value) => __value,
                        ::redress::__private::ControlFlow::Break(__rest) => {
                            break '__attempt ::redress::__private::Leaves::leave(__rest);
                        }
                    });
                    Ok(n)
                };
                let __judged = match ::redress::__private::error_of(&__returned) {
                    ::redress::__private::Option::Some(__error) => {
                        use ::redress::__private::{Tag, by_type::*, failed};
                        failed(__error, (&&&&Tag(__error)).redress_classify())
                    }
                    ::redress::__private::Option::None => ::redress::__private::SUCCEEDED,
                };
                __run.after_async(__returned, __judged)
            } {
                ::redress::__private::Settled::Return(__returned) => return __returned,
                ::redress::__private::Settled::Again => {}
                ::redress::__private::Settled::Pause(__pause) => {
                    let ::redress::__private::ControlFlow::Break(__returned) = __pause
                        .await else { continue };
                    return __returned;
                }
            }
        }
    };
}

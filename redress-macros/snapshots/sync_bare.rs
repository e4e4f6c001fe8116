// Input:
//
//     #[retry]
//     fn get(url: &str) -> Result<String, Error> {
//         let text = fetch(url)?;
//         Ok(text)
//     }

// Expands to:

fn get(url: &str) -> Result<String, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::new(||
    ::redress::__private::build(::redress::__private::builder().operation("get")));
    let mut __run = ::redress::__private::Run::new(&__REDRESS_POLICY, ());
    loop {
        let __returned = (|| -> Result<String, Error> {
            let text = fetch(url)?;
            Ok(text)
        })();
        match __run
            .after(
                __returned,
                |__returned| ::redress::__private::judge_result(
                    __returned,
                    |__error| {
                        use ::redress::__private::by_type::*;
                        (&&&&::redress::__private::Tag(__error)).redress_classify()
                    },
                ),
            )
        {
            ::redress::__private::ControlFlow::Break(__returned) => return __returned,
            ::redress::__private::ControlFlow::Continue(()) => {}
        }
    }
}

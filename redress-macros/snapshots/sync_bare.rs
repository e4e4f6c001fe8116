// Input:
//
//     #[retry]
//     fn get(url: &str) -> Result<String, Error> {
//         let text = fetch(url)?;
//         Ok(text)
//     }

// Expands to:

fn get(url: &str) -> Result<String, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::literal()
        .operation("get");
    let mut __run = ::redress::__private::Run::new(&__REDRESS_POLICY, ());
    loop {
        match {
            let __returned: Result<String, Error> = '__attempt: {
                let text = (match ::redress::__private::Question::question(fetch(url)) {
                    ::redress::__private::ControlFlow::Continue(__value) => __value,
                    ::redress::__private::ControlFlow::Break(__rest) => {
                        break '__attempt ::redress::__private::Leaves::leave(__rest);
                    }
                });
                Ok(text)
            };
            let __judged = match ::redress::__private::error_of(&__returned) {
                ::redress::__private::Option::Some(__error) => {
                    use ::redress::__private::{Tag, by_type::*, failed};
                    failed(__error, (&&&&Tag(__error)).redress_classify())
                }
                ::redress::__private::Option::None => ::redress::__private::SUCCEEDED,
            };
            __run.after(__returned, __judged)
        } {
            ::redress::__private::ControlFlow::Break(__returned) => return __returned,
            ::redress::__private::ControlFlow::Continue(()) => {}
        }
    }
}

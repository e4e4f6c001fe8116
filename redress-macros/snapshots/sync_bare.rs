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
        match {
            let __returned = (|| -> Result<String, Error> {
                let text = fetch(url)?;
                Ok(text)
            })();
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

// Input:
//
//     #[retry]
//     async fn get(&self) -> Result<String, Error> {
//         self.fetch().await
//     }

// Expands to:

async fn get(&self) -> Result<String, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::literal()
        .operation("get");
    let mut __run = ::redress::__private::Run::new(&__REDRESS_POLICY, ());
    loop {
        match {
            let __returned: Result<String, Error> = { self.fetch().await };
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
                let ::redress::__private::ControlFlow::Break(__returned) = __pause.await
                else { continue };
                return __returned;
            }
        }
    }
}

// Input:
//
//     #[retry]
//     async fn get(&mut self, url: &str) -> Result<String, Error> {
//         self.calls += 1;
//         Ok(self.fetch(url).await?.to_owned())
//     }

// Expands to:

async fn get(&mut self, url: &str) -> Result<String, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::literal()
        .operation("get");
    let mut __run = ::redress::__private::Run::new(&__REDRESS_POLICY, ());
    loop {
        match {
            let __returned: Result<String, Error> = '__attempt: {
                self.calls += 1;
                Ok(
                    (match ::redress::__private::Question::question(
                        self.fetch(url).await,
                    ) {
                        ::redress::__private::ControlFlow::Continue(__value) => __value,
                        ::redress::__private::ControlFlow::Break(__rest) => {
                            break '__attempt ::redress::__private::Leaves::leave(__rest);
                        }
                    })
                        .to_owned(),
                )
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
                let ::redress::__private::ControlFlow::Break(__returned) = __pause.await
                else { continue };
                return __returned;
            }
        }
    }
}

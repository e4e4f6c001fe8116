// Input:
//
//     #[retry(policy = self.policy, operation = name, on_event = |event| log(event), abort_if = || self.stopped())]
//     fn get(&self, name: &str) -> Result<u32, Error> {
//         self.fetch()
//     }

// Expands to:

fn get(&self, name: &str) -> Result<u32, Error> {
    let __policy = &self.policy;
    let __policy = {
        use ::redress::__private::Given as _;
        match ::redress::__private::Source(__policy).found() {
            ::redress::__private::Result::Ok(__policy) => {
                ::redress::__private::hold(__policy)
            }
            ::redress::__private::Result::Err(__interrupt) => {
                return ::redress::__private::interrupted(__interrupt);
            }
        }
    };
    let __policy: &::redress::__private::Policy<_, _> = ::redress::__private::held(
        &__policy,
    );
    let __operation = &name;
    let __operation = ::redress::__private::operation(__operation);
    let __abort_if = ::redress::__private::abort_check(|| self.stopped());
    let __on_event = ::redress::__private::event_hook(|event| log(event));
    let mut __run = match ::redress::__private::Run::begin(
        __policy,
        ::redress::__private::Hooked {
            operation: __operation,
            abort_on: (),
            on: move |__hook: ::redress::__private::Hook<'_>| {
                match __hook {
                    ::redress::__private::Hook::Abort => return __abort_if(),
                    ::redress::__private::Hook::Event(__event) => __on_event(__event),
                    _ => {}
                }
                false
            },
        },
    ) {
        ::redress::__private::Result::Ok(__run) => __run,
        ::redress::__private::Result::Err(__interrupt) => {
            return ::redress::__private::interrupted(__interrupt);
        }
    };
    loop {
        if let ::redress::__private::Break(__returned) = {
            let __returned: Result<u32, Error> = { self.fetch() };
            #[allow(unreachable_code)]
            let __judged = ::redress::__private::by_policy(__policy)
                .redress_errors_of(&__returned)
                .redress_classifier()
                .redress_judge(__policy, &__returned);
            __run.redress_after(__returned, __judged)
        } {
            return __returned;
        }
    }
}

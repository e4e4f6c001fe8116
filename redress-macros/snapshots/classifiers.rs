// Input:
//
//     #[retry(classifier = |error| class_of(error), result_classifier = judge)]
//     fn get() -> Result<impl Display, Error> {
//         fetch()
//     }

// Expands to:

fn get() -> Result<impl Display, Error> {
    static __REDRESS_POLICY: ::redress::__private::FnPolicy = ::redress::__private::FnPolicy::of(
        "get",
    );
    let __classifier = &::redress::__private::classifier_fn::<
        Result<(), Error>,
        _,
        _,
    >(|error| class_of(error));
    let __results = &judge;
    let mut __run = __REDRESS_POLICY.redress_run();
    loop {
        if let ::redress::__private::Break(__returned) = {
            let __returned: Result<_, Error> = { fetch() };
            #[allow(unreachable_code)]
            let __judged = {
                use ::redress::__private::PlainValue as _;
                ::redress::__private::Returned(&__returned)
                    .judge_with(__classifier, __results)
            };
            __run.redress_after(__returned, __judged)
        } {
            return __returned;
        }
    }
}

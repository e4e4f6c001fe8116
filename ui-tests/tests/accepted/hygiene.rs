//! Names in the user's code that shadow names that an expansion might use.

use super::until;

mod shadowed {
    #![allow(dead_code, non_camel_case_types, unused_macros)]
    use redress::retry;

    use crate::until;

    type Io = ::std::io::Error;
    pub(super) type Outcome = ::std::result::Result<u32, Io>;

    pub(super) struct Result;
    struct Option;
    struct Ok;
    struct Some;
    struct Box;
    struct Clone;
    struct Duration;
    struct Policy;
    struct ErrorClass;
    struct bool;
    struct str;
    trait Fn {}
    trait Send {}
    mod core {}
    mod std {}
    fn drop() {}
    fn fixed() {}
    fn instant() {}
    macro_rules! assert {
        ($($any:tt)*) => {
            compile_error!("the user's own")
        };
    }
    macro_rules! matches {
        ($($any:tt)*) => {
            compile_error!("the user's own")
        };
    }
    const LIMIT: u32 = 4;

    #[retry(strategy = instant(), max_attempts = LIMIT, deadline = 3s, clone(text))]
    pub(super) fn sync(text: String, calls: &mut u32) -> Outcome {
        ::std::mem::drop(text);
        until(3, calls)
    }

    #[retry(
        strategies(transient = retry_after_or(equal_jitter(1ms))),
        attempt_timeout = 3s,
        on_event = |_| (),
        before_sleep = |_, _| (),
        abort_if = || false,
        clone(text),
    )]
    pub(super) async fn asynchronous(text: String, calls: &mut u32) -> Outcome {
        ::std::mem::drop(text);
        until(3, calls)
    }
}

#[tokio::test]
async fn shadowed_names_do_no_harm() {
    let _ = shadowed::Result;
    assert_eq!(shadowed::sync(String::new(), &mut 0).unwrap(), 3);
    assert_eq!(
        shadowed::asynchronous(String::new(), &mut 0).await.unwrap(),
        3
    );
}

#[no_implicit_prelude]
mod without_prelude {
    use ::redress::retry;

    use crate::until;

    #[retry(strategy = full_jitter(1ms), attempt_timeout = 1s, on_attempt_end = |_| ())]
    pub(super) async fn asynchronous(calls: &mut u32) -> ::std::io::Result<u32> {
        until(3, calls)
    }

    #[retry(strategy = |_| 0.0)]
    pub(super) fn sync(calls: &mut u32) -> ::std::io::Result<u32> {
        until(3, calls)
    }
}

#[tokio::test]
async fn no_prelude_is_needed() {
    assert_eq!(without_prelude::asynchronous(&mut 0).await.unwrap(), 3);
    assert_eq!(without_prelude::sync(&mut 0).unwrap(), 3);
}

/// Arguments with the names of an expansion's own variables.
#[redress::retry(strategy = instant(), on_event = |_| assert_eq!(*__run, 1))]
async fn same_names(
    __run: &u32,
    __returned: u32,
    __last: u32,
    __policy: u32,
    calls: &mut u32,
) -> Result<u32, std::io::Error> {
    until(3, calls).map(|n| n + __run + __returned + __last + __policy)
}

#[tokio::test]
async fn own_variables_are_invisible() {
    assert_eq!(same_names(&1, 2, 3, 4, &mut 0).await.unwrap(), 13);
}

mod methods_for_every_type {
    #![allow(dead_code)]
    use redress::{Classification, Classify, ErrorClass, retry};

    /// A trait with the method names that an expansion might call.
    trait Everything: Sized {
        fn classifier(&self) -> ErrorClass {
            ErrorClass::Permanent
        }
        fn classify(self, _error: &std::io::Error) -> Classification {
            ErrorClass::Permanent.into()
        }
        fn run(self) {}
        fn after<T, J>(self, _returned: T, _judged: J) {}
        fn after_async<T, J>(self, _returned: T, _judged: J) {}
    }

    impl<T> Everything for T {}

    #[derive(Debug, Classify)]
    enum Failure {
        #[classify(source)]
        Io(std::io::Error),
    }

    #[retry(strategy = instant())]
    fn derived(calls: &mut u32) -> Result<u32, Failure> {
        crate::until(3, calls).map_err(Failure::Io)
    }

    #[retry(strategy = instant())]
    fn plain(calls: &mut u32) -> Result<u32, std::io::Error> {
        crate::until(3, calls)
    }

    #[retry(strategy = instant())]
    async fn awaited(calls: &mut u32) -> Result<u32, std::io::Error> {
        crate::until(3, calls)
    }

    #[tokio::test]
    async fn are_not_called() {
        assert_eq!(derived(&mut 0).unwrap(), 3);
        assert_eq!(plain(&mut 0).unwrap(), 3);
        assert_eq!(awaited(&mut 0).await.unwrap(), 3);
    }
}

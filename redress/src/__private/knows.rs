//! `knows(ApiError, DbError)`: the default classifier, which also knows the error types that the macro
//! lists.
//!
//! An expansion calls one of the functions here in a closure. Outside of the closure its contents do
//! not matter, so that a type which may not be listed gives one error, and no others that follow from
//! it.

use std::error::Error;

use super::{ByClassify, ByDynError, ByError, ByNothing, ByType, ClassifiesItself, Nothing};
use crate::classify::{Classification, Classifier, Classify, DefaultClassifier};

/// An error type that `knows(...)` may list.
#[diagnostic::on_unimplemented(
    message = "`knows` cannot list `{Self}`, which does not classify itself",
    label = "not an error that implements `redress::Classify`",
    note = "derive `redress::Classify` for it (and implement `std::error::Error`), or leave `knows` out and write `classifier = my_function`"
)]
pub trait KnownError: Classify + Error + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Classify + Error + 'static> KnownError for T {}

/// A classifier of errors of every type.
pub trait ClassifiesAny {
    /// Classifies an error of a type.
    fn classify_error<E: Error + 'static>(&self, error: &E) -> Classification;
    /// Classifies an error whose type is not known.
    fn classify_dyn(&self, error: &(dyn Error + 'static)) -> Classification;
}

/// An error of a type, or of one that is not known.
pub trait AnyError {
    /// Asks a classifier.
    fn ask<K: ClassifiesAny>(&self, classifier: &K) -> Classification;
}

impl<E: Error + 'static> AnyError for E {
    #[inline]
    fn ask<K: ClassifiesAny>(&self, classifier: &K) -> Classification {
        classifier.classify_error(self)
    }
}

impl AnyError for dyn Error {
    #[inline]
    fn ask<K: ClassifiesAny>(&self, classifier: &K) -> Classification {
        classifier.classify_dyn(self)
    }
}

macro_rules! knows {
    ($($name:ident($($type:ident)*);)*) => {$(
        /// Classifies an error by the default classifier that knows these types.
        pub fn $name<$($type: KnownError,)* Asked: AnyError + ?Sized>(
            error: &Asked,
        ) -> Classification {
            struct Known<$($type),*>(std::marker::PhantomData<($($type,)*)>);

            impl<$($type: KnownError),*> ClassifiesAny for Known<$($type),*> {
                fn classify_error<Asked: Error + 'static>(&self, error: &Asked) -> Classification {
                    DefaultClassifier$(.knows::<$type>())*.classify(error)
                }

                fn classify_dyn(&self, error: &(dyn Error + 'static)) -> Classification {
                    DefaultClassifier$(.knows::<$type>())*.classify(error)
                }
            }

            error.ask(&Known::<$($type),*>(std::marker::PhantomData))
        }
    )*};
}

// The macros take no more types than this.
knows! {
    knows_1(A);
    knows_2(A B);
    knows_3(A B C);
    knows_4(A B C D);
    knows_5(A B C D E);
    knows_6(A B C D E F);
    knows_7(A B C D E F G);
    knows_8(A B C D E F G H);
}

/// A trait that no type implements, so that the message is shown.
#[diagnostic::on_unimplemented(
    message = "`knows` cannot look into `{Self}`",
    label = "neither a `std::error::Error` nor a box that holds one",
    note = "return an error that implements `std::error::Error`, `Box<dyn std::error::Error + Send + Sync>` or `anyhow::Error`"
)]
pub trait HoldsError {}

/// Asks the error, or classifies the one of any type that it holds.
#[derive(Debug)]
pub struct KnowingItself<F>(F);

impl<E: Classify + ?Sized, F: Fn(&(dyn Error + 'static)) -> Classification> Classifier<E>
    for KnowingItself<F>
{
    #[inline]
    fn classify(&self, error: &E) -> Classification {
        error.redress_classify_by(&self.0)
    }
}

/// Classifies the error.
#[derive(Debug)]
pub struct Knowing<F>(F);

impl<E, F: Fn(&E) -> Classification> Classifier<E> for Knowing<F> {
    #[inline]
    fn classify(&self, error: &E) -> Classification {
        (self.0)(error)
    }
}

/// Classifies the error inside of one.
#[derive(Debug)]
pub struct KnowingInner<F>(F);

impl<E, F> Classifier<E> for KnowingInner<F>
where
    E: AsRef<dyn Error + Send + Sync> + ?Sized,
    F: Fn(&(dyn Error + 'static)) -> Classification,
{
    #[inline]
    fn classify(&self, error: &E) -> Classification {
        (self.0)(error.as_ref())
    }
}

impl<E: ClassifiesItself + ?Sized> ByClassify<E> {
    /// Ends the chain: such an error is not looked into, unless it holds one of any type.
    #[inline]
    pub fn redress_knowing<F>(self, classify: F) -> ByType<KnowingItself<F>>
    where
        F: Fn(&(dyn Error + 'static)) -> Classification,
    {
        ByType(KnowingItself(classify))
    }
}

impl<E: Error> ByError<E> {
    /// Ends the chain.
    #[inline]
    pub fn redress_knowing<F: Fn(&E) -> Classification>(self, classify: F) -> ByType<Knowing<F>> {
        ByType(Knowing(classify))
    }
}

impl<E: AsRef<dyn Error + Send + Sync> + ?Sized> ByDynError<E> {
    /// Ends the chain.
    #[inline]
    pub fn redress_knowing<F>(self, classify: F) -> ByType<KnowingInner<F>>
    where
        F: Fn(&(dyn Error + 'static)) -> Classification,
    {
        ByType(KnowingInner(classify))
    }
}

impl<E> ByNothing<E> {
    /// Ends the chain, with an error.
    #[inline]
    pub fn redress_knowing<F>(self, _classify: F) -> ByType<Nothing>
    where
        E: HoldsError,
        F: Fn(&(dyn Error + 'static)) -> Classification,
    {
        ByType(Nothing)
    }
}

//! Errors that are classified by what is known about their type at the macro's site: method
//! resolution finds `redress_classifier()` at the first of a chain of types whose bound holds. Its
//! name is one that no trait in the user's scope has.

use std::error::Error;
use std::marker::PhantomData;
use std::ops::Deref;

use super::{ReturnsResult, classify};
use crate::classify::{Classification, Classifier, Classify, DefaultClassifier, ErrorClass};
use crate::drive::{Judge, Verdict};

/// Starts with what an attempt returned; for any other type it reports that it is not a `Result`.
#[inline]
pub fn by_type<R: ReturnsResult>(_returned: &R) -> ByClassify<R::Error> {
    ByClassify::NEW
}

/// Starts with an error.
#[inline]
pub fn by_type_of<E: ?Sized>(_error: &E) -> ByClassify<E> {
    ByClassify::NEW
}

/// First: the error says itself.
#[derive(Debug)]
pub struct ByClassify<E: ?Sized>(ByError<E>);

/// Second: the error is a [`std::error::Error`]. Each step costs the compiler more than anything
/// else in an expansion, so what most errors are stands here.
#[derive(Debug)]
pub struct ByError<E: ?Sized>(ByDynError<E>);

/// Third: the error holds one of any type, as `anyhow::Error` does. (A `Box<dyn Error>` and its like
/// are [`Classify`].)
#[derive(Debug)]
pub struct ByDynError<E: ?Sized>(ByNothing<E>);

/// Last: nothing is known.
#[derive(Debug)]
pub struct ByNothing<E: ?Sized>(PhantomData<fn(&E)>);

impl<E: ?Sized> ByClassify<E> {
    const NEW: Self = Self(ByError(ByDynError(ByNothing(PhantomData))));
}

/// The chain is walked by value, which spares the compiler a reference at its end.
macro_rules! copy {
    ($($name:ident)*) => {$(
        impl<E: ?Sized> Clone for $name<E> {
            #[inline]
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<E: ?Sized> Copy for $name<E> {}
    )*};
}

copy!(ByClassify ByError ByDynError ByNothing);

impl<E: ?Sized> Deref for ByClassify<E> {
    type Target = ByError<E>;

    #[inline]
    fn deref(&self) -> &ByError<E> {
        &self.0
    }
}

impl<E: ?Sized> Deref for ByError<E> {
    type Target = ByDynError<E>;

    #[inline]
    fn deref(&self) -> &ByDynError<E> {
        &self.0
    }
}

impl<E: ?Sized> Deref for ByDynError<E> {
    type Target = ByNothing<E>;

    #[inline]
    fn deref(&self) -> &ByNothing<E> {
        &self.0
    }
}

/// An error that classifies itself. One that does not is only asked where its type was not known when
/// the chain was walked.
#[diagnostic::on_unimplemented(
    message = "the type of the error, `{Self}`, is only known after this",
    label = "`?` leaves the type of the error open",
    note = "name it: `retry_block!(<{Self}> ...)`"
)]
pub trait ClassifiesItself: Classify {}

#[diagnostic::do_not_recommend]
impl<E: Classify + ?Sized> ClassifiesItself for E {}

impl<E: ClassifiesItself + ?Sized> ByClassify<E> {
    /// Ends the chain.
    #[inline]
    pub const fn redress_classifier(self) -> ByType<Itself> {
        ByType(Itself)
    }
}

// That it is `'static` is asked once, by the classifier.
impl<E: Error> ByError<E> {
    /// Ends the chain.
    #[inline]
    pub const fn redress_classifier(self) -> ByType<DefaultClassifier> {
        ByType(DefaultClassifier)
    }
}

impl<E: AsRef<dyn Error + Send + Sync> + ?Sized> ByDynError<E> {
    /// Ends the chain.
    #[inline]
    pub const fn redress_classifier(self) -> ByType<Inner> {
        ByType(Inner)
    }
}

impl<E: ?Sized> ByNothing<E> {
    /// Ends the chain.
    #[inline]
    pub const fn redress_classifier(self) -> ByType<Nothing> {
        ByType(Nothing)
    }
}

/// The result of the chain.
#[derive(Debug)]
pub struct ByType<C>(pub(super) C);

impl<C> ByType<C> {
    /// Classifies an error.
    #[inline]
    pub fn redress_classify<E: ?Sized>(&self, error: &E) -> Classification
    where
        C: Classifier<E>,
    {
        self.0.classify(error)
    }
}

impl<C> ByType<C> {
    /// Classifies the source of an error, which has to say something.
    #[inline]
    pub fn redress_classify_source<E: ?Sized>(&self, source: &E) -> Classification
    where
        C: SourceClassifier<E>,
    {
        self.0.classify(source)
    }
}

/// Something is known of a source of this type.
#[diagnostic::on_unimplemented(
    message = "the source of this error does not say what a failure is",
    label = "neither `Classify` nor an error",
    note = "a source is an error, or anything that is `Classify`; otherwise use `with = function`"
)]
pub trait SourceClassifier<E: ?Sized>: Classifier<E> {}

#[diagnostic::do_not_recommend]
impl<E: ?Sized> SourceClassifier<E> for Itself where Self: Classifier<E> {}
#[diagnostic::do_not_recommend]
impl<E: ?Sized> SourceClassifier<E> for Inner where Self: Classifier<E> {}
#[diagnostic::do_not_recommend]
impl<E: ?Sized> SourceClassifier<E> for DefaultClassifier where Self: Classifier<E> {}

impl<R: ReturnsResult, C: Classifier<R::Error>> Judge<R> for ByType<C> {
    #[inline]
    fn judge(self, returned: &R) -> Verdict {
        super::judge_with(returned.as_result(), &self.0)
    }
}

/// Asks the error.
#[derive(Debug)]
pub struct Itself;

impl<E: ClassifiesItself + ?Sized> Classifier<E> for Itself {
    #[inline]
    fn classify(&self, error: &E) -> Classification {
        error.classify()
    }
}

/// Asks the error within.
#[derive(Debug)]
pub struct Inner;

impl<E: AsRef<dyn Error + Send + Sync> + ?Sized> Classifier<E> for Inner {
    #[inline]
    fn classify(&self, error: &E) -> Classification {
        classify::classify_dyn(error.as_ref())
    }
}

/// Takes every error for UNKNOWN.
#[derive(Debug)]
pub struct Nothing;

impl<E: ?Sized> Classifier<E> for Nothing {
    #[inline]
    fn classify(&self, _error: &E) -> Classification {
        ErrorClass::Unknown.into()
    }
}

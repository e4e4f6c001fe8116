//! What is said of an error, however it is wrapped.

use std::error::Error;

use redress::classify::classify_dyn;
use redress::{Classification, Classifier, Classify, DefaultClassifier, ErrorClass};

/// Checks that an error has a class: by itself, for the default classifier, and in chains.
pub(crate) fn assert_class<E>(error: E, class: ErrorClass)
where
    E: Classify + Error + Send + Sync + 'static,
{
    let shown = format!("{error:?}");
    let of = |said: Classification| said.class();
    assert_eq!(of(error.classify()), class, "itself: {shown}");
    assert_eq!(of(DefaultClassifier.classify(&error)), class, "{shown}");
    let wrapped = std::io::Error::other(error);
    assert_eq!(
        of(DefaultClassifier.classify(&wrapped)),
        class,
        "in io::Error: {shown}"
    );
    let context = anyhow::Error::from(wrapped).context("while testing");
    assert_eq!(
        of(classify_dyn(context.as_ref())),
        class,
        "in anyhow: {shown}"
    );
}

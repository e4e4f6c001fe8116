use std::error::Error as StdError;
use std::fmt;

use ::reqwest_0_13::Error as TransportError;

use crate::classify::{Classification, Classify, ErrorClass};

/// Why a [`Download`](super::Download) cannot go on, although a request has been answered: what has arrived
/// and what would follow are not known to be parts of one file.
///
/// ```
/// use redress::contrib::reqwest_0_13::{Discontinuity, Failure};
///
/// fn begin_anew(failure: &Failure) -> bool {
///     let why = failure.discontinued().map(|discontinued| discontinued.reason());
///     matches!(why, Some(Discontinuity::Changed | Discontinuity::WholeAgain))
/// }
/// ```
#[derive(Debug)]
pub struct Discontinued {
    reason: Discontinuity,
    position: u64,
    /// What the server said, or what was wrong with the request.
    detail: String,
    cause: Option<TransportError>,
    /// Another attempt may ask for the rest.
    resumable: bool,
}

/// The reason of a [`Discontinued`].
///
/// ```
/// use redress::contrib::reqwest_0_13::Discontinuity;
///
/// assert_ne!(Discontinuity::Changed, Discontinuity::WholeAgain);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Discontinuity {
    /// The request is none of a download: not a GET, or it asks for a range itself. Nothing was sent.
    Unsuitable,
    /// The connection was lost, and the answer had no strong validator with which to ask for the rest.
    NoValidator,
    /// The connection was closed, or the stream of HTTP/2 given up, and nothing says whether that was the end:
    /// the answer had neither a length nor chunks.
    EndUnknown,
    /// The server answered with less than it was asked for, again and again.
    Short,
    /// The server answered a request for the rest with the whole, of the same version: it knows no ranges.
    WholeAgain,
    /// The file is not the one any more that the download began with.
    Changed,
    /// The answer is a part that was not asked for, or several.
    WrongRange,
    /// The body has a content coding, in which positions are not those of the file.
    Encoded,
    /// More arrived than the answer had announced.
    TooLong,
    /// The download has failed before, with another error.
    Over,
}

impl Discontinued {
    pub(super) fn new(reason: Discontinuity, position: u64, detail: impl Into<String>) -> Self {
        Self {
            reason,
            position,
            detail: detail.into(),
            cause: None,
            resumable: false,
        }
    }

    /// An answer that ended too early, or may have.
    pub(super) fn cut(
        reason: Discontinuity,
        position: u64,
        resumable: bool,
        cause: Option<TransportError>,
    ) -> Self {
        Self {
            resumable,
            cause,
            ..Self::new(reason, position, "")
        }
    }

    /// Returns why.
    ///
    /// ```
    /// # use redress::contrib::reqwest_0_13::{Discontinued, Discontinuity};
    /// fn is_another_file(why: &Discontinued) -> bool {
    ///     why.reason() == Discontinuity::Changed
    /// }
    /// ```
    #[must_use]
    pub const fn reason(&self) -> Discontinuity {
        self.reason
    }

    /// Returns how many bytes of the file had arrived. All of them were yielded before this error.
    ///
    /// ```
    /// # use redress::contrib::reqwest_0_13::Discontinued;
    /// fn explain(why: &Discontinued) -> String {
    ///     format!("{} bytes are here: {why}", why.position())
    /// }
    /// ```
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Returns `true` if the attempt has failed, and not what the server said.
    pub(super) const fn is_cut(&self) -> bool {
        matches!(
            self.reason,
            Discontinuity::NoValidator | Discontinuity::EndUnknown | Discontinuity::Short
        )
    }
}

impl Classify for Discontinued {
    /// Returns TRANSIENT for what was cut, without a [retry](Classification::no_retry) where nothing can ask
    /// for the rest, and PERMANENT for everything else.
    fn classify(&self) -> Classification {
        if !self.is_cut() {
            return ErrorClass::Permanent.into();
        }
        let cut = Classification::new(ErrorClass::Transient);
        if self.resumable { cut } else { cut.no_retry() }
    }
}

impl fmt::Display for Discontinued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            position, detail, ..
        } = self;
        match self.reason {
            Discontinuity::Unsuitable => write!(f, "not a request for a download: {detail}"),
            Discontinuity::NoValidator => write!(
                f,
                "the connection was lost after {position} bytes, and the rest cannot be asked for: the answer \
                 had neither a strong ETag nor a Last-Modified a minute before its Date"
            ),
            Discontinuity::EndUnknown => write!(
                f,
                "the connection was closed after {position} bytes, and without a length or chunks nothing \
                 says whether these are all"
            ),
            Discontinuity::Short => write!(
                f,
                "the answer ended after {position} bytes, and there are more"
            ),
            Discontinuity::WholeAgain => write!(
                f,
                "the server knows no ranges: asked for what follows {position} bytes, it sent the whole"
            ),
            Discontinuity::Changed => {
                write!(f, "the file has changed after {position} bytes: {detail}")
            }
            Discontinuity::WrongRange => {
                write!(f, "a wrong part came after {position} bytes: {detail}")
            }
            Discontinuity::Encoded => write!(
                f,
                "the answer after {position} bytes is not the file but a coding of it: {detail}"
            ),
            Discontinuity::TooLong => write!(
                f,
                "more came after {position} bytes than was announced: {detail}"
            ),
            Discontinuity::Over => f.write_str("the download has failed before"),
        }
    }
}

impl StdError for Discontinued {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

use std::error::Error as StdError;
use std::fmt::{self, Write as _};
use std::io;

use ::http_1::{HeaderMap, StatusCode};
use ::ureq_3::{Error, Timeout};

use crate::classify::{Classification, Classify, ErrorClass, http_status, io_error_kind};
use crate::contrib::{http_1, says_something, transport};

impl Classify for Error {
    /// Classifies by the variant: see [the table](super#what-an-error-means).
    ///
    /// ```
    /// # extern crate ureq_3 as ureq; // as users name it
    /// use redress::{Classify, ErrorClass};
    ///
    /// let closed = ureq::get("http://127.0.0.1:1").call().unwrap_err();
    /// assert_eq!(closed.classify().class(), ErrorClass::Transient);
    /// assert!(closed.classify().is_unsent());
    /// ```
    fn classify(&self) -> Classification {
        let transient = Classification::new(ErrorClass::Transient);
        match self {
            Self::StatusCode(code) => of_status(*code),
            Self::Io(error) => of_io(error),
            Self::Timeout(Timeout::Resolve | Timeout::Connect)
            | Self::HostNotFound
            | Self::ConnectionFailed
            | Self::ConnectProxyFailed(_) => transient.unsent(),
            Self::Timeout(_) => transient,
            Self::Other(error) => {
                let direct = error
                    .downcast_ref::<io::Error>()
                    .and_then(transport::by_kind);
                direct
                    .or_else(|| transport::by_cause(error.as_ref()))
                    .unwrap_or(ErrorClass::Unknown.into())
            }
            Self::Http(_)
            | Self::BadUri(_)
            | Self::Protocol(_)
            | Self::RedirectFailed
            | Self::InvalidProxyUrl
            | Self::BodyExceedsLimit(_)
            | Self::TooManyRedirects
            | Self::Tls(_)
            | Self::RequireHttpsOnly(_)
            | Self::LargeResponseHeader(..)
            | Self::TlsRequired => ErrorClass::Permanent.into(),
            // These exist only with features of ureq that are not ours to ask for.
            other if is_wrong(other) => ErrorClass::Permanent.into(),
            _ => ErrorClass::Unknown.into(),
        }
    }
}

fn of_status(code: u16) -> Classification {
    let known = StatusCode::from_u16(code).ok();
    known
        .and_then(|status| http_1::response(status, &HeaderMap::new()))
        .unwrap_or_else(|| http_status(code).into())
}

fn of_io(error: &io::Error) -> Classification {
    let transient = Classification::new(ErrorClass::Transient);
    match error.kind() {
        // No connection that exists says so.
        io::ErrorKind::ConnectionRefused => transient.unsent(),
        kind => match io_error_kind(kind) {
            ErrorClass::Unknown if is_of_resolver(error) => transient.unsent(),
            class => class.into(),
        },
    }
}

/// Returns `true` for a name that was not found: the standard library gives it no kind, only this text.
fn is_of_resolver(error: &io::Error) -> bool {
    shows(
        error,
        |text| text.starts_with("failed to lookup address"),
        Shown::Display,
    )
}

/// Returns `true` for the variants that say that something stays wrong.
fn is_wrong(error: &Error) -> bool {
    const WRONG: [&str; 11] = [
        "Pem(",
        "Rustls(",
        "NativeTls(",
        "Der(",
        "Cookie(",
        "CookieValue(",
        "CookieJar(",
        "UnknownCharset(",
        "Decompress(",
        "Json(",
        "InvalidMimeType(",
    ];
    shows(
        error,
        |text| WRONG.iter().any(|name| text.starts_with(name)),
        Shown::Debug,
    )
}

#[derive(Clone, Copy)]
enum Shown {
    Debug,
    Display,
}

/// Looks at how an error begins when it is shown, without its contents.
fn shows(
    error: &(impl fmt::Debug + fmt::Display),
    matches: impl Fn(&str) -> bool,
    shown: Shown,
) -> bool {
    let mut start = Start::default();
    // It fails where the start is full.
    let _ = match shown {
        Shown::Debug => write!(start, "{error:?}"),
        Shown::Display => write!(start, "{error}"),
    };
    matches(&start.0)
}

/// Takes a little text, and no more.
#[derive(Default)]
struct Start(String);

impl fmt::Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        const LENGTH: usize = 32;
        let room = LENGTH.saturating_sub(self.0.len());
        self.0.extend(text.chars().take(room));
        if self.0.len() < LENGTH {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

pub(in super::super) fn classify_link(link: &(dyn StdError + 'static)) -> Option<Classification> {
    says_something::<Error>(link)
}

//! What is known of the file, and what an answer adds to it. Nothing here waits.

use ::bytes_1::Bytes;
use ::http_1::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, IF_RANGE, RANGE, TRANSFER_ENCODING,
};
use ::http_1::{HeaderMap, StatusCode, Version};
use ::reqwest_0_13::{Error as TransportError, Request, Response, Url};

use super::range::ContentRange;
use super::version::Validator;
use super::{Discontinued, Discontinuity};
use crate::contrib::feed::Cursor;

/// A file of which some has been yielded.
#[derive(Debug, Default)]
pub(super) struct Transfer {
    pub(super) position: u64,
    pub(super) total: Option<u64>,
    pub(super) validator: Option<Validator>,
    pub(super) head: Option<(Url, HeaderMap)>,
    pub(super) resumed: u32,
}

impl Cursor<Bytes> for Transfer {
    fn pass(&mut self, chunk: &Bytes) {
        self.position = self.position.saturating_add(length(chunk));
    }
}

pub(super) fn length(chunk: &Bytes) -> u64 {
    u64::try_from(chunk.len()).unwrap_or(u64::MAX)
}

/// What an answer is.
pub(super) enum Answer {
    /// Bytes that follow those that are here: so many, if that is known.
    Body(Body),
    /// All bytes are here.
    Complete,
    /// An answer as any request may get.
    Other,
}

/// How the body of an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Body {
    /// The bytes that are still to come.
    pub(super) left: Option<u64>,
    /// The end of the body is the end of the file, and is not mistaken for a cut.
    pub(super) ends_file: bool,
}

impl Transfer {
    /// Makes a request one for the rest.
    pub(super) fn ask(&self, headers: &mut HeaderMap) -> Result<(), Discontinued> {
        if self.position == 0 {
            return Ok(());
        }
        let Some(validator) = &self.validator else {
            return Err(self.cut(Discontinuity::NoValidator, None));
        };
        let range = HeaderValue::from_str(&format!("bytes={}-", self.position));
        if let Ok(range) = range {
            headers.insert(RANGE, range);
        }
        headers.insert(IF_RANGE, validator.value().clone());
        Ok(())
    }

    /// Returns `true` if all bytes are here.
    pub(super) fn is_complete(&self) -> bool {
        self.total == Some(self.position)
    }

    /// An error about an answer that was cut, or may have been.
    pub(super) fn cut(&self, reason: Discontinuity, cause: Option<TransportError>) -> Discontinued {
        let resumable = self.position == 0 || self.validator.is_some();
        Discontinued::cut(reason, self.position, resumable, cause)
    }

    pub(super) fn broken(&self, reason: Discontinuity, detail: impl Into<String>) -> Discontinued {
        Discontinued::new(reason, self.position, detail)
    }

    /// Takes an answer.
    pub(super) fn take(&mut self, response: &Response) -> Result<Answer, Discontinued> {
        let (status, headers) = (response.status(), response.headers());
        let body_length = response.content_length();
        let answer = match status {
            StatusCode::PARTIAL_CONTENT => self.take_part(headers, body_length)?,
            StatusCode::RANGE_NOT_SATISFIABLE if self.position > 0 => {
                return self.take_end(headers);
            }
            _ if !status.is_success() => return Ok(Answer::Other),
            _ if self.position > 0 => return Err(self.whole_again(headers)),
            _ => {
                self.refuse_coding(headers)?;
                self.total = body_length;
                self.validator = Validator::of(headers);
                let empty = matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT);
                Body {
                    left: body_length,
                    ends_file: body_length.is_some() || empty || is_delimited(response),
                }
            }
        };
        if self.position == 0 {
            self.head = Some((response.url().clone(), headers.clone()));
        } else {
            self.resumed = self.resumed.saturating_add(1);
        }
        Ok(Answer::Body(answer))
    }

    fn take_part(
        &mut self,
        headers: &HeaderMap,
        length: Option<u64>,
    ) -> Result<Body, Discontinued> {
        if self.position == 0 {
            return Err(self.broken(Discontinuity::WrongRange, "the whole was asked for"));
        }
        let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let several = b"multipart/byteranges";
        if kind.is_some_and(|kind| {
            let kind = kind.get(..several.len());
            kind.is_some_and(|kind| kind.eq_ignore_ascii_case(several))
        }) {
            return Err(self.broken(Discontinuity::WrongRange, "several parts in one answer"));
        }
        self.same_version(headers)?;
        self.refuse_coding(headers)?;
        let range = ContentRange::of(headers)
            .map_err(|said| self.broken(Discontinuity::WrongRange, said))?;
        let ContentRange::Part { first, end, total } = range else {
            let said = "a part without a place in the file";
            return Err(self.broken(Discontinuity::WrongRange, said));
        };
        if first != self.position {
            let said = format!("it begins at {first}");
            return Err(self.broken(Discontinuity::WrongRange, said));
        }
        self.same_total(total)?;
        if self.total.is_some_and(|total| end > total) {
            let said = format!("it ends at {end}, beyond the file");
            return Err(self.broken(Discontinuity::WrongRange, said));
        }
        let left = end.saturating_sub(first);
        if length.is_some_and(|length| length != left) {
            let length = length.unwrap_or_default();
            let said = format!("its range has {left} bytes, and its body {length}");
            return Err(self.broken(Discontinuity::WrongRange, said));
        }
        self.total = self.total.or(total);
        Ok(Body {
            left: Some(left),
            ends_file: false,
        })
    }

    /// Takes the answer that there is nothing behind what is here.
    fn take_end(&mut self, headers: &HeaderMap) -> Result<Answer, Discontinued> {
        let Ok(ContentRange::Unsatisfied { total }) = ContentRange::of(headers) else {
            return Ok(Answer::Other);
        };
        // The condition was met, or the answer would be the whole: it need not repeat the validator.
        let validator = self.validator.as_ref();
        let said = validator.filter(|validator| validator.is_in(headers));
        if let Some(said) = said.and_then(|validator| validator.differs(headers)) {
            return Err(self.broken(Discontinuity::Changed, said));
        }
        self.same_total(Some(total))?;
        if total != self.position {
            let said = format!("it has {total} bytes");
            return Err(self.broken(Discontinuity::Changed, said));
        }
        self.total = Some(total);
        Ok(Answer::Complete)
    }

    fn whole_again(&self, headers: &HeaderMap) -> Discontinued {
        let differs = self.validator.as_ref().map(|it| it.differs(headers));
        match differs.flatten() {
            Some(said) => self.broken(Discontinuity::Changed, said),
            None => self.broken(Discontinuity::WholeAgain, ""),
        }
    }

    fn same_version(&self, headers: &HeaderMap) -> Result<(), Discontinued> {
        let differs = self.validator.as_ref().map(|it| it.differs(headers));
        match differs.flatten() {
            Some(said) => Err(self.broken(Discontinuity::Changed, said)),
            None => Ok(()),
        }
    }

    fn same_total(&self, total: Option<u64>) -> Result<(), Discontinued> {
        match (self.total, total) {
            (Some(was), Some(is)) if was != is => {
                let said = format!("it has {is} bytes, and had {was}");
                Err(self.broken(Discontinuity::Changed, said))
            }
            _ => Ok(()),
        }
    }

    fn refuse_coding(&self, headers: &HeaderMap) -> Result<(), Discontinued> {
        let plain = |name: HeaderName, plain: &str| {
            let values = headers.get_all(name).into_iter();
            let odd = |value: &&HeaderValue| {
                let value = value.as_bytes().trim_ascii();
                !value.eq_ignore_ascii_case(plain.as_bytes())
            };
            values.filter(|value| !value.is_empty()).find(odd).cloned()
        };
        let coded =
            plain(CONTENT_ENCODING, "identity").or_else(|| plain(TRANSFER_ENCODING, "chunked"));
        match coded {
            Some(coding) => {
                let said = String::from_utf8_lossy(coding.as_bytes());
                Err(self.broken(Discontinuity::Encoded, said))
            }
            None => Ok(()),
        }
    }
}

/// Returns `true` if an answer without a length says itself where it ends: in chunks, or as a stream of
/// HTTP/2 or 3. What ends with its connection does not.
fn is_delimited(response: &Response) -> bool {
    response.version() >= Version::HTTP_2 || response.headers().contains_key(TRANSFER_ENCODING)
}

/// Returns why a request is none of a download.
pub(super) fn unsuitable(request: &Request) -> Option<String> {
    if request.method() != ::http_1::Method::GET {
        return Some(format!("{} is not GET", request.method()));
    }
    let own = [RANGE, IF_RANGE];
    let own = own
        .iter()
        .find(|name| request.headers().contains_key(*name));
    own.map(|name| format!("it has a header `{name}`, which a download sets itself"))
}

//! Downloads that go on where they were cut.

mod attempt;
mod discontinued;
mod range;
mod transfer;
mod version;

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::bytes_1::Bytes;
use ::http_1::HeaderMap;
use ::http_1::header::{ACCEPT_ENCODING, HeaderValue};
use ::reqwest_0_13::Url;
use tokio::io::{AsyncRead, ReadBuf};

pub use self::discontinued::{Discontinued, Discontinuity};
use self::transfer::{Transfer, unsuitable};
use super::Failure;
use super::call::RetriedRequest;
use super::sent::{Next, last_word};
use crate::classify::{Classifier, ResultClassifier};
use crate::contrib::feed::{Feed, Slot};
use crate::error::Error;

impl<'a, C, R, M> RetriedRequest<'a, C, R, M>
where
    C: Classifier<Failure> + Send + Sync + 'a,
    R: ResultClassifier<()> + Send + Sync + 'a,
    M: Send + Sync + 'a,
{
    /// Downloads what a GET answers, and goes on where it was when the connection is lost: it asks for the
    /// rest, with `Range` and `If-Range`, and never joins what is not known to be one file.
    ///
    /// Nothing happens until the [`Download`] is read. It says what counts as a failure, and for how long
    /// it goes on.
    ///
    /// ```no_run
    /// # extern crate reqwest_0_13 as reqwest; // as users name it
    /// use redress::Policy;
    /// use redress::contrib::reqwest_0_13::RetryExt as _;
    ///
    /// async fn fetch(http: &reqwest::Client, policy: &Policy, url: &str) -> std::io::Result<u64> {
    ///     let mut file = tokio::fs::File::create("image.iso").await?;
    ///     let mut download = http.get(url).retry(policy).download();
    ///     tokio::io::copy(&mut download, &mut file).await
    /// }
    /// ```
    pub fn download(self) -> Download<'a> {
        let (client, mut request, context) = match self.prepare() {
            Ok(prepared) => prepared,
            Err(error) => return Download::refused(error),
        };
        if let Some(detail) = unsuitable(&request) {
            let why = Discontinued::new(Discontinuity::Unsuitable, 0, detail);
            return Download::refused(Error::before_first_attempt(why.into()));
        }
        let identity = HeaderValue::from_static("identity");
        request
            .headers_mut()
            .entry(ACCEPT_ENCODING)
            .or_insert(identity);
        let slot = Slot::new(Transfer::default());
        let filled = slot.clone();
        let call = Box::pin(async move {
            let mut next = Next::new(request, context.may_retry());
            let call = context.transfer_ruled(last_word, |session| {
                attempt::run(session, filled.clone(), client.clone(), next.request())
            });
            call.await.err()
        });
        Download::new(Feed::new(call, slot))
    }
}

type Call<'a> = Pin<Box<dyn Future<Output = Option<Error<Failure>>> + Send + 'a>>;

/// A file on its way: the bytes of the answer to one GET, of as many requests as it takes. Made by
/// [`RetriedRequest::download`].
///
/// It is read by [`chunk`](Self::chunk), as tokio's [`AsyncRead`], and with the feature `futures-core-0_3` as a
/// `Stream` of [`Bytes`].
///
/// # What goes on, and what is an error
///
/// | after some bytes | the download |
/// |---|---|
/// | the connection is lost, or silent for too long | asks for the rest, `If-Range` the version is the same |
/// | 206 with the same validator and length, that begins where it should | goes on; asks once more if it is shorter than what was asked for |
/// | 206 of another place, of another length, without the validator, of several parts | fails: [`WrongRange`](Discontinuity::WrongRange), [`Changed`](Discontinuity::Changed) |
/// | 200 | fails: [`Changed`](Discontinuity::Changed), or [`WholeAgain`](Discontinuity::WholeAgain) if the version is the same |
/// | 416 that names as many bytes as are here | is complete |
/// | 503, 429 and others that a retry may better | waits, as every request does |
/// | any other status of 300 and above | fails with that response |
/// | a content coding, such as gzip | fails: [`Encoded`](Discontinuity::Encoded), at once; it asks for none |
///
/// The validator is a strong `ETag`, or, where there is no `ETag` at all, a `Last-Modified` that is at least a
/// minute older than the `Date` (RFC 9110, section 8.8.2.2). An answer without one cannot be resumed: that it was
/// cut is the error [`NoValidator`](Discontinuity::NoValidator), and its source says how. Before the first byte
/// everything is tried again.
///
/// **The end.** A body with a length, in chunks or of HTTP/2 says where it ends, so that a cut is never taken for
/// the end. One of HTTP/1 with neither ends when its connection does, and a cut looks the same; so does a stream of
/// HTTP/2 without a length that the server gives up with `NO_ERROR`. Then the server is asked for what follows, and
/// answers 416 if there is nothing. Without a validator it cannot be asked, and the download fails with
/// [`EndUnknown`](Discontinuity::EndUnknown) after the last byte: whether it is whole is for the caller to know.
/// (If reqwest is built with a feature for decompression, its bodies do not say whether their stream has ended:
/// then one without a length is taken for whole.)
///
/// # Time, and how often
///
/// A download is a [session](crate::Policy::session) that is healthy as soon as bytes arrive, and only then:
///
/// - Bytes that were read reset the backoff and the count of attempts: the next cut is the first failure.
/// - The policy's deadline bounds the time without bytes, and its `attempt_timeout` the time up to the first
///   ones of each answer. Nothing bounds a download that makes progress, but for
///   [`restarts`](crate::PolicyBuilder::restarts), if they were set, and
///   [`abort_on`](crate::CallContext::abort_on) of the context.
/// - [`stall_timeout`](crate::PolicyBuilder::stall_timeout) ends an attempt of which nothing arrives for so long;
///   30 s unless set. A reader that takes its time is no stall.
/// - A timeout of the client's or the request's cuts each attempt off, and the next one goes on.
///
/// # Cancel safety
///
/// Each way to read may be dropped at any time: no byte is lost. Dropping the download drops its connection.
///
/// ```no_run
/// # extern crate reqwest_0_13 as reqwest; // as users name it
/// use redress::contrib::reqwest_0_13::{Failure, RetryExt as _};
/// use redress::{Error, Policy};
///
/// async fn read(http: &reqwest::Client, policy: &Policy) -> Result<(), Error<Failure>> {
///     let mut download = http.get("https://example.com/image.iso").retry(policy).download();
///     while let Some(chunk) = download.chunk().await? {
///         println!("{} more, {} of {:?}", chunk.len(), download.position(), download.total());
///     }
///     println!("complete, resumed {} times", download.resumed());
///     Ok(())
/// }
/// ```
#[must_use = "nothing is sent until it is read"]
pub struct Download<'a> {
    feed: Feed<Call<'a>, Bytes, Transfer, Failure>,
    /// What has arrived and was not read yet.
    ahead: Bytes,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    Complete,
    Failed,
}

impl<'a> Download<'a> {
    const fn new(feed: Feed<Call<'a>, Bytes, Transfer, Failure>) -> Self {
        Self {
            feed,
            ahead: Bytes::new(),
            state: State::Reading,
        }
    }

    /// A download that fails when it is read.
    fn refused(error: Error<Failure>) -> Self {
        let call = Box::pin(std::future::ready(Some(error)));
        Self::new(Feed::new(call, Slot::new(Transfer::default())))
    }

    /// Waits for the head of the answer and the first bytes, unless they are here: then
    /// [`total`](Self::total), [`headers`](Self::headers) and [`url`](Self::url) are known.
    ///
    /// ```no_run
    /// # use redress::contrib::reqwest_0_13::{Download, Failure};
    /// # async fn example(mut download: Download<'_>) -> Result<(), Failure> {
    /// download.begin().await?;
    /// println!("{:?} bytes", download.total());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`chunk`](Self::chunk).
    ///
    /// # Cancel safety
    ///
    /// It may be dropped at any time: nothing is lost.
    pub async fn begin(&mut self) -> Result<(), Error<Failure>> {
        poll_fn(|cx| self.poll_ahead(cx)).await.map(drop)
    }

    /// Returns the next bytes; `None` if the file is complete.
    ///
    /// ```no_run
    /// # use redress::contrib::reqwest_0_13::{Download, Failure};
    /// # async fn example(mut download: Download<'_>) -> Result<(), Failure> {
    /// while let Some(chunk) = download.chunk().await? {
    ///     println!("{} more", chunk.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A [`Failure`], inside an [`Error`] that says why the download has stopped: what every request may suffer,
    /// and [`Failure::discontinued`] where the rest cannot be joined to what was read. After an error there is
    /// nothing more: each further call fails with [`Discontinuity::Over`], so that a part is never taken for
    /// the whole.
    ///
    /// # Cancel safety
    ///
    /// It may be dropped at any time: no byte is lost.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error<Failure>> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Polls for the next bytes: see [`chunk`](Self::chunk).
    ///
    /// ```no_run
    /// # use redress::contrib::reqwest_0_13::{Download, Failure};
    /// # async fn example(mut download: Download<'_>) -> Result<(), Failure> {
    /// let chunk = std::future::poll_fn(|cx| download.poll_chunk(cx)).await?;
    /// # let _ = chunk;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`chunk`](Self::chunk).
    pub fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, Error<Failure>>> {
        let more = ready!(self.poll_ahead(cx))?;
        Poll::Ready(Ok(more.then(|| std::mem::take(&mut self.ahead))))
    }

    /// Is ready with `true` once there is a byte ahead.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error<Failure>>> {
        if !self.ahead.is_empty() {
            return Poll::Ready(Ok(true));
        }
        match self.state {
            State::Complete => return Poll::Ready(Ok(false)),
            State::Failed => {
                let over = Discontinued::new(Discontinuity::Over, self.position(), "");
                return Poll::Ready(Err(Error::before_first_attempt(over.into())));
            }
            State::Reading => {}
        }
        Poll::Ready(match ready!(Pin::new(&mut self.feed).poll_item(cx)) {
            Some(Ok(chunk)) => {
                self.ahead = chunk;
                Ok(true)
            }
            Some(Err(error)) => {
                self.state = State::Failed;
                Err(error)
            }
            None => {
                self.state = State::Complete;
                Ok(false)
            }
        })
    }

    /// Returns how many bytes were read.
    ///
    /// ```no_run
    /// # use redress::contrib::reqwest_0_13::{Download, Failure};
    /// # async fn example(mut download: Download<'_>) -> Result<(), Failure> {
    /// download.chunk().await?;
    /// println!("{} bytes are here", download.position());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn position(&self) -> u64 {
        let position = self.feed.cursor(|transfer| transfer.position);
        position.saturating_sub(transfer::length(&self.ahead))
    }

    /// Returns the length of the file, if the server has said it.
    ///
    /// ```no_run
    /// # use redress::contrib::reqwest_0_13::{Download, Failure};
    /// # async fn example(mut download: Download<'_>) -> Result<(), Failure> {
    /// download.begin().await?;
    /// let share = download.total().map(|total| download.position() as f64 / total as f64);
    /// # let _ = share;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.feed.cursor(|transfer| transfer.total)
    }

    /// Returns the strong `ETag` or the `Last-Modified` by which the file is recognised; `None` if the download
    /// cannot be resumed, or has not begun.
    ///
    /// ```no_run
    /// # use redress::contrib::reqwest_0_13::{Download, Failure};
    /// # async fn example(mut download: Download<'_>) -> Result<(), Failure> {
    /// download.begin().await?;
    /// if download.validator().is_none() {
    ///     println!("a cut will be an error");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn validator(&self) -> Option<HeaderValue> {
        let validator = |transfer: &Transfer| Some(transfer.validator.as_ref()?.value().clone());
        self.feed.cursor(validator)
    }

    /// Returns the headers of the first answer; `None` before [it has begun](Self::begin).
    ///
    /// ```no_run
    /// # use redress::contrib::reqwest_0_13::{Download, Failure};
    /// # async fn example(mut download: Download<'_>) -> Result<(), Failure> {
    /// download.begin().await?;
    /// let kind = download.headers().and_then(|headers| headers.get("content-type").cloned());
    /// # let _ = kind;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn headers(&self) -> Option<HeaderMap> {
        let headers = |transfer: &Transfer| Some(transfer.head.as_ref()?.1.clone());
        self.feed.cursor(headers)
    }

    /// Returns the URL of the first answer, that of the last redirect; `None` before
    /// [it has begun](Self::begin).
    ///
    /// ```no_run
    /// # use redress::contrib::reqwest_0_13::{Download, Failure};
    /// # async fn example(mut download: Download<'_>) -> Result<(), Failure> {
    /// download.begin().await?;
    /// println!("{:?}", download.url());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> Option<Url> {
        let url = |transfer: &Transfer| Some(transfer.head.as_ref()?.0.clone());
        self.feed.cursor(url)
    }

    /// Returns how often the download went on where it had been cut.
    ///
    /// ```no_run
    /// # use redress::contrib::reqwest_0_13::{Download, Failure};
    /// # async fn example(mut download: Download<'_>) -> Result<(), Failure> {
    /// while download.chunk().await?.is_some() {}
    /// println!("cut {} times", download.resumed());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn resumed(&self) -> u32 {
        self.feed.cursor(|transfer| transfer.resumed)
    }
}

/// The errors are `redress::Error<Failure>`, inside an [`io::Error`] of kind `Other`.
impl AsyncRead for Download<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if to.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if ready!(self.poll_ahead(cx)).map_err(io::Error::other)? {
            let length = self.ahead.len().min(to.remaining());
            to.put_slice(&self.ahead.split_to(length));
        }
        Poll::Ready(Ok(()))
    }
}

/// Ends after an error, as streams do.
#[cfg(feature = "futures-core-0_3")]
impl ::futures_core_0_3::Stream for Download<'_> {
    type Item = Result<Bytes, Error<Failure>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.state == State::Failed {
            return Poll::Ready(None);
        }
        self.poll_chunk(cx).map(Result::transpose)
    }
}

impl fmt::Debug for Download<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("state", &self.state)
            .field("position", &self.position())
            .field("total", &self.total())
            .field("resumed", &self.resumed())
            .finish_non_exhaustive()
    }
}

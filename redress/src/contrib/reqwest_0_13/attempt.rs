use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::reqwest_0_13::{Error, Request, Response};
use pin_project_lite::pin_project;

use super::{Failure, ended};
use crate::contrib::http_1;
use crate::policy::{Attempted, Got};

/// What an attempt reads of the body of a success.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    Nothing,
    /// What the user's function reads.
    ByFunction,
    Whole,
}

/// What all attempts of a call have in common: how a request is sent, how its response is read, and what the
/// attempt returns then.
pub(super) struct Steps<S, R, G> {
    pub(super) send: S,
    pub(super) reads: Reads,
    pub(super) read: R,
    pub(super) got: G,
}

pin_project! {
    /// A request on its way, once.
    ///
    /// Written by hand: what `async` makes of it keeps the request beside the response, and is twice as
    /// large. It is moved before it is polled, and what a call costs that succeeds at once is to a good part
    /// the memory that it touches.
    pub(super) struct Attempt<'a, S, R, G, P, F> {
        steps: &'a Steps<S, R, G>,
        // No other attempt can follow: the body is spent.
        spent: bool,
        #[pin]
        state: State<P, F>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<P, F> {
        Unsent { request: Option<Result<Request, Failure>> },
        Sent { #[pin] sent: P },
        Read { #[pin] read: F },
        // In boxes, since few attempts come here.
        Checked { checked: Boxed<Result<Response, Failure>> },
        Failed { failure: Boxed<Failure>, refused: bool },
    }
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<'a, S, R, G, P, F> Attempt<'a, S, R, G, P, F> {
    #[inline]
    pub(super) fn new(
        steps: &'a Steps<S, R, G>,
        request: Result<(Request, bool), Failure>,
    ) -> Self {
        let (request, spent) = match request {
            Ok((request, spent)) => (Ok(request), spent),
            Err(failure) => (Err(failure), false),
        };
        let request = Some(request);
        Self {
            steps,
            spent,
            state: State::Unsent { request },
        }
    }
}

impl<S, R, G, P, F, T> Future for Attempt<'_, S, R, G, P, F>
where
    S: Fn(Request) -> P,
    R: Fn(Response) -> F,
    G: Fn(F::Output) -> Attempted<T, Failure>,
    P: Future<Output = Result<Response, Error>>,
    F: Future,
{
    type Output = Attempted<T, Failure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut state, steps, spent) = (this.state, *this.steps, *this.spent);
        let mark = |failure: Failure| if spent { failure.spend() } else { failure };
        loop {
            // Each sets its own state: a state of any kind would be as large as the largest when it is moved.
            match state.as_mut().project() {
                StateProj::Unsent { request } => {
                    let Some(request) = request.take() else {
                        return Poll::Pending;
                    };
                    let mut request = request?;
                    let timeout = request.timeout().copied();
                    http_1::send_on(request.headers_mut(), timeout);
                    let sent = (steps.send)(request);
                    state.set(State::Sent { sent });
                }
                StateProj::Sent { sent } => {
                    let sent = ready!(sent.poll(cx));
                    let response = sent.map_err(|error| mark(error.into()))?;
                    let status = response.status();
                    let failed = http_1::response(status, response.headers()).is_some();
                    if failed || (steps.reads != Reads::Nothing && status.as_u16() >= 400) {
                        let failure = Box::pin(Failure::of_response(response));
                        let refused = !failed;
                        state.set(State::Failed { failure, refused });
                    } else if steps.reads == Reads::Whole && ended::may_be_cut(&response) {
                        let checked = Box::pin(ended::checked(response));
                        state.set(State::Checked { checked });
                    } else {
                        let read = (steps.read)(response);
                        state.set(State::Read { read });
                    }
                }
                StateProj::Read { read } => {
                    let read = ready!(read.poll(cx));
                    return Poll::Ready((steps.got)(read).map_err(mark));
                }
                StateProj::Checked { checked } => {
                    let response = ready!(checked.as_mut().poll(cx)).map_err(mark)?;
                    let read = (steps.read)(response);
                    state.set(State::Read { read });
                }
                StateProj::Failed { failure, refused } => {
                    let failure = ready!(failure.as_mut().poll(cx));
                    return Poll::Ready(match *refused {
                        true => Ok(Got::Refusal(failure)),
                        false => Err(mark(failure)),
                    });
                }
            }
        }
    }
}

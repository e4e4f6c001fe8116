//! Errors of channels.
//!
//! Unlike a connection, a channel whose other end is gone never works again. So these rules stand
//! above those about names, by which `Disconnected` is TRANSIENT.

use std::error::Error;
use std::sync::mpsc::{RecvError, RecvTimeoutError, TryRecvError};

use super::debug_name::DebugName;
use super::names::last_segment;
use crate::classify::{ErrorClass, find};

/// Classifies the errors of the standard library's channels that are types without parameters.
pub(super) fn of_std(link: &(dyn Error + 'static)) -> Option<ErrorClass> {
    if find::<RecvError>(link).is_some() {
        return Some(ErrorClass::Permanent);
    }
    if let Some(error) = find::<RecvTimeoutError>(link) {
        return Some(match error {
            RecvTimeoutError::Timeout => ErrorClass::Transient,
            RecvTimeoutError::Disconnected => ErrorClass::Permanent,
        });
    }
    find::<TryRecvError>(link).map(|error| match error {
        TryRecvError::Empty => ErrorClass::Transient,
        TryRecvError::Disconnected => ErrorClass::Permanent,
    })
}

/// Classifies by what the errors of senders print, whose types have parameters: nothing else
/// prints two dots for a message that need not be `Debug`.
pub(super) fn by_output(printed: &str) -> Option<ErrorClass> {
    match printed.trim_matches('"').rsplit("::").next()? {
        "Disconnected(..)" | "Closed(..)" | "SendError(..)" | "SendError { .. }"
        | "RecvError(())" | "AcquireError(())" => Some(ErrorClass::Permanent),
        "Full(..)" | "Timeout(..)" => Some(ErrorClass::Transient),
        _ => None,
    }
}

/// The modules of the errors of channels, and of semaphores, which are closed in the same way.
const MODULES: [&str; 7] = [
    "std::sync::mpsc::",
    "tokio::sync::",
    "tokio_util::sync::",
    "crossbeam_channel::",
    "flume::",
    "async_channel::",
    "futures_channel::oneshot::",
];

/// Classifies by the path of the type and the name that it prints.
pub(super) fn by_path(path: &str, error: &dyn Error) -> Option<ErrorClass> {
    let of_channel = MODULES.iter().any(|module| path.starts_with(module));
    of_channel.then(|| by_name(path, DebugName::of(error).as_str()))?
}

fn by_name(path: &str, printed: Option<&str>) -> Option<ErrorClass> {
    match printed.unwrap_or_else(|| last_segment(path)) {
        "Disconnected" | "Closed" | "Canceled" | "SendError" | "PollSendError" | "RecvError"
        | "AcquireError" => Some(ErrorClass::Permanent),
        "Empty" | "Full" | "NoPermits" | "Lagged" | "Timeout" => Some(ErrorClass::Transient),
        // It prints the same for a timeout and for a missing other end.
        "SendTimeoutError" => Some(ErrorClass::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{TrySendError, channel, sync_channel};

    use super::*;
    use crate::classify::{
        Classifier, DefaultClassifier, StrictClassifier, classify_dyn, classify_dyn_strict,
    };

    /// A message that is not `Debug`.
    struct Message;

    fn class<E: Error + Send + Sync + 'static>(error: E) -> ErrorClass {
        let class = DefaultClassifier.classify(&error).class();
        assert_eq!(classify_dyn(&io::Error::other(error)).class(), class);
        class
    }

    #[test]
    fn a_channel_without_its_other_end_never_works_again() {
        for error in [RecvTimeoutError::Disconnected, RecvTimeoutError::Timeout] {
            let gone = error == RecvTimeoutError::Disconnected;
            let expected = [ErrorClass::Transient, ErrorClass::Permanent][usize::from(gone)];
            assert_eq!(class(error), expected);
            assert_eq!(classify_dyn_strict(&error).class(), expected);
        }
        let (sender, receiver) = channel::<Message>();
        let empty = receiver.try_recv().err().unwrap();
        drop(sender);
        assert_eq!(class(empty), ErrorClass::Transient);
        assert_eq!(
            class(receiver.try_recv().err().unwrap()),
            ErrorClass::Permanent
        );
        let gone = receiver.recv().err().unwrap();
        assert_eq!(
            StrictClassifier.classify(&gone).class(),
            ErrorClass::Permanent
        );
        assert_eq!(class(gone), ErrorClass::Permanent);
    }

    #[test]
    fn a_sender_says_so_whatever_it_sends() {
        let (sender, receiver) = sync_channel::<Message>(0);
        let full = sender.try_send(Message).unwrap_err();
        assert!(matches!(full, TrySendError::Full(_)));
        assert_eq!(class(full), ErrorClass::Transient);
        drop(receiver);
        assert_eq!(
            class(sender.try_send(Message).unwrap_err()),
            ErrorClass::Permanent
        );
        assert_eq!(
            class(sender.send(Message).unwrap_err()),
            ErrorClass::Permanent
        );
    }

    #[test]
    fn a_connection_that_is_lost_may_come_back() {
        #[derive(Debug)]
        enum Link {
            Disconnected,
            Closed(()),
        }
        impl std::fmt::Display for Link {
            fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                Ok(())
            }
        }
        impl Error for Link {}
        assert_eq!(class(Link::Disconnected), ErrorClass::Transient);
        assert_eq!(class(Link::Closed(())), ErrorClass::Unknown);
    }

    #[test]
    fn other_crates_print_alike() {
        for printed in ["\"Closed(..)\"", "Closed(..)", "\"SendError(..)\""] {
            assert_eq!(by_output(printed), Some(ErrorClass::Permanent), "{printed}");
        }
        for (path, printed, class) in [
            (
                "flume::RecvError",
                Some("Disconnected"),
                ErrorClass::Permanent,
            ),
            (
                "flume::RecvTimeoutError",
                Some("Timeout"),
                ErrorClass::Transient,
            ),
            ("flume::SendTimeoutError<u8>", None, ErrorClass::Unknown),
            (
                "async_channel::TryRecvError",
                Some("Closed"),
                ErrorClass::Permanent,
            ),
            (
                "futures_channel::oneshot::Canceled",
                Some("Canceled"),
                ErrorClass::Permanent,
            ),
        ] {
            assert_eq!(by_name(path, printed), Some(class), "{path}");
        }
        assert_eq!(
            by_path("link::Error", &RecvTimeoutError::Disconnected),
            None
        );
    }

    #[cfg(feature = "tokio")]
    #[tokio::test]
    async fn so_it_is_with_the_channels_of_tokio() {
        use tokio::sync::{Semaphore, broadcast, mpsc, oneshot, watch};

        let (sender, receiver) = mpsc::channel::<Message>(1);
        assert!(sender.try_send(Message).is_ok());
        let full = sender.try_send(Message).unwrap_err();
        assert_eq!(class(full), ErrorClass::Transient);
        drop(receiver);
        let gone = sender.try_send(Message).unwrap_err();
        assert_eq!(class(gone), ErrorClass::Permanent);
        let gone = sender.send(Message).await.unwrap_err();
        assert_eq!(class(gone), ErrorClass::Permanent);

        let (sender, receiver) = oneshot::channel::<Message>();
        drop(sender);
        assert_eq!(class(receiver.await.err().unwrap()), ErrorClass::Permanent);

        fn permanent<E: Error + 'static>(error: &E) {
            let class = DefaultClassifier.classify(error).class();
            assert_eq!(class, ErrorClass::Permanent, "{error:?}");
        }
        permanent(&mpsc::error::TryRecvError::Disconnected);
        permanent(&oneshot::error::TryRecvError::Closed);
        permanent(&broadcast::error::RecvError::Closed);
        permanent(&broadcast::error::SendError(5));
        permanent(&watch::error::SendError(5));
        let semaphore = Semaphore::new(0);
        let none = semaphore.try_acquire().unwrap_err();
        assert_eq!(
            DefaultClassifier.classify(&none).class(),
            ErrorClass::Transient
        );
        semaphore.close();
        assert_eq!(
            class(semaphore.acquire().await.unwrap_err()),
            ErrorClass::Permanent
        );
    }
}

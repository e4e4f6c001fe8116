use std::io::ErrorKind;

use super::ErrorClass;

/// Classifies the kind of a [`std::io::Error`].
///
/// | class | kinds |
/// |---|---|
/// | TRANSIENT | `TimedOut`, `Interrupted`, `WouldBlock`, `ConnectionRefused`, `ConnectionReset`, `ConnectionAborted`, `NotConnected`, `BrokenPipe`, `UnexpectedEof`, `WriteZero`, `HostUnreachable`, `NetworkUnreachable`, `NetworkDown`, `AddrInUse`, `AddrNotAvailable`, `StaleNetworkFileHandle`, `OutOfMemory` |
/// | CONCURRENCY | `Deadlock`, `ResourceBusy`, `ExecutableFileBusy` |
/// | PERMISSION | `PermissionDenied` |
/// | PERMANENT | `NotFound`, `AlreadyExists`, `InvalidInput`, `InvalidData`, `InvalidFilename`, `Unsupported`, `NotADirectory`, `IsADirectory`, `DirectoryNotEmpty`, `ReadOnlyFilesystem`, `NotSeekable`, `FileTooLarge`, `TooManyLinks`, `CrossesDevices`, `ArgumentListTooLong`, `StorageFull`, `QuotaExceeded` |
/// | UNKNOWN | `Other`, and every kind that is not in this table |
///
/// A full disk and a used-up disk quota are PERMANENT because no backoff outlasts them: they end
/// when space is freed, not when a call waits. `OutOfMemory` is TRANSIENT: it ends when other
/// work does. So are `AddrInUse` and `AddrNotAvailable`, which is what a connect says when local
/// ports run out.
///
/// ```
/// use std::io::ErrorKind;
/// use redress::ErrorClass;
/// use redress::classify::io_error_kind;
///
/// assert_eq!(io_error_kind(ErrorKind::ConnectionReset), ErrorClass::Transient);
/// assert_eq!(io_error_kind(ErrorKind::NotFound), ErrorClass::Permanent);
/// assert_eq!(io_error_kind(ErrorKind::Other), ErrorClass::Unknown);
/// ```
#[must_use]
pub const fn io_error_kind(kind: ErrorKind) -> ErrorClass {
    match kind {
        ErrorKind::TimedOut
        | ErrorKind::Interrupted
        | ErrorKind::WouldBlock
        | ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::NotConnected
        | ErrorKind::BrokenPipe
        // The peer stopped in the middle: reading, and (`WriteZero`) writing.
        | ErrorKind::UnexpectedEof
        | ErrorKind::WriteZero
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrInUse
        | ErrorKind::AddrNotAvailable
        // Opening the file again gives a good handle.
        | ErrorKind::StaleNetworkFileHandle
        | ErrorKind::OutOfMemory => ErrorClass::Transient,

        ErrorKind::Deadlock | ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => {
            ErrorClass::Concurrency
        }

        ErrorKind::PermissionDenied => ErrorClass::Permission,

        ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::InvalidInput
        | ErrorKind::InvalidData
        | ErrorKind::InvalidFilename
        | ErrorKind::Unsupported
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::DirectoryNotEmpty
        // Not PERMISSION: no other caller could write there either.
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotSeekable
        | ErrorKind::FileTooLarge
        | ErrorKind::TooManyLinks
        | ErrorKind::CrossesDevices
        | ErrorKind::ArgumentListTooLong
        | ErrorKind::StorageFull
        // A quota of space, not of calls: RATE_LIMIT would wait for nothing.
        | ErrorKind::QuotaExceeded => ErrorClass::Permanent,

        // `Other` says nothing, and kinds to come are not known yet.
        _ => ErrorClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind that is stable in Rust 1.88.
    const KINDS: [ErrorKind; 39] = [
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::ConnectionRefused,
        ErrorKind::ConnectionReset,
        ErrorKind::HostUnreachable,
        ErrorKind::NetworkUnreachable,
        ErrorKind::ConnectionAborted,
        ErrorKind::NotConnected,
        ErrorKind::AddrInUse,
        ErrorKind::AddrNotAvailable,
        ErrorKind::NetworkDown,
        ErrorKind::BrokenPipe,
        ErrorKind::AlreadyExists,
        ErrorKind::WouldBlock,
        ErrorKind::NotADirectory,
        ErrorKind::IsADirectory,
        ErrorKind::DirectoryNotEmpty,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::StaleNetworkFileHandle,
        ErrorKind::InvalidInput,
        ErrorKind::InvalidData,
        ErrorKind::TimedOut,
        ErrorKind::WriteZero,
        ErrorKind::StorageFull,
        ErrorKind::NotSeekable,
        ErrorKind::QuotaExceeded,
        ErrorKind::FileTooLarge,
        ErrorKind::ResourceBusy,
        ErrorKind::ExecutableFileBusy,
        ErrorKind::Deadlock,
        ErrorKind::CrossesDevices,
        ErrorKind::TooManyLinks,
        ErrorKind::InvalidFilename,
        ErrorKind::ArgumentListTooLong,
        ErrorKind::Interrupted,
        ErrorKind::Unsupported,
        ErrorKind::UnexpectedEof,
        ErrorKind::OutOfMemory,
        ErrorKind::Other,
    ];

    #[test]
    fn the_documented_table_is_the_function() {
        let mut documented: Vec<(String, &str)> = include_str!("io_kind.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("/// | ")?.split_once(" | "))
            .filter(|(class, _)| ErrorClass::ALL.iter().any(|c| c.as_str() == *class))
            .flat_map(|(class, kinds)| {
                let kinds = kinds.split('`').skip(1).step_by(2);
                kinds.map(move |kind| (kind.to_owned(), class))
            })
            .collect();
        let mut actual: Vec<(String, &str)> = KINDS
            .iter()
            .map(|&kind| (format!("{kind:?}"), io_error_kind(kind).as_str()))
            .collect();
        documented.sort();
        actual.sort();
        assert_eq!(documented, actual);
    }
}

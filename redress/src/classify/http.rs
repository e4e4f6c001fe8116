use super::ErrorClass;

/// Classifies an HTTP status code.
///
/// The codes are those of the [IANA registry]; their meaning is that of RFC 9110 unless another
/// RFC is named.
///
/// | status | class | because |
/// |---|---|---|
/// | 401, 407 | AUTH | credentials are missing or wrong, at the server or at a proxy |
/// | 403 | PERMISSION | the credentials are good, but not for this |
/// | 408 | TRANSIENT | the request did not arrive in time; it may be repeated |
/// | 409, 412, 423 | CONCURRENCY | another client changed, or holds, the resource |
/// | 421 | TRANSIENT | another connection may be the right one |
/// | 425 | TRANSIENT | the same request is welcome once the handshake is done (RFC 8470) |
/// | 429 | RATE_LIMIT | too many requests (RFC 6585) |
/// | every other 4xx | PERMANENT | the request is wrong and stays so |
/// | 5xx | SERVER_ERROR | the server failed |
/// | everything else | UNKNOWN | no failure that HTTP knows of |
///
/// A code without a meaning of its own counts as the `x00` of its hundred, as RFC 9110 section 15
/// asks. Codes below 400 are not failures, and codes from 600 up do not exist: a caller that treats
/// one as an error knows something that the number does not say.
///
/// [IANA registry]: https://www.iana.org/assignments/http-status-codes
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::http_status;
///
/// assert_eq!(http_status(429), ErrorClass::RateLimit);
/// assert_eq!(http_status(503), ErrorClass::ServerError);
/// assert_eq!(http_status(422), ErrorClass::Permanent);
/// assert_eq!(http_status(200), ErrorClass::Unknown);
/// ```
#[must_use]
#[inline]
pub const fn http_status(status: u16) -> ErrorClass {
    match status {
        // 407 is 401 asked by a proxy: the same remedy, other credentials.
        401 | 407 => ErrorClass::Auth,
        403 => ErrorClass::Permission,
        // 421: RFC 9110 section 15.5.20 allows a retry over a different connection.
        408 | 421 | 425 => ErrorClass::Transient,
        // 412 is a lost optimistic lock (an `If-Match` that no longer matches) and 423 a lock that
        // another client holds (RFC 4918). The operation that reads again before it writes can succeed.
        409 | 412 | 423 => ErrorClass::Concurrency,
        429 => ErrorClass::RateLimit,
        // 402, 410, 413, 414, 415, 422, 424, 426, 428, 431, 451 and the rest: sent again, the same
        // request gets the same answer. 424 failed because of its own companion in one batch.
        400..=499 => ErrorClass::Permanent,
        // 501, 505 and 511 seldom heal, but a server behind a balancer may be the odd one out.
        500..=599 => ErrorClass::ServerError,
        _ => ErrorClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_have_a_class() {
        for status in 0..=u16::MAX {
            let known = http_status(status) != ErrorClass::Unknown;
            assert_eq!(known, (400..600).contains(&status), "{status}");
        }
    }

    #[test]
    fn client_errors_that_heal_are_told_from_those_that_do_not() {
        let healing: Vec<u16> = (400..500)
            .filter(|&status| !http_status(status).is_terminal())
            .collect();
        assert_eq!(healing, [408, 409, 412, 421, 423, 425, 429]);
    }
}

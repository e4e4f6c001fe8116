use super::{ErrorClass, http_status};

/// Classifies an AWS error code, or else the HTTP status that came with it.
///
/// The code goes first because AWS sends throttling, expired credentials and conflicts alike as
/// 400. Known are the codes that the [AWS SDKs retry], the [common errors] of all services, and
/// the conflicts and missing things of the most used ones. A code without an entry of its own
/// leaves the answer to [`http_status`]; without a status it is UNKNOWN.
///
/// Namespaces are ignored (`com.amazon.coral.service#ThrottlingException` and
/// `ThrottlingException:http://…`), and so is a final `Exception`, which services add or leave out
/// as they please. Codes are case-sensitive.
///
/// [AWS SDKs retry]: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
/// [common errors]: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::aws_error_code;
///
/// assert_eq!(aws_error_code("ThrottlingException", Some(400)), ErrorClass::RateLimit);
/// assert_eq!(aws_error_code("ExpiredToken", Some(400)), ErrorClass::Auth);
/// assert_eq!(aws_error_code("SomethingNew", Some(503)), ErrorClass::ServerError);
/// assert_eq!(aws_error_code("SomethingNew", None), ErrorClass::Unknown);
/// ```
#[must_use]
#[inline]
pub fn aws_error_code(code: &str, status: Option<u16>) -> ErrorClass {
    by_code(bare(code))
        .or_else(|| status.map(http_status))
        .unwrap_or(ErrorClass::Unknown)
}

/// Takes namespaces and the final `Exception` off a code.
#[inline]
fn bare(code: &str) -> &str {
    let code = code.trim();
    // What follows a colon is a URI and may itself hold a `#`: cut it first.
    let code = code.split(':').next().unwrap_or(code);
    let code = code.rsplit('#').next().unwrap_or(code);
    code.strip_suffix("Exception").unwrap_or(code)
}

#[inline]
fn by_code(code: &str) -> Option<ErrorClass> {
    Some(match code {
        // What the SDKs call throttling. They count `LimitExceeded` in, although a few services
        // use it for hard limits: its quota is more often one of requests.
        "Throttling"
        | "Throttled"
        | "ThrottledClient"
        | "RequestThrottled"
        | "EC2Throttled"
        | "TooManyRequests"
        | "ProvisionedThroughputExceeded"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "LimitExceeded"
        // Of SQS: too many messages in flight, which comes with a 403, and its key service.
        | "OverLimit"
        | "KmsThrottled"
        | "SlowDown" => ErrorClass::RateLimit,

        "RequestTimeout" | "PriorRequestNotComplete" => ErrorClass::Transient,

        "UnrecognizedClient"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "ExpiredToken"
        | "TokenRefreshRequired"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "InvalidSignature"
        | "SignatureDoesNotMatch"
        // Wrong credentials, or a clock that is off: signing again with the same does not help.
        | "AuthFailure"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        // Cognito sends it for a wrong password.
        | "NotAuthorized" => ErrorClass::Auth,

        "AccessDenied"
        | "UnauthorizedOperation"
        | "AuthorizationError"
        | "KMSAccessDenied"
        | "KmsAccessDenied"
        | "AllAccessDisabled"
        // The account has not subscribed to the service.
        | "OptInRequired" => ErrorClass::Permission,

        // Lost optimistic locks and transactions. The SDKs count `TransactionInProgress` as throttling,
        // yet what is in the way is another transaction.
        "ConditionalCheckFailed"
        | "TransactionInProgress"
        | "TransactionConflict"
        | "TransactionCanceled"
        | "ReplicatedWriteConflict"
        | "Conflict"
        | "ResourceConflict"
        | "ResourceInUse"
        | "ConcurrentModification"
        | "ConditionalRequestConflict"
        | "OperationAborted"
        // Of SQS: for a minute after a queue was deleted or emptied.
        | "PurgeQueueInProgress"
        | "QueueDeletedRecently"
        | "PreconditionFailed" => ErrorClass::Concurrency,

        "InternalError"
        | "InternalFailure"
        | "InternalServer"
        | "InternalServerError"
        | "InternalService"
        | "InternalServiceError"
        | "ServiceUnavailable"
        | "Unavailable" => ErrorClass::ServerError,

        "NoSuchKey"
        | "NoSuchBucket"
        | "NoSuchUpload"
        | "ResourceNotFound"
        | "ResourceAlreadyExists"
        | "BucketAlreadyExists"
        | "BucketAlreadyOwnedByYou"
        | "EntityAlreadyExists"
        | "Validation"
        | "ValidationError"
        | "InvalidParameter"
        | "InvalidParameterValue"
        | "InvalidParameterCombination"
        | "InvalidQueryParameter"
        | "InvalidRequest"
        | "InvalidAction"
        | "MissingAction"
        | "MissingParameter"
        | "MalformedQueryString"
        | "IdempotentParameterMismatch"
        | "EntityTooLarge"
        | "ItemCollectionSizeLimitExceeded"
        | "UnknownOperation"
        | "UnsupportedOperation"
        // S3 sends it with a 501, which alone would be SERVER_ERROR.
        | "NotImplemented" => ErrorClass::Permanent,

        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_beats_the_status() {
        assert_eq!(aws_error_code("SlowDown", Some(503)), ErrorClass::RateLimit);
        assert_eq!(
            aws_error_code("NotImplemented", Some(501)),
            ErrorClass::Permanent
        );
        assert_eq!(
            aws_error_code("RequestTimeout", Some(400)),
            ErrorClass::Transient
        );
        assert_eq!(
            aws_error_code("ConditionalCheckFailedException", Some(400)),
            ErrorClass::Concurrency
        );
    }

    #[test]
    fn namespaces_are_ignored() {
        for code in [
            "com.amazon.coral.service#ThrottlingException",
            "ThrottlingException:http://internal.amazon.com/coral/#x",
            "aws.api#Throttling:http://example.com/",
            " Throttling ",
        ] {
            assert_eq!(aws_error_code(code, None), ErrorClass::RateLimit, "{code}");
        }
    }

    #[test]
    fn an_unknown_code_leaves_it_to_the_status() {
        for code in ["", "#", ":", "Exception", "throttling", "Whatever"] {
            assert_eq!(aws_error_code(code, None), ErrorClass::Unknown, "{code:?}");
            assert_eq!(aws_error_code(code, Some(409)), ErrorClass::Concurrency);
        }
    }
}

//! Each code of the table, as the SDK reads it from a reply.

use redress::{Classify, ErrorClass};
use redress_data_tests::{Rows, texts_of};

use super::{failed, script};

#[rustfmt::skip]
const CODES: &[(ErrorClass, &[&str])] = &[
    (ErrorClass::RateLimit, &[
        "Throttling",
        "Throttled",
        "ThrottledClient",
        "RequestThrottled",
        "EC2Throttled",
        "TooManyRequests",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceeded",
        "OverLimit",
        "KmsThrottled",
        "SlowDown",
    ]),
    (ErrorClass::Transient, &[
        "RequestTimeout",
        "PriorRequestNotComplete",
    ]),
    (ErrorClass::Auth, &[
        "UnrecognizedClient",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "InvalidToken",
        "ExpiredToken",
        "TokenRefreshRequired",
        "MissingAuthenticationToken",
        "IncompleteSignature",
        "InvalidSignature",
        "SignatureDoesNotMatch",
        "AuthFailure",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "NotAuthorized",
    ]),
    (ErrorClass::Permission, &[
        "AccessDenied",
        "UnauthorizedOperation",
        "AuthorizationError",
        "KMSAccessDenied",
        "KmsAccessDenied",
        "AllAccessDisabled",
        "OptInRequired",
    ]),
    (ErrorClass::Concurrency, &[
        "ConditionalCheckFailed",
        "TransactionInProgress",
        "TransactionConflict",
        "TransactionCanceled",
        "ReplicatedWriteConflict",
        "Conflict",
        "ResourceConflict",
        "ResourceInUse",
        "ConcurrentModification",
        "ConditionalRequestConflict",
        "OperationAborted",
        "PurgeQueueInProgress",
        "QueueDeletedRecently",
        "PreconditionFailed",
    ]),
    (ErrorClass::ServerError, &[
        "InternalError",
        "InternalFailure",
        "InternalServer",
        "InternalServerError",
        "InternalService",
        "InternalServiceError",
        "ServiceUnavailable",
        "Unavailable",
    ]),
    (ErrorClass::Permanent, &[
        "NoSuchKey",
        "NoSuchBucket",
        "NoSuchUpload",
        "ResourceNotFound",
        "ResourceAlreadyExists",
        "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou",
        "EntityAlreadyExists",
        "Validation",
        "ValidationError",
        "InvalidParameter",
        "InvalidParameterValue",
        "InvalidParameterCombination",
        "InvalidQueryParameter",
        "InvalidRequest",
        "InvalidAction",
        "MissingAction",
        "MissingParameter",
        "MalformedQueryString",
        "IdempotentParameterMismatch",
        "EntityTooLarge",
        "ItemCollectionSizeLimitExceeded",
        "UnknownOperation",
        "UnsupportedOperation",
        "NotImplemented",
    ]),
];

/// Services add `Exception` to a code, and the name of a space before it, or do not.
#[tokio::test]
async fn every_code_of_the_table_arrives_as_it_is_in_it() {
    let source = include_str!("../../../../../redress/src/classify/aws.rs");
    let rows = Rows::new(texts_of(source, "by_code"));
    for (class, codes) in CODES {
        for code in *codes {
            // A status that alone would mean something else.
            let status = match class {
                ErrorClass::ServerError => "429 Too Many Requests",
                _ => "500 Internal Server Error",
            };
            let plain = format!(r#"{{"__type":"{code}","message":"m"}}"#);
            let named = format!(r#"{{"__type":"com.amazonaws.sqs#{code}Exception"}}"#);
            for body in [plain, named] {
                let (url, _) = script(&[(status, "", &body)]).await;
                let error = failed(&url).await;
                assert_eq!(error.classify().class(), *class, "{body}");
            }
            rows.say(*code);
        }
    }
    rows.assert_said_but_for(&[]);
}

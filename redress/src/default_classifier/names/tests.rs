use super::*;

#[test]
fn the_more_telling_word_wins() {
    use ErrorClass::*;
    for (name, class) in [
        ("PoolTimedOut", Transient),
        ("ConnectionReset", Transient),
        ("RATE_LIMITED", RateLimit),
        ("TooManyRequests", RateLimit),
        ("InvalidCredentials", Auth),
        ("AuthError", Auth),
        ("AuthTimeout", Transient),
        ("Unauthorized", Auth),
        ("AccessDenied", Permission),
        ("PermissionError", Permission),
        ("InvalidTimeout", Permanent),
        ("RowNotFound", Permanent),
        ("LockTimeout", Concurrency),
        ("SerializationFailure", Concurrency),
        ("ProtocolVersionMismatch", Permanent),
        ("ServiceUnavailable", ServerError),
        ("GatewayTimeout", ServerError),
        ("Unavailable", Transient),
        ("ParseIntError", Permanent),
        ("NonTransientError", Permanent),
    ] {
        assert_eq!(classify_name(name), Some(class), "{name}");
    }
}

#[test]
fn words_that_are_common_in_clients_say_what_they_mean() {
    use ErrorClass::*;
    for (name, class) in [
        ("Overloaded", RateLimit),
        ("ServerOverloaded", RateLimit),
        ("TooManyConnections", RateLimit),
        ("TooManyClientsError", RateLimit),
        ("TooManyOpenConnections", RateLimit),
        ("MaxConnectionsExceeded", RateLimit),
        ("ConnectionLimitReached", RateLimit),
        ("LimitExceeded", RateLimit),
        ("LimitExceededException", RateLimit),
        ("ThroughputExceeded", RateLimit),
        ("RESOURCE_EXHAUSTED", RateLimit),
        ("Busy", RateLimit),
        ("ServerBusy", RateLimit),
        ("DatabaseBusy", Concurrency),
        ("DatabaseLocked", Concurrency),
        ("ResourceBusy", Concurrency),
        ("DeviceBusy", Concurrency),
        ("TryAgain", Transient),
        ("TryAgainLater", Transient),
        ("WouldBlock", Transient),
        ("Retryable", Transient),
        ("NonRetryable", Permanent),
        ("NotConnected", Transient),
        ("Internal", ServerError),
        ("InternalError", ServerError),
        ("InternalFailure", ServerError),
        ("InternalServiceError", ServerError),
        ("InternalServerError", ServerError),
        ("Fatal", Permanent),
        ("FatalError", Permanent),
        ("Unrecoverable", Permanent),
        ("DuplicateKey", Permanent),
        ("DuplicateEntry", Permanent),
        ("UniqueViolation", Permanent),
        ("ForeignKeyConstraintViolation", Permanent),
        ("ForeignKeyViolation", Permanent),
    ] {
        assert_eq!(classify_name(name), Some(class), "{name}");
    }
}

#[test]
fn a_name_without_a_word_of_its_own_about_servers_says_nothing() {
    for name in [
        "ServerError",
        "RedisServerError",
        "Server_error",
        "ServerErrorKind",
        "ServerException",
    ] {
        assert_eq!(classify_name(name), None, "{name}");
    }
}

#[test]
fn a_subject_or_a_refusal_beside_it_takes_the_meaning_away() {
    for name in [
        "PaymentRefused",
        "OrderRefused",
        "RefusedByIssuer",
        "UsernameUnavailable",
        "ProductUnavailable",
        "UnavailableInCountry",
        "WrongNetwork",
        "UnknownNetwork",
        "NetworkMismatch",
        "NetworkIdMissing",
        "TimeoutTooLarge",
        "TimeoutNotSet",
        "MissingTimeout",
        "TrialPeriodElapsed",
        "NoticePeriodElapsed",
        "SessionTimedOut",
        "OfferTimeout",
        "ConnectionStringMissing",
        "MissingConnection",
        "ConnectionNameTaken",
        "TemporaryPasswordUsed",
        "TemporaryRedirect",
        "UnreachableCode",
        "UserDisconnected",
        "SubmissionDeadlineExceeded",
        "NotRateLimited",
        "RateLimitMissing",
        "RateLimitTooHigh",
        "DiskQuotaExceeded",
        "RecursionLimitExceeded",
        "WithdrawalLimitExceeded",
        "DailyLimitExceeded",
        "BodySizeLimitExceeded",
        "NotBusy",
        "NonFatal",
        "NoConflict",
        "ArgumentConflict",
        "SchemaVersionMismatch",
        "InternalNodeSplit",
        "AuthorizationPending",
        "AuthenticationInProgress",
        "AuthSuccess",
        "AuthServerError",
        "PermissionPending",
        "PageTokenExpired",
        "LeaderNotFound",
        "NoSuchHost",
        "HostNotFound",
        "NoSuchBroker",
        "CoordinatorNotFound",
        "NotFoundYet",
        "NotPermanent",
        "ValidationPending",
    ] {
        assert_eq!(classify_name(name), None, "{name}");
    }
}

#[test]
fn what_a_machine_does_beside_it_leaves_the_meaning() {
    use ErrorClass::*;
    for (name, class) in [
        ("ConnectionRefusedByHost", Transient),
        ("StreamRefused", Transient),
        ("PaymentServiceUnavailable", ServerError),
        ("DatabaseUnavailable", Transient),
        ("TemporarilyUnavailable", Transient),
        ("BrokerUnreachable", Transient),
        ("NetworkDown", Transient),
        ("ConnectionLost", Transient),
        ("FailedToConnect", Transient),
        ("UnableToConnect", Transient),
        ("PaymentTimeout", Transient),
        ("LongPollTimeout", Transient),
        ("TimeoutElapsed", Transient),
        ("TimedOutWaitingForResponse", Transient),
        ("RequestDeadlineExceeded", Transient),
        ("AuthServerUnavailable", Transient),
        ("AuthConnectionLost", Transient),
        ("AccessTokenExpired", Auth),
        ("NotAuthorized", Auth),
        ("UserNotFound", Permanent),
        ("NoSuchKey", Permanent),
    ] {
        assert_eq!(classify_name(name), Some(class), "{name}");
    }
}

#[test]
fn parts_of_words_do_not_count() {
    for name in [
        "Parser",
        "Invalidate",
        "Author",
        "Timeouts2",
        "Connectionless",
        "SerializationError",
        "Rate",
        "LimitRate",
        "Error",
        "Other",
        "",
    ] {
        assert_eq!(classify_name(name), None, "{name}");
    }
}

#[test]
fn of_a_type_only_the_last_segment_counts() {
    assert_eq!(classify_type_name("timeout::parse::Error"), None);
    assert_eq!(classify_type_name("a::Failed<timeout::Timeout>"), None);
    assert_eq!(
        classify_type_name("a::Timeout<b::C<d::E>>"),
        Some(ErrorClass::Transient)
    );
}

#[test]
fn every_phrase_can_match() {
    for (class, _, phrases) in RULES {
        for phrase in *phrases {
            let name = phrase.replace(' ', "_");
            assert_eq!(classify_name(&name), Some(*class), "{phrase}");
        }
    }
}

// Input:
//
//     #[derive(Classify)]
//     enum ApiError {
//         #[classify(rate_limit, retry_after = after)]
//         Throttled { after: Option<Duration> },
//         #[classify(http_status = 0)]
//         Http(u16),
//         #[classify(source)]
//         Io(std::io::Error),
//         Other,
//     }

// Expands to:

#[automatically_derived]
impl ::redress::Classify for ApiError {
    fn classify(&self) -> ::redress::__private::Classification {
        match self {
            Self::Throttled { after: __field_0, .. } => {
                ::redress::__private::Classification::new(
                        ::redress::__private::ErrorClass::RateLimit,
                    )
                    .retry_after(::redress::__private::retry_hint(__field_0))
            }
            Self::Http { 0: __field_0, .. } => {
                ::redress::__private::Classification::new(
                    ::redress::__private::http_status(__field_0),
                )
            }
            Self::Io { 0: __field_0, .. } => {
                ::redress::__private::by(
                    __field_0,
                    |__error| {
                        ::redress::__private::by_type_of(__error)
                            .redress_classifier()
                            .redress_classify_source(__error)
                    },
                )
            }
            Self::Other { .. } => {
                ::redress::__private::Classification::new(
                    ::redress::__private::ErrorClass::Unknown,
                )
            }
        }
    }
}

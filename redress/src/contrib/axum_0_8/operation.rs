use std::fmt::Write as _;

use ::axum_0_8::extract::MatchedPath;
use ::http_1::{Extensions, Method};

/// Names what a request asks for, by its method and the path of the route that it matched, as in
/// `GET /orders/{id}`: a name that does not grow in number with the ids. Without a matched route it is the
/// method alone. A method that HTTP does not know, which a client may make up, is `_OTHER`, as OpenTelemetry
/// names it.
///
/// The route is known to handlers, and to layers that are added by `route_layer` or `layer`.
///
/// ```
/// # extern crate axum_0_8 as axum; // as users name it
/// use axum::extract::Request;
/// use redress::Policy;
/// use redress::contrib::axum_0_8::{Unavailable, operation};
///
/// async fn handler(request: Request) -> Result<String, Unavailable> {
///     let policy = Policy::new();
///     let name = operation(request.method(), request.extensions());
///     let call = policy.context().operation(name);
///     Ok(call.call_async(|| async { Ok::<_, std::io::Error>("done".to_owned()) }).await?)
/// }
/// ```
#[must_use]
pub fn operation(method: &Method, extensions: &Extensions) -> String {
    let known = matches!(
        method.as_str(),
        "GET"
            | "HEAD"
            | "POST"
            | "PUT"
            | "PATCH"
            | "DELETE"
            | "CONNECT"
            | "OPTIONS"
            | "TRACE"
            | "QUERY"
    );
    let name = if known { method.as_str() } else { "_OTHER" };
    let mut name = name.to_owned();
    if let Some(path) = extensions.get::<MatchedPath>() {
        // A string never fails.
        let _ = write!(name, " {}", path.as_str());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_a_client_has_made_up_is_no_name() {
        for (method, expected) in [("GET", "GET"), ("QUERY", "QUERY"), ("GET5", "_OTHER")] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(operation(&method, &Extensions::new()), expected);
        }
    }
}

use std::fmt;
use std::sync::Arc;

/// Returns the name of the service that a path asks for, with its package; `None` if the path is not one of
/// gRPC.
///
/// ```
/// use redress::contrib::tonic_0_14::rpc_service_name;
///
/// assert_eq!(rpc_service_name("/shop.Orders/Get"), Some("shop.Orders"));
/// assert_eq!(rpc_service_name("/health"), None);
/// ```
#[must_use]
pub fn rpc_service_name(path: &str) -> Option<&str> {
    Some(names(path)?.0)
}

/// Returns the name of the method that a path asks for; `None` if the path is not one of gRPC.
///
/// ```
/// use redress::contrib::tonic_0_14::rpc_method_name;
///
/// assert_eq!(rpc_method_name("/shop.Orders/Get"), Some("Get"));
/// ```
#[must_use]
pub fn rpc_method_name(path: &str) -> Option<&str> {
    Some(names(path)?.1)
}

/// Returns the names of the service and of the method. What stands before them is the place of the server.
fn names(path: &str) -> Option<(&str, &str)> {
    let (before, method) = path.rsplit_once('/')?;
    let (_, service) = before.rsplit_once('/')?;
    (!service.is_empty() && !method.is_empty()).then_some((service, method))
}

/// Names an operation, as OpenTelemetry names its span.
pub(super) fn operation(path: &str) -> Option<String> {
    let (service, method) = names(path)?;
    Some(format!("{service}/{method}"))
}

type Says = dyn Fn(&str) -> bool + Send + Sync;

/// Which methods may be repeated although they may have been applied.
#[derive(Clone, Default)]
pub(super) struct Idempotent {
    /// In order, without the slash at their start; a service is one without any. A few comparisons are faster
    /// than a hash of what is looked up.
    named: Vec<Box<str>>,
    says: Vec<Arc<Says>>,
}

impl Idempotent {
    pub(super) fn name(&mut self, name: &str) {
        let name = name.trim_matches('/');
        if let Err(place) = self.place(name) {
            self.named.insert(place, name.into());
        }
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.named.binary_search_by(|named| (**named).cmp(name))
    }

    pub(super) fn ask(&mut self, says: Arc<Says>) {
        self.says.push(says);
    }

    pub(super) fn has(&self, path: &str) -> bool {
        let named = || {
            let (service, method) = names(path)?;
            let both = service.len().saturating_add(method.len()).saturating_add(1);
            let both = path.get(path.len().checked_sub(both)?..)?;
            Some(self.place(both).is_ok() || self.place(service).is_ok())
        };
        (!self.named.is_empty() && named() == Some(true)) || self.says.iter().any(|says| says(path))
    }
}

impl fmt::Debug for Idempotent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.named).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_and_services_are_named_by_their_paths() {
        let mut methods = Idempotent::default();
        assert!(!methods.has("/shop.Orders/Get"));
        methods.name("/shop.Orders/Get");
        methods.name("shop.Catalog");
        for (path, expected) in [
            ("/shop.Orders/Get", true),
            ("/behind/a/proxy/shop.Orders/Get", true),
            ("/shop.Orders/GetAll", false),
            ("/old.shop.Orders/Get", false),
            ("/shop.Orders/", false),
            ("/shop.Orders", false),
            ("/shop.Catalog/List", true),
            ("/shop.Catalog2/List", false),
            ("/Get", false),
            ("//", false),
            ("", false),
        ] {
            assert_eq!(methods.has(path), expected, "{path}");
        }
        methods.ask(Arc::new(|path| path.ends_with("/Ping")));
        assert!(methods.has("/a.B/Ping") && !methods.has("/a.B/Pong"));
    }
}

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ::reqwest_0_13::Url;

use crate::defaults;
use crate::policy::Policy;

/// The policies of a client: one for all hosts, or one for each.
pub(super) struct Hosts<C, R>(Arc<Inner<C, R>>);

struct Inner<C, R> {
    make: Box<dyn Fn() -> Policy<C, R> + Send + Sync>,
    known: Mutex<Known<C, R>>,
}

struct Known<C, R> {
    policies: HashMap<String, Entry<C, R>>,
    /// Counts the requests.
    now: u64,
}

struct Entry<C, R> {
    policy: Policy<C, R>,
    used: u64,
}

impl<C, R> Hosts<C, R> {
    pub(super) fn new(make: impl Fn() -> Policy<C, R> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            make: Box::new(make),
            known: Mutex::new(Known {
                policies: HashMap::new(),
                now: 0,
            }),
        }))
    }

    /// Returns the policy of the host and port of a URL, which is made when they are first asked.
    pub(super) fn policy(&self, url: &Url) -> Policy<C, R> {
        // The name and password of a URL are not those of the host.
        let authority = url.authority();
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        // A panic of `make` leaves the map as it was.
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = &mut *known;
        known.now = known.now.saturating_add(1);
        if let Some(entry) = known.policies.get_mut(authority) {
            entry.used = known.now;
            return entry.policy.clone();
        }
        let policy = (self.0.make)();
        if known.policies.len() >= defaults::HTTP_HOSTS {
            known.forget_one();
        }
        let entry = Entry {
            policy: policy.clone(),
            used: known.now,
        };
        known.policies.insert(authority.to_owned(), entry);
        policy
    }
}

impl<C, R> Known<C, R> {
    /// Forgets the host that was asked longest ago.
    fn forget_one(&mut self) {
        let oldest = self.policies.iter().min_by_key(|(_, entry)| entry.used);
        if let Some(host) = oldest.map(|(host, _)| host.clone()) {
            self.policies.remove(&host);
        }
    }
}

impl<C, R> Clone for Hosts<C, R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C, R> fmt::Debug for Hosts<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_set().entries(known.policies.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::{AnyValue, DefaultClassifier};

    fn policy(hosts: &Hosts<DefaultClassifier, AnyValue>, url: &str) -> Policy {
        hosts.policy(&Url::parse(url).unwrap())
    }

    #[test]
    fn each_host_and_port_has_a_breaker_of_its_own() {
        let hosts = Hosts::new(Policy::recommended);
        policy(&hosts, "http://a.example/x")
            .circuit_breaker()
            .unwrap()
            .force_open();
        let is_open = |url: &str| {
            let state = policy(&hosts, url).circuit_breaker().unwrap().state();
            state == crate::breaker::CircuitState::Open
        };
        assert!(is_open("http://a.example/y?z"));
        assert!(is_open("http://user:secret@a.example/"));
        assert!(!is_open("http://a.example:81/"));
        assert!(!is_open("http://b.example/"));
        assert!(!format!("{hosts:?}").contains("secret"));
    }

    #[test]
    fn the_host_that_was_asked_longest_ago_is_forgotten() {
        let hosts = Hosts::new(Policy::new);
        policy(&hosts, "http://kept.example/");
        for port in 0..2 * defaults::HTTP_HOSTS {
            policy(&hosts, &format!("http://a.example:{}/", port + 1));
            policy(&hosts, "http://kept.example/");
        }
        let known = hosts.0.known.lock().unwrap();
        assert_eq!(known.policies.len(), defaults::HTTP_HOSTS);
        assert!(known.policies.contains_key("kept.example"));
    }
}

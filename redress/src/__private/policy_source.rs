//! The values that `policy = ...` takes: a policy, whatever dereferences to one, a handle, and what
//! asking for a handle by name returns.

use std::ops::Deref;

use super::{Interrupt, Policy};

/// The value after `policy =`, by method resolution: a `Result` has a method of its own, and
/// everything else is [`Given`].
#[derive(Debug)]
pub struct Source<'a, P: ?Sized>(pub &'a P);

/// A policy that is there without a lookup that may fail.
pub trait Given<'a, P: ?Sized> {
    /// Returns it.
    fn found(self) -> Result<&'a P, Interrupt>;
}

impl<'a, P: ?Sized> Given<'a, P> for Source<'a, P> {
    #[inline]
    fn found(self) -> Result<&'a P, Interrupt> {
        Ok(self.0)
    }
}

#[cfg(feature = "config")]
impl<'a, P> Source<'a, Result<P, crate::error::UnknownPolicy>> {
    /// Returns what was found by its name.
    ///
    /// # Errors
    ///
    /// There is none of that name.
    pub fn found(self) -> Result<&'a P, Interrupt> {
        self.0.as_ref().map_err(|unknown| unknown.clone().into())
    }
}

/// A source of the policy of a call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a policy",
    label = "not a `Policy`",
    note = "`policy = ...` takes a `Policy`, anything that dereferences to one, a `PolicyHandle`, or what `Policies::get` returns"
)]
pub trait HasPolicy {
    /// The form in which a call holds the policy.
    type Held<'a>: Held
    where
        Self: 'a;

    /// Takes the policy for one call.
    fn hold(&self) -> Self::Held<'_>;
}

/// A policy, or a reference to one.
pub trait Held {
    /// Classifies errors.
    type Errors;
    /// Classifies values.
    type Values;

    /// Returns the policy.
    fn policy(&self) -> &Policy<Self::Errors, Self::Values>;
}

impl<C, R> Held for &Policy<C, R> {
    type Errors = C;
    type Values = R;

    #[inline]
    fn policy(&self) -> &Policy<C, R> {
        self
    }
}

impl<C, R> HasPolicy for Policy<C, R> {
    type Held<'a>
        = &'a Self
    where
        Self: 'a;

    #[inline]
    fn hold(&self) -> &Self {
        self
    }
}

// Without this, a message would ask for `Deref`.
#[diagnostic::do_not_recommend]
impl<P: Deref<Target: HasPolicy> + ?Sized> HasPolicy for P {
    type Held<'a>
        = <P::Target as HasPolicy>::Held<'a>
    where
        Self: 'a;

    #[inline]
    fn hold(&self) -> Self::Held<'_> {
        (**self).hold()
    }
}

impl<C, R> Held for Policy<C, R> {
    type Errors = C;
    type Values = R;

    #[inline]
    fn policy(&self) -> &Self {
        self
    }
}

#[cfg(feature = "config")]
impl<C, R> HasPolicy for crate::config::PolicyHandle<C, R> {
    type Held<'a>
        = Policy<C, R>
    where
        Self: 'a;

    fn hold(&self) -> Policy<C, R> {
        self.current()
    }
}

/// Takes a policy for one call.
#[inline]
pub fn hold<P: HasPolicy + ?Sized>(policy: &P) -> P::Held<'_> {
    policy.hold()
}

/// Takes a policy for one call, and borrows nothing for it.
#[inline]
pub fn own<'a, P: HasPolicy + ?Sized>(
    policy: &'a P,
) -> Policy<<P::Held<'a> as Held>::Errors, <P::Held<'a> as Held>::Values> {
    policy.hold().policy().clone()
}

/// Returns the policy that is held.
#[inline]
pub fn held<H: Held>(held: &H) -> &Policy<H::Errors, H::Values> {
    held.policy()
}

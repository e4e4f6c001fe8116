//! The atomics of shared state: the standard library's, or loom's while a model is checked.

#[cfg(not(all(test, redress_loom)))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

#[cfg(all(test, redress_loom))]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

/// A number that is written when a file is read anew, and never else: not modelled.
pub(crate) use std::sync::atomic::AtomicU64 as Setting;

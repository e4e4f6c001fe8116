//! Types whose methods lend a part of them: a mutable borrow of one lasts as long as what such a method
//! returns. Method resolution finds the method of a type that is known to, and [`Lends`] for any
//! other.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap, LinkedList, VecDeque};
use std::sync::{Mutex, OnceLock, RwLock};

/// The receiver of a method.
#[derive(Debug)]
pub struct Lender<'a, T: ?Sized>(pub &'a T);

/// The method returns a part of its receiver.
#[derive(Debug)]
pub struct SurelyLends;

/// Nothing is known of what the method returns.
#[derive(Debug)]
pub struct MayLend;

/// Any type.
pub trait Lends: Sized {
    /// Looks at a method such as `get_mut`.
    fn redress_lends(self) -> MayLend {
        MayLend
    }

    /// Looks at `insert`, which lends what an `Option` holds, and nothing of a map.
    fn redress_option_lends(self) -> MayLend {
        MayLend
    }
}

impl<T: ?Sized> Lends for Lender<'_, T> {}

macro_rules! lends {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> Lender<'_, $type> {
            /// Ends the search.
            pub const fn redress_lends(self) -> SurelyLends {
                SurelyLends
            }
        }
    )*};
}

lends! {
    [T] Vec<T>;
    [T] [T];
    [T, const N: usize] [T; N];
    [T] VecDeque<T>;
    [T] LinkedList<T>;
    [K, V] BTreeMap<K, V>;
    [K, V, S] HashMap<K, V, S>;
    [T] Option<T>;
    [T] OnceCell<T>;
    [T: ?Sized] RefCell<T>;
    [T: ?Sized] Mutex<T>;
    [T: ?Sized] RwLock<T>;
    [T] OnceLock<T>;
}

impl<T> Lender<'_, Option<T>> {
    /// Ends the search.
    pub const fn redress_option_lends(self) -> SurelyLends {
        SurelyLends
    }
}

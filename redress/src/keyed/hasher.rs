use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

use foldhash::SharedSeed;
use foldhash::fast::{FoldHasher, SeedableRandomState};

/// Hashes the keys of a [`Keyed`](super::Keyed) where no other hasher is set: by foldhash, whose seeds are
/// the system's random numbers, and other ones in each map.
///
/// A lookup takes half the time that it takes with the standard library's [`RandomState`]. Who sends keys
/// cannot choose them so that they meet in one place, unless they can measure single lookups: then set
/// that one with [`hasher`](super::KeyedBuilder::hasher). A map has a bounded number of keys, which bounds
/// what such keys can cost.
///
/// ```
/// use std::hash::BuildHasher as _;
/// use redress::keyed::KeyState;
///
/// let (one, other) = (KeyState::default(), KeyState::default());
/// assert_eq!(one.hash_one("a.example"), one.clone().hash_one("a.example"));
/// assert_ne!(one.hash_one("a.example"), other.hash_one("a.example"));
/// ```
#[derive(Clone)]
pub struct KeyState(SeedableRandomState);

/// The hasher of [`KeyState`].
///
/// ```
/// use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
/// use redress::keyed::KeyState;
///
/// let state = KeyState::default();
/// let mut hasher = state.build_hasher();
/// "a.example".hash(&mut hasher);
/// assert_eq!(hasher.finish(), state.hash_one("a.example"));
/// ```
#[derive(Clone)]
pub struct KeyHasher(FoldHasher<'static>);

impl Default for KeyState {
    fn default() -> Self {
        static SHARED: LazyLock<SharedSeed> =
            LazyLock::new(|| SharedSeed::from_u64(RandomState::new().hash_one(())));
        let own = RandomState::new().hash_one(());
        Self(SeedableRandomState::with_seed(own, &SHARED))
    }
}

impl BuildHasher for KeyState {
    type Hasher = KeyHasher;

    #[inline]
    fn build_hasher(&self) -> KeyHasher {
        KeyHasher(self.0.build_hasher())
    }
}

/// Each number has a way of its own, which is faster than that of bytes.
macro_rules! forward {
    ($($write:ident $Number:ty),*) => {
        impl Hasher for KeyHasher {
            #[inline]
            fn write(&mut self, bytes: &[u8]) {
                self.0.write(bytes);
            }
            #[inline]
            fn finish(&self) -> u64 {
                self.0.finish()
            }
            $(
                #[inline]
                fn $write(&mut self, number: $Number) {
                    self.0.$write(number);
                }
            )*
        }
    };
}

forward!(write_u8 u8, write_u16 u16, write_u32 u32, write_u64 u64, write_u128 u128, write_usize usize);

impl fmt::Debug for KeyState {
    /// Without the seeds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyState").finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyHasher").finish_non_exhaustive()
    }
}

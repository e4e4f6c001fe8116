//! Breadcrumbs and issues for [`sentry`](::sentry_core_0_48) 0.48. Feature `sentry-0_48`.
//!
//! [`breadcrumbs`] leaves a trail of what went wrong before an issue; [`captures`] makes issues of calls
//! that have given up. In `main`, once the client is there and before the first call:
//!
//! ```
//! use redress::contrib::sentry_0_48::breadcrumbs;
//! use redress::observe;
//!
//! # fn main() -> Result<(), observe::DefaultIsSet> {
//! // let guard = sentry::init(...);
//! observe::set_default(breadcrumbs())?;
//! # Ok(())
//! # }
//! ```
//!
//! What is seen here belongs to the current hub of the thread on which the call runs. In async programs
//! bind a hub to each task, as Sentry's integrations with servers do.
//!
//! Programs with `sentry-tracing` have the breadcrumbs already, by the events of `tracing-0_1`: use one of
//! the two.
//!
//! # Which version
//!
//! The feature speaks to 0.48 alone. A breadcrumb that is left in another version's hub appears in no
//! issue, and 0.49 needs a newer Rust than this crate.

mod breadcrumbs;
mod captures;

pub use breadcrumbs::{Breadcrumbs, breadcrumbs, default_level};
pub use captures::{Captures, capture_opening, captures, is_captured};

use std::ops::DerefMut;

use ::tokio_postgres_0_7::Client;

/// A connection of tokio-postgres: a [`Client`], or what a pool lends and leads to one.
///
/// The objects of deadpool-postgres and bb8-postgres are such, and every other type that derefs mutably
/// to a `Client` in one step or two. `M` says in how many; the compiler finds it. There is nothing to
/// implement.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no connection of tokio-postgres",
    note = "it is a `tokio_postgres::Client`, or what derefs mutably to one, such as the object of a pool"
)]
pub trait Connection<M> {
    /// Returns the client.
    fn client(&mut self) -> &mut Client;
}

/// How a [`Connection`] leads to its client: it is one.
#[derive(Debug)]
pub struct Itself;

/// How a [`Connection`] leads to its client: it derefs to one.
#[derive(Debug)]
pub struct Once;

/// How a [`Connection`] leads to its client: it derefs to what derefs to one.
#[derive(Debug)]
pub struct Twice;

impl Connection<Itself> for Client {
    fn client(&mut self) -> &mut Client {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<C: DerefMut<Target = Client>> Connection<Once> for C {
    fn client(&mut self) -> &mut Client {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<C: DerefMut<Target: DerefMut<Target = Client>>> Connection<Twice> for C {
    fn client(&mut self) -> &mut Client {
        self
    }
}

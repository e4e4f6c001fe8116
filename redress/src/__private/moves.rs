//! Finds how much of an argument a call takes: a part of a `&mut`, and anything else as a whole. Method
//! resolution finds the method of a `&mut`, and [`Moves`] for any other type.

/// An argument that is given to a call.
#[derive(Debug)]
pub struct Used<'a, T>(pub &'a T);

impl<'a, T: ?Sized> Used<'a, &mut T> {
    /// Ends the search: the argument is not moved.
    #[must_use]
    pub const fn redress_moved(self) -> &'a () {
        &()
    }
}

/// Any type.
pub trait Moves<'a, T> {
    /// Returns what is moved, unless its type is `Copy`.
    fn redress_moved(self) -> &'a T;
}

impl<'a, T> Moves<'a, T> for Used<'a, T> {
    fn redress_moved(self) -> &'a T {
        self.0
    }
}

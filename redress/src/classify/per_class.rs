use crate::classify::ErrorClass;

/// One value for each class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PerClass<T>([T; ErrorClass::ALL.len()]);

impl<T: Copy> PerClass<T> {
    pub(crate) const fn all(value: T) -> Self {
        Self([value; ErrorClass::ALL.len()])
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "a class is below the number of classes, and the compiler knows: no check is left"
)]
impl<T> PerClass<T> {
    pub(crate) const fn get(&self, class: ErrorClass) -> &T {
        &self.0[class as usize]
    }

    pub(crate) const fn get_mut(&mut self, class: ErrorClass) -> &mut T {
        &mut self.0[class as usize]
    }

    #[cfg(feature = "simulate")]
    pub(crate) fn map<S>(self, map: impl FnMut(T) -> S) -> PerClass<S> {
        PerClass(self.0.map(map))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ErrorClass, &T)> {
        ErrorClass::ALL.into_iter().zip(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_its_own_place_in_the_order_of_all() {
        let mut places = PerClass::default();
        for (n, class) in ErrorClass::ALL.into_iter().enumerate() {
            *places.get_mut(class) = n;
        }
        for (n, (class, place)) in places.iter().enumerate() {
            assert_eq!((class as usize, *place), (n, n));
        }
    }
}

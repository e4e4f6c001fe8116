use crate::ErrorClass;

/// One value for each class.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PerClass<T>([T; ErrorClass::ALL.len()]);

impl<T> PerClass<T> {
    pub(crate) const fn get(&self, class: ErrorClass) -> &T {
        match class {
            ErrorClass::Auth => &self.0[0],
            ErrorClass::Permission => &self.0[1],
            ErrorClass::Permanent => &self.0[2],
            ErrorClass::Concurrency => &self.0[3],
            ErrorClass::RateLimit => &self.0[4],
            ErrorClass::ServerError => &self.0[5],
            ErrorClass::Transient => &self.0[6],
            ErrorClass::Unknown => &self.0[7],
        }
    }

    pub(crate) const fn get_mut(&mut self, class: ErrorClass) -> &mut T {
        match class {
            ErrorClass::Auth => &mut self.0[0],
            ErrorClass::Permission => &mut self.0[1],
            ErrorClass::Permanent => &mut self.0[2],
            ErrorClass::Concurrency => &mut self.0[3],
            ErrorClass::RateLimit => &mut self.0[4],
            ErrorClass::ServerError => &mut self.0[5],
            ErrorClass::Transient => &mut self.0[6],
            ErrorClass::Unknown => &mut self.0[7],
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ErrorClass, &T)> {
        ErrorClass::ALL.into_iter().zip(&self.0)
    }
}

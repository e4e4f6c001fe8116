//! Drivers without a feature: see the tests.

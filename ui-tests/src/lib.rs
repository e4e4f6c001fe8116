//! Programs that the macros must accept or reject.

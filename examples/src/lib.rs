//! Runnable programs that use `redress` on real servers.

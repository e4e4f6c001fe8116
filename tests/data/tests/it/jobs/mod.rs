//! Jobs of apalis, deferred through their queue.

mod chain;
mod proof;
mod service;
mod storage;
mod worker;

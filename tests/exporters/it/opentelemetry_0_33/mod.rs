mod metrics;
mod spans;

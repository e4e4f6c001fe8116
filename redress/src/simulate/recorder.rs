use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::classify::{Classification, ErrorClass};
use crate::observe::{
    AttemptEnd, AttemptStatus, CallEnd, CallObserver, CallStart, Interest, Observer,
};
use crate::reason::Cause;

/// An observer that writes one line of JSON for each call, to be replayed by
/// `redress replay`.
///
/// A line has when the call started, in seconds since the recorder was made, its operation, how it ended,
/// and for each attempt when it started and how long it took, in seconds, and how it ended: `ok`, the
/// class of the failure, `cut_off`, or `cancelled`. It has no messages and no values.
///
/// ```
/// use redress::Policy;
/// use redress::simulate::CallRecorder;
///
/// let recorder = CallRecorder::new(Vec::new()); // in a program: a `File` in a `BufWriter`
/// let policy = Policy::builder().operation("pay").on_event(recorder.clone()).build()?;
/// policy.call(|| Ok::<_, std::io::Error>(())).unwrap();
/// let lines = recorder.lines().unwrap();
/// assert!(lines.starts_with(r#"{"at": 0.0"#) && lines.ends_with(r#""end": "ok"}]}
/// "#));
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub struct CallRecorder<W> {
    started: Instant,
    writer: Arc<Mutex<Output<W>>>,
}

struct Output<W> {
    writer: W,
    /// The first error, after which nothing is written.
    failed: Option<io::Error>,
}

impl<W: Write + Send + 'static> CallRecorder<W> {
    /// Starts to record into a writer. Each call writes once, when it ends.
    #[must_use]
    pub fn new(writer: W) -> Self {
        Self {
            started: Instant::now(),
            writer: Arc::new(Mutex::new(Output {
                writer,
                failed: None,
            })),
        }
    }

    /// Flushes the writer.
    ///
    /// # Errors
    ///
    /// The first error of the writer, also one of an earlier line. Lines after an error are not written.
    pub fn flush(&self) -> io::Result<()> {
        let mut output = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match output.failed.take() {
            Some(error) => Err(error),
            None => output.writer.flush(),
        }
    }
}

impl CallRecorder<Vec<u8>> {
    /// Returns what was recorded into memory.
    ///
    /// # Errors
    ///
    /// Never in practice: what is written is UTF-8.
    pub fn lines(&self) -> Result<String, std::string::FromUtf8Error> {
        let output = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(output.writer.clone())
    }
}

impl<W> Clone for CallRecorder<W> {
    fn clone(&self) -> Self {
        Self {
            started: self.started,
            writer: Arc::clone(&self.writer),
        }
    }
}

impl<W> fmt::Debug for CallRecorder<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRecorder").finish_non_exhaustive()
    }
}

impl<W: Write + Send + 'static> Observer for CallRecorder<W> {
    fn on_call_start(&self, _call: &CallStart<'_>) -> Option<Arc<dyn CallObserver>> {
        Some(Arc::new(OneCall {
            recorder: self.clone(),
            at: self.started.elapsed().as_secs_f64(),
            attempts: Mutex::default(),
        }))
    }

    fn interest(&self) -> Interest {
        Interest::ALL
    }
}

struct OneCall<W> {
    recorder: CallRecorder<W>,
    at: f64,
    attempts: Mutex<String>,
}

impl<W: Write + Send + 'static> CallObserver for OneCall<W> {
    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let gap = if attempts.is_empty() { "" } else { ", " };
        let took = attempt.duration().as_secs_f64();
        let after = attempt.elapsed().as_secs_f64() - took;
        let end = match (attempt.status(), attempt.cause()) {
            (AttemptStatus::Succeeded, _) => "ok",
            (_, Some(Cause::Timeout)) => "cut_off",
            (AttemptStatus::Cancelled, _) => "cancelled",
            _ => attempt.class().map_or("aborted", ErrorClass::as_str),
        };
        // Writing to a string does not fail.
        let _ = write!(
            attempts,
            "{gap}{{\"after\": {:.6}, \"took\": {took:.6}, \"end\": \"{end}\"",
            after.max(0.0)
        );
        let hint = attempt.classification();
        if let Some(hint) = hint.and_then(Classification::retry_after_hint) {
            let _ = write!(attempts, ", \"retry_after\": {:.6}", hint.as_secs_f64());
        }
        attempts.push('}');
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        let attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let operation = call.operation().unwrap_or_default();
        let line = format!(
            "{{\"at\": {:.6}, \"operation\": {}, \"result\": \"{}\", \"took\": {:.6}, \"attempts\": [{attempts}]}}\n",
            self.at,
            quoted(operation),
            call.result(),
            call.duration().as_secs_f64(),
        );
        let output = &self.recorder.writer;
        let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
        if output.failed.is_none()
            && let Err(error) = output.writer.write_all(line.as_bytes())
        {
            output.failed = Some(error);
        }
    }
}

/// Writes a text as JSON does.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for sign in text.chars() {
        match sign {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(sign);
            }
            sign if sign.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(sign));
            }
            sign => quoted.push(sign),
        }
    }
    quoted.push('"');
    quoted
}

//! Recorded calls from the lines of a [`CallRecorder`](super::CallRecorder).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::RecordedCall;
use crate::classify::Classification;
use crate::config::{ConfigFileError, Format, Node, Reader, Value, parse_text};

impl RecordedCall {
    /// Reads the lines of a [`CallRecorder`](super::CallRecorder): the calls of each operation, by its
    /// name. Needs the feature `config`. Empty lines are passed over, and so is a last line that was not
    /// written to its end.
    ///
    /// # Errors
    ///
    /// The first line that is not one of a recorder: each mistake in it, with its line and column. `path`
    /// is for the message.
    ///
    /// ```
    /// use redress::simulate::RecordedCall;
    ///
    /// let lines = "\
    /// {\"at\": 0.5, \"operation\": \"pay\", \"result\": \"success\", \"took\": 0.1, \"attempts\": [\
    /// {\"after\": 0, \"took\": 0.1, \"end\": \"ok\"}]}\n";
    /// let calls = RecordedCall::read_lines(None, lines)?;
    /// assert!(calls["pay"][0].succeeded);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_lines(
        path: Option<&Path>,
        lines: &str,
    ) -> Result<BTreeMap<String, Vec<Self>>, ConfigFileError> {
        let mut calls: BTreeMap<String, Vec<Self>> = BTreeMap::new();
        for (n, line) in lines.split_inclusive('\n').enumerate() {
            let complete = line.ends_with('\n');
            if line.trim().is_empty() {
                continue;
            }
            match parse_text(path, Format::Json, line.trim_end(), read) {
                Ok(((operation, call), _)) => calls.entry(operation).or_default().push(call),
                Err(_) if !complete => break,
                Err(_) => {
                    // Once more in its place, so that the message has the number of the line.
                    let mut alone = "\n".repeat(n);
                    alone.push_str(line.trim_end());
                    parse_text(path, Format::Json, &alone, read)?;
                }
            }
        }
        Ok(calls)
    }
}

fn read(reader: &mut Reader<'_>, node: &Node) -> (String, RecordedCall) {
    let mut operation = String::new();
    let mut call = RecordedCall::new(Duration::ZERO, false, Duration::ZERO);
    let keys = ["at", "operation", "result", "took", "attempts"];
    reader.table(node, &keys, |reader, key, value| match key {
        "at" => call.at = reader.time(value).unwrap_or_default(),
        "operation" => operation = reader.text(value).unwrap_or_default(),
        "result" => {
            let result = reader.text(value).unwrap_or_default();
            call.succeeded = result.starts_with("success");
        }
        "took" => call.took = reader.time(value).unwrap_or_default(),
        _ => reader.items(value, "write a list of attempts", |reader, item| {
            let (after, took, end) = attempt(reader, item);
            let added =
                std::mem::replace(&mut call, RecordedCall::new(Duration::ZERO, false, took));
            call = match end {
                Some(end) => added.attempt(after, took, end),
                None => added.cut_off(after, took),
            };
        }),
    });
    for key in keys.iter().filter(|key| !node.has(key)) {
        reader.wrong_under(key, &node.span, "is missing", "");
    }
    (operation, call)
}

type End = Option<Result<(), Classification>>;

fn attempt(reader: &mut Reader<'_>, node: &Node) -> (Duration, Duration, End) {
    let (mut after, mut took) = (Duration::ZERO, Duration::ZERO);
    let (mut end, mut hint) = (None, None);
    let keys = ["after", "took", "end", "retry_after"];
    reader.table(node, &keys, |reader, key, value| match key {
        "after" => after = reader.time(value).unwrap_or_default(),
        "took" => took = reader.time(value).unwrap_or_default(),
        "retry_after" => hint = reader.time(value),
        _ => match &value.value {
            Value::Text(text) if text == "ok" => end = Some(Ok(())),
            Value::Text(text) if ["cut_off", "cancelled", "aborted"].contains(&text.as_str()) => {}
            Value::Text(text) => {
                let lower = Node::new(Value::Text(text.to_lowercase()), value.span.clone());
                let class = reader.class_name(&lower);
                end = class.map(|class| Err(Classification::new(class)));
            }
            _ => end = reader.class_name(value).map(|class| Err(class.into())),
        },
    });
    if let Some(Err(failed)) = &mut end {
        *failed = failed.clone().retry_after(hint);
    }
    (after, took, end)
}

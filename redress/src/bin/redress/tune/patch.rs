use std::collections::BTreeMap;

use redress::config::{ConfigFile, Format, RetryConfig};
use serde_json::Value;
use similar::TextDiff;

/// The settings of a policy, by key.
fn settings(config: &RetryConfig) -> BTreeMap<String, Value> {
    match serde_json::to_value(config) {
        Ok(Value::Object(settings)) => settings.into_iter().collect(),
        _ => BTreeMap::new(),
    }
}

/// Lists the settings that differ.
fn differing(before: &RetryConfig, after: &RetryConfig) -> Vec<(String, Value)> {
    let before = settings(before);
    let after = settings(after).into_iter();
    after
        .filter(|(key, value)| before.get(key) != Some(value))
        .collect()
}

/// Writes the settings that differ, one by one.
pub(crate) fn changes(before: &RetryConfig, after: &RetryConfig) -> Vec<String> {
    let changes = differing(before, after).into_iter();
    changes
        .map(|(key, value)| format!("{key} = {}", inline(Format::Toml, &value)))
        .collect()
}

/// Returns the change of the file, as a unified diff, or where it cannot be made as a list of settings.
pub(crate) fn of(
    file: &ConfigFile,
    name: &str,
    before: &RetryConfig,
    after: &RetryConfig,
) -> String {
    let path = file.path().map(|path| path.display().to_string());
    let path = path.unwrap_or_default();
    match edited(file, name, before, after) {
        Some(text) => {
            let diff = TextDiff::from_lines(file.text(), &text);
            let mut diff = diff.unified_diff();
            diff.header(&path, &path).to_string()
        }
        None => {
            let changes = changes(before, after).join("\n");
            format!("set in policies.{name} of {path}:\n{changes}\n")
        }
    }
}

/// Writes the settings into the text of a file. `None` if what comes of it does not say the same.
fn edited(
    file: &ConfigFile,
    name: &str,
    before: &RetryConfig,
    after: &RetryConfig,
) -> Option<String> {
    let format = Format::of(file.path()?)?;
    let own = file.policies().get(name)?;
    let given = settings(own);
    let segment = segment(name);
    let span = |key: &str| file.place(&format!("policies.{segment}.{key}")).span();
    let mut text = file.text().to_owned();
    let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    // A new setting comes before the first one that is there.
    let first = given
        .keys()
        .map(|key| span(key))
        .min_by_key(|span| span.start)?;
    let line = file
        .text()
        .get(..first.start)?
        .rfind('\n')
        .map_or(0, |end| end + 1);
    let indent = file.text().get(line..)?;
    let indent: String = indent
        .chars()
        .take_while(|c| c.is_whitespace() && *c != '\n')
        .collect();
    for (key, value) in differing(before, after) {
        let written = inline(format, &value);
        if given.contains_key(&key) {
            edits.push((span(&key), written));
        } else {
            let added = match format {
                Format::Json => format!("{indent}\"{key}\": {written},\n"),
                Format::Yaml => format!("{indent}{key}: {written}\n"),
                _ => format!("{indent}{key} = {written}\n"),
            };
            edits.push((line..line, added));
        }
    }
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    for (span, written) in edits {
        text.get(span.clone())?;
        text.replace_range(span, &written);
    }
    let parsed = ConfigFile::parse(format, text.as_str()).ok()?;
    (super::resolved(&parsed, name) == *after).then_some(text)
}

fn segment(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

/// Writes a value within one line.
fn inline(format: Format, value: &Value) -> String {
    let (sign, quotes) = match format {
        Format::Json => (": ", true),
        Format::Yaml => (": ", false),
        _ => (" = ", false),
    };
    match value {
        Value::Object(table) => {
            let entries = table.iter().map(|(key, value)| {
                let value = inline(format, value);
                if quotes {
                    format!("\"{key}\"{sign}{value}")
                } else {
                    format!("{key}{sign}{value}")
                }
            });
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| inline(format, item));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_edits(name: &str, text: &str, expected: &str) {
        let folder = std::env::temp_dir().join(format!("redress-patch-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        let file = ConfigFile::read(&path).unwrap();
        let before = file.policies().get("a").unwrap().clone();
        let mut after = before.clone();
        after.max_attempts = Some(redress::config::Bound::At(3));
        after.strategy = "equal_jitter(5s)".parse().ok();
        let edited = edited(&file, "a", &before, &after);
        assert_eq!(edited.as_deref(), Some(expected));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_setting_is_replaced_or_added_in_every_format() {
        assert_edits(
            "a.toml",
            "[policies.a]\nmax_attempts = 4 # few\ndeadline = '1s'\n",
            "[policies.a]\nstrategy = \"equal_jitter(max = 5s)\"\nmax_attempts = 3 # few\ndeadline = '1s'\n",
        );
        assert_edits(
            "a.yaml",
            "policies:\n  a:\n    max_attempts: 4\n",
            "policies:\n  a:\n    strategy: \"equal_jitter(max = 5s)\"\n    max_attempts: 3\n",
        );
        assert_edits(
            "a.json",
            "{\"policies\": {\n  \"a\": {\n    \"max_attempts\": 4\n  }\n}}",
            "{\"policies\": {\n  \"a\": {\n    \"strategy\": \"equal_jitter(max = 5s)\",\n    \"max_attempts\": 3\n  }\n}}",
        );
    }
}

//! Runs the command on files, good and bad, and compares what it writes with what stands beside
//! them. `BLESS=1` writes that anew.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

/// What else is asked of the files, beside how they are.
const CASES: [(&str, &[&str]); 18] = [
    ("recommended.show", &["recommended.toml", "--show"]),
    ("payments.show", &["payments.toml", "--show"]),
    (
        "until_the_deadline.show",
        &["until_the_deadline.yaml", "--show"],
    ),
    ("beyond_deadline.show", &["beyond_deadline.toml", "--show"]),
    ("unbounded.show", &["unbounded.json", "--show"]),
    (
        "search.json.show",
        &["search.yaml", "--show", "--format", "json"],
    ),
    (
        "beyond_deadline.json",
        &["beyond_deadline.toml", "--format", "json"],
    ),
    (
        "breaker_blames_callers.json",
        &["breaker_blames_callers.toml", "--format=json"],
    ),
    ("mistakes.toml.json", &["mistakes.toml", "--format", "json"]),
    ("keyed.show", &["keyed.toml", "--show"]),
    (
        "keyed.json.show",
        &["keyed.toml", "--show", "--format", "json"],
    ),
    ("endpoints.show", &["endpoints.toml", "--show"]),
    (
        "endpoints.json.show",
        &["endpoints.toml", "--show", "--format", "json"],
    ),
    ("once.show", &["once.toml", "--show"]),
    ("one", &["breaker_blames_callers.toml:refund"]),
    ("one_with_colon", &["names.toml:a.b:c"]),
    ("unknown_policy", &["names.toml:front"]),
    ("no_format", &["retry.ini"]),
];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor")
}

fn doctor(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
    command.current_dir(directory).arg("doctor").args(arguments);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    doctor(directory, arguments)
        .output()
        .expect("the command runs")
}

fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("what it writes is UTF-8")
}

/// Writes down what a person sees.
fn seen(arguments: &[&str]) -> String {
    let output = run(&data(), arguments);
    let code = output.status.code().expect("it exits");
    format!(
        "$ redress doctor {}\n{}{}exits with {code}\n",
        arguments.join(" "),
        utf8(&output.stdout),
        utf8(&output.stderr)
    )
}

/// Compares with what stands in a file, or writes it there.
fn compare(name: &str, now: &str) -> Option<String> {
    let path = data().join(format!("{name}.out"));
    if env::var_os("BLESS").is_some() {
        fs::write(&path, now).expect("the file can be written");
        return None;
    }
    // A checkout may have other ends of lines.
    let before = fs::read_to_string(&path)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    (before != now).then(|| format!("{}\n{}", path.display(), difference(&before, now)))
}

/// Shows the lines that differ, with what is around them.
fn difference(before: &str, now: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), now.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let ends = old.iter().rev().zip(new.iter().rev());
    let most = old.len().min(new.len()) - same;
    let tail = ends.take(most).take_while(|(a, b)| a == b).count();
    let mut text = String::new();
    for line in &old[same.saturating_sub(3)..same] {
        let _ = writeln!(text, "  {line}");
    }
    for line in &old[same..old.len() - tail] {
        let _ = writeln!(text, "- {line}");
    }
    for line in &new[same..new.len() - tail] {
        let _ = writeln!(text, "+ {line}");
    }
    text
}

/// Lists the files of policies.
fn files() -> BTreeSet<String> {
    let entries = fs::read_dir(data()).expect("the files are there");
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.ends_with(".out")).collect()
}

#[test]
fn every_file_is_reported_on_as_before() {
    let files = files();
    assert!(files.len() >= 20, "{files:?}");
    let plain: Vec<_> = files.iter().map(|file| [file.as_str()]).collect();
    let plain = files
        .iter()
        .zip(&plain)
        .map(|(name, file)| (name.as_str(), &file[..]));
    let cases: Vec<_> = plain.chain(CASES).collect();
    let wrong = cases
        .iter()
        .filter_map(|(name, arguments)| compare(name, &seen(arguments)));
    let wrong: Vec<_> = wrong.collect();
    assert!(
        wrong.is_empty(),
        "{}\nIf that is meant, run it again with BLESS=1.",
        wrong.join("\n")
    );
    let outputs = fs::read_dir(data()).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_suffix(".out").map(str::to_owned)
    });
    let known: BTreeSet<_> = cases.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(outputs.collect::<BTreeSet<_>>(), known);
}

#[test]
fn nothing_else_changes_what_it_writes() {
    let path = data();
    let first = run(&path, &["beyond_deadline.toml", "--show"]);
    for (variable, value) in [
        ("COLUMNS", "20"),
        ("LC_ALL", "de_DE.UTF-8"),
        ("TZ", "Asia/Tokyo"),
    ] {
        let mut again = doctor(&path, &["beyond_deadline.toml", "--show"]);
        assert_eq!(again.env(variable, value).output().unwrap(), first);
    }
}

#[test]
fn colours_are_for_terminals_and_for_those_who_insist() {
    let escapes = |variable: &str| {
        let mut command = doctor(&data(), &["no_jitter.yaml"]);
        let output = command.env(variable, "1").output().unwrap();
        utf8(&output.stdout).contains('\u{1b}')
    };
    assert!(escapes("CLICOLOR_FORCE"));
    assert!(!escapes("NO_COLOR"));
    assert!(!escapes("CLICOLOR"));
}

#[test]
fn json_is_json_and_counts_what_it_lists() {
    for file in files() {
        let output = run(&data(), &[&file, "--format", "json", "--show"]);
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&file);
        let findings = value["findings"].as_array().unwrap();
        let text = fs::read_to_string(data().join(&file)).unwrap();
        for level in ["error", "warning"] {
            let listed = findings
                .iter()
                .filter(|finding| finding["level"] == level)
                .count();
            assert_eq!(value[format!("{level}s")], listed, "{file}");
        }
        for finding in findings {
            let (start, end) = (
                finding["start"].as_u64().unwrap(),
                finding["end"].as_u64().unwrap(),
            );
            let span = usize::try_from(start).unwrap()..usize::try_from(end).unwrap();
            assert!(text.get(span).is_some(), "{file}: {finding}");
        }
        assert_eq!(
            output.status.code(),
            Some(i32::from(value["errors"] != 0)),
            "{file}"
        );
    }
}

/// A directory that goes away with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_picture_shows_every_attempt_that_can_start() {
    let scratch = Scratch::new("picture");
    let draw = |name: &str, target: &str| {
        let file = data().join(target);
        let file = file.to_str().unwrap();
        let output = run(&scratch.0, &[file, "--plot", name]);
        assert_eq!(utf8(&output.stderr), "");
        fs::read_to_string(scratch.0.join(name)).unwrap()
    };
    let svg = draw("orders.svg", "recommended.toml:orders");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("orders: CONCURRENCY, RATE_LIMIT, SERVER_ERROR, TRANSIENT"));
    // Six attempts, and two of class UNKNOWN.
    assert_eq!(svg.matches("<circle").count(), 8);
    assert_eq!(svg, draw("again.svg", "recommended.toml"));
    let both = draw("both.SVG", "names.toml");
    assert!(!both.contains("not drawn"));
    assert!(both.contains("front end") && both.contains("a.b:c"));
}

#[test]
fn a_picture_says_what_it_leaves_out_and_what_names_mean_nothing_to_it() {
    let scratch = Scratch::new("many");
    let policies = (0..30).map(|n| format!("[policies.\"<&{n}\"]\nrecommended = true\n"));
    scratch.write("many.toml", &policies.collect::<String>());
    let output = run(&scratch.0, &["many.toml", "--plot", "many.svg"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let svg = fs::read_to_string(scratch.0.join("many.svg")).unwrap();
    // Two for each policy, and forty are drawn.
    assert!(svg.contains("20 more are not drawn"));
    assert!(svg.contains("&lt;&amp;0") && !svg.contains("<&"));
}

#[test]
fn a_picture_that_cannot_be_drawn_is_a_wrong_command() {
    let scratch = Scratch::new("no-picture");
    scratch.write("a.toml", "[policies.a]\nrecommended = true\n");
    for picture in ["a.png", "missing/a.svg"] {
        let output = run(&scratch.0, &["a.toml", "--plot", picture]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(utf8(&output.stderr).contains(picture), "{output:?}");
    }
    // The report is not lost with the picture.
    let output = run(&scratch.0, &["a.toml", "--plot", "missing/a.svg"]);
    assert!(!utf8(&output.stdout).is_empty());
    scratch.write("bad.toml", "[policies.a]\nx = 1\n");
    let output = run(&scratch.0, &["bad.toml", "--plot", "bad.svg"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(utf8(&output.stderr).contains("no picture"));
    assert!(!scratch.0.join("bad.svg").exists());
}

#[test]
fn what_cannot_be_read_is_a_wrong_command() {
    let scratch = Scratch::new("unreadable");
    fs::create_dir(scratch.0.join("directory.toml")).unwrap();
    fs::write(scratch.0.join("latin1.toml"), b"# \xe4\n").unwrap();
    for file in [
        "nowhere.toml",
        "directory.toml",
        "latin1.toml",
        "nowhere",
        "C:\\nowhere.toml:payments",
        "",
        ":",
        "a.toml:",
    ] {
        let output = run(&scratch.0, &[file]);
        assert_eq!(output.status.code(), Some(2), "{file}: {output:?}");
        assert!(
            utf8(&output.stderr).starts_with("error: "),
            "{file}: {output:?}"
        );
    }
    for arguments in [
        &[][..],
        &["a.toml", "b.toml"],
        &["a.toml", "--format", "xml"],
        &["--what"],
    ] {
        assert_eq!(
            run(&scratch.0, arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}

#[test]
fn unusual_texts_are_underlined_where_they_stand() {
    let scratch = Scratch::new("unusual");
    let text =
        "[policies.\"\\u001b[31m\\n\"]\r\n\tstrategy = \"fixed(1s)\" # ä\r\nrecommended = true\r\n";
    scratch.write("odd name:x.toml", &format!("\u{feff}{text}"));
    let output = run(&scratch.0, &["odd name:x.toml", "--show"]);
    let shown = utf8(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
    assert!(shown.contains("odd name:x.toml:2:13"), "{shown}");
    assert!(shown.contains("warning[no-jitter]"), "{shown}");
}

#[test]
fn the_help_tells_the_exit_codes() {
    let scratch = Scratch::new("help");
    let output = run(&scratch.0, &["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = utf8(&output.stdout);
    for told in ["Exits with", "FILE[:NAME]", "--show", "--plot", "NO_COLOR"] {
        assert!(help.contains(told), "{told} in {help}");
    }
}

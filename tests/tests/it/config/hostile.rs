use std::panic::catch_unwind;

use proptest::prelude::*;
use redress::config::{ConfigFile, Format};

use super::text;

const FORMATS: [(Format, &str); 3] = [
    (Format::Toml, "toml"),
    (Format::Json, "json"),
    (Format::Yaml, "yaml"),
];

/// Reads any text. The result is a file, or a report whose places are in the text.
fn read(format: Format, text: &str) {
    let read = catch_unwind(|| ConfigFile::parse(format, text));
    let read = read.unwrap_or_else(|_| panic!("{format:?} panicked: {text:?}"));
    if let Err(error) = read {
        // A hundred mistakes in the syntax, a hundred in the values, and the number of all others.
        assert!((1..=201).contains(&error.problems().len()));
        for place in error
            .problems()
            .iter()
            .filter_map(|problem| problem.place())
        {
            assert!(text.get(place.span()).is_some(), "{text:?}: {error}");
        }
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn every_beginning_of_a_file_is_read() {
    for (format, extension) in FORMATS {
        for name in ["good", "bad"] {
            let text = text(&format!("{name}.{extension}"));
            for (end, _) in text.char_indices() {
                read(format, &text[..end]);
            }
        }
    }
}

#[test]
fn nesting_without_end_is_refused() {
    const DEEP: usize = 20_000;
    let opened = |open: &str| open.repeat(DEEP);
    for (format, text) in [
        (Format::Json, opened("[")),
        (Format::Json, opened("{\"a\":")),
        (Format::Json, format!("{}{}", opened("["), opened("]"))),
        (Format::Yaml, opened("[")),
        (Format::Yaml, opened("{a: ")),
        (Format::Yaml, opened("- ")),
        (Format::Yaml, format!("{}{}", opened("["), opened("]"))),
        (Format::Toml, format!("a = {}", opened("["))),
        (Format::Toml, format!("a = {}", opened("{a = "))),
        (Format::Toml, format!("{}a = 1", opened("a."))),
        (Format::Toml, format!("[{}a]", opened("a."))),
        (
            Format::Toml,
            format!("[policies.a]\nstrategy = \"{}\"", opened("adaptive(")),
        ),
        (
            Format::Toml,
            format!("[policies.a]\nstrategy = \"instant(){}\"", opened(".a(1)")),
        ),
    ] {
        read(format, &text);
        assert!(ConfigFile::parse(format, text).is_err());
    }
}

#[test]
fn strategies_in_tables_are_not_nested_without_end_either() {
    let nested = |levels| {
        let open = r#"{"kind": "adaptive", "fallback": "#.repeat(levels);
        let close = "}".repeat(levels);
        let text = format!(r#"{{"policies": {{"a": {{"strategy": {open}"instant()"{close}}}}}}}"#);
        ConfigFile::parse(Format::Json, text)
    };
    assert!(nested(8).is_ok());
    let error = nested(100).unwrap_err();
    assert!(
        error.to_string().contains("nested deeper than 16 levels"),
        "{error}"
    );
}

#[test]
fn aliases_are_not_expanded() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..20 {
        let last = n - 1;
        let aliases = vec![format!("*a{last}"); 9].join(", ");
        bomb += &format!("a{n}: &a{n} [{aliases}]\n");
    }
    let error = ConfigFile::parse(Format::Yaml, bomb).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("anchors and aliases are not supported")
    );
}

#[test]
fn a_huge_file_is_refused_unread() {
    let text = "#".repeat((1 << 20) + 1);
    for (format, _) in FORMATS {
        let error = ConfigFile::parse(format, text.as_str()).unwrap_err();
        assert_eq!(error.to_string(), "is over 1048576 bytes");
    }
}

/// Reading that takes more than linear time or memory would not end here.
#[test]
fn long_files_are_read() {
    const LONGEST: usize = 1 << 18;
    let filled = |start: &str, part: &str| {
        let mut text = start.to_owned();
        while text.len() + part.len() <= LONGEST {
            text += part;
        }
        text
    };
    let numbered = |start: &str, part: &dyn Fn(usize) -> String| {
        let mut text = start.to_owned();
        for n in 0.. {
            let part = part(n);
            if text.len() + part.len() > LONGEST {
                return text;
            }
            text += &part;
        }
        text
    };
    for (format, text) in [
        (Format::Toml, filled("", "=\n")),
        (Format::Toml, filled("", "a=1\n")),
        (
            Format::Toml,
            numbered("[policies.a]\n", &|n| format!("k{n}=1\n")),
        ),
        (
            Format::Toml,
            numbered("", &|n| {
                format!("[policies.p{n}]\nbudget='b{n}'\n[budgets.{n}b]\n")
            }),
        ),
        (
            Format::Toml,
            filled("[policies.a]\nstrategy='instant(", "a=1,"),
        ),
        (
            Format::Toml,
            filled("[policies.a]\nstrategy='nobody(", "1,"),
        ),
        (
            Format::Toml,
            filled("[policies.a]\nstrategy='instant()", ".a(1)"),
        ),
        (Format::Toml, filled("[policies.a]\nstrategies=[", "[],")),
        (Format::Toml, filled("x='", "x")),
        (Format::Json, filled("[", "{},")),
        (Format::Json, filled("{", "\"a\":1,")),
        (Format::Json, filled("{\"a\":1", ",\"a\":1") + "}"),
        (
            Format::Json,
            numbered("{\"policies\":{\"a\":{\"a\":1", &|n| format!(",\"{n}\":1")) + "}}}",
        ),
        (Format::Json, filled("\"", "x")),
        (Format::Yaml, filled("", "- \n")),
        (Format::Yaml, filled("", "a: 1\n")),
        (
            Format::Yaml,
            numbered("policies:\n  a:\n", &|n| format!("    k{n}: 1\n")),
        ),
        (Format::Yaml, filled("", "? ")),
        (Format::Yaml, filled("[", "a,")),
        (Format::Yaml, filled("{", "a: 1,")),
        (Format::Yaml, filled("a: \"", "x\n ")),
        (Format::Yaml, filled("a: |\n", " x\n")),
        (Format::Yaml, filled("", "\u{e4}: \u{e4}\n")),
    ] {
        read(format, &text);
    }
}

#[test]
fn a_hundred_mistakes_are_named_and_the_rest_is_counted() {
    let mistakes: String = (0..150).map(|n| format!("k{n} = 1\n")).collect();
    let error = ConfigFile::parse(Format::Toml, format!("[policies.a]\n{mistakes}")).unwrap_err();
    assert_eq!(error.problems().len(), 101);
    assert!(error.to_string().ends_with("\nthere are 50 more mistakes"));
}

#[test]
fn a_huge_budget_takes_no_memory_until_it_is_made() {
    let text: String = (0..10_000)
        .map(|n| {
            format!("[policies.p{n}.budget]\nkind = 'rolling'\nmax_retries = 1000000\nwindow = 1\n")
        })
        .collect();
    let file = ConfigFile::parse(Format::Toml, text).unwrap();
    assert_eq!(file.policies().len(), 10_000);
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for (format, _) in FORMATS {
            read(format, &text);
            read(format, &String::from_utf8_lossy(&bytes));
        }
    }

    /// Parts of good files in any order find more than random text does.
    #[test]
    fn a_mangled_file_is_read(
        which in 0..FORMATS.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..40usize), 1..6),
    ) {
        let (format, extension) = FORMATS[which];
        let mut text: Vec<char> = text(&format!("good.{extension}")).chars().collect();
        for (from, to, length) in edits {
            let from = from.index(text.len());
            let end = (from + length).min(text.len());
            let part: Vec<char> = text.drain(from..end).collect();
            let to = to.index(text.len() + 1);
            text.splice(to..to, part.iter().chain(part.first()).copied());
        }
        read(format, &text.into_iter().collect::<String>());
    }
}

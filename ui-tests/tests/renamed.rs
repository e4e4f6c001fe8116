//! A crate that has given the dependency another name.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = r#"
use again::{retry, retry_block, Classify};

#[retry(ATTRIBUTE)]
pub async fn call() -> std::io::Result<u32> {
    let n = other().await?;
    Ok(n)
}

#[derive(Debug, Classify)]
#[classify(transient DERIVE)]
pub struct Failure;

pub fn other() -> impl Future<Output = std::io::Result<u32>> {
    retry_block!(<std::io::Error> BLOCK max_attempts = 2, async { Ok(1) })
}
"#;

/// Checks the program, and returns what the compiler says.
fn check(attribute: &str, derive: &str, block: &str) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("renamed");
    fs::create_dir_all(package.join("src")).unwrap();
    let redress = here.join("../redress").canonicalize().unwrap();
    let manifest = format!(
        "[package]\nname = 'renamed'\nversion = '0.0.0'\nedition = '2024'\n[dependencies]\n\
         again = {{ package = 'redress', path = '{}' }}\n[workspace]\n",
        redress.display()
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::copy(here.join("../Cargo.lock"), package.join("Cargo.lock")).unwrap();
    let program = PROGRAM
        .replace("ATTRIBUTE", attribute)
        .replace("DERIVE", derive)
        .replace("BLOCK", block);
    fs::write(package.join("src/lib.rs"), program).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--color=never"])
        .env("CARGO_TARGET_DIR", package.join("target"))
        .current_dir(&package)
        .output()
        .unwrap();
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_macro_that_does_not_find_the_crate_says_how_to_name_it() {
    let said = check("", "", "");
    for help in [
        "write `#[retry(crate = again)]`",
        "write `#[classify(crate = again)]`",
        "write `retry_block!(crate = again, ...)`",
    ] {
        assert_eq!(said.matches(help).count(), 1, "{said}");
    }
    let mistake = "error: there is no crate `redress` here: it has the name `again`";
    assert_eq!(said.matches(mistake).count(), 3, "{said}");
    assert!(!said.contains("E0433"), "{said}");
    assert_eq!(
        check("crate = again", ", crate = again", "crate = again,"),
        ""
    );
}

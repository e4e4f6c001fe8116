//! The errors of files: their messages and their sources.

use std::error::Error as _;
use std::io;

use redress::Policies;
use redress::config::Format;

const TEXT: &str = "[policies.a]\nmax_attempts = 3\n";

#[test]
fn behind_a_file_that_cannot_be_read_is_the_io_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = Policies::from_file(folder.path().join("none.toml")).unwrap_err();
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_file_that_cannot_be_watched_is_named_and_the_reason_is_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("retry.toml");
    std::fs::write(&file, TEXT).unwrap();
    let policies = Policies::from_file(&file).unwrap();
    folder.close().unwrap();
    let error = policies.watch(|_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{} cannot be watched", file.display())
    );
    assert!(!error.source().unwrap().to_string().is_empty());
}

#[test]
fn policies_of_a_text_cannot_be_watched() {
    let policies = Policies::from_str(Format::Toml, TEXT).unwrap();
    let error = policies.watch(|_| ()).unwrap_err();
    let message = "these policies come from a text, so there is no file to watch";
    assert_eq!(error.to_string(), message);
    assert!(error.source().is_none());
}

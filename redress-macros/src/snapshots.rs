//! Inputs and their expansions, side by side in `snapshots/`.
//!
//! `REDRESS_SNAPSHOTS=overwrite cargo test -p redress-macros` rewrites them.

use std::path::Path;

use proc_macro2::TokenStream;

/// Formats a file of Rust.
fn pretty(tokens: &TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens.clone()).unwrap())
}

fn check(name: &str, input: &str, expanded: &TokenStream) {
    let text = format!(
        "// Input:\n//\n{}\n// Expands to:\n\n{}",
        comment(input),
        pretty(expanded)
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("snapshots")
        .join(format!("{name}.rs"));
    if std::env::var_os("REDRESS_SNAPSHOTS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{} is out of date", path.display());
}

fn comment(input: &str) -> String {
    input
        .trim()
        .lines()
        .map(|line| format!("//     {line}\n"))
        .collect()
}

fn attribute(name: &str, arguments: &str, function: &str) -> TokenStream {
    let shown = if arguments.is_empty() {
        "#[retry]".to_owned()
    } else {
        format!("#[retry({arguments})]")
    };
    let expanded = crate::retry::retry(arguments.parse().unwrap(), function.parse().unwrap());
    check(name, &format!("{shown}\n{function}"), &expanded);
    expanded
}

#[test]
fn sync_bare() {
    let function = "fn get(url: &str) -> Result<String, Error> {\n    let text = fetch(url)?;\n    Ok(text)\n}";
    let expanded = attribute("sync_bare", "", function);
    assert!(pretty(&expanded).lines().count() < 40);
}

#[test]
fn async_bare() {
    let function = "async fn get(&mut self, url: &str) -> Result<String, Error> {\n    self.calls += 1;\n    Ok(self.fetch(url).await?.to_owned())\n}";
    let expanded = attribute("async_bare", "", function);
    assert!(pretty(&expanded).lines().count() < 40);
}

#[test]
fn async_without_early_exit() {
    attribute(
        "async_inlined",
        "",
        "async fn get(&self) -> Result<String, Error> {\n    self.fetch().await\n}",
    );
}

#[test]
fn settings() {
    let arguments = "strategy = equal_jitter(base = 1ms, max = 4ms), strategies(rate_limit = retry_after_or(decorrelated_jitter(60.0))), max_attempts = ATTEMPTS, deadline = 30s";
    attribute(
        "settings",
        arguments,
        "fn get() -> Result<u32, Error> {\n    fetch()\n}",
    );
}

#[test]
fn attempt_timeout() {
    attribute(
        "attempt_timeout",
        "attempt_timeout = 500ms",
        "async fn get() -> Result<u32, Error> {\n    fetch().await\n}",
    );
}

#[test]
fn policy_and_hooks() {
    let arguments = "policy = self.policy, operation = name, on_event = |event| log(event), abort_if = || self.stopped()";
    attribute(
        "policy_and_hooks",
        arguments,
        "fn get(&self, name: &str) -> Result<u32, Error> {\n    self.fetch()\n}",
    );
}

#[test]
fn classifiers() {
    let arguments = "classifier = |error| class_of(error), result_classifier = judge";
    attribute(
        "classifiers",
        arguments,
        "fn get() -> Result<impl Display, Error> {\n    fetch()\n}",
    );
}

#[test]
fn known_errors() {
    attribute(
        "knows",
        "knows(ApiError, DbError)",
        "fn get() -> Result<u32, Error> {\n    fetch()\n}",
    );
}

#[test]
fn cloned_arguments() {
    attribute(
        "clone",
        "clone(body)",
        "async fn send(mut body: String, id: Id) -> Result<u32, Error> {\n    post(body, id).await\n}",
    );
}

#[test]
fn block() {
    let input =
        "<Error> strategy = fixed(1ms), async {\n    let n = step(&mut n).await?;\n    Ok(n)\n}";
    let expanded = crate::block::block(input.parse().unwrap());
    let item = quote::quote!(fn surroundings() { let future = #expanded; });
    check("block", &format!("retry_block!({input})"), &item);
}

#[test]
fn classify() {
    let item = "enum ApiError {\n    #[classify(rate_limit, retry_after = after)]\n    Throttled { after: Option<Duration> },\n    #[classify(http_status = 0)]\n    Http(u16),\n    #[classify(source)]\n    Io(std::io::Error),\n    Other,\n}";
    let expanded = crate::classify::derive(item.parse().unwrap());
    check(
        "derive_classify",
        &format!("#[derive(Classify)]\n{item}"),
        &expanded,
    );
}

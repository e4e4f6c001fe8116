//! The check of moved arguments on real functions: those of crates that the workspace depends
//! on, which `cargo fetch` has put on this machine.
//!
//! `tests/real-moves/check.py` asks the compiler about each argument that is found here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{Delimiter, Group, TokenTree};
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{Block, ExprAssign, Macro, PatIdent, Signature};

use super::moved_arguments::moves;
use super::signature::bindings;
use crate::diagnostics::name_of;

/// Crates of many kinds of code.
const CRATES: [&str; 25] = [
    "anyhow",
    "async-io",
    "bytes",
    "crossbeam-utils",
    "fastrand",
    "form_urlencoded",
    "futures-util",
    "hashbrown",
    "http",
    "httparse",
    "hyper",
    "hyper-util",
    "indexmap",
    "log",
    "notify",
    "once_cell",
    "polling",
    "proptest",
    "reqwest",
    "serde_json",
    "smallvec",
    "tempfile",
    "tokio",
    "tower-http",
    "url",
];

/// The folders of those that are there, by name and version.
fn crates() -> BTreeMap<String, PathBuf> {
    // For this platform: on a fresh machine the crates of the others are not there.
    let version = cargo(&["--version", "--verbose"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let metadata = cargo(&[
        "metadata",
        "--format-version=1",
        "--locked",
        "--offline",
        "--filter-platform",
        host.expect("cargo names the platform that it was built for"),
    ]);
    // The values of this field are paths, for which no reader of JSON is needed.
    let manifests = metadata.split("\"manifest_path\":\"").skip(1);
    manifests
        .filter_map(|rest| rest.split_once('"'))
        .filter_map(|(path, _)| {
            Some(
                PathBuf::from(path.replace("\\\\", "\\"))
                    .parent()?
                    .to_owned(),
            )
        })
        // Cargo marks what it has unpacked from the registry.
        .filter(|folder| folder.join(".cargo-ok").exists())
        .filter_map(|folder| Some((folder.file_name()?.to_str()?.to_owned(), folder)))
        .filter(|(name, _)| {
            let name = name.rsplit_once('-').map_or("", |(name, _)| name);
            CRATES.contains(&name)
        })
        .collect()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Looks at every function with a body.
struct Functions<'a> {
    path: &'a Path,
    count: usize,
    moved: Vec<String>,
}

impl Functions<'_> {
    fn function(&mut self, signature: &Signature, block: &Block) {
        let bindings = bindings(signature);
        // The attribute refuses a `const fn`.
        if bindings.is_empty() || signature.constness.is_some() {
            return;
        }
        self.count += 1;
        let Some(TokenTree::Group(body)) = block.to_token_stream().into_iter().next() else {
            return;
        };
        for (name, at) in moves(&bindings, &[], &body) {
            let text = name_of(name);
            let mut meanings = Meanings {
                name: &text,
                others: 0,
            };
            meanings.visit_block(block);
            let place = format!(
                "{}:{}: {}",
                self.path.display(),
                at.start().line,
                signature.ident
            );
            assert_eq!(
                meanings.others, 0,
                "{place}: `{text}` may mean something else"
            );
            let body = body.span().byte_range();
            self.moved.push(format!(
                "{}\t{}\t{}\t{}\t{text}\t{}\t{}",
                self.path.display(),
                body.start,
                body.end,
                at.start().line,
                if signature.asyncness.is_some() {
                    "async"
                } else {
                    "sync"
                },
                signature.output.to_token_stream()
            ));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.function(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

/// Counts what may give a name another meaning or another value, with the parser's own visitor.
struct Meanings<'a> {
    name: &'a str,
    others: usize,
}

impl<'ast> Visit<'ast> for Meanings<'_> {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.others += usize::from(name_of(&pattern.ident) == self.name);
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_expr_assign(&mut self, assign: &'ast ExprAssign) {
        let left = assign.left.to_token_stream().to_string();
        self.others += usize::from(left == self.name);
        visit::visit_expr_assign(self, assign);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = call.path.segments.last().map(|last| name_of(&last.ident));
        let binds = ["select", "select_biased", "pin_mut", "pin", "ready", "join"];
        let group = Group::new(Delimiter::None, call.tokens.clone()).to_string();
        let named = group
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word == self.name);
        let may_bind = name.is_some_and(|name| binds.contains(&name.as_str()));
        self.others += usize::from(named && may_bind);
    }
}

#[test]
fn an_argument_of_a_real_function_is_only_found_where_nothing_else_has_its_name() {
    let crates = crates();
    let (mut used, mut functions, mut moved) = (0, 0, Vec::new());
    for folder in crates.values() {
        let mut files = Vec::new();
        sources(&folder.join("src"), &mut files);
        let before = functions;
        for path in files {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let Ok(file) = syn::parse_file(&text) else {
                continue;
            };
            let mut found = Functions {
                path: &path,
                count: 0,
                moved: Vec::new(),
            };
            found.visit_file(&file);
            functions += found.count;
            moved.extend(found.moved);
        }
        used += usize::from(functions > before);
    }
    println!(
        "{functions} functions with arguments in {used} crates: {} arguments are moved, unless they are `Copy`",
        moved.len()
    );
    if let Some(path) = std::env::var_os("REDRESS_REAL_MOVES") {
        std::fs::write(path, moved.join("\n")).unwrap();
    }
    // Those of the registry are there wherever the workspace was built.
    assert!(used >= 20, "{used} crates");
    assert!(functions >= 5_000 && moved.len() >= 500);
}

//! Checks the function against the arguments, and makes a model of both.

use quote::ToTokens as _;
use syn::{FnArg, ReceiverKind, ReturnType, Type};

use super::borrow_search::Escape;
use super::escape_diagnostics::report;
use super::escaping_borrow;
use super::parse::Function;
use super::returns::FunctionKind;
use super::signature::{Binding, bindings, generics, is_no_result};
use crate::config::scope::Scope;
use crate::config::{self, Config};
use crate::diagnostics::{Diagnostics, compact, list, name_of, nearest};

/// A function and arguments that fit it. Only validation makes one, and any one expands.
pub(super) struct RetryModel {
    function: Function,
    bindings: Vec<Binding>,
    config: Config,
    /// A mutable borrow that escapes, depending on a type that only the compiler knows.
    escape: Option<Escape>,
}

impl RetryModel {
    /// Checks the arguments, the function, and both against each other.
    ///
    /// # Errors
    ///
    /// Returns all mistakes, including those that `diagnostics` already has.
    pub(super) fn validate(
        function: Option<Function>,
        config: Config,
        mut diagnostics: Diagnostics,
    ) -> Result<Self, Diagnostics> {
        config::check(&config, &mut diagnostics);
        let Some(function) = function else {
            return Err(diagnostics);
        };
        let bindings = bindings(&function.signature);
        check(&function, &bindings, &config, &mut diagnostics);
        let escape =
            escaping_borrow::find(&function).and_then(|escape| report(escape, &mut diagnostics));
        if diagnostics.is_empty() {
            Ok(Self {
                function,
                bindings,
                config,
                escape,
            })
        } else {
            Err(diagnostics)
        }
    }

    /// Returns the function, the names that its arguments bind, the macro's arguments, and a borrow
    /// that the compiler has to check.
    pub(super) fn into_parts(self) -> (Function, Vec<Binding>, Config, Option<Escape>) {
        (self.function, self.bindings, self.config, self.escape)
    }
}

/// Checks the function against the arguments.
fn check(
    function: &Function,
    bindings: &[Binding],
    config: &Config,
    diagnostics: &mut Diagnostics,
) {
    qualifiers(function, diagnostics);
    attributes(function, diagnostics);
    returns(function, config, diagnostics);
    clones(function, bindings, config, diagnostics);
    attempt(bindings, config, diagnostics);
    let mut variables: Vec<String> = bindings.iter().map(|b| name_of(&b.name)).collect();
    variables.push("__self".to_owned());
    Scope {
        variables,
        generics: generics(&function.signature),
    }
    .check(config, diagnostics);
    if let (FunctionKind::Sync, Some(timeout)) = (function.returns.kind, config.limited_attempts())
    {
        let help = "make the function `async`; set a timeout on the client that the body uses; call it with `Policy::call_detached`, which runs attempts on other threads; or bound the whole call with `deadline`";
        diagnostics.error(
            timeout,
            "`attempt_timeout` needs an `async fn`: a thread that runs an attempt cannot be interrupted",
            help,
        );
    }
}

/// Reports an attempt that would hide an argument of the function from its body.
fn attempt(bindings: &[Binding], config: &Config, diagnostics: &mut Diagnostics) {
    if let Some(keyed) = &config.attempt
        && bindings.iter().any(|binding| binding.name == keyed.value)
    {
        let what = format!("`{}` is an argument of the function", keyed.value);
        let help = "give the attempt another name, such as `attempt = at`";
        diagnostics.error(&keyed.value, what, help);
    }
}

fn qualifiers(function: &Function, diagnostics: &mut Diagnostics) {
    let signature = &function.signature;
    if let Some(token) = &signature.constness {
        let help = "remove `const`: waiting and reading a clock are not possible in a constant";
        diagnostics.error(token, "`#[retry]` does not work on a `const fn`", help);
    }
    if let Some(variadic) = &signature.variadic {
        let help = "write a function with fixed arguments that calls this one, and put the attribute there";
        diagnostics.error(
            variadic.dots,
            "`#[retry]` does not work on a variadic function",
            help,
        );
    }
    if signature.ident == "main"
        && signature.inputs.is_empty()
        && signature.generics.params.is_empty()
    {
        let help = "move what can fail into a function of its own, and put the attribute there";
        diagnostics.error(
            &signature.ident,
            "`#[retry]` on `main` would run the whole program again",
            help,
        );
    }
}

fn attributes(function: &Function, diagnostics: &mut Diagnostics) {
    for attribute in &function.attributes {
        let path = attribute.path();
        let name = path
            .segments
            .last()
            .map(|segment| name_of(&segment.ident))
            .unwrap_or_default();
        match name.as_str() {
            "should_panic" => diagnostics.error(
                attribute,
                "`#[retry]` makes no sense beside `#[should_panic]`: a panic is not retried",
                "remove one of the two",
            ),
            "bench" => diagnostics.error(
                attribute,
                "`#[retry]` makes no sense on a benchmark: it would measure the waiting",
                "call a function with `#[retry]` from the benchmark",
            ),
            "retry" => diagnostics.error(
                attribute,
                "`#[retry]` is on this function twice: the attempts would multiply",
                "remove one of the two",
            ),
            _ => {}
        }
    }
}

fn returns(function: &Function, config: &Config, diagnostics: &mut Diagnostics) {
    if config.result_classifier.is_some() {
        knows_without_errors(function, config, diagnostics);
        return;
    }
    let signature = &function.signature;
    let is_test = function.attributes.iter().any(|a| {
        a.path()
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "test")
    });
    let help = if is_test {
        "return a `Result` from the test: a panic is not retried"
    } else {
        "return a `Result<_, _>`, or declare which values are failures with `result_classifier = ...`"
    };
    match (&function.returns.output, &signature.output) {
        (None, _) => {
            let what = "`#[retry]` needs a function that returns a `Result`: nothing says when an attempt has failed";
            diagnostics.error(&signature.ident, what, help);
        }
        (Some(output), ReturnType::Type(..)) if is_no_result(output) => {
            let shown = compact(&output.to_token_stream().to_string());
            let what = if matches!(output, Type::ImplTrait(_)) {
                "this is not a `Result`: nothing says when an attempt has failed".to_owned()
            } else {
                format!("`{shown}` is not a `Result`: nothing says when an attempt has failed")
            };
            diagnostics.error(output, what, help);
        }
        _ => {}
    }
}

/// Reports `knows` on a function whose failures are all values.
fn knows_without_errors(function: &Function, config: &Config, diagnostics: &mut Diagnostics) {
    let no_result = function.returns.output.as_ref().is_none_or(is_no_result);
    if let (true, Some(knows)) = (no_result, &config.knows) {
        let help = "remove it, or return a `Result<_, _>`";
        diagnostics.error(
            &knows.key,
            "`knows` has no errors to classify: the function does not return a `Result`",
            help,
        );
    }
}

fn clones(
    function: &Function,
    bindings: &[Binding],
    config: &Config,
    diagnostics: &mut Diagnostics,
) {
    for name in &config.clone {
        let text = name_of(name);
        if text == "self" || text == "__self" {
            let by_value = function.signature.inputs.iter().any(|input| {
                matches!(input, FnArg::Receiver(receiver) if !matches!(receiver.kind, ReceiverKind::Reference(..)))
            });
            let help = if by_value {
                "take `&self`, and clone what the body consumes"
            } else {
                "clone inside the body what it consumes"
            };
            diagnostics.error(
                name,
                "`self` cannot be cloned for each attempt: it has no other name",
                help,
            );
            continue;
        }
        match bindings.iter().find(|binding| binding.name == *name) {
            None => {
                let names: Vec<String> = bindings.iter().map(|b| name_of(&b.name)).collect();
                let names = || names.iter().map(String::as_str);
                let help = match nearest(&text, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if bindings.is_empty() => "the function has no arguments".to_owned(),
                    None => format!("the arguments are {}", list(names())),
                };
                diagnostics.error(
                    name,
                    format!("`{text}` is not an argument of this function"),
                    &help,
                );
            }
            Some(Binding {
                of: Some(Type::Reference(reference)),
                ..
            }) => {
                let what = format!("`{text}` is a reference, which every attempt borrows already");
                let help = if reference.mutability.is_some() {
                    "remove it: each attempt gets the same `&mut`"
                } else {
                    "remove it; clone inside the body what it consumes"
                };
                diagnostics.error(name, what, help);
            }
            Some(_) => {}
        }
    }
}

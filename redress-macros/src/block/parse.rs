//! The grammar of `retry_block!`: optional types `<T, E>`, the arguments, the operation.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{ExprClosure, Ident, Lit, Token, Type, token};

use crate::config::arguments;
use crate::config::parse::{Argument, argument, end_of_argument};
use crate::diagnostics::{Diagnostics, name_of};
use crate::groups::ungrouped_block;

const OPERATION: &str = "the operation comes last: `|| ...`, or `async { ... }`";

/// The input of the macro as written.
#[derive(Default)]
pub(super) struct Block {
    pub(super) types: Types,
    pub(super) arguments: Vec<Argument>,
    pub(super) operation: Option<Operation>,
}

/// The types that the user names.
#[derive(Default)]
pub(super) enum Types {
    #[default]
    None,
    Error(Box<Type>),
    Both(Box<[Type; 2]>),
}

/// The operation to be retried.
pub(super) enum Operation {
    Closure(Box<ExprClosure>),
    Async {
        capture: Option<Token![move]>,
        body: Group,
    },
}

/// Reads the input, and reports what does not parse.
pub(super) fn block(input: TokenStream, diagnostics: &mut Diagnostics) -> Block {
    let mut block = Block::default();
    let parser = |input: ParseStream<'_>| {
        block.types = types(input, diagnostics)?;
        while !input.is_empty() {
            if is_argument(input) {
                block
                    .arguments
                    .extend(argument(input, arguments::name_for, diagnostics));
                end_of_argument(input, diagnostics);
            } else {
                block.operation = operation(input, diagnostics)?;
                return Ok(());
            }
        }
        diagnostics.error(TokenStream::new(), "the operation is missing", OPERATION);
        Ok(())
    };
    if let Err(error) = parser.parse2(input) {
        diagnostics.absorb(error);
    }
    block
}

fn types(input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> syn::Result<Types> {
    if !input.peek(Token![<]) {
        return Ok(Types::None);
    }
    let open = input.parse::<Token![<]>()?;
    let mut types = Vec::new();
    while !input.peek(Token![>]) {
        types.push(input.parse::<Type>()?);
        if !input.peek(Token![>]) {
            input.parse::<Token![,]>()?;
        }
    }
    let close = input.parse::<Token![>]>()?;
    let mut types = types.into_iter();
    Ok(match (types.next(), types.next(), types.next()) {
        (Some(error), None, _) => Types::Error(Box::new(error)),
        (Some(value), Some(error), None) => Types::Both(Box::new([value, error])),
        _ => {
            let help = "write `<E>` for the type of the error, or `<T, E>` for both";
            let place = [open.into_token_stream(), close.into_token_stream()];
            diagnostics.error(
                place.into_iter().collect::<TokenStream>(),
                "one or two types are named here",
                help,
            );
            Types::None
        }
    })
}

/// Returns `true` if an argument follows, and not the operation.
fn is_argument(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let Ok(key) = ahead.call(Ident::parse_any) else {
        return false;
    };
    let name = name_of(&key);
    if matches!(name.as_str(), "move" | "async" | "static") {
        return false;
    }
    let assigned = ahead.peek(Token![=]) && !ahead.peek(Token![==]);
    assigned
        || arguments::find(&name).is_some()
            && (ahead.is_empty() || ahead.peek(Token![,]) || ahead.peek(token::Paren))
}

fn operation(
    input: ParseStream<'_>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<Option<Operation>> {
    let start = input.span();
    let operation =
        if input.peek(Token![async]) && (input.peek2(token::Brace) || input.peek3(token::Brace)) {
            input.parse::<Token![async]>()?;
            let capture = input.parse()?;
            match input.parse::<TokenTree>()? {
                TokenTree::Group(body) => Some(Operation::Async {
                    capture,
                    body: ungrouped_block(body),
                }),
                _ => None,
            }
        } else if input.peek(Token![|])
            || input.peek(Token![||])
            || input.peek(Token![move])
            || input.peek(Token![async])
        {
            closure(input, diagnostics)?
        } else {
            None
        };
    // A trailing comma.
    let _ = input.parse::<Option<Token![,]>>()?;
    let rest = input.parse::<TokenStream>()?;
    if operation.is_none() && diagnostics.is_empty() {
        let literal = |input: ParseStream<'_>| {
            let literal = input.parse::<Lit>().ok();
            input.parse::<TokenStream>().map(|_| literal)
        };
        let literal = literal.parse2(rest.clone()).ok().flatten();
        let help = literal.and_then(|literal| arguments::name_for(&literal));
        let place = if rest.is_empty() { at(start) } else { rest };
        diagnostics.error(
            place,
            "this is neither an argument nor the operation",
            help.as_deref().unwrap_or(OPERATION),
        );
    } else if !rest.is_empty() {
        diagnostics.error(
            rest,
            "nothing follows the operation",
            "put the arguments before it",
        );
    }
    Ok(operation)
}

fn closure(
    input: ParseStream<'_>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<Option<Operation>> {
    let closure: ExprClosure = input.parse()?;
    if let Some(token) = &closure.asyncness {
        let help = "write `async { ... }`: it borrows what it needs for each attempt";
        diagnostics.error(token, "an async operation is a block, not a closure", help);
        return Ok(None);
    }
    if !closure.inputs.is_empty() {
        diagnostics.error(
            &closure.inputs,
            "the operation takes no arguments",
            "write `|| ...`",
        );
        return Ok(None);
    }
    Ok(Some(Operation::Closure(Box::new(closure))))
}

fn at(span: Span) -> TokenStream {
    Ident::new("_here", span).into_token_stream()
}

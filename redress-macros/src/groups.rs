//! The groups without delimiters that `macro_rules!` puts around what matched a `$body:block` or a
//! `$value:expr`.

use proc_macro2::{Delimiter, Group, TokenTree};
use syn::Expr;

/// Returns the block in a group without delimiters, if it is one.
pub(crate) fn ungrouped_block(group: Group) -> Group {
    if group.delimiter() != Delimiter::None {
        return group;
    }
    let mut tokens = group.stream().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(inner)), None) => ungrouped_block(inner),
        _ => group,
    }
}

/// Returns the expression in a group without delimiters, unless the group keeps an operator together.
pub(crate) fn ungrouped(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) if is_whole(&group.expr) => ungrouped(*group.expr),
        other => other,
    }
}

fn is_whole(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Group(_)
            | Expr::Lit(_)
            | Expr::Path(_)
            | Expr::Closure(_)
            | Expr::Call(_)
            | Expr::MethodCall(_)
            | Expr::Field(_)
            | Expr::Macro(_)
    )
}

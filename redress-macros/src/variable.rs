//! What an expression does with one variable of the function around it, as far as that is certain.
//!
//! Whether a name means that variable depends on patterns, items and macros around it. So the names in
//! the tokens are counted, and the uses that are understood: if there are more names than uses, any of
//! the others may bind the name anew, and nothing is certain.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Block, Expr, Item, Local, Macro, Member, Pat, Stmt, UseTree};

use crate::diagnostics::name_of;

/// Macros that use what they are given in place, and bind no names.
const TRANSPARENT: [&str; 27] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "error",
    "event",
    "format",
    "format_args",
    "info",
    "log",
    "matches",
    "panic",
    "print",
    "println",
    "todo",
    "trace",
    "unreachable",
    "vec",
    "warn",
    "write",
    "writeln",
];

/// Functions that do not return, so that nothing after them is reached.
const DIVERGING: [&str; 5] = [
    "abort",
    "exit",
    "panic_any",
    "resume_unwind",
    "unreachable_unchecked",
];

/// The certain uses of a variable.
pub(crate) struct Uses {
    /// Every use.
    pub(crate) all: Vec<Ident>,
    /// The first use that moves the variable, unless its type is `Copy`.
    pub(crate) moved: Option<Span>,
}

/// Finds what a block does with a variable. Returns `None` if that is not certain.
pub(crate) fn uses_in_block(block: &Block, name: &str) -> Option<Uses> {
    let mut search = Search::new(name);
    search.block(block);
    search.finish(block.to_token_stream())
}

/// Finds what an expression does with a variable. Returns `None` if that is not certain.
pub(crate) fn uses_in(expr: &Expr, name: &str) -> Option<Uses> {
    let mut search = Search::new(name);
    search.expr(expr);
    search.finish(expr.to_token_stream())
}

struct Search<'a> {
    name: &'a str,
    /// How many of the names in the tokens are understood.
    understood: usize,
    uses: Vec<Ident>,
    moved: Option<Span>,
    /// Whether what follows is never reached.
    dead: bool,
    unclear: bool,
}

impl<'a> Search<'a> {
    fn new(name: &'a str) -> Self {
        Self {
            name,
            understood: 0,
            uses: Vec::new(),
            moved: None,
            dead: false,
            unclear: false,
        }
    }

    fn finish(self, tokens: TokenStream) -> Option<Uses> {
        let certain = !self.unclear && self.understood == names(tokens, self.name);
        certain.then_some(Uses {
            all: self.uses,
            moved: self.moved,
        })
    }

    fn block(&mut self, block: &Block) {
        for statement in &block.stmts {
            match statement {
                Stmt::Local(local) => self.local(local),
                Stmt::Expr(expr, _) => self.expr(expr),
                Stmt::Macro(found) if are_plain(&found.attrs) => self.macro_call(&found.mac),
                Stmt::Item(item) => self.unclear |= may_declare(item, self.name),
                Stmt::Macro(_) => {}
            }
        }
    }

    fn local(&mut self, local: &Local) {
        let Some(init) = local.init.as_ref().filter(|_| are_plain(&local.attrs)) else {
            return;
        };
        // `let _ = name;` and `let ref other = name;` move nothing.
        if is_owning(&local.pat) {
            self.value(&init.expr);
        } else {
            self.expr(&init.expr);
        }
        if let Some((_, diverge)) = &init.diverge {
            self.apart(|search| search.expr(diverge));
        }
    }

    /// Looks at what may not be reached, or not be left.
    fn apart(&mut self, look: impl FnOnce(&mut Self)) {
        let dead = self.dead;
        look(self);
        self.dead = dead;
    }

    fn all(&mut self, exprs: &Punctuated<Expr, syn::Token![,]>) {
        exprs.iter().for_each(|expr| self.expr(expr));
    }

    fn values(&mut self, exprs: &Punctuated<Expr, syn::Token![,]>) {
        exprs.iter().for_each(|expr| self.value(expr));
    }

    fn optional(&mut self, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    /// Looks at an expression that is moved where it is a variable.
    fn value(&mut self, expr: &Expr) {
        match expr {
            Expr::Paren(paren) if paren.attrs.is_empty() => self.value(&paren.expr),
            Expr::Group(group) if group.attrs.is_empty() => self.value(&group.expr),
            other => {
                let moves = variable(other).filter(|ident| name_of(ident) == self.name);
                if let (Some(ident), false, None) = (moves, self.dead, self.moved) {
                    self.moved = Some(ident.span());
                }
                self.expr(other);
            }
        }
    }

    /// Looks at an expression. What it does not know it leaves out, and the count tells.
    fn expr(&mut self, expr: &Expr) {
        if !attributes(expr).is_none_or(|attributes| are_plain(attributes)) {
            return;
        }
        match expr {
            Expr::Path(_) => {
                if let Some(ident) = variable(expr)
                    && name_of(ident) == self.name
                {
                    self.understood += 1;
                    self.uses.push(ident.clone());
                }
            }
            Expr::Paren(inner) => self.expr(&inner.expr),
            Expr::Group(inner) => self.expr(&inner.expr),
            Expr::Reference(inner) => self.expr(&inner.expr),
            Expr::RawAddr(inner) => self.expr(&inner.expr),
            Expr::Cast(inner) => self.expr(&inner.expr),
            Expr::Field(inner) => self.expr(&inner.base),
            Expr::Await(inner) => self.expr(&inner.base),
            Expr::Try(inner) => self.expr(&inner.expr),
            Expr::Unary(inner) => self.expr(&inner.expr),
            Expr::Repeat(inner) => self.expr(&inner.expr),
            Expr::Array(array) => self.all(&array.elems),
            Expr::Tuple(tuple) => self.all(&tuple.elems),
            Expr::Index(index) => {
                self.expr(&index.expr);
                self.expr(&index.index);
            }
            Expr::Range(range) => {
                self.optional(range.start.as_deref());
                self.optional(range.end.as_deref());
            }
            Expr::Call(call) => {
                self.unclear |= is_diverging(&call.func);
                self.expr(&call.func);
                self.values(&call.args);
            }
            Expr::MethodCall(call) => {
                self.expr(&call.receiver);
                self.values(&call.args);
            }
            Expr::Struct(made) => {
                for field in made.fields.iter().filter(|field| are_plain(&field.attrs)) {
                    let named =
                        matches!(&field.member, Member::Named(m) if name_of(m) == self.name);
                    self.understood += usize::from(named && field.colon_token.is_some());
                    self.value(&field.expr);
                }
                self.optional(made.rest.as_deref());
            }
            Expr::Assign(assign) => self.assign(&assign.left, &assign.right),
            Expr::Binary(binary) => {
                self.expr(&binary.left);
                self.apart(|search| search.expr(&binary.right));
            }
            Expr::Macro(call) => self.macro_call(&call.mac),
            _ => self.control_flow(expr),
        }
    }

    fn control_flow(&mut self, expr: &Expr) {
        match expr {
            Expr::Block(inner) => match inner.label {
                Some(_) => self.apart(|search| search.block(&inner.block)),
                None => self.block(&inner.block),
            },
            Expr::Unsafe(inner) => self.block(&inner.block),
            Expr::Async(inner) => self.apart(|search| search.block(&inner.block)),
            Expr::Closure(closure) => self.apart(|search| search.expr(&closure.body)),
            Expr::Let(found) => self.expr(&found.expr),
            Expr::If(branches) => {
                self.expr(&branches.cond);
                let dead = self.dead;
                self.block(&branches.then_branch);
                let ended = std::mem::replace(&mut self.dead, dead);
                if let Some((_, other)) = &branches.else_branch {
                    self.expr(other);
                    self.dead = dead || ended && self.dead;
                }
            }
            Expr::Match(matched) => {
                self.expr(&matched.expr);
                let dead = self.dead;
                let mut ended = !matched.arms.is_empty();
                for arm in matched.arms.iter().filter(|arm| are_plain(&arm.attrs)) {
                    self.dead = dead;
                    self.expr(&arm.body);
                    ended &= self.dead;
                }
                self.dead = dead || ended;
            }
            Expr::Loop(inner) => self.apart(|search| search.block(&inner.body)),
            Expr::While(inner) => {
                self.expr(&inner.cond);
                self.apart(|search| search.block(&inner.body));
            }
            Expr::ForLoop(inner) => {
                self.expr(&inner.expr);
                self.apart(|search| search.block(&inner.body));
            }
            Expr::Return(left) => {
                if let Some(value) = left.expr.as_deref() {
                    self.value(value);
                }
                self.dead = true;
            }
            Expr::Break(left) => {
                self.optional(left.expr.as_deref());
                self.dead = true;
            }
            Expr::Continue(_) => self.dead = true,
            _ => {}
        }
    }

    fn assign(&mut self, left: &Expr, right: &Expr) {
        match left {
            // The variable has a value again.
            Expr::Path(_) => {
                self.unclear |= variable(left).is_some_and(|ident| name_of(ident) == self.name);
                self.value(right);
            }
            Expr::Field(_) | Expr::Index(_) | Expr::Unary(_) => {
                self.value(right);
                self.expr(left);
            }
            // A pattern: `_ = name;` moves nothing.
            _ => self.expr(right),
        }
    }

    fn macro_call(&mut self, call: &Macro) {
        let name = call.path.segments.last().map(|last| name_of(&last.ident));
        if name.is_some_and(|name| TRANSPARENT.contains(&name.as_str())) {
            self.understood += names(call.tokens.clone(), self.name);
        }
    }
}

/// Returns the name of an expression that is a variable, or may be one.
fn variable(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) if path.attrs.is_empty() && path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

/// Counts the tokens that may mean a variable of this name: fields, methods and parts of paths do not.
fn names(tokens: TokenStream, name: &str) -> usize {
    let mut count = 0;
    let mut before = [' ', ' '];
    for token in tokens {
        let this = match token {
            TokenTree::Group(group) => {
                count += names(group.stream(), name);
                ' '
            }
            TokenTree::Ident(ident) => {
                let part = matches!(before, [last, '.'] if last != '.') || before == [':', ':'];
                count += usize::from(!part && name_of(&ident) == name);
                ' '
            }
            TokenTree::Punct(punct) => punct.as_char(),
            TokenTree::Literal(_) => ' ',
        };
        before = [before[1], this];
    }
    count
}

/// Returns `true` if a pattern is a new variable that owns what it is bound to.
fn is_owning(pattern: &Pat) -> bool {
    match pattern {
        Pat::Type(typed) => is_owning(&typed.pat),
        Pat::Ident(ident) => {
            // Others are constants.
            let lower = name_of(&ident.ident).starts_with(|c: char| c.is_lowercase() || c == '_');
            lower && ident.by_ref.is_none() && ident.subpat.is_none()
        }
        _ => false,
    }
}

fn is_diverging(function: &Expr) -> bool {
    let Expr::Path(path) = function else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| DIVERGING.contains(&name_of(&last.ident).as_str()))
}

/// Returns `true` if an item may have this name.
fn may_declare(item: &Item, name: &str) -> bool {
    let imports_anything = matches!(item, Item::Use(item) if has_glob(&item.tree));
    imports_anything || mentions(item.to_token_stream(), name)
}

fn mentions(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Ident(ident) => name_of(&ident) == name,
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn has_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Glob(_) => true,
        UseTree::Path(path) => has_glob(&path.tree),
        UseTree::Group(group) => group.items.iter().any(has_glob),
        UseTree::Name(_) | UseTree::Rename(_) => false,
    }
}

/// Returns `true` if attributes change nothing: others may remove or rewrite what they stand on.
fn are_plain(attributes: &[Attribute]) -> bool {
    const PLAIN: [&str; 6] = ["allow", "doc", "deny", "expect", "forbid", "warn"];
    attributes
        .iter()
        .all(|attribute| PLAIN.iter().any(|name| attribute.path().is_ident(name)))
}

/// Returns the attributes of an expression that is looked into.
fn attributes(expr: &Expr) -> Option<&Vec<Attribute>> {
    use syn::{
        ExprArray, ExprAssign, ExprAsync, ExprAwait, ExprBinary, ExprBlock, ExprBreak, ExprCall,
        ExprCast, ExprClosure, ExprContinue, ExprField, ExprForLoop, ExprGroup, ExprIf, ExprIndex,
        ExprLet, ExprLoop, ExprMacro, ExprMatch, ExprMethodCall, ExprParen, ExprPath, ExprRange,
        ExprRawAddr, ExprReference, ExprRepeat, ExprReturn, ExprStruct, ExprTry, ExprTuple,
        ExprUnary, ExprUnsafe, ExprWhile,
    };
    match expr {
        Expr::Array(ExprArray { attrs, .. })
        | Expr::Assign(ExprAssign { attrs, .. })
        | Expr::Async(ExprAsync { attrs, .. })
        | Expr::Await(ExprAwait { attrs, .. })
        | Expr::Binary(ExprBinary { attrs, .. })
        | Expr::Block(ExprBlock { attrs, .. })
        | Expr::Break(ExprBreak { attrs, .. })
        | Expr::Call(ExprCall { attrs, .. })
        | Expr::Cast(ExprCast { attrs, .. })
        | Expr::Closure(ExprClosure { attrs, .. })
        | Expr::Continue(ExprContinue { attrs, .. })
        | Expr::Field(ExprField { attrs, .. })
        | Expr::ForLoop(ExprForLoop { attrs, .. })
        | Expr::Group(ExprGroup { attrs, .. })
        | Expr::If(ExprIf { attrs, .. })
        | Expr::Index(ExprIndex { attrs, .. })
        | Expr::Let(ExprLet { attrs, .. })
        | Expr::Loop(ExprLoop { attrs, .. })
        | Expr::Macro(ExprMacro { attrs, .. })
        | Expr::Match(ExprMatch { attrs, .. })
        | Expr::MethodCall(ExprMethodCall { attrs, .. })
        | Expr::Paren(ExprParen { attrs, .. })
        | Expr::Path(ExprPath { attrs, .. })
        | Expr::Range(ExprRange { attrs, .. })
        | Expr::RawAddr(ExprRawAddr { attrs, .. })
        | Expr::Reference(ExprReference { attrs, .. })
        | Expr::Repeat(ExprRepeat { attrs, .. })
        | Expr::Return(ExprReturn { attrs, .. })
        | Expr::Struct(ExprStruct { attrs, .. })
        | Expr::Try(ExprTry { attrs, .. })
        | Expr::Tuple(ExprTuple { attrs, .. })
        | Expr::Unary(ExprUnary { attrs, .. })
        | Expr::Unsafe(ExprUnsafe { attrs, .. })
        | Expr::While(ExprWhile { attrs, .. }) => Some(attrs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(body: &str) -> &'static str {
        let block: Block = syn::parse_str(&format!("{{ {body} }}")).unwrap();
        match uses_in_block(&block, "x") {
            None => "unclear",
            Some(Uses { moved: Some(_), .. }) => "moved",
            Some(Uses { all, .. }) if all.is_empty() => "unused",
            Some(_) => "used",
        }
    }

    #[test]
    fn certain_moves_are_found() {
        for body in [
            "consume(x).await",
            "Ok(x)",
            "client.send(1, x)",
            "let y = x; drop(y)",
            "let y: String = x; drop(y)",
            "self.x = x; Ok(())",
            "Request { x: x }.send()",
            "Request { x }.send()",
            "return Ok(x)",
            "if a { f(x) } else { g() }",
            "match a { 1 => f(x), _ => g() }",
            "async { f(x).await }.await",
            "run(move || f(x))",
            "info!(%x); f((x))",
            "f(&x)?; g(x.y); g(x)",
            "if a { return Ok(0); } f(x)",
            "let Ok(n) = x.parse() else { return Err(e) }; f(x)",
            "let y = self.x; let z = y.x(y::x); f(x)",
            "#[allow(unused)] f(x)",
        ] {
            assert_eq!(what(body), "moved", "{body}");
        }
    }

    #[test]
    fn a_use_that_may_not_move_is_not_taken_for_a_move() {
        for body in [
            "Request::new(&x)",
            "x.len()",
            "format!(\"{}\", x)",
            "if a == x { 1 }",
            "let _ = x;",
            "_ = x;",
            "let ref y = x;",
            "let (a, _) = x;",
            "let LIMIT = x;",
            "return g(); f(x)",
            "if a { return g() } else { return h() } f(x)",
            "match a { 1 => return g(), _ => return h() } f(x)",
            "match x { _ => g() }",
            "Some(y.x)",
        ] {
            assert!(matches!(what(body), "used" | "unused"), "{body}");
        }
    }

    #[test]
    fn a_name_that_may_mean_something_else_is_unclear() {
        for body in [
            "if let Some(x) = &x { f(x) } else { g() }",
            "match y { Some(x) => f(x), None => g() }",
            "match y { Some(x) if x > 3 => f(x), _ => g() }",
            "match y { Y { x, .. } => f(x) }",
            "match y { [x, ..] => f(x) }",
            "match y { x => f(x) }",
            "match y { a @ (x | Some(x)) => f(x) }",
            "let Ok(x) = x.parse::<u64>() else { return Err(e) }; f(x)",
            "let x = 3; f(x)",
            "let (x, y) = z; f(x)",
            "let Y { z: x } = y; f(x)",
            "while let Some(x) = xs.next() { f(x) }",
            "for (n, x) in xs { f(x) }",
            "xs.map(|x| f(x))",
            "xs.map(|(n, x): (u32, u32)| f(x))",
            "fn x() {} f(x)",
            "fn g(x: u32) { f(x) } g(1)",
            "const x: u32 = 1; f(x)",
            "use y::x; f(x)",
            "use y::*; f(x)",
            "bind!(x = 3); f(x)",
            "let y = tokio::select! { x = z => f(x) };",
            "let y = f(x); x = g(y); Ok(1)",
            "(x, y) = f(x); Ok(1)",
            "#[cfg(feature = \"a\")] f(x); Ok(1)",
            "#[cfg(feature = \"a\")] let y = x; Ok(1)",
            "match y { #[cfg(a)] 1 => f(x), _ => g() }",
            "drop(x); std::process::exit(1)",
            "let y = const { x }; f(x)",
        ] {
            assert_eq!(what(body), "unclear", "{body}");
        }
    }
}

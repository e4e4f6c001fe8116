//! No input makes a macro panic or lose the function.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use crate::block::block;
use crate::classify::derive;
use crate::retry::retry;

const ARGUMENTS: &str = "strategy = equal_jitter(base = 1ms, max = 4ms).factor(1.5), \
    strategies(rate_limit = retry_after_or(decorrelated_jitter(60.0), jitter = 100ms), transient = fixed(2ms)), \
    max_attempts = ATTEMPTS, max_unknown_attempts = none, per_class_max_attempts(rate_limit = 3), \
    deadline = 30s, once, attempt_timeout = 1.5s, classifier = |e: &Error| class(e), \
    result_classifier = judge::<u32>, knows(ApiError, db::Error<u32>), operation = \"everything\", on_event = |event| (), \
    on_attempt_start = self.start, on_attempt_end = |_| {}, before_sleep = |context, delay| log(delay), \
    abort_if = || self.stopped, abort_on = || token.cancelled(), clone(a, b), crate = ::again::redress";
const FUNCTION: &str = "async fn call(&mut self, a: String, (b, c): (Vec<u32>, u32)) -> Result<u32, Error> { \
    if a.is_empty() { return Err(Error); } send(a).await?; Ok(c) }";

/// Returns the stream cut off after each of its tokens, inside groups too.
fn prefixes(stream: &TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before: TokenStream = tokens.iter().take(at).cloned().collect();
        found.push(before.clone());
        if let TokenTree::Group(group) = token {
            for inside in prefixes(&group.stream()) {
                let mut cut = before.clone();
                cut.extend([TokenTree::Group(Group::new(group.delimiter(), inside))]);
                found.push(cut);
            }
        }
    }
    found.push(stream.clone());
    found
}

#[test]
fn half_typed_attributes_keep_the_function() {
    let function: TokenStream = FUNCTION.parse().unwrap();
    for arguments in prefixes(&ARGUMENTS.parse().unwrap()) {
        let shown = arguments.to_string();
        let expanded = retry(arguments, function.clone()).to_string();
        assert!(expanded.contains("fn call"), "{shown}");
    }
}

#[test]
fn half_typed_functions_do_not_panic() {
    for function in prefixes(&FUNCTION.parse().unwrap()) {
        let expanded = retry(
            "max_attempts = 3, clone(a)".parse().unwrap(),
            function.clone(),
        );
        assert!(!expanded.is_empty(), "{function}");
    }
}

#[test]
fn half_typed_blocks_and_derives_do_not_panic() {
    let input = format!("<u32, Error> {ARGUMENTS}, async move {{ f().await?; Ok(3) }}");
    for input in prefixes(&input.parse().unwrap()) {
        block(input);
    }
    let item = "#[classify(with = judge, crate = a::b)] enum Fail<T: Error> { \
        #[classify(rate_limit, retry_after = after)] A { after: Option<Duration> }, \
        #[classify(http_status = 0)] B(u16), #[classify(source)] C(#[from] Box<dyn Error>), D }";
    for item in prefixes(&item.parse().unwrap()) {
        derive(item);
    }
}

/// A small pseudo-random generator, which makes the same inputs in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % 1_000_003).unwrap() % n
    }

    fn stream(&mut self, depth: usize) -> TokenStream {
        (0..self.below(9)).map(|_| self.token(depth)).collect()
    }

    fn token(&mut self, depth: usize) -> TokenTree {
        const WORDS: [&str; 24] = [
            "strategy",
            "strategies",
            "max_attempts",
            "deadline",
            "attempt_timeout",
            "policy",
            "classifier",
            "clone",
            "crate",
            "fixed",
            "equal_jitter",
            "base",
            "max",
            "none",
            "transient",
            "unknown",
            "self",
            "async",
            "move",
            "fn",
            "enum",
            "source",
            "impl",
            "x",
        ];
        let span = Span::call_site();
        match self.below(if depth == 0 { 8 } else { 10 }) {
            0..=3 => Ident::new(WORDS[self.below(WORDS.len())], span).into(),
            4 | 5 => {
                let chars = ['=', ',', '<', '>', '|', '-', '.', ':', '&', '#', '!', '?'];
                let spacing = [Spacing::Alone, Spacing::Joint][self.below(2)];
                Punct::new(chars[self.below(chars.len())], spacing).into()
            }
            6 => {
                let texts = [
                    "30s",
                    "1.5s",
                    "0",
                    "1e400",
                    "5parsecs",
                    "99999999999999999999h",
                    "3u64",
                    "0x1fs",
                ];
                let found: TokenStream = texts[self.below(texts.len())].parse().unwrap();
                found.into_iter().next().unwrap()
            }
            7 => Literal::string("text").into(),
            _ => {
                let kinds = [
                    Delimiter::Parenthesis,
                    Delimiter::Brace,
                    Delimiter::Bracket,
                    Delimiter::None,
                ];
                Group::new(kinds[self.below(4)], self.stream(depth - 1)).into()
            }
        }
    }
}

#[test]
fn random_tokens_do_not_panic() {
    let function: TokenStream = FUNCTION.parse().unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..4000 {
        let arguments = random.stream(3);
        assert!(
            retry(arguments.clone(), function.clone())
                .to_string()
                .contains("fn call")
        );
        retry(arguments, random.stream(3));
        block(random.stream(3));
        derive(random.stream(3));
    }
}

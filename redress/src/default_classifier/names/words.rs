//! A name as a row of words.

/// Splits a name into its words, at underscores and at the humps of CamelCase.
#[derive(Clone, Copy)]
pub(super) struct Words<'a>(pub(super) &'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start_matches('_');
        let mut before = None;
        let mut letters = rest.char_indices().peekable();
        let mut end = rest.len();
        while let Some((at, c)) = letters.next() {
            let ahead = letters.peek().map(|&(_, c)| c);
            if before.is_some_and(|before| c == '_' || starts_word(before, c, ahead)) {
                end = at;
                break;
            }
            before = Some(c);
        }
        let (word, rest) = rest.split_at_checked(end)?;
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

impl<'a> Words<'a> {
    /// Finds whole words in a row: how many words stand before them, and the words after them.
    pub(super) fn find(self, phrase: &str) -> Option<(usize, Words<'a>)> {
        let mut words = self;
        for before in 0.. {
            let mut ahead = words;
            let mut parts = phrase.split(' ');
            if parts.all(|part| ahead.next().is_some_and(|w| w.eq_ignore_ascii_case(part))) {
                return Some((before, ahead));
            }
            words.next()?;
        }
        None
    }
}

/// Returns `true` if `c` starts a word: the `T` in `readTimeout`, and the one in `HTTPTimeout`.
fn starts_word(before: char, c: char, ahead: Option<char>) -> bool {
    c.is_uppercase() && (!before.is_uppercase() || ahead.is_some_and(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("PoolTimedOut", &["Pool", "Timed", "Out"][..]),
            ("HTTPTimeoutError", &["HTTP", "Timeout", "Error"]),
            ("__rate_limited_", &["rate", "limited"]),
            ("TOO_MANY", &["TOO", "MANY"]),
            ("Utf8Error", &["Utf8", "Error"]),
            ("ÜberTimeout", &["Über", "Timeout"]),
            ("", &[]),
            ("_", &[]),
        ] {
            assert_eq!(Words(name).collect::<Vec<_>>(), expected, "{name}");
        }
    }

    #[test]
    fn a_phrase_is_found_with_what_stands_around_it() {
        let (before, after) = Words("PoolTimedOutAgain").find("timed out").unwrap();
        assert_eq!((before, after.collect::<Vec<_>>()), (1, vec!["Again"]));
        assert!(Words("TimedOuter").find("timed out").is_none());
        assert!(Words("Timed").find("timed out").is_none());
    }
}

//! The words that may stand beside a phrase without changing its meaning.

use super::words::Words;

/// Which words a rule accepts before and after its phrase.
///
/// `ConnectionLost` and `ConnectionStringMissing` both speak of a connection; only the rest of the
/// name tells that one is a failure that passes and the other a mistake that stays. Where a wrong
/// answer costs attempts, a rule therefore names the words that it knows: any other word may be
/// the subject (`UsernameUnavailable`) or a refusal (`WrongNetwork`), and the name says nothing.
#[derive(Clone, Copy)]
pub(super) enum Beside {
    /// Every word but these.
    AllBut(Lists),
    /// Only these.
    Only(Lists),
    /// Before the phrase every word but the first lists', after it only the second lists'.
    AllButThenOnly(Lists, Lists),
}

type Lists = &'static [&'static str];

impl Beside {
    pub(super) fn accepts<'a>(
        self,
        mut before: impl Iterator<Item = &'a str>,
        mut after: Words<'a>,
    ) -> bool {
        match self {
            Self::AllBut(words) => !before.chain(after).any(|word| is_in(words, word)),
            Self::Only(words) => before.chain(after).all(|word| is_in(words, word)),
            Self::AllButThenOnly(refused, accepted) => {
                !before.any(|word| is_in(refused, word)) && after.all(|word| is_in(accepted, word))
            }
        }
    }
}

fn is_in(lists: Lists, word: &str) -> bool {
    let mut listed = lists.iter().flat_map(|list| list.split_ascii_whitespace());
    listed.any(|listed| word.eq_ignore_ascii_case(listed))
}

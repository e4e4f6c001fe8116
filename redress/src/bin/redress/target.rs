use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use redress::config::Format;

/// The file to examine, and the policy if only one is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) file: PathBuf,
    pub(crate) policy: Option<String>,
}

impl Target {
    /// Splits FILE[:NAME]. Both may contain colons, as in `C:\retry.toml:payments`, so the file
    /// that exists decides; if none does, the one that is named like a file of policies.
    pub(crate) fn of(argument: &OsStr) -> Self {
        Self::by(argument, |file| Path::new(file).exists())
    }

    fn by(argument: &OsStr, exists: impl Fn(&str) -> bool) -> Self {
        let whole = || Self {
            file: argument.into(),
            policy: None,
        };
        // An argument that is not Unicode is a file name.
        let Some(text) = argument.to_str() else {
            return whole();
        };
        let is_policies = |file: &str| Format::of(Path::new(file)).is_some();
        if exists(text) {
            return whole();
        }
        let colons = || text.rmatch_indices(':').map(|(at, _)| text.split_at(at));
        let found = colons().find(|(file, _)| exists(file));
        let found = found.or_else(|| colons().find(|(file, _)| is_policies(file)));
        found.map_or_else(whole, |(file, name)| Self {
            file: file.into(),
            policy: name.strip_prefix(':').map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_splits(argument: &str, existing: &[&str], file: &str, policy: Option<&str>) {
        let target = Target::by(argument.as_ref(), |file| existing.contains(&file));
        let expected = Target {
            file: file.into(),
            policy: policy.map(str::to_owned),
        };
        assert_eq!(target, expected);
    }

    #[test]
    fn a_name_follows_the_file() {
        assert_splits("a.toml", &["a.toml"], "a.toml", None);
        assert_splits("a.toml:pay", &["a.toml"], "a.toml", Some("pay"));
        assert_splits("a.toml:", &["a.toml"], "a.toml", Some(""));
        assert_splits("a.toml:x:y", &["a.toml"], "a.toml", Some("x:y"));
    }

    #[test]
    fn a_colon_in_a_file_name_belongs_to_the_file() {
        assert_splits("a:b.toml", &["a:b.toml"], "a:b.toml", None);
        assert_splits("a:b.toml:pay", &["a:b.toml"], "a:b.toml", Some("pay"));
        assert_splits(
            "a.toml:b.toml",
            &["a.toml:b.toml", "a.toml"],
            "a.toml:b.toml",
            None,
        );
        assert_splits(r"C:\a.toml", &[r"C:\a.toml", "C"], r"C:\a.toml", None);
        assert_splits(r"C:\a.toml:pay", &[r"C:\a.toml"], r"C:\a.toml", Some("pay"));
    }

    #[test]
    fn a_missing_file_is_recognized_by_its_extension() {
        assert_splits("a.toml:pay", &[], "a.toml", Some("pay"));
        assert_splits(r"C:\a.toml", &[], r"C:\a.toml", None);
        assert_splits(r"C:\a.yml:pay", &[], r"C:\a.yml", Some("pay"));
        assert_splits("nothing:here", &[], "nothing:here", None);
    }
}

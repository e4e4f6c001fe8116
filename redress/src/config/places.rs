//! Where settings stand, and what they are called in a file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::names::quoted;
use super::node::Span;
use super::reader::Stands;

/// Returns where a setting stands, or else what it is a part of.
pub(crate) fn place_of(places: &BTreeMap<String, Stands>, setting: &str) -> Span {
    nearest(places, setting).map_or(0..0, |stands| stands.value.clone())
}

/// Finds a setting, or else what it is a part of.
pub(crate) fn nearest<'p>(
    places: &'p BTreeMap<String, Stands>,
    setting: &str,
) -> Option<&'p Stands> {
    let mut setting = setting;
    loop {
        if let Some(stands) = places.get(setting) {
            return Some(stands);
        }
        setting = setting.rsplit_once('.')?.0;
    }
}

/// Writes a key as a part of a path, in quotes where it would not be one.
pub(crate) fn segment(key: &str) -> Cow<'_, str> {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) {
        key.into()
    } else {
        quoted(key).into()
    }
}

/// Translates a builder's name for a setting: `cost(RATE_LIMIT)` is `costs.rate_limit` in a file.
pub(crate) fn in_a_file(part: &str) -> Vec<String> {
    let class = part.strip_suffix(')').and_then(|part| part.split_once('('));
    let Some((name, class)) = class else {
        return vec![
            match part {
                "success_ratio" => "ratio",
                "in_flight_share" => "share",
                other => other,
            }
            .to_owned(),
        ];
    };
    let name = match name {
        "max_class_attempts" => "per_class_max_attempts",
        "class_threshold" => "class_thresholds",
        "cost" => "costs",
        other => other,
    };
    vec![name.to_owned(), class.to_lowercase()]
}

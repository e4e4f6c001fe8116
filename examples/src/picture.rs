//! What the pictures of the examples have in common: they lie on light and on dark pages, and in the
//! repository.

use std::fmt::Display;
use std::path::Path;

/// The background is the page's, light or dark. On both, text and lines of this colour have a contrast
/// of nearly 4, which is about what one colour can have on white and on black.
pub const NEUTRAL: &str = "#777f8b";

/// Begins an SVG of this size, with a title: the text up to its first graph.
#[must_use]
pub fn begin(width: impl Display, height: impl Display, title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"{NEUTRAL}\">\n\
         <text x=\"20\" y=\"28\" font-size=\"17\" font-weight=\"bold\">{title}</text>\n"
    )
}

/// Lists the colours of an SVG that can hardly be read on a white or on a dark page: those with a
/// contrast of less than 3.9.
#[must_use]
pub fn faint_colours(svg: &str) -> Vec<&str> {
    let (white, dark) = (luminance("ffffff"), luminance("0d1117"));
    let is_faint = |colour: &&str| {
        let own = luminance(colour);
        (white + 0.05) / (own + 0.05) < 3.9 || (own + 0.05) / (dark + 0.05) < 3.9
    };
    let colours = svg.split("=\"#").skip(1).filter_map(|it| it.get(..6));
    colours.filter(is_faint).collect()
}

/// The relative luminance of WCAG 2.
fn luminance(colour: &str) -> f64 {
    let part = |from: usize| {
        let digits = colour.get(from..from + 2).unwrap_or_default();
        let part = f64::from(u8::from_str_radix(digits, 16).unwrap_or_default()) / 255.0;
        if part <= 0.03928 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

/// Returns `true` if a file of `redress/docs` has this content. Writes it first, if `BLESS` is set.
///
/// # Errors
///
/// The file cannot be written.
pub fn is_committed(name: &str, content: &str) -> std::io::Result<bool> {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../redress/docs");
    let file = Path::new(docs).join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, content)?;
    }
    Ok(std::fs::read_to_string(&file).unwrap_or_default() == content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_is_faint_on_white_and_black_on_black() {
        let svg = "<path stroke=\"#ffffff\"/><text fill=\"#777f8b\"/><text fill=\"#000000\"/>";
        assert_eq!(faint_colours(svg), ["ffffff", "000000"]);
    }
}

//! Signs that look like others, or like nothing: what a word processor, a chat or a web page leaves
//! in a text.

use super::node::Span;

/// No line of a configuration is longer; a table that is wrong as a whole may be.
const LONGEST: usize = 512;

/// A sign that is out of place.
pub(super) struct Strange {
    sign: char,
    /// Where it stands.
    pub(super) span: Span,
}

impl Strange {
    /// Finds the first strange sign outside of texts and comments in the line of a fault of the form,
    /// or in the line before it, which may be where the fault came from.
    pub(super) fn near(text: &str, fault: &Span) -> Option<Self> {
        let at = super::error::floor(text, fault.start);
        let (before, after) = text.split_at_checked(at)?;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = after.find('\n').map_or(text.len(), |end| at + end);
        let lines_before = text.get(..start)?.trim_end();
        let start_before = lines_before.rfind('\n').map_or(0, |at| at + 1);
        [start..end, start_before..lines_before.len()]
            .into_iter()
            .find_map(|line| Self::outside_of_texts(text, line))
    }

    /// Finds the first strange sign in a value or a key.
    pub(super) fn within(text: &str, span: &Span) -> Option<Self> {
        let value = text.get(span.clone())?;
        if value.len() > LONGEST || value.contains('\n') {
            return None;
        }
        let mut signs = value.char_indices();
        let (at, sign) = signs.find(|(_, sign)| name(*sign).is_some())?;
        Some(Self::at(sign, span.start + at))
    }

    fn outside_of_texts(text: &str, line: Span) -> Option<Self> {
        // The mark at the start of a file is what it is for.
        let start = line.start;
        let is_first_mark = |at: usize, sign: char| start + at == 0 && sign == '\u{feff}';
        let (mut quote, mut escaped) = (None, false);
        for (at, sign) in text.get(line)?.char_indices().take(LONGEST) {
            match (quote, sign) {
                (None, '"' | '\'') => quote = Some(sign),
                (None, '#') => return None,
                (None, _) if name(sign).is_some() && !is_first_mark(at, sign) => {
                    return Some(Self::at(sign, start + at));
                }
                (Some(open), _) if open == sign && !escaped => quote = None,
                _ => {}
            }
            escaped = quote == Some('"') && sign == '\\' && !escaped;
        }
        None
    }

    fn at(sign: char, start: usize) -> Self {
        Self {
            sign,
            span: start..start + sign.len_utf8(),
        }
    }

    /// Names it: `U+FEFF (byte order mark)`.
    pub(super) fn name(&self) -> String {
        let name = name(self.sign).unwrap_or("unknown");
        format!("U+{:04X} ({name})", u32::from(self.sign))
    }

    /// Says what to do about it.
    pub(super) fn help(&self) -> String {
        match instead(self.sign) {
            Some(' ') => "write an ordinary space".to_owned(),
            Some('\n') => "write an ordinary line break".to_owned(),
            Some(sign) => format!("write `{sign}`"),
            None => "it cannot be seen: remove it".to_owned(),
        }
    }
}

/// Returns the name of a sign that belongs into no configuration but in a text.
fn name(sign: char) -> Option<&'static str> {
    Some(match sign {
        '\t' | '\n' | '\r' => return None,
        '\u{feff}' => "byte order mark",
        '\u{200b}' => "zero width space",
        '\u{200c}' => "zero width non-joiner",
        '\u{200d}' => "zero width joiner",
        '\u{2060}' => "word joiner",
        '\u{ad}' => "soft hyphen",
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "mark of the direction of writing"
        }
        '\u{a0}' => "no-break space",
        '\u{202f}' => "narrow no-break space",
        '\u{3000}' => "ideographic space",
        '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' => "space of another width",
        '\u{85}' | '\u{2028}' | '\u{2029}' => "line separator",
        '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2039}' | '\u{203a}' => {
            "typographic quotation mark"
        }
        '\u{2032}' | '\u{2033}' => "prime",
        '\u{2010}'..='\u{2015}' => "typographic dash",
        '\u{2212}' => "minus sign",
        '\u{ff01}'..='\u{ff5e}' => "full-width sign",
        sign if sign.is_control() => "control character",
        _ => return None,
    })
}

/// Returns what to write in its place; `None` where nothing is missing without it.
fn instead(sign: char) -> Option<char> {
    match sign {
        '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2039}' | '\u{203a}' => Some('\''),
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}' => Some('"'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(sign) - 0xfee0),
        '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\u{a0}' | '\u{202f}' | '\u{3000}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' => {
            Some(' ')
        }
        _ => None,
    }
}

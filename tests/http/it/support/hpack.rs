//! Reads the headers that clients of HTTP/2 send (RFC 7541): with Huffman's code and the dynamic table, which
//! they use as they like.

use std::collections::VecDeque;

/// Appendix A. Of those that have a value, it is the value of the second.
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

/// Appendix B: a canonical code, so that the symbols of each length in their order say it. Those that no header
/// of a test has, which are longer, are left out.
const CODES: [(u32, &str); 10] = [
    (5, "012aceiost"),
    (6, " %-./3456789=A_bdfghlmnpru"),
    (7, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
    (8, "&*,;XZ"),
    (10, "!\"()?"),
    (11, "'+|"),
    (12, "#>"),
    (13, "\0$@[]~"),
    (14, "^}"),
    (15, "<`{"),
];

type Field = (String, String);

/// Reads the blocks of one connection, in their order.
pub(super) struct Decoder {
    dynamic: VecDeque<Field>,
    limit: usize,
}

impl Decoder {
    pub(super) fn new() -> Self {
        Self {
            dynamic: VecDeque::new(),
            limit: 4096,
        }
    }

    pub(super) fn decode(&mut self, mut block: &[u8]) -> Vec<Field> {
        let mut fields = Vec::new();
        while let Some(first) = block.first() {
            match first.leading_zeros() {
                0 => fields.push(self.entry(integer(&mut block, 7))),
                1 => {
                    let field = self.literal(&mut block, 6);
                    self.dynamic.push_front(field.clone());
                    self.evict();
                    fields.push(field);
                }
                2 => {
                    self.limit = integer(&mut block, 5);
                    self.evict();
                }
                _ => fields.push(self.literal(&mut block, 4)),
            }
        }
        fields
    }

    fn literal(&self, block: &mut &[u8], prefix: u32) -> Field {
        let name = match integer(block, prefix) {
            0 => text(block),
            index => self.entry(index).0,
        };
        (name, text(block))
    }

    fn entry(&self, index: usize) -> Field {
        match STATIC.get(index - 1) {
            Some((name, value)) => ((*name).to_owned(), (*value).to_owned()),
            None => self.dynamic[index - 1 - STATIC.len()].clone(),
        }
    }

    fn evict(&mut self) {
        let size = |(name, value): &Field| name.len() + value.len() + 32;
        while self.dynamic.iter().map(size).sum::<usize>() > self.limit {
            self.dynamic.pop_back();
        }
    }
}

fn take(block: &mut &[u8]) -> usize {
    let (first, rest) = block.split_first().unwrap();
    *block = rest;
    usize::from(*first)
}

/// Section 5.1: a number in the last bits of a byte, and those that follow it.
fn integer(block: &mut &[u8], bits: u32) -> usize {
    let most = (1 << bits) - 1;
    let mut number = take(block) & most;
    if number < most {
        return number;
    }
    for shift in (0..).step_by(7) {
        let byte = take(block);
        number += (byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

/// Section 5.2.
fn text(block: &mut &[u8]) -> String {
    let coded = block[0] & 0x80 != 0;
    let length = integer(block, 7);
    let (text, rest) = block.split_at(length);
    *block = rest;
    if coded {
        huffman(text)
    } else {
        String::from_utf8(text.to_vec()).unwrap()
    }
}

fn huffman(coded: &[u8]) -> String {
    let (mut text, mut code, mut length) = (String::new(), 0_usize, 0);
    for bit in coded
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
    {
        (code, length) = (code << 1 | usize::from(bit), length + 1);
        if let Some(symbol) = symbol(code, length) {
            text.push(symbol);
            (code, length) = (0, 0);
        }
    }
    // What fills the last byte.
    assert!(length < 8 && code == (1 << length) - 1, "{coded:?}");
    text
}

fn symbol(code: usize, length: u32) -> Option<char> {
    let (mut first, mut before) = (0, 0);
    for (bits, symbols) in CODES {
        first <<= bits - before;
        if bits == length {
            return symbols.chars().nth(code.checked_sub(first)?);
        }
        first += symbols.len();
        before = bits;
    }
    None
}

/// Appendix C.6.1, which is of a server: it has what those of clients have, and a table that is full.
#[test]
fn the_example_of_the_rfc() {
    let block = [
        0x48, 0x82, 0x64, 0x02, 0x58, 0x85, 0xae, 0xc3, 0x77, 0x1a, 0x4b, 0x61, 0x96, 0xd0, 0x7a,
        0xbe, 0x94, 0x10, 0x54, 0xd4, 0x44, 0xa8, 0x20, 0x05, 0x95, 0x04, 0x0b, 0x81, 0x66, 0xe0,
        0x82, 0xa6, 0x2d, 0x1b, 0xff, 0x6e, 0x91, 0x9d, 0x29, 0xad, 0x17, 0x18, 0x63, 0xc7, 0x8f,
        0x0b, 0x97, 0xc8, 0xe9, 0xae, 0x82, 0xae, 0x43, 0xd3,
    ];
    let mut decoder = Decoder::new();
    let read = decoder.decode(&block);
    let shown: Vec<_> = read
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    assert_eq!(
        shown,
        [
            ":status: 302",
            "cache-control: private",
            "date: Mon, 21 Oct 2013 20:13:21 GMT",
            "location: https://www.example.com",
        ]
    );
    // From the table, newest first.
    assert_eq!(decoder.decode(&[0xbe]), [read[3].clone()]);
    decoder.limit = 64;
    decoder.evict();
    assert_eq!(decoder.dynamic.len(), 1);
}

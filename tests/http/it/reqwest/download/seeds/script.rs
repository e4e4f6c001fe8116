//! What a server answers that does everything wrong that can be seen.

/// Steele and others' splitmix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// The versions of a seed's file. They differ in each byte, so that any splice shows.
pub(super) fn file(seed: u64, version: u8) -> Vec<u8> {
    let mut random = Random(seed);
    let length = match random.below(20) {
        0 => 0,
        1 => 1,
        _ => random.below(6000),
    };
    let bytes = (0..length).map(|_| random.next().to_le_bytes()[0]);
    bytes.map(|byte| byte.wrapping_add(version)).collect()
}

/// How the server names the version of a seed's file.
#[derive(Clone, Copy, PartialEq)]
enum Named {
    Strong,
    Weak,
    OldDate,
    FreshDate,
    Nothing,
}

fn name(named: Named, version: u8) -> String {
    match named {
        Named::Strong => format!("etag: \"v{version}\"\r\n"),
        Named::Weak => format!("etag: W/\"v{version}\"\r\n"),
        Named::OldDate => format!(
            "last-modified: Sun, 06 Nov 1994 08:0{version}:00 GMT\r\ndate: Mon, 07 Nov 1994 08:00:00 GMT\r\n"
        ),
        Named::FreshDate => format!(
            "last-modified: Sun, 06 Nov 1994 08:0{version}:00 GMT\r\ndate: Sun, 06 Nov 1994 08:0{version}:01 GMT\r\n"
        ),
        Named::Nothing => String::new(),
    }
}

/// How an answer says where its body ends.
#[derive(Clone, Copy)]
pub(super) enum Framing {
    Length,
    Chunks,
    /// By the end of the connection, or of the stream.
    End,
}

/// How an answer ends. What is cut is so after so many bytes of the body, or in the head.
#[derive(Clone, Copy)]
pub(super) enum End {
    Complete,
    Fin(Option<usize>),
    Reset(Option<usize>),
    Hang(Option<usize>),
}

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: String,
    pub(super) body: Vec<u8>,
    pub(super) framing: Framing,
    pub(super) end: End,
}

/// A body as one that arrives and is cut, or not.
fn deliver(
    random: &mut Random,
    status: u16,
    headers: &str,
    body: &[u8],
    framing: Framing,
) -> Reply {
    let end = match random.below(10) {
        0..3 => End::Complete,
        // Cut somewhere, perhaps in the head or behind the last byte.
        3 => End::Fin(random.below(body.len() + 100).checked_sub(99)),
        4 => End::Reset(Some(random.below(body.len() + 1))),
        5 if random.below(4) == 0 => End::Hang(Some(random.below(body.len() + 1))),
        _ => End::Fin(Some(random.below(body.len() + 1))),
    };
    Reply {
        end,
        framing,
        ..answer(status, headers, body)
    }
}

fn answer(status: u16, headers: &str, body: &[u8]) -> Reply {
    Reply {
        status,
        headers: headers.to_owned(),
        body: body.to_vec(),
        framing: Framing::Length,
        end: End::Complete,
    }
}

/// Answers the `n`th request for a seed's file, which is one for a range on a condition, or for the whole.
pub(super) fn script(range: Option<(&str, &str)>, seed: u64, n: u64) -> Reply {
    let mut of_seed = Random(seed ^ 0xfeed);
    let named = match of_seed.below(12) {
        0 => Named::Weak,
        1 => Named::Nothing,
        2 => Named::FreshDate,
        3 | 4 => Named::OldDate,
        _ => Named::Strong,
    };
    let framing = match of_seed.below(5) {
        0..3 => Framing::Length,
        3 => Framing::Chunks,
        _ => Framing::End,
    };
    // Half of the servers only cut, and are busy; the others do anything.
    let hostile = of_seed.below(2) == 0;
    let changes_at = if hostile {
        1 + of_seed.below(8) as u64
    } else {
        u64::MAX
    };
    let version = u8::from(n >= changes_at);
    let random = &mut Random(seed.wrapping_mul(31).wrapping_add(n));
    let file_now = file(seed, version);
    let whole =
        |random: &mut Random| deliver(random, 200, &name(named, version), &file_now, framing);
    if random.below(8) == 0 {
        return answer([503, 429, 500][random.below(3)], "", b"busy");
    }
    let Some((range, if_range)) = range else {
        return match random.below(20) {
            0 if hostile => answer(
                200,
                &(name(named, version) + "content-encoding: gzip\r\n"),
                &file_now,
            ),
            1 if hostile => answer(206, &name(named, version), &file_now),
            _ => whole(random),
        };
    };
    let from: usize = range
        .strip_prefix("bytes=")
        .unwrap()
        .trim_end_matches('-')
        .parse()
        .unwrap();
    let total = file_now.len();
    let odd = if hostile { random.below(24) } else { 24 };
    // A good server sends the whole if the version is another one.
    if !name(named, version).contains(if_range) && odd > 12 {
        return whole(random);
    }
    if from >= total && odd > 12 {
        return answer(416, &format!("content-range: bytes */{total}\r\n"), b"");
    }
    let part = |random: &mut Random,
                first: usize,
                end: usize,
                total: usize,
                headers: &str,
                framing: Framing| {
        let (first, end) = (first.min(file_now.len()), end.min(file_now.len()));
        let body = &file_now[first..end.max(first)];
        let range = format!(
            "{headers}content-range: bytes {first}-{}/{total}\r\n",
            end.saturating_sub(1)
        );
        deliver(random, 206, &range, body, framing)
    };
    let same = name(named, version);
    let framing = [Framing::Length, Framing::Chunks][random.below(2)];
    match odd {
        0 => answer(200, &same, &file_now),
        1 => part(
            random,
            from.saturating_sub(1 + from / 3),
            total,
            total,
            &same,
            framing,
        ),
        2 => part(random, from + 1, total, total, &same, framing),
        3 => part(random, from, total, total + 1, &same, framing),
        4 => part(random, from, total, total, "", framing),
        5 => part(random, from, total, total, &name(named, 7), framing),
        6 => part(
            random,
            from,
            total,
            total,
            &format!("{same}content-encoding: br\r\n"),
            framing,
        ),
        7 => {
            let kind = "content-type: multipart/byteranges; boundary=x\r\n";
            part(
                random,
                from,
                total,
                total,
                &format!("{same}{kind}"),
                framing,
            )
        }
        8 => deliver(random, 206, &same, &file_now[from.min(total)..], framing),
        // The range says less than what comes, or more.
        9 => {
            let range = format!("{same}content-range: bytes {from}-{from}/{total}\r\n");
            deliver(random, 206, &range, &file_now[from.min(total)..], framing)
        }
        10 => {
            let range = format!("{same}content-range: bytes {from}-{}/*\r\n", total + 3);
            deliver(random, 206, &range, &file_now[from.min(total)..], framing)
        }
        11 => answer(
            416,
            &format!("content-range: bytes */{}\r\n", total / 2),
            b"",
        ),
        12 => Reply {
            end: End::Fin(Some(2)),
            ..answer(200, &name(named, 9), b"no!")
        },
        // Less than was asked for.
        13..16 => {
            let end = from + 1 + random.below(total - from);
            part(random, from, end, total, &same, framing)
        }
        _ => part(random, from, total, total, &same, framing),
    }
}

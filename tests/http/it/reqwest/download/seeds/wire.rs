//! The same answers over HTTP/1.1 and over HTTP/2.

use super::super::raw;
use super::script::{End, Framing, Random, Reply};
use crate::support::{h1, h2};

/// The answer over HTTP/1.1.
pub(super) fn h1(reply: &Reply) -> h1::Answer {
    let mut headers = reply.headers.clone();
    let body = match reply.framing {
        Framing::Length => {
            headers += &format!("content-length: {}\r\n", reply.body.len());
            reply.body.clone()
        }
        Framing::Chunks => {
            let mut chunks = Vec::new();
            for chunk in reply.body.chunks(700) {
                chunks.extend(format!("{:x}\r\n", chunk.len()).bytes());
                chunks.extend(chunk);
                chunks.extend(b"\r\n");
            }
            chunks.extend(b"0\r\n\r\n");
            headers += "transfer-encoding: chunked\r\n";
            chunks
        }
        Framing::End => {
            headers += "connection: close\r\n";
            reply.body.clone()
        }
    };
    let whole = raw(reply.status, &headers, &body);
    let head = whole.len() - body.len();
    let cut = |after: Option<usize>| {
        let end = after.map_or(head / 2, |after| head + after.min(body.len()));
        whole[..end].to_vec()
    };
    match reply.end {
        // What has neither a length nor chunks needs the end of the connection.
        End::Complete if matches!(reply.framing, Framing::End) => h1::Answer::Fin(whole),
        End::Complete => h1::Answer::Write(whole),
        End::Fin(after) => h1::Answer::Fin(cut(after)),
        End::Reset(after) => h1::Answer::Reset(cut(after)),
        End::Hang(after) => h1::Answer::Hang(cut(after)),
    }
}

/// The answer over HTTP/2, on a stream that is cut in one of the ways that it has.
pub(super) fn h2(reply: &Reply, stream: u32, random: &mut Random) -> h2::Answer {
    let status = reply.status.to_string();
    let length = reply.body.len().to_string();
    let mut fields = vec![(":status", status.as_str())];
    fields.extend(
        reply
            .headers
            .lines()
            .filter_map(|line| line.split_once(": ")),
    );
    // There are no chunks; what had them has no length.
    if matches!(reply.framing, Framing::Length) {
        fields.push(("content-length", &length));
    }
    let sent = |after: Option<usize>, ends: bool| {
        let Some(after) = after else {
            return Vec::new();
        };
        let body = &reply.body[..after.min(reply.body.len())];
        let mut frames = h2::headers(stream, &fields, false);
        for chunk in body.chunks(700) {
            frames.extend(h2::data(stream, chunk, false));
        }
        if ends {
            frames.extend(h2::data(stream, b"", true));
        }
        frames
    };
    let reason = [
        h2::NO_ERROR,
        h2::CANCEL,
        h2::INTERNAL_ERROR,
        h2::REFUSED_STREAM,
        h2::ENHANCE_YOUR_CALM,
    ][random.below(5)];
    match reply.end {
        End::Complete => h2::Answer::Frames(sent(Some(reply.body.len()), true)),
        End::Hang(after) => h2::Answer::Frames(sent(after, false)),
        End::Reset(after) => {
            let goaway = h2::goaway(stream * random.below(2) as u32, reason);
            h2::Answer::Fin([sent(after, false), goaway].concat())
        }
        // The end comes where it cannot be.
        End::Fin(after)
            if random.below(12) == 0
                && (reply.status == 206 || matches!(reply.framing, Framing::Length)) =>
        {
            h2::Answer::Frames(sent(after, true))
        }
        End::Fin(after) if random.below(12) == 0 => h2::Answer::Fin(sent(after, false)),
        End::Fin(after) => {
            let reset = h2::rst_stream(stream, reason);
            h2::Answer::Frames([sent(after, false), reset].concat())
        }
    }
}

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// A socket that takes DogStatsD's lines and reads them strictly.
pub(crate) struct Statsd {
    socket: UdpSocket,
}

/// A line: a name, values, a type and tags.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
    pub(crate) kind: Kind,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Count,
    Gauge,
    Distribution,
    Histogram,
    Timing,
}

impl Statsd {
    pub(crate) fn start() -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        let limit = Some(Duration::from_millis(200));
        socket.set_read_timeout(limit).unwrap();
        Self { socket }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// Returns every line that has been sent. On this machine what was sent has arrived, unless the
    /// socket's buffer was full.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut packet = vec![0; 65_536];
        while let Ok(length) = self.socket.recv(&mut packet) {
            let text = std::str::from_utf8(&packet[..length]).unwrap();
            // Lines are divided by a line feed; after the last there may be one.
            for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
                lines.push(Line::read(line).unwrap_or_else(|wrong| panic!("{wrong} in {line:?}")));
            }
        }
        lines
    }
}

impl Line {
    /// Reads `name:value[:value]*|type[|@rate][|#tag:value[,tag:value]*]`, and nothing else.
    ///
    /// Datadog takes more: tags without a value, containers, timestamps. It turns what it does not
    /// take in a name or a tag into underscores, and what is said here would then have another name there.
    fn read(line: &str) -> Result<Self, String> {
        let mut fields = line.split('|');
        let (name, values) = fields
            .next()
            .and_then(|field| field.split_once(':'))
            .ok_or("no value")?;
        let is_name = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name
                    .chars()
                    .all(|it| it.is_ascii_alphanumeric() || it == '_' || it == '.')
        };
        if !is_name(name) || name.len() > 200 {
            return Err(format!("a name {name:?}"));
        }
        let value = |value: &str| {
            let number = value.parse::<f64>();
            let number = number.map_err(|_| format!("a value {value:?}"))?;
            number
                .is_finite()
                .then_some(number)
                .ok_or("an infinite value".to_owned())
        };
        let values = values.split(':').map(value).collect::<Result<_, _>>()?;
        let kind = match fields.next().ok_or("no type")? {
            "c" => Kind::Count,
            "g" => Kind::Gauge,
            "d" => Kind::Distribution,
            "h" => Kind::Histogram,
            "ms" => Kind::Timing,
            other => return Err(format!("a type {other:?}")),
        };
        let mut tags = BTreeMap::new();
        let mut rest = fields.next();
        if let Some(rate) = rest.and_then(|field| field.strip_prefix('@')) {
            let share = rate.parse::<f64>();
            if !share.is_ok_and(|share| share > 0.0 && share <= 1.0) {
                return Err(format!("a rate {rate:?}"));
            }
            rest = fields.next();
        }
        if let Some(field) = rest {
            let list = field
                .strip_prefix('#')
                .ok_or(format!("a field {field:?}"))?;
            for tag in list.split(',') {
                let (key, value) = tag.split_once(':').ok_or(format!("a tag {tag:?}"))?;
                let taken = |it: char| it.is_alphanumeric() || "_-:./".contains(it);
                if !is_name(key) || value.is_empty() || !value.chars().all(taken) || tag.len() > 200
                {
                    return Err(format!("a tag {tag:?}"));
                }
                if tags.insert(key.to_owned(), value.to_owned()).is_some() {
                    return Err(format!("{key} twice"));
                }
            }
        }
        match fields.next() {
            Some(more) => Err(format!("a field {more:?}")),
            None => Ok(Self {
                name: name.to_owned(),
                values,
                kind,
                tags,
            }),
        }
    }
}

mod tests {
    use cadence::{Counted as _, Distributed as _, StatsdClient, UdpMetricSink};

    use super::*;

    #[test]
    fn what_cadence_sends_is_read() {
        let statsd = Statsd::start();
        let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        let sink = UdpMetricSink::from(statsd.address(), socket).unwrap();
        let client = StatsdClient::from_sink("redress", sink);
        let retries = client.count_with_tags("retries", 3);
        retries
            .with_tag("class", "TRANSIENT")
            .with_tag("operation", "pay")
            .send();
        client.distribution("call.duration", 0.25).unwrap();

        let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [
            Line {
                name: "redress.retries".to_owned(),
                values: vec![3.0],
                kind: Kind::Count,
                tags: [tag("class", "TRANSIENT"), tag("operation", "pay")].into(),
            },
            Line {
                name: "redress.call.duration".to_owned(),
                values: vec![0.25],
                kind: Kind::Distribution,
                tags: BTreeMap::new(),
            },
        ];
        assert_eq!(statsd.lines(), expected);
        assert_eq!(statsd.lines(), [], "a line is read once");
    }

    #[test]
    fn lines_that_are_not_right_are_refused() {
        let right = [
            "a:1|c",
            "a.b_c:1.5:2|d|@0.5|#k:v,l:w",
            "a:-1|g|#operation:other",
            "a:250|ms|#path:a/b",
        ];
        for line in right {
            assert!(Line::read(line).is_ok(), "{line}: {:?}", Line::read(line));
        }
        let wrong = [
            ("", "no value"),
            ("a|c", "no value"),
            ("1a:1|c", "a name \"1a\""),
            ("a b:1|c", "a name \"a b\""),
            (":1|c", "a name \"\""),
            ("a:x|c", "a value \"x\""),
            ("a:|c", "a value \"\""),
            ("a:inf|g", "an infinite value"),
            ("a:1", "no type"),
            ("a:1|x", "a type \"x\""),
            ("a:1|c|k:v", "a field \"k:v\""),
            ("a:1|c|@2", "a rate \"2\""),
            ("a:1|c|#", "a tag \"\""),
            ("a:1|c|#k", "a tag \"k\""),
            ("a:1|c|#k:", "a tag \"k:\""),
            ("a:1|c|#k:a b", "a tag \"k:a b\""),
            ("a:1|c|#k:v,k:w", "k twice"),
            ("a:1|c|#k:v|#l:w", "a field \"#l:w\""),
            ("a:1|c\n", "a type \"c\\n\""),
        ];
        for (line, why) in wrong {
            assert_eq!(Line::read(line), Err(why.to_owned()), "{line:?}");
        }
    }
}

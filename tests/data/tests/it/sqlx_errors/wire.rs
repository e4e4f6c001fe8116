//! MariaDB's protocol by hand, for what no driver sends.

use std::io::{Read, Write};
use std::net::TcpStream;

use redress::ErrorClass;
use redress::classify::mysql_error;
use redress_data_tests::Rows;

/// A connection of `root`, who needs no password.
pub(super) struct Wire(TcpStream);

/// A packet that the server sent.
#[derive(Debug)]
pub(super) struct Packet(Vec<u8>);

impl Wire {
    /// Connects, and returns what the server says first.
    pub(super) fn greeting(port: u16) -> Packet {
        Self(TcpStream::connect(("127.0.0.1", port)).unwrap()).answer()
    }

    pub(super) fn connect(port: u16) -> Self {
        let mut wire = Self(TcpStream::connect(("127.0.0.1", port)).unwrap());
        wire.answer();
        // CLIENT_LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH; 16 MiB; utf8.
        let capabilities: u32 = 0x0008_8201;
        let mut login = capabilities.to_le_bytes().to_vec();
        login.extend((1_u32 << 24).to_le_bytes());
        login.push(33);
        login.extend([0; 23]);
        login.extend(b"root\0\0mysql_native_password\0");
        wire.send(1, &login);
        let answer = wire.answer();
        assert_eq!(answer.0.first(), Some(&0), "{answer:?}");
        wire
    }

    pub(super) fn send(&mut self, sequence: u8, payload: &[u8]) {
        let [a, b, c, _] = u32::try_from(payload.len()).unwrap().to_le_bytes();
        self.0.write_all(&[a, b, c, sequence]).unwrap();
        self.0.write_all(payload).unwrap();
    }

    pub(super) fn answer(&mut self) -> Packet {
        let mut head = [0; 4];
        self.0.read_exact(&mut head).unwrap();
        let [a, b, c, _] = head;
        let mut packet = vec![0; u32::from_le_bytes([a, b, c, 0]) as usize];
        self.0.read_exact(&mut packet).unwrap();
        Packet(packet)
    }
}

impl Packet {
    /// Returns the number, if it is an error.
    pub(super) fn number(&self) -> Option<u16> {
        match &self.0[..] {
            [0xff, low, high, ..] => Some(u16::from_le_bytes([*low, *high])),
            _ => None,
        }
    }

    /// Asserts that it is an error, its number and its class.
    pub(super) fn assert_said(&self, rows: &Rows, number: u16, class: ErrorClass) {
        assert_eq!(self.number(), Some(number), "{self:?}");
        // An error in place of the greeting has no state.
        let state = match &self.0[3..] {
            [b'#', state @ ..] => String::from_utf8_lossy(&state[..5]),
            _ => "".into(),
        };
        assert_eq!(mysql_error(number, &state), class, "{self:?}");
        rows.say(number.to_string());
    }
}

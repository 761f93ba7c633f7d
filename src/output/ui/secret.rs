//! Secret values: prompted for on a terminal without echo, or read from stdin.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use crate::model::wait::yield_now;
use crate::spec::SECRET_MAX;

pub fn is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// All of stdin; of what is too long for a secret, enough to see that.
pub fn piped() -> io::Result<Vec<u8>> {
    let mut input = Vec::new();
    io::stdin().lock().take(SECRET_MAX as u64 + 3).read_to_end(&mut input)?;
    Ok(input)
}

/// The effect of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Edits,
    Ends,
    /// Ctrl-C, Ctrl-\ or a hangup.
    Cancels,
}

/// Prompts for one line without echo; `None` if that was canceled. It yields to other futures ten times a second, so
/// that it can be dropped, which restores the terminal.
///
/// The terminal is in raw mode: its own line editing truncates lines at 4096 bytes, and an interrupt would leave it without
/// echo.
pub async fn ask(question: &str) -> io::Result<Option<Vec<u8>>> {
    let stdin = io::stdin();
    let _quiet = EchoOff::new()?;
    write!(io::stderr().lock(), "{question}: ")?;
    let _newline = Newline;
    let mut answer = Vec::new();
    let mut chunk = [0; 256];
    loop {
        let length = match rustix::io::read(&stdin, &mut chunk) {
            Err(Errno::INTR) => 0,
            other => other?,
        };
        // After a hangup, reads return nothing at once.
        if length == 0 && tcgetattr(&stdin).is_err() {
            return Ok(None);
        }
        for byte in &chunk[..length] {
            match key(*byte, &mut answer) {
                Key::Edits => {}
                Key::Ends => return Ok(Some(answer)),
                Key::Cancels => return Ok(None),
            }
        }
        yield_now().await;
    }
}

/// Backspace, Ctrl-U and Ctrl-D as in a shell.
fn key(byte: u8, answer: &mut Vec<u8>) -> Key {
    match byte {
        b'\r' | b'\n' => return Key::Ends,
        0x04 if answer.is_empty() => return Key::Ends,
        0x03 | 0x1c => return Key::Cancels,
        0x15 => answer.clear(),
        0x08 | 0x7f => {
            // A whole character of UTF-8: its bytes after the first begin with the bits 10.
            while answer.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
        }
        byte => answer.push(byte),
    }
    Key::Edits
}

/// No echo until this is dropped.
struct EchoOff {
    before: Termios,
}

impl EchoOff {
    fn new() -> io::Result<EchoOff> {
        let stdin = io::stdin();
        let before = tcgetattr(&stdin)?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        // A read returns after a tenth of a second.
        quiet.special_codes[SpecialCodeIndex::VMIN] = 0;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 1;
        tcsetattr(&stdin, OptionalActions::Drain, &quiet)?;
        Ok(EchoOff { before })
    }
}

impl Drop for EchoOff {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}

/// The line break that was not echoed.
struct Newline;

impl Drop for Newline {
    fn drop(&mut self) {
        let _ = io::stderr().lock().write_all(b"\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_edit_the_answer() {
        let typed = |keys: &[u8]| {
            let mut answer = Vec::new();
            let end = keys.iter().map(|byte| key(*byte, &mut answer)).find(|end| *end != Key::Edits);
            (end, answer)
        };
        for (keys, end, answer) in [
            (&b"abc\r"[..], Some(Key::Ends), &b"abc"[..]),
            (b"ab\x7fc\n", Some(Key::Ends), b"ac"),
            ("aé\x7fc\n".as_bytes(), Some(Key::Ends), b"ac"),
            (b"ab\x15c\n", Some(Key::Ends), b"c"),
            (b"\x7f\x04", Some(Key::Ends), b""),
            (b"a\x04b\n", Some(Key::Ends), b"a\x04b"),
            (b"ab\x03", Some(Key::Cancels), b"ab"),
            (b"ab", None, b"ab"),
        ] {
            assert_eq!(typed(keys), (end, answer.to_vec()), "{keys:?}");
        }
    }
}

//! Values that are not to be seen: asked for on a terminal that shows nothing of them, or read from stdin.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use crate::model::wait::yield_now;
use crate::spec::SECRET_MAX;

/// True when stdin is a terminal.
pub fn is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// All of stdin; of more than can be a secret only so much that this shows.
pub fn piped() -> io::Result<Vec<u8>> {
    let mut input = Vec::new();
    io::stdin().lock().take(SECRET_MAX as u64 + 3).read_to_end(&mut input)?;
    Ok(input)
}

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// One more byte of the answer, or one less.
    Edits,
    /// Return.
    Ends,
    /// Ctrl-C, Ctrl-\ or the terminal's end.
    GivesUp,
}

/// Asks for one line that the terminal does not show; `None` when whoever was asked gave up. It lets other futures
/// run ten times in a second, so that it can be left; dropped, it puts the terminal back as it was.
///
/// The terminal hands over each key as it is typed: its own editing of lines cuts them off at 4096 bytes, and an
/// interrupt would leave it without echo.
pub async fn ask(question: &str) -> io::Result<Option<Vec<u8>>> {
    let stdin = io::stdin();
    let _quiet = Quiet::new()?;
    write!(io::stderr().lock(), "{question}: ")?;
    let _newline = Newline;
    let mut answer = Vec::new();
    let mut chunk = [0; 256];
    loop {
        let length = match rustix::io::read(&stdin, &mut chunk) {
            Err(Errno::INTR) => 0,
            other => other?,
        };
        // A terminal that has gone away gives nothing either, and at once.
        if length == 0 && tcgetattr(&stdin).is_err() {
            return Ok(None);
        }
        for byte in &chunk[..length] {
            match key(*byte, &mut answer) {
                Key::Edits => {}
                Key::Ends => return Ok(Some(answer)),
                Key::GivesUp => return Ok(None),
            }
        }
        yield_now().await;
    }
}

/// What a key does to the answer: Backspace, Ctrl-U and Ctrl-D as in a shell.
fn key(byte: u8, answer: &mut Vec<u8>) -> Key {
    match byte {
        b'\r' | b'\n' => return Key::Ends,
        0x04 if answer.is_empty() => return Key::Ends,
        0x03 | 0x1c => return Key::GivesUp,
        0x15 => answer.clear(),
        0x08 | 0x7f => {
            // A whole character of UTF-8: what follows its first byte begins with the bits 10.
            while answer.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
        }
        byte => answer.push(byte),
    }
    Key::Edits
}

/// A terminal without echo, until this is dropped.
struct Quiet {
    before: Termios,
}

impl Quiet {
    fn new() -> io::Result<Quiet> {
        let stdin = io::stdin();
        let before = tcgetattr(&stdin)?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        // A read ends after a tenth of a second, with what there is.
        quiet.special_codes[SpecialCodeIndex::VMIN] = 0;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 1;
        tcsetattr(&stdin, OptionalActions::Drain, &quiet)?;
        Ok(Quiet { before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}

/// The line break that the terminal did not show.
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
            (b"ab\x03", Some(Key::GivesUp), b"ab"),
            (b"ab", None, b"ab"),
        ] {
            assert_eq!(typed(keys), (end, answer.to_vec()), "{keys:?}");
        }
    }
}

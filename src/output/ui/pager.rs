//! A pager for results that are longer than the terminal, chosen as by systemctl(1).

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::process::{Child, Command, Stdio};

use super::table;
use crate::host::Host;
use crate::host::tool::tool;
use crate::systemd::directives::value::boolean;

#[derive(Debug)]
pub struct Pager {
    /// The user's own, as words; empty for less.
    words: Vec<OsString>,
    /// less runs no other programs and reads and writes no other files.
    is_secure: bool,
    options: OsString,
    height: usize,
    state: RefCell<State>,
}

#[derive(Debug)]
enum State {
    /// It fits on the terminal so far.
    Kept(Vec<u8>),
    Shown(Child),
    /// No pager could be started.
    Off,
}

impl Pager {
    /// `None` if stdout is not a terminal, or the user wants no pager.
    pub fn of(host: &Host) -> Option<Pager> {
        let height = usize::from(table::terminal_size(&io::stdout())?.ws_row);
        let variable = |name: &str| host.environment.get(OsStr::new(name));
        let secure = variable("SYSTEMD_PAGERSECURE").and_then(|value| boolean(value.to_str()?));
        // The variables of root can be those of another user.
        let is_secure = secure.unwrap_or(host.euid == 0);
        let given = variable("SYSTEMD_PAGER").or_else(|| variable("PAGER"));
        let words: Vec<OsString> = match given {
            Some(words) if words.is_empty() || words == "cat" => return None,
            Some(words) if !is_secure => words.to_str()?.split_whitespace().map(OsString::from).collect(),
            _ => Vec::new(),
        };
        let options = variable("SYSTEMD_LESS").filter(|_| !is_secure).cloned().unwrap_or_else(|| "FRSXMK".into());
        let is_plain = variable("TERM").is_none_or(|term| term == "dumb");
        let state = RefCell::new(State::Kept(Vec::new()));
        (height > 0 && !is_plain).then_some(Pager { words, is_secure, options, height, state })
    }

    /// Fails as a write to the terminal does.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        if let State::Kept(kept) = &mut *state {
            kept.extend_from_slice(bytes);
            if memchr::memchr_iter(b'\n', kept).count() < self.height {
                return Ok(());
            }
            let kept = std::mem::take(kept);
            *state = self.start().map_or(State::Off, State::Shown);
            return write_to(&mut state, &kept);
        }
        write_to(&mut state, bytes)
    }

    /// Prints what was kept, or waits until the user leaves the pager.
    pub fn close(&self) -> io::Result<()> {
        match self.state.replace(State::Off) {
            State::Kept(kept) => write_to(&mut State::Off, &kept),
            State::Shown(mut child) => {
                drop(child.stdin.take());
                child.wait().map(drop)
            }
            State::Off => Ok(()),
        }
    }

    fn start(&self) -> Option<Child> {
        let mut command = match self.words.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
            None => tool("less"),
        };
        command.env("LESS", &self.options).env("LESSCHARSET", "utf-8").stdin(Stdio::piped());
        if self.is_secure {
            command.env("LESSSECURE", "1").env_remove("LESSOPEN").env_remove("LESSCLOSE");
        }
        command.spawn().ok()
    }
}

fn write_to(state: &mut State, bytes: &[u8]) -> io::Result<()> {
    match state {
        State::Shown(child) => child.stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(bytes)),
        _ => {
            let mut stdout = io::stdout().lock();
            stdout.write_all(bytes).and_then(|()| stdout.flush())
        }
    }
}

//! Runs mkservice as root with sudo, run0 or pkexec.
//!
//! The order goes over stdin, a socket, instead of the command line: other users cannot read it in the process list,
//! and nothing reinterprets it. On the same socket the elevated process reports that it has begun, which tells its own
//! failures from those of sudo.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use crate::host::Host;
use crate::model::Verb;
use crate::model::diagnostic::{Error, Result};
use crate::model::wait::shielded_reporting;

/// Sent by the elevated process once it has read the order.
pub const HAS_BEGUN: &[u8] = b"begun\n";

#[derive(Debug)]
pub struct PrivilegeTool {
    name: &'static str,
    path: PathBuf,
}

impl PrivilegeTool {
    pub fn name(&self) -> &'static str {
        self.name
    }
}

#[derive(Debug)]
pub enum Elevated {
    /// The elevated process ran and exited with this status.
    Done(u8),
    /// It did not run: there was an interrupt at the password prompt.
    Interrupted,
    /// It did not run. The reason completes "sudo ...".
    Refused(String),
}

#[expect(clippy::disallowed_methods, reason = "root is asked for on this machine")]
pub fn tool(host: &Host) -> Option<PrivilegeTool> {
    ["sudo", "run0", "pkexec"].into_iter().find_map(|name| {
        let path = host.path.iter().map(|dir| dir.join(name)).find(|path| path.is_file() && path.is_absolute())?;
        Some(PrivilegeTool { name, path })
    })
}

/// Sends the order to `mkservice install-plan` and waits until it exits. `options` are added; `asks` allows it to ask for
/// a password; `silent` keeps what sudo prints off stderr.
#[expect(clippy::disallowed_methods, reason = "this very program is run once more")]
pub async fn run(tool: &PrivilegeTool, order: &[u8], options: &[&str], asks: bool, silent: bool) -> Result<Elevated> {
    // From the kernel: neither PATH nor argv[0] can be trusted.
    let own = std::env::current_exe().ok().filter(|path| path.is_file());
    let own = own.ok_or_else(|| Error::program("mkservice", io::ErrorKind::NotFound.into()))?;
    let prompts = asks && has_terminal();
    // Without a prompt, nobody sees what sudo prints.
    let apart = silent || !prompts;
    let mut command = command(tool, &own, options, asks, prompts);
    let failed = |source| Error::program(tool.name, source);
    let (ours, theirs) = UnixStream::pair().map_err(failed)?;
    command.stdin(OwnedFd::from(theirs));
    if apart {
        command.stderr(Stdio::piped());
    }
    let spawned = command.spawn().map_err(failed)?;
    // It holds the other end of the socket, which would stay open.
    drop(command);
    let ((begun, status, said), interrupted) = shielded_reporting(|| talk(spawned, ours, order, silent)).await;
    let status = status.map_err(failed)?;
    if begun {
        let by_signal = status.signal().and_then(|signal| u8::try_from(128 + signal).ok());
        return Ok(Elevated::Done(status.code().and_then(|code| u8::try_from(code).ok()).or(by_signal).unwrap_or(1)));
    }
    if interrupted || matches!(status.signal(), Some(2 | 15)) {
        return Ok(Elevated::Interrupted);
    }
    Ok(Elevated::Refused(reason(tool.name, &said, status)))
}

/// Without a terminal, a desktop may ask in a window of its own for run0 and pkexec.
fn command(tool: &PrivilegeTool, own: &Path, options: &[&str], asks: bool, prompts: bool) -> Command {
    let mut command = Command::new(&tool.path);
    match tool.name {
        "sudo" if !prompts => command.args(["-n", "--"]),
        "sudo" => command.arg("--"),
        // Without its background color.
        "run0" if !asks => command.args(["--background=", "--no-ask-password", "--"]),
        "pkexec" if !asks => command.arg("--disable-internal-agent"),
        "run0" => command.args(["--background=", "--"]),
        _ => &mut command,
    };
    command.arg(own).arg(Verb::InstallPlan.name()).args(options);
    command
}

/// sudo and the others prompt on the terminal itself.
fn has_terminal() -> bool {
    use rustix::fs::{Mode, OFlags, open};
    open("/dev/tty", OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).is_ok()
}

/// Sends the order and waits. Returns whether the elevated process has begun, how it ended, and what was printed to
/// stderr before it began.
fn talk(mut child: Child, socket: UnixStream, order: &[u8], silent: bool) -> (bool, io::Result<ExitStatus>, String) {
    let stderr = child.stderr.take();
    let said = stderr.map(|stderr| thread::spawn(move || listened(stderr)));
    let writer = socket.try_clone();
    let begun = thread::scope(|scope| {
        scope.spawn(|| {
            if let Ok(mut writer) = writer {
                // A process that does not read it all has closed the other end.
                let _ = writer.write_all(order);
                let _ = writer.shutdown(Shutdown::Write);
            }
        });
        let mut answer = Vec::new();
        let _ = (&socket).take(64).read_to_end(&mut answer);
        answer == HAS_BEGUN
    });
    let status = child.wait();
    let said = said.and_then(|said| said.join().ok()).unwrap_or_default();
    if begun && !silent {
        let _ = io::stderr().lock().write_all(&said);
    }
    (begun, status, String::from_utf8_lossy(&said).into_owned())
}

fn listened(mut stderr: impl io::Read) -> Vec<u8> {
    let mut said = Vec::new();
    let _ = stderr.read_to_end(&mut said);
    said
}

fn reason(name: &str, said: &str, status: ExitStatus) -> String {
    let plain = |line: &str| {
        let own = line.strip_prefix(name).and_then(|line| line.strip_prefix(": "));
        own.unwrap_or(line).trim().to_owned()
    };
    let mut lines = said.lines().map(plain).filter(|line| !line.is_empty());
    // sudo prints warnings first, such as about the host name; the others print details last.
    match if name == "sudo" { lines.next_back() } else { lines.next() } {
        Some(line) => format!("says: {line}"),
        None => format!("did not grant them ({status})"),
    }
}

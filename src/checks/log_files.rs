//! The logs of services that keep one in a file: looked at as the account that they run as, which may be led nowhere
//! that it could not go itself.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::process::geteuid;

use crate::host::{access, account, log_file};
use crate::manager::journal::Log;
use crate::manager::state::LastRun;

/// Opens the log of a service that runs as `account`; `None` is root, or whoever asks.
pub fn open(path: &Path, account: Option<&str>) -> io::Result<File> {
    as_account(path, account, || log_file::open(path))
}

/// The last lines of such a log.
pub fn last_lines(path: &Path, account: Option<&str>, lines: usize) -> io::Result<(Vec<String>, u64)> {
    as_account(path, account, || log_file::last_lines(path, lines))
}

fn as_account<T: Send>(
    path: &Path,
    account: Option<&str>,
    work: impl Fn() -> io::Result<T> + Send + Sync,
) -> io::Result<T> {
    let account = account.filter(|_| geteuid().is_root()).and_then(account::by_name).filter(|it| it.uid != 0);
    let Some(account) = account else { return work() };
    match access::as_account(&account, None, &work) {
        Some(Ok(done)) => Ok(done),
        // systemd has made it, for root alone, where nobody could put another in its place.
        _ if log_file::at(path).swappers.is_empty() => work(),
        Some(Err(error)) => Err(error),
        None => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

/// Puts what a run wrote to its file in the place of what it wrote to the journal, as far as it can be told: of a
/// file that was not written to since the run began, nothing is of it.
pub fn add(log: &mut Log, path: &Path, account: Option<&str>, run: &LastRun) {
    const LINES: usize = 50;
    if let Ok((lines, changed)) = last_lines(path, account, LINES)
        && changed >= run.started
    {
        log.program.extend(lines);
    }
}

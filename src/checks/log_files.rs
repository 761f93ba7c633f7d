//! Log files of services, read as the user of the service: links lead only to what that user can read anyway.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::process::geteuid;

use crate::host::{access, account, log_file};
use crate::manager::journal::Log;
use crate::manager::state::LastRun;
use crate::model::log_line::LogLine;

/// Opens the log file of a service that runs as `account`; `None` is root, or the caller.
pub fn open(path: &Path, account: Option<&str>) -> io::Result<File> {
    as_account(path, account, || log_file::open(path))
}

/// The last lines of such a file.
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
        // systemd created it for root only, in a directory where nobody else can replace it.
        _ if log_file::at(path).swappers.is_empty() => work(),
        Some(Err(error)) => Err(error),
        None => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

/// Adds the lines that a run wrote to its log file. A file that was not modified since the run began has none.
pub fn add(log: &mut Log, path: &Path, account: Option<&str>, run: &LastRun) {
    const LINES: usize = 50;
    if let Ok((lines, changed)) = last_lines(path, account, LINES)
        && changed >= run.started
    {
        log.program.extend(lines.into_iter().map(LogLine::from));
    }
}

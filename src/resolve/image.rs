//! What cannot be said of a system that does not run here, or of all users at once.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::cli::Add;
use crate::error::{Error, Result, shown};
use crate::host::Host;
use crate::shell;

/// Refuses what means something of this machine, or of one account.
pub fn refuse_what_is_of_here(typed: &Add, host: &Host) -> Result<()> {
    let refuse = |what: &str, why: String, hint: &str| {
        Err(Error::Value { what: what.to_owned(), why, hint: Some(hint.to_owned()) })
    };
    if let Some(root) = &host.image {
        if typed.inherit_path {
            let why = "would take the PATH of this machine to another".to_owned();
            return refuse("--inherit-path", why, "say what it is there: --setenv PATH=...");
        }
        if typed.max_exposure.is_some() {
            let why = "is measured by the systemd that runs the service, and with --root none does".to_owned();
            return refuse("--max-exposure", why, "once it runs: systemd-analyze security");
        }
        let program = typed.command.first().map_or(OsStr::new(""), |word| word);
        if host.folder.is_none() && program.as_bytes().contains(&b'/') && Path::new(program).is_relative() {
            let what = format!("the program `{}`", shell::printable(&program.to_string_lossy()));
            let why = format!("is relative, and this folder is not inside of {}", shown(root));
            return refuse(&what, why, "its whole path in there, as in /usr/local/bin/server");
        }
    }
    if !host.global {
        return Ok(());
    }
    if typed.secret.iter().any(|secret| !secret.as_bytes().contains(&b'=')) {
        let why = "cannot be kept for every user: what all of them can read is no secret".to_owned();
        return refuse("--secret", why, "one file for each, as in --system, or each user's own with --user");
    }
    if typed.log_file.is_some() {
        let why = "would be one file that the services of all users write to".to_owned();
        return refuse("--log-file", why, "the journal keeps what each of them prints: journalctl --user");
    }
    Ok(())
}

/// True for a service that starts in `/` of its image, since nothing else was said and it comes from outside of it.
pub fn starts_at_top(typed: &Add, host: &Host) -> bool {
    host.image.is_some() && host.folder.is_none() && typed.working_directory.is_none()
}

/// Tells where a service starts that was typed outside of its image.
pub fn folder(typed: &Add, host: &Host, reasons: &mut Vec<String>) {
    if starts_at_top(typed, host) {
        let why = "this folder is not inside of the image (--working-directory says otherwise)";
        reasons.push(format!("WorkingDirectory=/, because {why}"));
    }
}

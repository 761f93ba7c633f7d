//! Options that do not apply to images or to all users at once.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::cli::Add;
use crate::host::Host;
use crate::model::command::{journalctl, run};
use crate::model::diagnostic::{Error, Result, Subject};
use crate::model::message::{Message, message, opt, quoted, set};
use crate::spec::Scope;

/// Refuses what an image or a service of all users cannot have, and says where a service runs that was created from
/// outside its image.
pub fn check(typed: &Add, host: &Host, reasons: &mut Vec<Message>) -> Result<()> {
    refuse_local_options(typed, host)?;
    if starts_at_top(typed, host) {
        let option = opt("working-directory");
        reasons
            .push(message!("WorkingDirectory=/, because this directory is not in the image ({} overrides it)", option));
    }
    Ok(())
}

/// Options that refer to this machine or to one user.
fn refuse_local_options(typed: &Add, host: &Host) -> Result<()> {
    let refuse = |option: &'static str, message: Message, hint: Message| {
        Err(Error::invalid(message).about_option(option).hint(hint))
    };
    if let Some(root) = host.image() {
        if typed.inherit_path {
            let message = message!("{} would use the PATH of this machine on another", opt("inherit-path"));
            let hint = message!("give the PATH of the image: {}", set("setenv", "PATH=..."));
            return refuse("inherit-path", message, hint);
        }
        if typed.max_exposure.is_some() {
            let message =
                message!("{} needs a running systemd, which {} does not have", opt("max-exposure"), opt("root"));
            let hint = message!("check it once it runs: {}", run("systemd-analyze").arg("security"));
            return refuse("max-exposure", message, hint);
        }
        let program = typed.command.first().map_or(OsStr::new(""), |word| word);
        if host.dir.is_none() && program.as_bytes().contains(&b'/') && Path::new(program).is_relative() {
            let message = message!(
                "the program {} is a relative path, and this directory is not in {}",
                quoted(program),
                quoted(root)
            );
            let hint = "give its absolute path in the image, such as /usr/local/bin/server";
            return Err(Error::invalid(message).about(Subject::Command).hint(hint));
        }
    }
    if !host.is_global() {
        return Ok(());
    }
    if typed.secret.iter().any(|secret| !secret.as_bytes().contains(&b'=')) {
        let message = message!("{} cannot store one value for all users, who could all read it", opt("secret"));
        let hint =
            message!("create a system service with {}, or one for each user with {}", opt("system"), opt("user"));
        return refuse("secret", message, hint);
    }
    if typed.log_file.is_some() {
        let message = message!("{} would be one file for the services of all users", opt("log-file"));
        let hint = message!("read the journal, which has the output of each: {}", journalctl(Scope::User));
        return refuse("log-file", message, hint);
    }
    Ok(())
}

/// True for a service that runs in `/` of its image, because no directory was given and its manifest or command is
/// outside.
pub fn starts_at_top(typed: &Add, host: &Host) -> bool {
    host.image().is_some() && host.dir.is_none() && typed.working_directory.is_none()
}

//! What differs in an image: the user who creates files, and how lingering is enabled.

use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::files;
use crate::host::{Host, access, tree};
use crate::model::command::run;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, quoted, quoted_path};
use crate::plan::Step;
use crate::systemd::directories::LINGER_DIR;

/// Changes a user's files as that user, who will own them: links of the user lead only to what the user can change
/// anyway. A caller other than root does it as the caller.
pub fn as_owner(host: &Host, work: impl Fn() -> Result<()> + Send + Sync) -> Result<()> {
    let account = &host.asked_by;
    if host.image().is_none() || host.home.is_none() || account.uid == 0 || !geteuid().is_root() {
        return work();
    }
    access::as_account(account, None, work).unwrap_or_else(|| {
        let message =
            message!("cannot create files as user {}: this requires all root privileges", quoted(&account.name));
        Err(Error::new(Code::RootRequired, message))
    })
}

/// Enables or disables lingering as logind reads it: by an empty file with the user's name.
pub fn linger(account: &str, on: bool) -> Result<()> {
    let file = Path::new(LINGER_DIR).join(account);
    if !on {
        return files::remove(&file);
    }
    files::make_empty(&file)
}

/// Refuses to start if something cannot be written later: if a link in the path leads to nothing in the image, as a
/// link out of it does.
pub fn refuse_dead_ends(steps: &[Step], host: &Host) -> Result<()> {
    let written = |step: &Step| match step {
        Step::Linger { account, .. } => Some(Path::new(LINGER_DIR).join(account)),
        Step::WriteUnit { path, .. }
        | Step::WriteFile { path, .. }
        | Step::WriteSecret { path, .. }
        | Step::MakeLogFile { path, .. }
        | Step::Link { path, .. } => Some(path.clone()),
        _ => None,
    };
    let paths: Vec<PathBuf> = steps.iter().filter(|_| host.image().is_some()).filter_map(written).collect();
    let dirs = paths.iter().filter_map(|path| path.parent());
    let there = dirs.filter_map(|dir| dir.ancestors().find(|path| tree::symlink_metadata(path).is_ok()));
    match there.into_iter().find(|path| !tree::is_dir(path)) {
        None => Ok(()),
        Some(blocked) => {
            let message = message!("{} does not lead to a directory in the image", quoted_path(blocked));
            Err(Error::new(Code::UnsafePath, message).hint(run("ls").arg("-l").path(blocked)))
        }
    }
}

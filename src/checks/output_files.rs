//! Files that systemd itself opens for a service's output, as `-p StandardOutput=append:FILE` has it.

use std::path::Path;

use crate::host::log_file;
use crate::model::diagnostic::Note;
use crate::model::message::{message, quoted, some_of};
use crate::spec::{Scope, ServiceSpec};

/// What to know of such files before relying on the service: in system scope root opens them, and follows what others
/// put there. (`--log-file` has the account open it, and is refused where that does not help.)
pub fn warnings(spec: &ServiceSpec) -> Vec<Note> {
    if spec.scope != Scope::System {
        return Vec::new();
    }
    let values = ["StandardOutput", "StandardError"].map(|name| (name, spec.typed_property(name).unwrap_or_default()));
    let told = values.into_iter().filter_map(|(name, value)| {
        let file = ["append:", "file:", "truncate:"].into_iter().find_map(|kind| value.strip_prefix(kind))?;
        let file = file.replace("%%", "%");
        let found = log_file::at(Path::new(&file));
        let who: Vec<&str> = found.swappers.iter().map(String::as_str).collect();
        (!who.is_empty()).then(|| {
            let who = some_of(&who);
            message!("`{}`: root opens {} at each start, and {} can replace it", name, quoted(&file), who).into()
        })
    });
    told.collect()
}

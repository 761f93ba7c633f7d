//! Where what a program says goes: into one file, into one for its errors besides, to the journal or nowhere.

use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::draft::{Draft, text};
use crate::systemd::text::Unwritable;
use crate::systemd::{path, specifier};

/// What stands for the number of a process until `%` have been written.
pub const NUMBER: &str = "\u{1}";

/// Where output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    /// To the journal.
    Journal,
    /// Nowhere.
    Nowhere,
    /// Into this file, behind what is in it; absolute.
    File(PathBuf),
}

impl Sink {
    /// As `StandardOutput=` has it.
    fn written(&self) -> Result<String, Unwritable> {
        Ok(match self {
            Sink::Journal => "journal".into(),
            Sink::Nowhere => "null".into(),
            Sink::File(file) => {
                format!("append:{}", path::output(file.as_os_str().as_bytes())?.replace(NUMBER, "%i"))
            }
        })
    }

    /// Whether it is a file.
    pub fn is_file(&self) -> bool {
        matches!(self, Sink::File(_))
    }
}

/// Gives a service its output. `error` is where errors go if they do not go where all else does; `several` tells that
/// the service has instances.
pub fn write(draft: &mut Draft, out: &Sink, error: Option<&Sink>, several: bool) -> Result<(), Unwritable> {
    match (out, error.filter(|error| *error != out)) {
        (Sink::Journal, None) => {}
        (Sink::Nowhere, None) => draft.property("StandardOutput", "null"),
        (Sink::File(file), None) => {
            let path = text(file);
            let literal = || String::from_utf8_lossy(&specifier::literal(path.as_bytes())).replace(NUMBER, "%i");
            draft.text("log-file", if several { literal() } else { path.clone() });
        }
        // `log-file` takes both: what has a place of its own for errors is said in systemd's words.
        (out, Some(error)) => {
            if *out != Sink::Journal {
                draft.property("StandardOutput", out.written()?);
            }
            draft.property("StandardError", error.written()?);
        }
    }
    Ok(())
}

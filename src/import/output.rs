//! Where the output of a program goes: to the journal, to one file, to a second one for errors, or nowhere.

use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::draft::{Draft, escape_instance, text};
use crate::systemd::path;
use crate::systemd::text::Unwritable;

/// Stands for the number of a process until `%` are escaped.
pub const NUMBER: &str = "\u{1}";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    Journal,
    Null,
    /// Appended to; absolute.
    File(PathBuf),
}

impl Sink {
    /// The value of `StandardOutput=`.
    fn directive_value(&self) -> Result<String, Unwritable> {
        Ok(match self {
            Sink::Journal => "journal".into(),
            Sink::Null => "null".into(),
            Sink::File(file) => format!("append:{}", with_number(path::output(file.as_os_str().as_bytes())?)),
        })
    }

    pub fn is_file(&self) -> bool {
        matches!(self, Sink::File(_))
    }
}

/// Puts `%i` for the number of a process.
pub fn with_number(text: String) -> String {
    text.replace(NUMBER, "%i")
}

/// Sets the output of a service. `error` is the sink of errors, if it is another one.
pub fn write(draft: &mut Draft, out: &Sink, error: Option<&Sink>, has_instances: bool) -> Result<(), Unwritable> {
    match (out, error.filter(|error| *error != out)) {
        (Sink::Journal, None) => {}
        (Sink::Null, None) => draft.property("StandardOutput", "null"),
        (Sink::File(file), None) => {
            let path = text(file);
            draft.set("log-file", if has_instances { with_number(escape_instance(&path)) } else { path });
        }
        // `log-file` is for both.
        (out, Some(error)) => {
            if *out != Sink::Journal {
                draft.property("StandardOutput", out.directive_value()?);
            }
            draft.property("StandardError", error.directive_value()?);
        }
    }
    Ok(())
}

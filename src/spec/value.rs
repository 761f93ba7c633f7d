//! Descriptions, working directories, variables and environment files.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::systemd::names::is_variable;
use crate::systemd::path;
use crate::systemd::specifier::Percent;
use crate::systemd::text::{ARGUMENT_MAX, Unwritable, check_line, check_text};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    pub fn parse(text: &str) -> Result<Description, Unwritable> {
        check_line(text.as_bytes()).map(|text| Description(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingDirectory {
    path: PathBuf,
    written: String,
}

impl WorkingDirectory {
    /// See [`path::working_directory`].
    pub fn parse(path: &Path) -> Result<WorkingDirectory, Unwritable> {
        Ok(WorkingDirectory {
            path: path.to_owned(),
            written: path::working_directory(path.as_os_str().as_bytes(), Percent::Literal)?,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn written(&self) -> &str {
        &self.written
    }

    /// In a template, where `%i` is the name of the instance.
    pub fn written_for_instances(&self) -> String {
        let written = path::working_directory(self.path.as_os_str().as_bytes(), Percent::Instance);
        written.unwrap_or_else(|_| self.written.clone())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentFile {
    path: PathBuf,
    optional: bool,
    written: String,
}

impl EnvironmentFile {
    /// See [`path::environment_file`].
    pub fn parse(path: &Path, optional: bool) -> Result<EnvironmentFile, Unwritable> {
        let written = path::environment_file(path.as_os_str().as_bytes(), Percent::Literal)?;
        let written = if optional { format!("-{written}") } else { written };
        Ok(EnvironmentFile { path: path.to_owned(), optional, written })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn is_optional(&self) -> bool {
        self.optional
    }

    pub fn written(&self) -> &str {
        &self.written
    }

    /// In a template, where `%i` is the name of the instance.
    pub fn written_for_instances(&self) -> String {
        let written = path::environment_file(self.path.as_os_str().as_bytes(), Percent::Instance);
        let optional = if self.optional { "-" } else { "" };
        written.map_or_else(|_| self.written.clone(), |path| format!("{optional}{path}"))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    name: String,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// systemd drops variables with other names and only logs it.
    #[error("is not a valid variable name: use ASCII letters, digits and `_`, and do not begin with a digit")]
    Name,
    #[error("has a value that {0}")]
    Value(Unwritable),
}

impl Variable {
    /// Line breaks are allowed in the value.
    pub fn parse(name: &[u8], value: &[u8]) -> Result<Variable, VariableError> {
        if !is_variable(name) {
            return Err(VariableError::Name);
        }
        let value = check_text(value).map_err(VariableError::Value)?;
        if name.len() + 1 + value.len() > ARGUMENT_MAX {
            return Err(VariableError::Value(Unwritable::TooLong(ARGUMENT_MAX)));
        }
        Ok(Variable { name: String::from_utf8_lossy(name).into_owned(), value: value.to_owned() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn value(&self) -> &str {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_names() {
        for name in ["", "1A", "A-B", "A B", "ä", "A="] {
            assert_eq!(Variable::parse(name.as_bytes(), b"x"), Err(VariableError::Name), "{name:?}");
        }
        assert!(Variable::parse(b"_a1", b"line\nbreak").is_ok());
        assert_eq!(Variable::parse(b"A", b"\xff"), Err(VariableError::Value(Unwritable::NotUtf8)));
        assert_eq!(Variable::parse(b"A", b"\0"), Err(VariableError::Value(Unwritable::Nul)));
        assert!(Variable::parse(b"A", &vec![b'x'; ARGUMENT_MAX]).is_err());
    }
}

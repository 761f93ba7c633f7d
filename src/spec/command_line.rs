//! The command of a service: program and arguments.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::unicode::is_noncharacter;
use crate::systemd::text::{ARGUMENT_MAX, Unwritable};

/// The program's path is absolute; arguments are any bytes that execve(2) accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    program: PathBuf,
    arguments: Vec<OsString>,
}

/// How systemd runs a command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecOptions {
    /// `${NAME}` and `$NAME` in arguments are variables (systemd.service(5), "Command lines").
    pub expand_environment: bool,
    /// `-`: any exit status is a success.
    pub ignore_failure: bool,
}

/// Why a command is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordError {
    /// 0 is the program.
    pub index: usize,
    pub why: Unwritable,
}

impl CommandLine {
    /// # Panics
    ///
    /// If `program` is not absolute.
    pub fn new(program: PathBuf, arguments: Vec<OsString>) -> Result<CommandLine, WordError> {
        assert!(program.is_absolute(), "a resolved program has an absolute path");
        let words = std::iter::once(program.as_os_str()).chain(arguments.iter().map(OsString::as_os_str));
        for (index, word) in words.enumerate() {
            let refuse = |why| Err(WordError { index, why });
            if word.as_bytes().contains(&0) {
                return refuse(Unwritable::Nul);
            }
            if word.len() > ARGUMENT_MAX {
                return refuse(Unwritable::TooLong(ARGUMENT_MAX));
            }
        }
        Ok(CommandLine { program, arguments })
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    pub fn arguments(&self) -> &[OsString] {
        &self.arguments
    }

    pub fn words(&self) -> Vec<OsString> {
        std::iter::once(self.program.clone().into()).chain(self.arguments.iter().cloned()).collect()
    }

    /// Otherwise `systemctl show` and `status` cannot print the unit, since D-Bus carries only UTF-8. The service runs
    /// anyway.
    pub fn is_printable_by_systemctl(&self) -> bool {
        let mut all = self.program.clone().into_os_string().into_vec();
        for argument in &self.arguments {
            all.push(b' ');
            all.extend_from_slice(argument.as_bytes());
        }
        std::str::from_utf8(&all).is_ok_and(|text| !text.chars().any(is_noncharacter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_execve_cannot_take() {
        let make = |argument: Vec<u8>| CommandLine::new("/bin/true".into(), vec![OsString::from_vec(argument)]);
        assert_eq!(make(b"a\0b".to_vec()), Err(WordError { index: 1, why: Unwritable::Nul }));
        assert!(make(vec![b'x'; ARGUMENT_MAX]).is_ok());
        assert!(make(vec![b'x'; ARGUMENT_MAX + 1]).is_err());
        assert!(make(b"\xff\n".to_vec()).is_ok_and(|line| !line.is_printable_by_systemctl()));
    }
}

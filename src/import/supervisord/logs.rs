//! Where the output of a program goes.

use super::super::ReadError;
use super::super::draft::{Draft, absolute, directory_of};
use super::super::output::{self, Sink};
use super::program::{Program, Service};
use super::with_home;

impl Service<'_> {
    pub(super) fn output(&self, draft: &mut Draft) -> Result<(), ReadError> {
        let program = self.program;
        let merged = program.switch("redirect_stderr", false)?;
        let out = self.sink("stdout_logfile")?;
        let error = self.sink("stderr_logfile")?;
        let has_own = program.setting("stderr_logfile").is_some_and(|it| !it.value.eq_ignore_ascii_case("auto"));
        // supervisord deletes log files that it names itself (AUTO).
        let error = match (has_own, &out) {
            (false, Sink::File(_)) => {
                (!merged).then(|| draft.comment("stderr goes to the same file, as no other file is named"));
                None
            }
            _ => Some(&error).filter(|_| !merged),
        };
        for (name, sink) in [("stdout", Some(&out)), ("stderr", error.filter(|error| **error != out))] {
            let Some(setting) = program.setting(&format!("{name}_logfile")) else { continue };
            if sink.is_some_and(Sink::is_file) && !program.is_never_rotated(name) {
                let what = format!(
                    "{name}_logfile_maxbytes and _backups: the file is not rotated; use logrotate with `copytruncate`"
                );
                draft.unconverted(&program.file.path, setting.line, what);
            }
        }
        output::write(draft, &out, error, self.has_instances).map_err(|why| {
            let first = program.setting("stdout_logfile").or(program.setting("stderr_logfile"));
            let line = first.map_or(program.section.line, |setting| setting.line);
            ReadError::new(line, format!("stdout_logfile or stderr_logfile {why}")).of(&program.file.path)
        })
    }

    fn sink(&self, name: &str) -> Result<Sink, ReadError> {
        let Some(file) = self.value(name)? else { return Ok(Sink::Journal) };
        if ["none", "off", "/dev/null"].contains(&file.to_ascii_lowercase().as_str()) {
            return Ok(Sink::Null);
        }
        let path = || absolute(directory_of(&self.program.file.path), &with_home(&file, self.facts));
        Ok(if is_file(&file) { Sink::File(path()) } else { Sink::Journal })
    }
}

impl Program<'_> {
    fn is_never_rotated(&self, stream: &str) -> bool {
        self.setting(&format!("{stream}_logfile_maxbytes")).is_some_and(|setting| setting.value.trim() == "0")
    }
}

/// Whether output goes to a regular file.
pub fn is_file(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let none =
        ["none", "off", "auto", "syslog", "/dev/null", "/dev/stdout", "/dev/stderr", ""].contains(&lower.as_str());
    !none && !lower.starts_with("/dev/fd/") && !lower.starts_with("/proc/self/fd/")
}

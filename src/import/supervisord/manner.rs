//! How a program of supervisord is kept running and stopped, and where its output goes.

use std::collections::BTreeMap;

use super::super::draft::{Draft, Draftsman, absolute, folder};
use super::super::output::{self, Sink};
use super::super::{Facts, Trouble};
use super::program::{Program, without_format};
use super::{home, trouble, value, values};

impl Program<'_> {
    /// When it is started, and started again.
    pub(super) fn restart(&self, draft: &mut Draft) -> Result<(), Trouble> {
        if !self.switch("autostart", true)? {
            draft.flag("no-enable");
            draft.flag("no-start");
        }
        let setting = self.setting("autorestart");
        let policy = setting.map_or("unexpected", |setting| setting.value.as_str()).to_ascii_lowercase();
        let codes = self.setting("exitcodes").map_or("0", |setting| setting.value.as_str());
        let codes: Vec<&str> = codes.split(',').map(str::trim).collect();
        if let Some(bad) = codes.iter().find(|code| code.parse::<u8>().is_err()) {
            let setting = self.setting("exitcodes").map_or(self.section.line, |setting| setting.line);
            return Err(Trouble::new(setting, format!("exitcodes: `{bad}` is not within 0 to 255")).of(&self.file.path));
        }
        let start_secs = self.number("startsecs", 1)?;
        match (values::is_on(&policy), policy.as_str(), setting) {
            (Some(true), ..) => draft.text("restart", "always"),
            (Some(false), ..) => draft.text("restart", "no"),
            (None, "unexpected", _) => {
                draft.text("restart", "on-failure");
                // To systemd these ends are as good as any; supervisord expects none of them.
                let mut force = vec!["SIGHUP", "SIGINT", "SIGPIPE", "SIGTERM"];
                force.extend((!codes.contains(&"0")).then_some("0"));
                draft.property("RestartForceExitStatus", force.join(" "));
                let good: Vec<&str> = codes.iter().copied().filter(|code| *code != "0").collect();
                if !good.is_empty() {
                    draft.property("SuccessExitStatus", good.join(" "));
                }
            }
            (None, _, Some(setting)) => {
                return Err(trouble(setting, self.file, &format!("`{policy}` is no way to restart")));
            }
            (None, ..) => {}
        }
        if values::is_on(&policy) != Some(false) {
            // As a property the delay stays as it is; that of the option grows, and the tries would never be too many.
            draft.property("RestartSec", "1s");
            let retries = self.number("startretries", 3)?;
            draft.property("Unit.StartLimitBurst", (retries + 1).to_string());
            draft.property("Unit.StartLimitIntervalSec", ((retries + 1) * (start_secs.max(1) + 1)).to_string());
        }
        if self.setting("startsecs").is_some() {
            draft.text("settle", start_secs.to_string());
        }
        if start_secs == 0 && values::is_on(&policy) != Some(true) {
            // One that ends at once has done its work.
            draft.property("RemainAfterExit", "yes");
        }
        Ok(())
    }

    /// How it is stopped: supervisord signals the program alone, or its whole group.
    pub(super) fn stop(&self, draft: &mut Draft, signal: Option<String>) -> Result<(), Trouble> {
        if let Some(signal) = signal {
            let upper = signal.trim().to_ascii_uppercase();
            let is_known = upper.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-".contains(&b));
            let setting = self.setting("stopsignal").filter(|_| !is_known || upper.is_empty());
            if let Some(setting) = setting {
                return Err(trouble(setting, self.file, &format!("`{signal}` is no signal")));
            }
            let name = match upper.starts_with("SIG") || upper.starts_with(|c: char| c.is_ascii_digit()) {
                true => upper,
                false => format!("SIG{upper}"),
            };
            draft.property("KillSignal", name);
        }
        // To systemd 0 is no limit; supervisord kills at once.
        draft.property(
            "TimeoutStopSec",
            match self.number("stopwaitsecs", 10)? {
                0 => "1ms".into(),
                seconds => seconds.to_string(),
            },
        );
        if !self.switch("stopasgroup", false)? {
            draft.property("KillMode", "mixed");
        }
        self.switch("killasgroup", false).map(drop)
    }

    /// Where its output goes.
    pub(super) fn output(
        &self,
        draft: &mut Draft,
        known: &BTreeMap<String, String>,
        several: bool,
        facts: &Facts<'_>,
        all: &mut Draftsman,
    ) -> Result<(), Trouble> {
        let merged = self.switch("redirect_stderr", false)?;
        let out = self.sink("stdout_logfile", known, several, facts)?;
        let error = self.sink("stderr_logfile", known, several, facts)?;
        let named = |name: &str| self.setting(name).filter(|it| !it.value.eq_ignore_ascii_case("auto"));
        // What supervisord keeps in a file that it names itself and throws away goes to the other one.
        let own = match (named("stderr_logfile"), &out) {
            (None, Sink::File(_)) => {
                let what = "what it says on stderr goes to the same file: no lasting one is named for it";
                (!merged).then(|| draft.remark(what));
                None
            }
            _ => Some(&error).filter(|_| !merged),
        };
        for (name, sink) in [("stdout", Some(&out)), ("stderr", own.filter(|error| **error != out))] {
            let Some(setting) = self.setting(&format!("{name}_logfile")) else { continue };
            if !sink.is_some_and(Sink::is_file) || self.is_never_rotated(name) {
                continue;
            }
            let what = format!(
                "{name}_logfile_maxbytes and _backups: the file is not rotated: logrotate can do that, with \
                 `copytruncate`"
            );
            all.left(draft, &self.file.path, setting.line, what);
        }
        output::write(draft, &out, own, several).map_err(|why| {
            let first = self.setting("stdout_logfile").or(self.setting("stderr_logfile"));
            let line = first.map_or(self.section.line, |setting| setting.line);
            Trouble::new(line, format!("stdout_logfile or stderr_logfile {why}")).of(&self.file.path)
        })
    }

    fn sink(
        &self,
        name: &str,
        known: &BTreeMap<String, String>,
        several: bool,
        facts: &Facts<'_>,
    ) -> Result<Sink, Trouble> {
        let Some(setting) = self.setting(name) else { return Ok(Sink::Journal) };
        let file = match several {
            true => value(&without_format(setting), self.file, known)?,
            false => value(setting, self.file, known)?,
        };
        if ["none", "off", "/dev/null"].contains(&file.to_ascii_lowercase().as_str()) {
            return Ok(Sink::Nowhere);
        }
        let path = || absolute(folder(&self.file.path), &home(&file, facts));
        Ok(if is_file(&file) { Sink::File(path()) } else { Sink::Journal })
    }

    /// supervisord lets the file of a stream grow as well.
    fn is_never_rotated(&self, stream: &str) -> bool {
        self.setting(&format!("{stream}_logfile_maxbytes")).is_some_and(|setting| setting.value.trim() == "0")
    }
}

/// Whether output goes to a file that grows.
pub fn is_file(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let none =
        ["none", "off", "auto", "syslog", "/dev/null", "/dev/stdout", "/dev/stderr", ""].contains(&lower.as_str());
    !none && !lower.starts_with("/dev/fd/") && !lower.starts_with("/proc/self/fd/")
}

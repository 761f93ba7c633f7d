//! How a program is restarted and stopped.

use super::super::ReadError;
use super::super::draft::Draft;
use super::program::Program;
use super::{error, values};

impl Program<'_> {
    pub(super) fn restart(&self, draft: &mut Draft) -> Result<(), ReadError> {
        if !self.switch("autostart", true)? {
            draft.flag("no-enable");
            draft.flag("no-start");
        }
        let setting = self.setting("autorestart");
        let policy = setting.map_or("unexpected", |setting| setting.value.as_str()).to_ascii_lowercase();
        let codes = self.setting("exitcodes").map_or("0", |setting| setting.value.as_str());
        let codes: Vec<&str> = codes.split(',').map(str::trim).collect();
        if let Some(bad) = codes.iter().find(|code| code.parse::<u8>().is_err()) {
            let line = self.setting("exitcodes").map_or(self.section.line, |setting| setting.line);
            let why = format!("exitcodes: invalid exit code `{bad}`");
            return Err(ReadError::new(line, why).of(&self.file.path));
        }
        let start_secs = self.number("startsecs", 1)?;
        match (values::is_on(&policy), policy.as_str(), setting) {
            (Some(true), ..) => draft.set("restart", "always"),
            (Some(false), ..) => draft.set("restart", "no"),
            (None, "unexpected", _) => {
                draft.set("restart", "on-failure");
                // Clean to systemd, unexpected to supervisord.
                let mut force = vec!["SIGHUP", "SIGINT", "SIGPIPE", "SIGTERM"];
                force.extend((!codes.contains(&"0")).then_some("0"));
                draft.property("RestartForceExitStatus", force.join(" "));
                let good: Vec<&str> = codes.iter().copied().filter(|code| *code != "0").collect();
                if !good.is_empty() {
                    draft.property("SuccessExitStatus", good.join(" "));
                }
            }
            (None, _, Some(setting)) => {
                return Err(error(setting, self.file, &format!("expects true, false or unexpected, not `{policy}`")));
            }
            (None, ..) => {}
        }
        if values::is_on(&policy) != Some(false) {
            // The option `restart-sec` would make the delay increase, and the start limit would never be reached.
            draft.property("RestartSec", "1s");
            let retries = self.number("startretries", 3)?;
            draft.property("Unit.StartLimitBurst", (retries + 1).to_string());
            draft.property("Unit.StartLimitIntervalSec", ((retries + 1) * (start_secs.max(1) + 1)).to_string());
        }
        if self.setting("startsecs").is_some() {
            draft.set("settle", start_secs.to_string());
        }
        if start_secs == 0 && values::is_on(&policy) != Some(true) {
            // A program that exits at once has succeeded.
            draft.property("RemainAfterExit", "yes");
        }
        Ok(())
    }

    /// supervisord sends signals to the program only, or to its process group.
    pub(super) fn stop(&self, draft: &mut Draft, signal: Option<String>) -> Result<(), ReadError> {
        if let Some(signal) = signal {
            let upper = signal.trim().to_ascii_uppercase();
            let is_known = upper.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-".contains(&b));
            let setting = self.setting("stopsignal").filter(|_| !is_known || upper.is_empty());
            if let Some(setting) = setting {
                return Err(error(setting, self.file, &format!("`{signal}` is not a signal")));
            }
            let is_whole = upper.starts_with("SIG") || upper.starts_with(|c: char| c.is_ascii_digit());
            draft.property("KillSignal", if is_whole { upper } else { format!("SIG{upper}") });
        }
        // 0 means no timeout to systemd, and SIGKILL at once to supervisord.
        let timeout = match self.number("stopwaitsecs", 10)? {
            0 => "1ms".into(),
            seconds => seconds.to_string(),
        };
        draft.property("TimeoutStopSec", timeout);
        if !self.switch("stopasgroup", false)? {
            draft.property("KillMode", "mixed");
        }
        self.switch("killasgroup", false).map(drop)
    }
}

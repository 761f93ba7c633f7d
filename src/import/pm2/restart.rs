//! How a pm2 app is restarted and stopped.

use super::super::ReadError;
use super::super::draft::Draft;
use super::super::node::Node;
use super::app::App;
use crate::systemd::size;

impl App<'_> {
    pub(super) fn restart(&self, draft: &mut Draft) -> Result<(), ReadError> {
        let unconverted = |draft: &mut Draft, name: &str, what: &str| {
            if let Some(node) = self.node.get(name) {
                draft.unconverted(&self.input.source.path, node.line, format!("{name}: {what}"));
            }
        };
        let restarts = self.is_on(&["autorestart"], true);
        draft.set("restart", if restarts { "always" } else { "no" });
        let delay = self.millis("restart_delay")?;
        let backoff = self.millis("exp_backoff_restart_delay")?;
        if restarts {
            self.delays(delay, backoff, draft)?;
        }
        if backoff.is_some() {
            let what = "systemd increases the delay by its own rule (from 254 on) and has a higher limit";
            unconverted(draft, "exp_backoff_restart_delay", what);
            for name in ["max_restarts", "min_uptime"] {
                unconverted(draft, name, "an increasing delay has its own limit");
            }
        }
        let codes = self.words(&["stop_exit_codes"])?;
        if !codes.is_empty() {
            draft.property("RestartPreventExitStatus", codes.join(" "));
        }
        if let Some(node) = self.setting(&["max_memory_restart"]) {
            let word = node.word().unwrap_or_default();
            let bare = word.trim().trim_end_matches(['B', 'b']).to_ascii_uppercase();
            if size::bytes(&bare).is_none() {
                return Err(ReadError::new(node.line, format!("max_memory_restart: invalid size `{word}`")));
            }
            draft.set("memory-max", bare);
            draft.comment("max_memory_restart: the kernel kills the service above memory-max, then it is restarted");
        }
        // pm2 disables it with 0.
        for name in ["cron_restart", "cron"].into_iter().filter(|name| self.is_on(&[name], false)) {
            let what = "timers do not restart services: mkservice --on-calendar … -- systemctl restart NAME";
            unconverted(draft, name, what);
        }
        if self.is_on(&["watch"], false) {
            unconverted(draft, "watch", "services are not restarted when their files change");
        }
        Ok(())
    }

    /// The restart delay, and the start limit: a number of restarts of processes that did not run long.
    fn delays(&self, delay: Option<u64>, backoff: Option<u64>, draft: &mut Draft) -> Result<(), ReadError> {
        match (delay, backoff) {
            // The option `restart-sec` would make it increase.
            (Some(delay), _) => draft.property("RestartSec", format!("{delay}ms")),
            (None, Some(first)) => {
                draft.set("restart-sec", format!("{first}ms"));
                return Ok(());
            }
            (None, None) => draft.set("restart-sec", "0"),
        }
        let most = match self.setting(&["max_restarts"]) {
            Some(node) => self.number("max_restarts", node, "a number")?,
            None => 16,
        };
        let uptime = self.setting(&["min_uptime"]).and_then(Node::word).and_then(|word| millis(&word)).unwrap_or(1000);
        let most = most.saturating_add(1);
        let each = uptime.saturating_add(delay.unwrap_or(0)).max(1);
        draft.property("Unit.StartLimitBurst", most.to_string());
        draft.property("Unit.StartLimitIntervalSec", most.saturating_mul(each).div_ceil(1000).to_string());
        Ok(())
    }

    /// pm2 sends SIGINT to all processes, and SIGKILL after a timeout.
    pub(super) fn stop(&self, draft: &mut Draft) -> Result<(), ReadError> {
        draft.property("KillSignal", self.word(&["kill_signal"]).unwrap_or_else(|| "SIGINT".into()));
        let millis = self.millis("kill_timeout")?.unwrap_or(1600);
        draft.property("TimeoutStopSec", format!("{millis}ms"));
        if !self.is_on(&["treekill"], true) {
            draft.property("KillMode", "process");
        }
        Ok(())
    }
}

/// A duration in milliseconds: a bare number, or one with `h`, `m` or `s`.
fn millis(word: &str) -> Option<u64> {
    let unit = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("", 1)];
    let (number, millis) = unit.iter().find_map(|(unit, millis)| Some((word.strip_suffix(unit)?, millis)))?;
    number.trim().parse::<u64>().ok()?.checked_mul(*millis)
}

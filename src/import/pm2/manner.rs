//! How an app of pm2 is kept running and stopped.

use super::super::Trouble;
use super::super::draft::{Draft, Draftsman};
use super::super::node::Node;
use super::app::App;

impl App<'_> {
    /// When it is started, and started again.
    pub(super) fn restart(&self, draft: &mut Draft, all: &mut Draftsman) -> Result<(), Trouble> {
        let left = |draft: &mut Draft, all: &mut Draftsman, name: &str, what: &str| {
            if let Some(node) = self.node.get(name) {
                all.left(draft, &self.source.path, node.line, format!("{name}: {what}"));
            }
        };
        let restarts = self.is_on(&["autorestart"], true);
        draft.text("restart", if restarts { "always" } else { "no" });
        let delay = self.millis(&["restart_delay"])?;
        let back_off = self.millis(&["exp_backoff_restart_delay"])?;
        if restarts {
            self.delays(delay, back_off, draft)?;
        }
        if back_off.is_some() {
            left(
                draft,
                all,
                "exp_backoff_restart_delay",
                "systemd grows the delay by its own rule (from release 254 on), and gives up later",
            );
            for name in ["max_restarts", "min_uptime"] {
                left(draft, all, name, "a delay that grows has a limit of its own");
            }
        }
        let codes = self.words(&["stop_exit_codes"])?;
        if !codes.is_empty() {
            draft.property("RestartPreventExitStatus", codes.join(" "));
        }
        if let Some(size) = self.setting(&["max_memory_restart"]) {
            let word = size.word().unwrap_or_default();
            let bare = word.trim().trim_end_matches(['B', 'b']).to_ascii_uppercase();
            if crate::systemd::size::bytes(&bare).is_none() {
                return Err(Trouble::new(size.line, format!("max_memory_restart: `{word}` is no size")));
            }
            draft.text("memory-max", bare);
            draft.remark("max_memory_restart: beyond memory-max the kernel kills it at once, and it is started again");
        }
        for name in ["cron_restart", "cron"] {
            left(
                draft,
                all,
                name,
                "a timer cannot restart what runs: mkservice --on-calendar … -- systemctl restart NAME",
            );
        }
        if self.is_on(&["watch"], false) {
            left(draft, all, "watch", "nothing restarts it when its files change");
        }
        Ok(())
    }

    /// How long it waits before it starts again, and when it gives up: after so many that did not live long.
    fn delays(&self, delay: Option<u64>, back_off: Option<u64>, draft: &mut Draft) -> Result<(), Trouble> {
        match (delay, back_off) {
            // As a property the delay stays as it is; the option's grows from one try to the next.
            (Some(delay), _) => draft.property("RestartSec", format!("{delay}ms")),
            (None, Some(first)) => {
                // The tries that it takes are another number then, and mkservice's own limit goes with it.
                draft.text("restart-sec", format!("{first}ms"));
                return Ok(());
            }
            // At once.
            (None, None) => draft.text("restart-sec", "0"),
        }
        let most = match self.setting(&["max_restarts"]) {
            Some(node) => {
                let word = node.word().unwrap_or_default();
                word.parse::<u64>()
                    .map_err(|_| Trouble::new(node.line, format!("max_restarts: `{word}` is no number")))?
            }
            None => 16,
        };
        let up = self.setting(&["min_uptime"]).and_then(Node::word).and_then(|word| time(&word)).unwrap_or(1000);
        let most = most.saturating_add(1);
        let each = up.saturating_add(delay.unwrap_or(0)).max(1);
        draft.property("Unit.StartLimitBurst", most.to_string());
        draft.property("Unit.StartLimitIntervalSec", most.saturating_mul(each).div_ceil(1000).to_string());
        Ok(())
    }

    /// pm2 interrupts a process and all below it, and kills them after a while.
    pub(super) fn stop(&self, draft: &mut Draft) -> Result<(), Trouble> {
        draft.property("KillSignal", self.word(&["kill_signal"]).unwrap_or_else(|| "SIGINT".into()));
        let millis = self.millis(&["kill_timeout"])?.unwrap_or(1600);
        draft.property("TimeoutStopSec", format!("{millis}ms"));
        if !self.is_on(&["treekill"], true) {
            draft.property("KillMode", "process");
        }
        Ok(())
    }
}

/// A span as pm2 writes it, in milliseconds: a bare number, or one with `h`, `m` or `s` behind it.
fn time(word: &str) -> Option<u64> {
    let unit = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("", 1)];
    let (number, millis) = unit.iter().find_map(|(unit, millis)| Some((word.strip_suffix(unit)?, millis)))?;
    number.trim().parse::<u64>().ok()?.checked_mul(*millis)
}

//! Which directives differ between two versions of a unit file, and what it takes to apply them.

use super::edited::values;

/// Applied to a running service by a reload, since only what comes later depends on them.
const RELOADED: [&str; 15] = [
    "ExecReload",
    "ExecStop",
    "ExecStopPost",
    "FinalKillSignal",
    "KillMode",
    "KillSignal",
    "Restart",
    "RestartForceExitStatus",
    "RestartMaxDelaySec",
    "RestartPreventExitStatus",
    "RestartSec",
    "RestartSteps",
    "SendSIGKILL",
    "SuccessExitStatus",
    "TimeoutStopSec",
];

/// Directives of `[Unit]` that start other units with this one.
const PULLING_IN: [&str; 5] = ["BindsTo", "Requires", "Requisite", "Upholds", "Wants"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    pub section: String,
    pub name: String,
}

impl Directive {
    /// True if a running unit does not take over the change: systemd reads `[Unit]` and `[Install]` at a reload.
    pub fn needs_restart(&self) -> bool {
        match self.section.as_str() {
            "Unit" | "Install" => false,
            "Service" => !RELOADED.contains(&self.name.as_str()),
            section => !section.starts_with("X-"),
        }
    }

    pub fn pulls_in(&self) -> bool {
        self.section == "Unit" && PULLING_IN.contains(&self.name.as_str())
    }
}

/// The directives whose values differ.
pub fn changed(old: &str, new: &str) -> Vec<Directive> {
    let (old, new) = (values(old), values(new));
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(key)));
    let differs = keys.filter(|key| old.get(key) != new.get(key));
    differs.map(|(section, name)| Directive { section: section.clone(), name: name.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reload_applies_what_a_run_does_not_depend_on() {
        let unit = |lines: &str| format!("[Unit]\nDescription=a\n{lines}\n[Install]\nWantedBy=x.target\n");
        let old = unit("[Service]\nExecStart=/a\nEnvironment=A=1\nEnvironment=B=2");
        for (new, names, restarts, pulls_in) in [
            (old.replace("=a\n", "=b\n"), &["Description"][..], false, false),
            (old.replace("x.target", "y.target"), &["WantedBy"], false, false),
            (
                unit("After=b.service\n[Service]\nExecStart=/a\nEnvironment=A=1\nEnvironment=B=2"),
                &["After"],
                false,
                false,
            ),
            (old.replace("[Service]", "Wants=c.service\n[Service]"), &["Wants"], false, true),
            (old.replace("/a", "/a\nRestartSec=3"), &["RestartSec"], false, false),
            (old.replace("A=1", "A=2"), &["Environment"], true, false),
            (old.replace("/a", "/a \\\n  b"), &["ExecStart"], true, false),
            (old.replace("[Service]", "# why\n[Service]"), &[], false, false),
            (old.replace("[Install]", "[Timer]\nOnBootSec=1\n[Install]"), &["OnBootSec"], true, false),
        ] {
            let changed = changed(&old, &new);
            assert_eq!(changed.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), names, "{new}");
            assert_eq!(changed.iter().any(Directive::needs_restart), restarts, "{new}");
            assert_eq!(changed.iter().any(Directive::pulls_in), pulls_in, "{new}");
        }
    }
}

//! Values out of a list of words, with the first version of each.

use super::Kind;

/// A word and the first version that accepts it; 0 if it is older than all supported versions.
pub type Choice = (&'static str, u32);

/// `None` for kinds that are no choice. Words that systemd accepts with a warning are not listed.
pub fn of(kind: Kind) -> Option<&'static [Choice]> {
    Some(match kind {
        Kind::Type => &[
            ("simple", 0),
            ("exec", 0),
            ("forking", 0),
            ("oneshot", 0),
            ("dbus", 0),
            ("notify", 0),
            ("notify-reload", 253),
            ("idle", 0),
        ],
        Kind::ExitType => &[("main", 0), ("cgroup", 0)],
        Kind::Restart => &[
            ("no", 0),
            ("on-success", 0),
            ("on-failure", 0),
            ("on-abnormal", 0),
            ("on-watchdog", 0),
            ("on-abort", 0),
            ("always", 0),
        ],
        Kind::RestartMode => &[("normal", 0), ("direct", 0), ("debug", 257)],
        Kind::KillMode => &[("control-group", 0), ("mixed", 0), ("process", 0)],
        Kind::FailureMode => &[("terminate", 0), ("abort", 0), ("kill", 0)],
        Kind::NotifyAccess => &[("none", 0), ("main", 0), ("exec", 0), ("all", 0)],
        Kind::OomPolicy => &[("continue", 0), ("stop", 0), ("kill", 0)],
        Kind::CollectMode => &[("inactive", 0), ("inactive-or-failed", 0)],
        Kind::JobMode => &[
            ("fail", 0),
            ("replace", 0),
            ("replace-irreversibly", 0),
            ("isolate", 0),
            ("flush", 0),
            ("ignore-dependencies", 0),
            ("ignore-requirements", 0),
            ("triggering", 0),
            ("restart-dependencies", 257),
        ],
        Kind::Action => &[
            ("none", 0),
            ("exit", 0),
            ("exit-force", 0),
            ("reboot", 0),
            ("reboot-force", 0),
            ("reboot-immediate", 0),
            ("poweroff", 0),
            ("poweroff-force", 0),
            ("poweroff-immediate", 0),
            ("soft-reboot", 254),
            ("soft-reboot-force", 254),
            ("kexec", 255),
            ("kexec-force", 255),
            ("halt", 255),
            ("halt-force", 255),
            ("halt-immediate", 255),
        ],
        Kind::Input => {
            &[("null", 0), ("tty", 0), ("tty-force", 0), ("tty-fail", 0), ("data", 0), ("socket", 0), ("fd", 0)]
        }
        Kind::Output => &[
            ("inherit", 0),
            ("null", 0),
            ("tty", 0),
            ("journal", 0),
            ("kmsg", 0),
            ("journal+console", 0),
            ("kmsg+console", 0),
            ("socket", 0),
            ("fd", 0),
        ],
        Kind::KeyringMode => &[("inherit", 0), ("private", 0), ("shared", 0)],
        Kind::ProtectProc => &[("noaccess", 0), ("invisible", 0), ("ptraceable", 0), ("default", 0)],
        Kind::ProcSubset => &[("all", 0), ("pid", 0)],
        Kind::ProtectSystem => &[("full", 0), ("strict", 0)],
        Kind::ProtectHome => &[("read-only", 0), ("tmpfs", 0)],
        Kind::PrivateTmp => &[("connected", 257), ("disconnected", 257)],
        Kind::PrivateUsers => &[("self", 257), ("identity", 257), ("full", 258), ("managed", 259)],
        Kind::PrivatePids => &[],
        Kind::PrivateBpf => &[],
        Kind::ProtectControlGroups => &[("private", 257), ("strict", 257)],
        Kind::ProtectHostname => &[("private", 258)],
        Kind::MountFlags => &[("shared", 0), ("slave", 0), ("private", 0)],
        Kind::PreserveMode => &[("restart", 0)],
        Kind::UtmpMode => &[("init", 0), ("login", 0), ("user", 0)],
        Kind::DevicePolicy => &[("auto", 0), ("closed", 0), ("strict", 0)],
        Kind::ManagedOom => &[("auto", 0), ("kill", 0)],
        Kind::OomPreference => &[("none", 0), ("avoid", 0), ("omit", 0)],
        Kind::PressureWatch => &[("auto", 0), ("on", 254), ("off", 254), ("skip", 254)],
        Kind::BindIpv6Only => &[("default", 0), ("both", 0), ("ipv6-only", 0)],
        Kind::IpTos => &[("low-delay", 0), ("throughput", 0), ("reliability", 0), ("low-cost", 0)],
        Kind::Timestamping => &[("off", 0), ("us", 0), ("usec", 0), ("µs", 0), ("ns", 0), ("nsec", 0)],
        Kind::SocketProtocol => &[("udplite", 0), ("sctp", 0), ("mptcp", 254)],
        Kind::IoClass => &[("none", 0), ("realtime", 0), ("best-effort", 0), ("idle", 0)],
        Kind::CpuPolicy => &[("other", 0), ("batch", 0), ("idle", 0), ("fifo", 0), ("rr", 0)],
        Kind::NumaPolicy => &[("default", 0), ("preferred", 0), ("bind", 0), ("interleave", 0), ("local", 0)],
        Kind::Level => &[
            ("emerg", 0),
            ("alert", 0),
            ("crit", 0),
            ("err", 0),
            ("warning", 0),
            ("notice", 0),
            ("info", 0),
            ("debug", 0),
        ],
        Kind::Facility => &[
            ("daemon", 0),
            ("user", 0),
            ("kern", 0),
            ("mail", 0),
            ("auth", 0),
            ("syslog", 0),
            ("lpr", 0),
            ("news", 0),
            ("uucp", 0),
            ("cron", 0),
            ("authpriv", 0),
            ("ftp", 0),
            ("local0", 0),
            ("local1", 0),
            ("local2", 0),
            ("local3", 0),
            ("local4", 0),
            ("local5", 0),
            ("local6", 0),
            ("local7", 0),
        ],
        // Depends on the architecture.
        Kind::Personality if cfg!(target_arch = "x86_64") => &[("x86", 0), ("x86-64", 0)],
        Kind::Personality if cfg!(target_arch = "aarch64") => &[("arm", 0), ("arm64", 0)],
        Kind::Personality => &[("x86", 0), ("arm", 0), ("ppc", 0), ("ppc-le", 0), ("s390", 0), ("s390x", 0)],
        Kind::MemoryThp => &[("inherit", 0), ("disable", 0), ("madvise", 0), ("system", 0)],
        Kind::CpuSetPartition => &[("member", 0), ("root", 0), ("isolated", 0)],
        Kind::DeferTrigger => &[("patient", 0)],
        Kind::RefreshOnReload => &[("extensions", 0), ("credentials", 0)],
        _ => return None,
    })
}

/// Kinds that accept a boolean besides their words.
pub fn takes_boolean(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ProtectSystem
            | Kind::ProtectHome
            | Kind::PrivateTmp
            | Kind::PrivateUsers
            | Kind::PrivatePids
            | Kind::PrivateBpf
            | Kind::ProtectControlGroups
            | Kind::ProtectHostname
            | Kind::PreserveMode
            | Kind::PressureWatch
            | Kind::BindIpv6Only
            | Kind::DeferTrigger
            | Kind::RefreshOnReload
            | Kind::Timestamping
    )
}

/// A boolean (systemd.syntax(7)).
pub fn boolean(text: &str) -> Option<bool> {
    let is_one_of = |words: [&str; 6]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is_one_of(["1", "yes", "y", "true", "t", "on"]) => Some(true),
        () if is_one_of(["0", "no", "n", "false", "f", "off"]) => Some(false),
        () => None,
    }
}

//! The measures, as data: what each is written as, where it works, and what it takes away.
//!
//! How the managers of users take each was tried on 247, 252 and 257 (systemd.exec(5) says little of it); so was what
//! each takes away from small services in Python, Node.js, Java, Ruby, shell and C. Order is that of the unit file.

/// One thing that a service can be closed in with.
#[derive(Debug, PartialEq, Eq)]
pub struct Measure {
    /// The directive of `[Service]`.
    pub directive: &'static str,
    /// What can be written, the strictest first. What is behind the last is nothing at all.
    pub rungs: &'static [Rung],
    /// What is written beside it: directive and value.
    pub beside: Option<(&'static str, &'static str)>,
    /// The measure without which this one is not taken: it would go on taking away the same.
    pub part_of: Option<&'static str>,
    /// The rungs with which the presets begin.
    pub presets: Presets,
    /// The first systemd that knows it.
    pub since: u32,
    /// How the manager of a user takes it.
    pub in_user: InUser,
    /// What it takes away from the program, in plain words.
    pub takes_away: &'static str,
    /// It comes with `NoNewPrivileges=` by itself, for all but root.
    pub ends_sudo: bool,
}

/// One step of a measure.
#[derive(Debug, PartialEq, Eq)]
pub struct Rung {
    /// The values, a line for each.
    pub values: &'static [&'static str],
    /// What of `/home` and the folder stays open beside it.
    pub opens: Opens,
}

/// What a rung leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// Nothing that would have to be written down.
    Nothing,
    /// Of what it hides, what the program needs.
    Needs,
    /// The whole home of the account as well.
    Home,
}

/// The rungs with which the presets begin; `None` leaves a measure out.
#[derive(Debug, PartialEq, Eq)]
pub struct Presets {
    /// `safe`, for an ordinary account.
    pub safe: Option<usize>,
    /// `safe`, for a service that runs as root: what root can do it may have to do.
    pub safe_root: Option<usize>,
    /// `strict`, for an ordinary account.
    pub strict: Option<usize>,
    /// `strict`, for a service that runs as root.
    pub strict_root: Option<usize>,
}

/// How the manager of a user, which is not root, takes a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InUser {
    /// It works in every release.
    Works,
    /// Without effect before 254; from then on in namespaces of the service's own.
    IgnoredBefore254,
    /// The service ends with 218/CAPABILITIES before 254; from then on it works in namespaces of the service's own.
    DiesBefore254,
    /// The service ends with 218/CAPABILITIES, unless something else gives it namespaces of its own.
    BesideNamespaces,
    /// Without effect in every release.
    Ignored,
    /// It works in every release, and a system service has it without being told.
    Only,
}

const fn rung(values: &'static [&'static str]) -> Rung {
    Rung { values, opens: Opens::Nothing }
}

const YES: &[Rung] = &[rung(&["yes"])];

/// In `strict` only, whoever it runs as.
const STRICT: Presets = Presets { safe: None, safe_root: None, strict: Some(0), strict_root: Some(0) };

/// In `safe` for ordinary accounts, who could not do it anyway, and in `strict`.
const SAFE_UNLESS_ROOT: Presets = Presets { safe: Some(0), ..STRICT };

/// In both, whoever it runs as.
const SAFE: Presets = Presets { safe_root: Some(0), ..SAFE_UNLESS_ROOT };

const PLAIN: Measure = Measure {
    directive: "",
    rungs: YES,
    beside: None,
    part_of: None,
    presets: STRICT,
    since: 247,
    in_user: InUser::Works,
    takes_away: "",
    ends_sudo: false,
};

/// The folder it runs in: not a directive of its own, see [`super::lines()`].
pub const FOLDER: &str = "ReadOnlyPaths";

/// What `~@privileged @resources` still leaves is what systemd counts as a service's usual calls.
const CALLS: &[Rung] = &[
    rung(&["@system-service", "~@privileged @resources"]),
    rung(&["@system-service", "~@privileged"]),
    rung(&["@system-service"]),
    rung(&["~@cpu-emulation @module @obsolete @raw-io @reboot @swap"]),
];

/// All measures.
pub static MEASURES: &[Measure] = &[
    Measure {
        directive: "NoNewPrivileges",
        presets: SAFE,
        takes_away: "the rights of others, as by sudo, ping or another set-user-ID program",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "CapabilityBoundingSet",
        rungs: &[rung(&[""]), rung(&["CAP_NET_BIND_SERVICE"])],
        presets: Presets { safe: Some(0), safe_root: None, strict: Some(0), strict_root: Some(1) },
        in_user: InUser::BesideNamespaces,
        takes_away: "root's single rights, such as ports below 1024, other accounts' files and setting the clock",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "ProtectSystem",
        rungs: &[rung(&["strict"]), rung(&["full"]), rung(&["yes"])],
        presets: Presets { safe: Some(1), ..STRICT },
        in_user: InUser::IgnoredBefore254,
        takes_away: "writing to the file system, except where it is told to",
        ..PLAIN
    },
    Measure {
        directive: "ProtectHome",
        rungs: &[
            Rung { values: &["tmpfs"], opens: Opens::Needs },
            Rung { values: &["tmpfs"], opens: Opens::Home },
            rung(&["read-only"]),
        ],
        presets: Presets { safe: Some(1), ..STRICT },
        in_user: InUser::IgnoredBefore254,
        takes_away: "what lies in /home, /root and /run/user, except the program and its folder",
        ..PLAIN
    },
    Measure {
        directive: FOLDER,
        rungs: &[rung(&[""])],
        in_user: InUser::IgnoredBefore254,
        takes_away: "writing to the folder it runs in, and to what its words name",
        ..PLAIN
    },
    Measure {
        directive: "PrivateTmp",
        in_user: InUser::IgnoredBefore254,
        takes_away: "files in /tmp and /var/tmp that others see, and theirs",
        ..PLAIN
    },
    Measure {
        directive: "PrivateDevices",
        in_user: InUser::DiesBefore254,
        takes_away: "devices: disks, graphics cards, sound, cameras, serial ports",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "DevicePolicy",
        rungs: &[rung(&["closed"])],
        part_of: Some("PrivateDevices"),
        in_user: InUser::Ignored,
        takes_away: "devices that appear in /dev under other names",
        ..PLAIN
    },
    Measure {
        directive: "ProtectClock",
        // It allows the service a clock, and so no other device.
        part_of: Some("PrivateDevices"),
        in_user: InUser::DiesBefore254,
        takes_away: "setting the clock, and asking how well it is kept",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "ProtectControlGroups",
        presets: SAFE_UNLESS_ROOT,
        in_user: InUser::IgnoredBefore254,
        takes_away: "changing control groups, as what runs containers does",
        ..PLAIN
    },
    Measure {
        directive: "ProtectHostname",
        presets: SAFE_UNLESS_ROOT,
        in_user: InUser::IgnoredBefore254,
        takes_away: "changing the machine's name, and noticing when it changes",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "ProtectKernelLogs",
        in_user: InUser::DiesBefore254,
        takes_away: "the kernel's log, as dmesg shows it",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "ProtectKernelModules",
        presets: SAFE_UNLESS_ROOT,
        in_user: InUser::DiesBefore254,
        takes_away: "loading kernel modules, and reading them",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "ProtectKernelTunables",
        in_user: InUser::IgnoredBefore254,
        takes_away: "changing settings of the kernel and of devices in /proc/sys and /sys",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "ProtectProc",
        rungs: &[rung(&["invisible"])],
        in_user: InUser::Ignored,
        takes_away: "seeing the processes of others, as ps does",
        ..PLAIN
    },
    Measure {
        directive: "KeyringMode",
        rungs: &[rung(&["private"])],
        in_user: InUser::Only,
        takes_away: "the kernel's keys of the account's session",
        ..PLAIN
    },
    Measure {
        directive: "LockPersonality",
        presets: SAFE,
        takes_away: "posing as another kind of Linux, as setarch does",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: MEMORY,
        takes_away: "programs written into memory as it runs, as compilers in runtimes do",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "RestrictAddressFamilies",
        rungs: &[
            rung(&["AF_UNIX AF_INET AF_INET6 AF_NETLINK"]),
            rung(&["AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_ALG AF_BLUETOOTH AF_CAN AF_VSOCK"]),
        ],
        takes_away: "other networks than IP, such as Bluetooth, CAN and raw packets",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "RestrictNamespaces",
        takes_away: "containers and sandboxes of its own, such as those of browsers",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "RestrictRealtime",
        presets: SAFE,
        takes_away: "going before all others on the processor, as some audio programs do",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "RestrictSUIDSGID",
        takes_away: "making set-user-ID and set-group-ID files and folders, as when copying such",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: ARCHITECTURES,
        rungs: &[rung(&["native"])],
        takes_away: "programs of other architectures, as 32-bit ones",
        ends_sudo: true,
        ..PLAIN
    },
    Measure {
        directive: "SystemCallFilter",
        rungs: CALLS,
        // An error that programs know how to take, instead of being killed.
        beside: Some(("SystemCallErrorNumber", "EPERM")),
        presets: Presets { safe: Some(3), safe_root: None, strict: Some(0), strict_root: Some(0) },
        takes_away: "system calls that services rarely need, such as mounting, changing owners and tracing",
        ends_sudo: true,
        ..PLAIN
    },
];

/// Memory that is written to and executed.
pub const MEMORY: &str = "MemoryDenyWriteExecute";

/// The kinds of programs that run.
pub const ARCHITECTURES: &str = "SystemCallArchitectures";

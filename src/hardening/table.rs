//! What can be restricted, as data: how it is written, where it works, and what it blocks.
//!
//! Support in user managers was tried on 247, 252 and 257, as was the effect on small services in Python, Node.js, Java,
//! Ruby, shell and C. The order is that of the unit file.

#[derive(Debug, PartialEq, Eq)]
pub struct Measure {
    /// Of `[Service]`.
    pub directive: &'static str,
    /// The strictest first.
    pub levels: &'static [Level],
    /// A directive and its value, written after it.
    pub with: Option<(&'static str, &'static str)>,
    /// It blocks the same as this directive, and is left out without it.
    pub part_of: Option<&'static str>,
    pub presets: Presets,
    pub in_user: InUser,
    /// What the program cannot do any more, as a noun phrase.
    pub blocks: &'static str,
    /// For all users but root, it implies `NoNewPrivileges=`.
    pub breaks_sudo: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Level {
    /// A line for each.
    pub values: &'static [&'static str],
    pub opens: Opens,
}

/// What stays accessible of `/home` and the working directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// Nothing that must be listed.
    Nothing,
    /// What the program needs.
    Needs,
    /// The home directory of the user as well.
    Home,
}

/// The level with which each preset begins; `None` leaves the measure out.
#[derive(Debug, PartialEq, Eq)]
pub struct Presets {
    pub safe: Option<usize>,
    /// For services that run as root, which may need what only root can do.
    pub safe_root: Option<usize>,
    pub strict: Option<usize>,
    pub strict_root: Option<usize>,
}

/// Support in user managers, which do not run as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InUser {
    Works,
    /// Ignored before 254, which creates a user namespace for it.
    IgnoredBefore254,
    /// The service fails with 218/CAPABILITIES before 254, which creates a user namespace for it.
    FailsBefore254,
    /// The service fails with 218/CAPABILITIES unless another directive creates a user namespace.
    NeedsNamespace,
    Ignored,
    /// System services have it by default.
    UserOnly,
}

const fn level(values: &'static [&'static str]) -> Level {
    Level { values, opens: Opens::Nothing }
}

const YES: &[Level] = &[level(&["yes"])];

const STRICT: Presets = Presets { safe: None, safe_root: None, strict: Some(0), strict_root: Some(0) };

/// In `safe` for other users than root, who could not do it anyway.
const SAFE_UNLESS_ROOT: Presets = Presets { safe: Some(0), ..STRICT };

const SAFE: Presets = Presets { safe_root: Some(0), ..SAFE_UNLESS_ROOT };

const PLAIN: Measure = Measure {
    directive: "",
    levels: YES,
    with: None,
    part_of: None,
    presets: STRICT,
    in_user: InUser::Works,
    blocks: "",
    breaks_sudo: false,
};
/// Most of these filter system calls.
const FILTER: Measure = Measure { breaks_sudo: true, ..PLAIN };
const MOUNTS: Measure = Measure { in_user: InUser::IgnoredBefore254, ..PLAIN };
const DEVICES: Measure = Measure { in_user: InUser::FailsBefore254, ..FILTER };

/// Stands for the working directory, see [`super::lines()`].
pub const DIR: &str = "ReadOnlyPaths";
pub const MEMORY: &str = "MemoryDenyWriteExecute";
pub const ARCHITECTURES: &str = "SystemCallArchitectures";

const CALLS: &[Level] = &[
    level(&["@system-service", "~@privileged @resources"]),
    level(&["@system-service", "~@privileged"]),
    level(&["@system-service"]),
    level(&["~@cpu-emulation @module @obsolete @raw-io @reboot @swap"]),
];

pub static MEASURES: &[Measure] = &[
    Measure {
        directive: "NoNewPrivileges",
        presets: SAFE,
        blocks: "gaining privileges with sudo, ping or another set-user-ID program",
        ..FILTER
    },
    Measure {
        directive: "CapabilityBoundingSet",
        levels: &[level(&[""]), level(&["CAP_NET_BIND_SERVICE"])],
        presets: Presets { safe: Some(0), safe_root: None, strict: Some(0), strict_root: Some(1) },
        in_user: InUser::NeedsNamespace,
        blocks: "capabilities of root, such as access to files of all users and setting the clock",
        ..FILTER
    },
    Measure {
        directive: "ProtectSystem",
        levels: &[level(&["strict"]), level(&["full"]), level(&["yes"])],
        presets: Presets { safe: Some(1), ..STRICT },
        blocks: "writing to the file system, except to the listed paths",
        ..MOUNTS
    },
    Measure {
        directive: "ProtectHome",
        levels: &[
            Level { values: &["tmpfs"], opens: Opens::Needs },
            Level { values: &["tmpfs"], opens: Opens::Home },
            level(&["read-only"]),
        ],
        presets: Presets { safe: Some(1), ..STRICT },
        blocks: "access to /home, /root and /run/user, except to the program and its directory",
        ..MOUNTS
    },
    Measure {
        directive: DIR,
        levels: &[level(&[""])],
        blocks: "writing to the working directory and to paths in the command",
        ..MOUNTS
    },
    Measure { directive: "PrivateTmp", blocks: "sharing files in /tmp and /var/tmp with other programs", ..MOUNTS },
    Measure {
        directive: "PrivateDevices",
        blocks: "devices: disks, graphics cards, sound, cameras, serial ports",
        ..DEVICES
    },
    Measure {
        directive: "DevicePolicy",
        levels: &[level(&["closed"])],
        part_of: Some("PrivateDevices"),
        in_user: InUser::Ignored,
        blocks: "devices with other names in /dev",
        ..PLAIN
    },
    Measure {
        directive: "ProtectClock",
        // It allows the clock devices, and thereby no others.
        part_of: Some("PrivateDevices"),
        blocks: "setting the clock and reading its status",
        ..DEVICES
    },
    Measure {
        directive: "ProtectControlGroups",
        presets: SAFE_UNLESS_ROOT,
        blocks: "changing cgroups, as container managers do",
        ..MOUNTS
    },
    Measure {
        directive: "ProtectHostname",
        presets: SAFE_UNLESS_ROOT,
        blocks: "changing the hostname and noticing changes of it",
        breaks_sudo: true,
        ..MOUNTS
    },
    Measure { directive: "ProtectKernelLogs", blocks: "reading the kernel log, as dmesg does", ..DEVICES },
    Measure {
        directive: "ProtectKernelModules",
        presets: SAFE_UNLESS_ROOT,
        blocks: "loading and reading kernel modules",
        ..DEVICES
    },
    Measure {
        directive: "ProtectKernelTunables",
        blocks: "changing kernel and device settings in /proc/sys and /sys",
        breaks_sudo: true,
        ..MOUNTS
    },
    Measure {
        directive: "ProtectProc",
        levels: &[level(&["invisible"])],
        in_user: InUser::Ignored,
        blocks: "seeing processes of other users, as ps does",
        ..PLAIN
    },
    Measure {
        directive: "KeyringMode",
        levels: &[level(&["private"])],
        in_user: InUser::UserOnly,
        blocks: "the kernel keyring of the user session",
        ..PLAIN
    },
    Measure {
        directive: "LockPersonality",
        presets: SAFE,
        blocks: "changing the execution domain, as setarch does",
        ..FILTER
    },
    Measure {
        directive: MEMORY,
        blocks: "memory that is writable and executable, which just-in-time compilers need",
        ..FILTER
    },
    Measure {
        directive: "RestrictAddressFamilies",
        levels: &[
            level(&["AF_UNIX AF_INET AF_INET6 AF_NETLINK"]),
            level(&["AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_ALG AF_BLUETOOTH AF_CAN AF_VSOCK"]),
        ],
        blocks: "networks other than IP, such as Bluetooth, CAN and raw packets",
        ..FILTER
    },
    Measure { directive: "RestrictNamespaces", blocks: "creating containers and sandboxes, as browsers do", ..FILTER },
    Measure {
        directive: "RestrictRealtime",
        presets: SAFE,
        blocks: "real-time scheduling, as some audio programs use it",
        ..FILTER
    },
    Measure {
        directive: "RestrictSUIDSGID",
        blocks: "creating set-user-ID and set-group-ID files and directories, also by copying them",
        ..FILTER
    },
    Measure {
        directive: ARCHITECTURES,
        levels: &[level(&["native"])],
        blocks: "programs of other architectures, such as 32-bit programs",
        ..FILTER
    },
    Measure {
        directive: "SystemCallFilter",
        levels: CALLS,
        // Instead of killing the program.
        with: Some(("SystemCallErrorNumber", "EPERM")),
        presets: Presets { safe: Some(3), safe_root: None, strict: Some(0), strict_root: Some(0) },
        blocks: "system calls that services rarely need, such as mounting, changing owners and tracing",
        ..FILTER
    },
];

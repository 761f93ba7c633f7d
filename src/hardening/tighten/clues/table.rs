//! The words, as data.

use super::Weight;
use crate::hardening::table::FOLDER;

/// Words, what they mean, and the directives that are looked at first.
pub struct Clue {
    /// In lower case.
    pub words: &'static [&'static str],
    /// How much they tell.
    pub weight: Weight,
    /// In plain words.
    pub means: &'static str,
    /// Which directives are looked at first.
    pub suspects: &'static [&'static str],
}

/// What closes files.
pub const FILES: &[&str] = &["ProtectSystem", "ProtectHome", "ProtectKernelTunables", "ProtectControlGroups", FOLDER];
const RIGHTS: &[&str] = &["CapabilityBoundingSet", "PrivateUsers"];
const GAINS: &[&str] = &["NoNewPrivileges", "CapabilityBoundingSet", "PrivateUsers", "RestrictSUIDSGID"];
/// What closes memory.
pub const MEMORY: &[&str] = &["MemoryDenyWriteExecute"];
/// What filters system calls.
pub const CALLS: &[&str] = &["SystemCallFilter", "SystemCallArchitectures"];
const NETWORK: &[&str] = &["PrivateNetwork", "IPAddressDeny", "RestrictAddressFamilies"];

/// What tells more stands first.
pub const CLUES: &[Clue] = &[
    Clue {
        words: &["no new privileges", "effective uid is not 0", "must be setuid", "must be suid", "is not setuid"],
        weight: Weight::Refusal,
        means: "it calls a program that gains rights, such as sudo",
        suspects: GAINS,
    },
    Clue {
        words: &["read-only file system", "erofs", "(os error 30)", "errno 30"],
        weight: Weight::Refusal,
        means: "it writes where it may only read",
        suspects: FILES,
    },
    Clue {
        words: &["address family not supported", "eafnosupport", "(os error 97)", "errno 97"],
        weight: Weight::Refusal,
        means: "it uses a kind of network address that is closed to it",
        suspects: &["RestrictAddressFamilies"],
    },
    Clue {
        words: &["bad system call", "sigsys", "function not implemented", "enosys", "(os error 38)", "errno 38"],
        weight: Weight::Refusal,
        means: "it makes a system call that is closed to it",
        suspects: CALLS,
    },
    Clue {
        words: &[
            "failed to mark memory page as executable",
            "cannot allocate executable memory",
            "mprotect",
            "write xor execute",
            "jit ",
            "sigtrap",
            "cannot enable executable stack",
        ],
        weight: Weight::Refusal,
        means: "it needs memory that is both writable and executable, as just-in-time compilers do",
        suspects: MEMORY,
    },
    Clue {
        words: &["unshare", "clone", "namespace", "bwrap", "user namespaces"],
        weight: Weight::Complaint,
        means: "it makes namespaces of its own",
        suspects: &["RestrictNamespaces", "SystemCallFilter", "CapabilityBoundingSet"],
    },
    Clue {
        words: &["chroot", "mount:", "mount(", "pivot_root", "umount"],
        weight: Weight::Complaint,
        means: "it mounts file systems",
        suspects: &["SystemCallFilter", "CapabilityBoundingSet", "RestrictNamespaces"],
    },
    Clue {
        words: &["setuid", "setgid", "setgroups", "setresuid", "initgroups", "setpriv", "cannot set groups", "chown"],
        weight: Weight::Complaint,
        means: "it changes users",
        suspects: &["CapabilityBoundingSet", "SystemCallFilter", "PrivateUsers", "NoNewPrivileges"],
    },
    Clue {
        words: &["/dev/"],
        weight: Weight::Complaint,
        means: "it uses a device",
        suspects: &["PrivateDevices", "DevicePolicy"],
    },
    Clue {
        words: &["/proc/sys", "/sys/"],
        weight: Weight::Complaint,
        means: "it changes settings of the kernel",
        suspects: &["ProtectKernelTunables"],
    },
    Clue {
        words: &["/proc"],
        weight: Weight::Complaint,
        means: "it looks at other processes or at the machine",
        suspects: &["ProtectProc", "ProcSubset"],
    },
    Clue {
        words: &["/dev/kmsg", "dmesg", "syslog(", "kernel buffer"],
        weight: Weight::Complaint,
        means: "it reads the kernel's log",
        suspects: &["ProtectKernelLogs"],
    },
    Clue {
        words: &["/home", "/root", "/run/user"],
        weight: Weight::Complaint,
        means: "it uses files in homes",
        suspects: &["ProtectHome"],
    },
    Clue { words: &["/tmp"], weight: Weight::Complaint, means: "it shares files in /tmp", suspects: &["PrivateTmp"] },
    Clue {
        words: &["settimeofday", "clock_settime", "adjtime"],
        weight: Weight::Complaint,
        means: "it sets the clock",
        suspects: &["ProtectClock"],
    },
    Clue {
        words: &["sethostname", "hostname"],
        weight: Weight::Complaint,
        means: "it changes the name of the machine",
        suspects: &["ProtectHostname"],
    },
    Clue {
        words: &["sched_set", "real-time", "realtime"],
        weight: Weight::Complaint,
        means: "it asks for real-time scheduling",
        suspects: &["RestrictRealtime"],
    },
    Clue {
        words: &[
            "network is unreachable",
            "enetunreach",
            "name resolution",
            "name or service not known",
            "eai_again",
            "network is down",
        ],
        weight: Weight::Refusal,
        means: "it cannot reach the network",
        suspects: NETWORK,
    },
    Clue {
        words: &["failed at step capabilities"],
        weight: Weight::Refusal,
        means: "systemd may not, or need not, set its capabilities so",
        suspects: &[
            "CapabilityBoundingSet",
            "PrivateDevices",
            "ProtectKernelModules",
            "ProtectKernelLogs",
            "ProtectClock",
        ],
    },
    Clue {
        words: &["failed at step namespace"],
        weight: Weight::Refusal,
        means: "systemd cannot set up its view of the file system",
        suspects: &["ProtectHome", "ProtectSystem", "PrivateTmp", "PrivateDevices", "ProtectProc", "ProcSubset"],
    },
    Clue {
        words: &["failed at step chdir", "failed at step exec"],
        weight: Weight::Refusal,
        means: "its program or its folder is hidden from it",
        suspects: &["ProtectHome", "PrivateTmp", "ProtectSystem", "NoExecPaths"],
    },
    Clue {
        words: &["failed at step user", "failed at step group"],
        weight: Weight::Refusal,
        means: "systemd cannot give it an account of its own",
        suspects: &["PrivateUsers", "DynamicUser"],
    },
    Clue {
        words: &["operation not permitted", "eperm", "(os error 1)", "errno 1]"],
        weight: Weight::Refusal,
        means: "it does what it is not permitted to do",
        suspects: &["CapabilityBoundingSet", "SystemCallFilter", "PrivateUsers"],
    },
    Clue {
        words: &["permission denied", "eacces", "(os error 13)", "errno 13", "access denied", "permissiondenied"],
        weight: Weight::Refusal,
        means: "it opens or does what is closed to it",
        suspects: RIGHTS,
    },
    Clue {
        words: &["no such file or directory", "enoent", "filenotfounderror", "(os error 2)", "no such device"],
        weight: Weight::Refusal,
        means: "it looks for a file that is hidden from it",
        suspects: &["ProtectHome", "PrivateTmp", "PrivateDevices"],
    },
    Clue {
        words: &["traceback (most recent call last)", "panicked at", "stack trace", "    at ", "unhandled"],
        weight: Weight::Trace,
        means: "an error stopped it",
        suspects: &[],
    },
    Clue {
        words: &[
            "error",
            "fail",
            "cannot",
            "can't",
            "could not",
            "couldn't",
            "unable",
            "denied",
            "refused",
            "forbidden",
            "not allowed",
            "not permitted",
            "exception",
            "fatal",
            "panic",
            "abort",
            "not found",
        ],
        weight: Weight::Complaint,
        means: "it complains",
        suspects: &[],
    },
];

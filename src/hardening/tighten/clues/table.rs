//! The words of log messages, as data.

use super::Weight::{self, Complaint, Refusal, Trace};
use crate::hardening::table::DIR;

pub struct Clue {
    /// In lower case.
    pub words: &'static [&'static str],
    pub weight: Weight,
    pub means: &'static str,
    /// The directives that can cause it.
    pub suspects: &'static [&'static str],
}

type Words = &'static [&'static str];

const fn clue(weight: Weight, means: &'static str, words: Words, suspects: Words) -> Clue {
    Clue { words, weight, means, suspects }
}

pub const FILES: Words = &["ProtectSystem", "ProtectHome", "ProtectKernelTunables", "ProtectControlGroups", DIR];
pub const MEMORY: Words = &["MemoryDenyWriteExecute"];
pub const CALLS: Words = &["SystemCallFilter", "SystemCallArchitectures"];

pub const BLOCKED_CALL: &str = "it makes a system call that is blocked";
pub const BLOCKED_MEMORY: &str = "it needs memory that is writable and executable, as just-in-time compilers do";

/// The most specific first.
pub const CLUES: &[Clue] = &[
    clue(
        Refusal,
        "it runs a program that gains privileges, such as sudo",
        &["no new privileges", "effective uid is not 0", "must be setuid", "must be suid", "is not setuid"],
        &["NoNewPrivileges", "CapabilityBoundingSet", "PrivateUsers", "RestrictSUIDSGID"],
    ),
    clue(
        Refusal,
        "it writes to a read-only file system",
        &["read-only file system", "erofs", "(os error 30)", "errno 30"],
        FILES,
    ),
    clue(
        Refusal,
        "it uses an address family that is blocked",
        &["address family not supported", "eafnosupport", "(os error 97)", "errno 97"],
        &["RestrictAddressFamilies"],
    ),
    clue(
        Refusal,
        BLOCKED_CALL,
        &["bad system call", "sigsys", "function not implemented", "enosys", "(os error 38)", "errno 38"],
        CALLS,
    ),
    clue(
        Refusal,
        BLOCKED_MEMORY,
        &[
            "failed to mark memory page as executable",
            "cannot allocate executable memory",
            "mprotect",
            "write xor execute",
            "jit ",
            "sigtrap",
            "cannot enable executable stack",
        ],
        MEMORY,
    ),
    clue(
        Complaint,
        "it creates namespaces",
        &["unshare", "clone", "namespace", "bwrap", "user namespaces"],
        &["RestrictNamespaces", "SystemCallFilter", "CapabilityBoundingSet"],
    ),
    clue(
        Complaint,
        "it mounts file systems",
        &["chroot", "mount:", "mount(", "pivot_root", "umount"],
        &["SystemCallFilter", "CapabilityBoundingSet", "RestrictNamespaces"],
    ),
    clue(
        Complaint,
        "it changes users",
        &["setuid", "setgid", "setgroups", "setresuid", "initgroups", "setpriv", "cannot set groups", "chown"],
        &["CapabilityBoundingSet", "SystemCallFilter", "PrivateUsers", "NoNewPrivileges"],
    ),
    clue(Complaint, "it uses a device", &["/dev/"], &["PrivateDevices", "DevicePolicy"]),
    clue(Complaint, "it changes kernel settings", &["/proc/sys", "/sys/"], &["ProtectKernelTunables"]),
    clue(Complaint, "it reads other processes or the system state", &["/proc"], &["ProtectProc", "ProcSubset"]),
    clue(
        Complaint,
        "it reads the kernel log",
        &["/dev/kmsg", "dmesg", "syslog(", "kernel buffer"],
        &["ProtectKernelLogs"],
    ),
    clue(Complaint, "it uses files in home directories", &["/home", "/root", "/run/user"], &["ProtectHome"]),
    clue(Complaint, "it shares files in /tmp", &["/tmp"], &["PrivateTmp"]),
    clue(Complaint, "it sets the clock", &["settimeofday", "clock_settime", "adjtime"], &["ProtectClock"]),
    clue(Complaint, "it changes the hostname", &["sethostname", "hostname"], &["ProtectHostname"]),
    clue(Complaint, "it requests real-time scheduling", &["sched_set", "real-time", "realtime"], &["RestrictRealtime"]),
    clue(
        Refusal,
        "it cannot reach the network",
        &[
            "network is unreachable",
            "enetunreach",
            "name resolution",
            "name or service not known",
            "eai_again",
            "network is down",
        ],
        &["PrivateNetwork", "IPAddressDeny", "RestrictAddressFamilies"],
    ),
    clue(
        Refusal,
        "systemd cannot set its capabilities",
        &["failed at step capabilities"],
        &["CapabilityBoundingSet", "PrivateDevices", "ProtectKernelModules", "ProtectKernelLogs", "ProtectClock"],
    ),
    clue(
        Refusal,
        "systemd cannot set up its mount namespace",
        &["failed at step namespace"],
        &["ProtectHome", "ProtectSystem", "PrivateTmp", "PrivateDevices", "ProtectProc", "ProcSubset"],
    ),
    clue(
        Refusal,
        "its program or its working directory is hidden from it",
        &["failed at step chdir", "failed at step exec"],
        &["ProtectHome", "PrivateTmp", "ProtectSystem", "NoExecPaths"],
    ),
    clue(
        Refusal,
        "systemd cannot change to its user",
        &["failed at step user", "failed at step group"],
        &["PrivateUsers", "DynamicUser"],
    ),
    clue(
        Refusal,
        "it does something that is not permitted",
        &["operation not permitted", "eperm", "(os error 1)", "errno 1]"],
        &["CapabilityBoundingSet", "SystemCallFilter", "PrivateUsers"],
    ),
    clue(
        Refusal,
        "it is denied access",
        &["permission denied", "eacces", "(os error 13)", "errno 13", "access denied", "permissiondenied"],
        &["CapabilityBoundingSet", "PrivateUsers"],
    ),
    clue(
        Refusal,
        "it needs a file that is hidden from it",
        &["no such file or directory", "enoent", "filenotfounderror", "(os error 2)", "no such device"],
        &["ProtectHome", "PrivateTmp", "PrivateDevices"],
    ),
    clue(
        Trace,
        "an error stopped it",
        &["traceback (most recent call last)", "panicked at", "stack trace", "    at ", "unhandled"],
        &[],
    ),
    clue(
        Complaint,
        "it reports an error",
        &[
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
        &[],
    ),
];

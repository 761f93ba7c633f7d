//! Users, signals, exit statuses, capabilities, CPUs and variables.

use super::numbers::{unsigned, within};
use super::specifiers::resolved;
use super::words::{Style, split};
use crate::model::unicode::is_noncharacter;
use crate::systemd::names::is_variable;

/// Without `SIG`.
const SIGNALS: [&str; 33] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS", "RTMIN", "RTMAX",
];

/// The highest signal, and the number of real-time signals.
const SIGNAL_MAX: i64 = 64;
const REAL_TIME: i64 = 30;

/// A name with or without `SIG`, a number, or `RTMIN+3`.
pub fn is_signal(text: &str) -> bool {
    if within(text, 1, SIGNAL_MAX) {
        return true;
    }
    let name = text.strip_prefix("SIG").unwrap_or(text);
    let beyond = |start: &str, sign: char| {
        let number = name.strip_prefix(start).and_then(|rest| rest.strip_prefix(sign));
        number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()) && within(number, 0, REAL_TIME))
    };
    SIGNALS.contains(&name) || beyond("RTMIN", '+') || beyond("RTMAX", '-')
}

/// Exit statuses by the names of `systemd-analyze exit-status`, and the first version of each.
const STATUSES: [(&str, u32); 66] = [
    ("SUCCESS", 0),
    ("FAILURE", 0),
    ("CHDIR", 0),
    ("NICE", 0),
    ("FDS", 0),
    ("EXEC", 0),
    ("MEMORY", 0),
    ("LIMITS", 0),
    ("OOM_ADJUST", 0),
    ("SIGNAL_MASK", 0),
    ("STDIN", 0),
    ("STDOUT", 0),
    ("CHROOT", 0),
    ("IOPRIO", 0),
    ("TIMERSLACK", 0),
    ("SECUREBITS", 0),
    ("SETSCHEDULER", 0),
    ("CPUAFFINITY", 0),
    ("GROUP", 0),
    ("USER", 0),
    ("CAPABILITIES", 0),
    ("CGROUP", 0),
    ("SETSID", 0),
    ("CONFIRM", 0),
    ("STDERR", 0),
    ("PAM", 0),
    ("NETWORK", 0),
    ("NAMESPACE", 0),
    ("NO_NEW_PRIVILEGES", 0),
    ("SECCOMP", 0),
    ("SELINUX_CONTEXT", 0),
    ("PERSONALITY", 0),
    ("APPARMOR", 0),
    ("ADDRESS_FAMILIES", 0),
    ("RUNTIME_DIRECTORY", 0),
    ("CHOWN", 0),
    ("SMACK_PROCESS_LABEL", 0),
    ("KEYRING", 0),
    ("STATE_DIRECTORY", 0),
    ("CACHE_DIRECTORY", 0),
    ("LOGS_DIRECTORY", 0),
    ("CONFIGURATION_DIRECTORY", 0),
    ("NUMA_POLICY", 0),
    ("CREDENTIALS", 0),
    ("BPF", 249),
    ("KSM", 254),
    ("EXCEPTION", 0),
    ("INVALIDARGUMENT", 0),
    ("NOTIMPLEMENTED", 0),
    ("NOPERMISSION", 0),
    ("NOTINSTALLED", 0),
    ("NOTCONFIGURED", 0),
    ("NOTRUNNING", 0),
    ("USAGE", 0),
    ("DATAERR", 0),
    ("NOINPUT", 0),
    ("NOUSER", 0),
    ("NOHOST", 0),
    ("UNAVAILABLE", 0),
    ("SOFTWARE", 0),
    ("OSERR", 0),
    ("OSFILE", 0),
    ("CANTCREAT", 0),
    ("IOERR", 0),
    ("TEMPFAIL", 0),
    ("PROTOCOL", 0),
];

/// Two names that are too short for the check of the others.
const MORE_STATUSES: [&str; 2] = ["NOPERM", "CONFIG"];

/// Exit statuses from 0 to 255 by number or name, and signals by name.
pub fn are_statuses(text: &str, release: u32) -> bool {
    let named = |word: &str| {
        STATUSES.iter().any(|(name, since)| *name == word && release >= *since) || MORE_STATUSES.contains(&word)
    };
    let is_one = |word: &String| within(word, 0, 255) || named(word) || is_signal(word);
    split(text, Style::PLAIN).is_some_and(|words| words.iter().all(is_one))
}

const ERRORS: &str = "EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN EWOULDBLOCK ENOMEM EACCES \
    EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE \
    EROFS EMLINK EPIPE EDOM ERANGE EDEADLK EDEADLOCK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP ENOMSG EIDRM ECHRNG \
    EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT EBFONT ENOSTR \
    ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW \
    ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK \
    EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP ENOTSUP EPFNOSUPPORT \
    EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN \
    ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN \
    ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED \
    EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON";

/// The highest error number of a system call.
const ERROR_MAX: i64 = 4095;

/// An error for a forbidden system call, or `kill`.
pub fn is_error(text: &str, least: i64) -> bool {
    text == "kill" || within(text, least, ERROR_MAX) || ERRORS.split_whitespace().any(|name| name == text)
}

/// See capabilities(7).
const CAPABILITIES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

/// Capabilities after an optional `~`. systemd ignores unknown ones without a warning; here they are invalid.
pub fn are_capabilities(text: &str) -> bool {
    let is_one = |word: &String| {
        let small = word.to_ascii_lowercase();
        small.strip_prefix("cap_").is_some_and(|name| CAPABILITIES.contains(&name)) || within(word, 0, 62)
    };
    split(text.strip_prefix('~').unwrap_or(text), Style::QUOTED).is_some_and(|words| words.iter().all(is_one))
}

pub fn are_secure_bits(text: &str) -> bool {
    const BITS: [&str; 6] =
        ["keep-caps", "keep-caps-locked", "no-setuid-fixup", "no-setuid-fixup-locked", "noroot", "noroot-locked"];
    split(text, Style::QUOTED).is_some_and(|words| words.iter().all(|word| BITS.contains(&word.as_str())))
}

/// CPUs or NUMA nodes: numbers and ranges separated by spaces or commas.
pub fn is_cpu_set(text: &str) -> bool {
    /// The kernel's maximum.
    const MOST: u64 = 8192;
    let number = |text: &str| unsigned(text).filter(|cpu| *cpu < MOST);
    text.split([' ', '\t', ',']).filter(|word| !word.is_empty()).all(|word| match word.split_once('-') {
        None => number(word).is_some(),
        Some((first, last)) => matches!((number(first), number(last)), (Some(first), Some(last)) if first <= last),
    })
}

/// `all`, `default`, names, or a hexadecimal mask.
pub fn is_coredump_filter(text: &str) -> bool {
    const PARTS: [&str; 9] = [
        "private-anonymous",
        "shared-anonymous",
        "private-file-backed",
        "shared-file-backed",
        "elf-headers",
        "private-huge",
        "shared-huge",
        "private-dax",
        "shared-dax",
    ];
    let is_mask = |word: &str| {
        let digits = word.strip_prefix('+').unwrap_or(word);
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        !digits.is_empty() && digits.len() <= 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_one =
        |word: &String| matches!(word.as_str(), "all" | "default") || PARTS.contains(&word.as_str()) || is_mask(word);
    split(text, Style::QUOTED).is_some_and(|words| words.iter().all(is_one))
}

/// A user or group: a name that systemd accepts at its most lenient, or a number.
pub fn is_account(text: &str, release: u32) -> bool {
    let Some(name) = resolved(text, release) else { return false };
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        // The largest 32-bit and 16-bit numbers are invalid IDs.
        let plain = name == "0" || !name.starts_with('0');
        return plain && name.parse::<u32>().is_ok_and(|id| id != u32::MAX && id != 0xffff);
    }
    let is_bad = |c: char| c.is_ascii_control() || c == ':' || c == '/' || is_noncharacter(c);
    !name.is_empty()
        && !name.contains(is_bad)
        && !name.starts_with([' ', '\t'])
        // A negative number is no name.
        && !name.strip_prefix('-').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        && !name.ends_with([' ', '\t'])
        && !matches!(name.as_str(), "." | "..")
        && name.len() <= 255
}

pub fn are_accounts(text: &str, release: u32) -> bool {
    split(text, Style::PLAIN).is_some_and(|words| words.iter().all(|word| is_account(word, release)))
}

/// `NAME=value`
pub fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, value)| is_variable(name.as_bytes()) && is_value(value))
}

fn is_value(value: &str) -> bool {
    !value.contains(is_noncharacter)
}

/// Assignments, names, or both.
pub fn are_variables(text: &str, release: u32, is_one: impl Fn(&str) -> bool) -> bool {
    let fits = |word: &String| resolved(word, release).is_some_and(|word| is_one(&word));
    split(text, Style::ESCAPED).is_some_and(|words| words.iter().all(fits))
}

/// `NAME=value`, with a name of a journal field that a service is allowed to set.
pub fn is_log_field(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.len() <= 64
            && !name.starts_with(|c: char| c == '_' || c.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

/// A D-Bus name: at least two parts separated by dots.
pub fn is_bus_name(text: &str, release: u32) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    resolved(text, release).is_some_and(|name| name.len() <= 255 && name.contains('.') && name.split('.').all(is_part))
}

/// A URI of `Documentation=`.
pub fn is_url(word: &str) -> bool {
    let rest =
        ["http://", "https://", "file:/", "info:", "man:"].into_iter().find_map(|start| word.strip_prefix(start));
    rest.is_some_and(|rest| !rest.is_empty() && word.is_ascii() && !word.contains(|c: char| c.is_ascii_control()))
}

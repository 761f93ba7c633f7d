//! Descriptions of expected values, and examples.

use super::super::{Directive, Kind};
use super::words_of;

/// Completes "expects …".
pub fn expected(directive: &Directive, release: u32) -> String {
    let words = words_of(directive.kind, release);
    if !words.is_empty() && !matches!(directive.kind, Kind::Input | Kind::Output) {
        return match words.split_last() {
            Some((last, [])) => format!("`{last}`"),
            Some((last, others)) => format!("one of {} and {last}", others.join(", ")),
            None => String::new(),
        };
    }
    in_words(directive.kind).to_owned()
}

fn in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean | Kind::BooleanOrNothing | Kind::Tristate => "yes or no",
        Kind::Text | Kind::PlainText | Kind::Label | Kind::RebootArgument => "a text; `%` is written `%%`",
        Kind::Urls => "URIs that begin with https://, http://, file:, info: or man:",
        Kind::Units => "names of units with their suffix, as in network-online.target",
        Kind::InstallUnits => "names of units with their suffix, as in multi-user.target",
        Kind::Sockets => "names of socket units, as in web.socket",
        Kind::ServiceUnit => "the name of a service with its suffix, as in web.service",
        Kind::TriggeredUnit => "the name of a unit with its suffix, as in backup.service",
        Kind::Slice => "the name of a slice, as in batch.slice",
        Kind::Instance => "the name of an instance",
        Kind::Span | Kind::SpanOrNothing | Kind::Timeout | Kind::TimeoutAbort | Kind::TimerSpan | Kind::OomDuration => {
            "a time span: seconds, or numbers with units such as 500ms, 5min or 1h 30min"
        }
        Kind::Nanoseconds => "a time span: nanoseconds, or numbers with units such as 50us",
        Kind::Calendar => "dates and times as in systemd.time(7): daily, Mon..Fri 09:30, *-*-01 04:00",
        Kind::Unsigned | Kind::TtySize => "a non-negative integer",
        Kind::Integer | Kind::Long | Kind::MessageSize => "an integer",
        Kind::Mode => "a file mode in octal digits, as in 0750",
        Kind::ExitByte => "a number from 0 to 255",
        Kind::Nice => "a number from -20 (highest priority) to 19 (lowest)",
        Kind::OomScore => "a number from -1000 (never killed) to 1000 (killed first)",
        Kind::IoPriority => "a number from 0 (highest priority) to 7 (lowest)",
        Kind::CpuPriority => "a number from 0 to 99",
        Kind::IoWeight => "a number from 1 to 10000",
        Kind::CpuWeight => "a number from 1 to 10000; from systemd 252 on also idle",
        Kind::CpuQuota => "a percentage: 50% is half a CPU, 200% two CPUs",
        Kind::Permille => "a percentage up to 100%",
        Kind::Tasks => "a number, a percentage up to 100%, or infinity",
        Kind::Memory => "bytes, with K, M, G or T after the number, a percentage of memory, or infinity",
        Kind::IecSize | Kind::Quota => "bytes, with K, M, G or T after the number",
        Kind::LimitSize => "bytes, with K, M, G or T after the number, or infinity; SOFT:HARD sets two limits",
        Kind::LimitNumber => "a number or infinity; SOFT:HARD sets two limits, the first not larger",
        Kind::LimitSpan => "a time span or infinity; SOFT:HARD sets two limits",
        Kind::LimitMicros => "a time span (microseconds without a unit) or infinity; SOFT:HARD sets two limits",
        Kind::LimitNice => "a priority as in +5 or -5, or a number up to 40; SOFT:HARD sets two limits",
        Kind::Signal => "the name of a signal, as in SIGTERM, or its number",
        Kind::Statuses => "exit statuses from 0 to 255 and names of signals, as in 3 SIGKILL",
        Kind::Errno => "the name of an error, as in EPERM, its number, or kill",
        Kind::Capabilities => "capabilities as in CAP_NET_BIND_SERVICE; a leading ~ means all but these",
        Kind::SecureBits => "keep-caps, no-setuid-fixup and noroot, each also with -locked",
        Kind::CpuAffinity | Kind::CpuSet | Kind::NodeSet | Kind::NumaMask => "numbers and ranges, as in 0-3,8",
        Kind::CoredumpFilter => "all, default, names such as private-anonymous, or a mask in hexadecimal digits",
        Kind::Account => "the name or ID of a user or group",
        Kind::Accounts => "names or IDs of groups",
        Kind::Assignments => "assignments as in NAME=value, quoted if they contain spaces: \"NAME=two words\"",
        Kind::VariableNames => "names of variables: letters, digits and _",
        Kind::Unset => "names of variables, or assignments",
        Kind::LogFields => "assignments whose names consist of capital letters, digits and _, as in TEAM=web",
        Kind::LogNamespace => "a name without slashes",
        Kind::LogPattern => "a pattern (regular expression), or ~ and a pattern",
        Kind::BusName => "a name with dots, as in org.example.Name",
        Kind::Command => "a command with an absolute path and closed quotes",
        Kind::SystemCalls => "system calls and groups such as @system-service; a leading ~ means all but these",
        Kind::Architectures => "native, or architectures such as x86-64 and arm64",
        Kind::Namespaces => "yes, no, or kinds of namespaces: cgroup, ipc, net, mnt, pid, user, uts",
        Kind::AddressFamilies => "families such as AF_UNIX AF_INET AF_INET6, or none; a leading ~ means all but these",
        Kind::FileSystems => "names of file systems, as in ext4 tmpfs; a leading ~ means all but these",
        Kind::SetCredential | Kind::SetCredentialEncrypted => "a name, a colon and the value",
        Kind::LoadCredential => "a name, a colon and the absolute path of a file, as in key:/etc/web/key",
        Kind::ImportCredential => "the name of a credential, or a prefix and a star",
        Kind::Path | Kind::PathOrNothing | Kind::BpfPaths | Kind::WatchedPath | Kind::ListenSpecial => {
            "an absolute path without .."
        }
        Kind::PathList => "absolute paths, each with a leading - if it may be missing",
        Kind::MountsFor | Kind::Symlinks => "absolute paths",
        Kind::SearchPaths => "absolute paths separated by colons",
        Kind::ConditionPath => "an absolute path; a leading ! negates the condition",
        Kind::Condition => "a condition; a leading ! negates it",
        Kind::BindPaths => "absolute paths, as in /srv/data or /srv/data:/data",
        Kind::TemporaryFileSystems => "absolute paths, each with optional mount options: /var/cache:size=50M",
        Kind::Directories => "names of directories without a leading /, as in web or web/cache",
        Kind::WorkingDirectory => "an absolute path, or ~ for the home directory; with a leading - it may be missing",
        Kind::EnvironmentFile => "the absolute path of one file; with a leading - it may be missing",
        Kind::PidFile => "a path; a relative one is in /run",
        Kind::OpenFile => "an absolute path, an optional name and options: /etc/x:name:read-only",
        Kind::FdName => "a name without a colon",
        Kind::Input => "null, tty, tty-force, tty-fail, data, socket, fd:NAME or file:PATH",
        Kind::Output => "journal, null, inherit, tty, kmsg, socket, fd:NAME, file:PATH, append:PATH or truncate:PATH",
        Kind::InputText => "a text with C escapes",
        Kind::Base64 => "bytes in Base64",
        Kind::RootHash => "a hash in hexadecimal digits, or the absolute path of its file",
        Kind::RootHashSignature => "base64: and a signature, or the absolute path of its file",
        Kind::ImageOptions => "mount options, after a partition and a colon if there are several",
        Kind::Images => "absolute paths of images",
        Kind::MountImages => "images and their mount points: /srv/x.raw:/mnt",
        Kind::ImagePolicy => "partitions and their policies, as in root=verity:usr=absent",
        Kind::DeviceAllow => "a device and the allowed access: /dev/ttyUSB0 rw",
        Kind::DeviceWeight => "a disk and a number from 1 to 10000: /dev/sda 200",
        Kind::DeviceBandwidth => "a disk and a number, with K, M or G after it: /dev/sda 10M",
        Kind::DeviceLatency => "a disk and a time span: /dev/sda 20ms",
        Kind::Delegate | Kind::Controllers => "yes, no, or controllers such as cpu memory",
        Kind::Subgroup => "a name without slashes",
        Kind::BpfProgram => "a program type and an absolute path: egress:/sys/fs/bpf/x",
        Kind::IpPrefixes => "addresses, as in 10.0.0.0/8 ::1, or any, localhost, link-local, multicast",
        Kind::SocketBind => "ports, as in tcp:8080 or 8000-8999, or any",
        Kind::Interfaces | Kind::Interface => "names of network interfaces, as in eth0",
        Kind::NftSet => "source, family, table and set: cgroup:inet:filter:web",
        Kind::ListenAddress => "a port, ADDRESS:PORT, [ADDRESS]:PORT, an absolute path, @NAME or vsock:CID:PORT",
        Kind::ListenPacket => "an absolute path or @NAME",
        Kind::ListenNetlink => "a family and a group: kobject-uevent 1",
        Kind::ListenPath => "an absolute path",
        _ => "a value that systemd understands",
    }
}

pub fn example(directive: &Directive, release: u32) -> &'static str {
    let of_name = match directive.name {
        "Restart" => "on-failure",
        "Environment" => "NAME=value",
        "MemoryMax" | "MemoryHigh" => "500M",
        "TasksMax" => "100",
        "Nice" => "10",
        "ProtectSystem" => "strict",
        "LimitNOFILE" => "65536",
        "RuntimeDirectory" | "StateDirectory" | "CacheDirectory" | "LogsDirectory" | "ConfigurationDirectory" => "web",
        "ConditionHost" => "web1",
        "StandardOutput" | "StandardError" => "journal",
        _ => "",
    };
    if !of_name.is_empty() {
        return of_name;
    }
    if let Some(word) = words_of(directive.kind, release).first() {
        return word;
    }
    match directive.kind {
        Kind::Boolean | Kind::BooleanOrNothing | Kind::Tristate | Kind::Delegate | Kind::Namespaces => "yes",
        Kind::Urls => "https://example.org/",
        Kind::Units => "network-online.target",
        Kind::InstallUnits => "multi-user.target",
        Kind::Sockets => "web.socket",
        Kind::ServiceUnit | Kind::TriggeredUnit => "web.service",
        Kind::Slice => "batch.slice",
        Kind::Span | Kind::SpanOrNothing | Kind::Timeout | Kind::TimeoutAbort | Kind::TimerSpan | Kind::OomDuration => {
            "30s"
        }
        Kind::LimitSpan => "30s",
        Kind::Nanoseconds | Kind::LimitMicros => "50us",
        Kind::Calendar => "daily",
        Kind::Mode => "0750",
        Kind::CpuQuota | Kind::Permille => "50%",
        Kind::IoWeight | Kind::CpuWeight => "100",
        Kind::Memory | Kind::IecSize | Kind::Quota | Kind::LimitSize => "64M",
        Kind::LimitNice => "+5",
        Kind::Signal => "SIGTERM",
        Kind::Statuses => "3 SIGKILL",
        Kind::Errno => "EPERM",
        Kind::Capabilities => "CAP_NET_BIND_SERVICE",
        Kind::SecureBits => "noroot",
        Kind::CpuAffinity | Kind::CpuSet | Kind::NodeSet | Kind::NumaMask => "0",
        Kind::CoredumpFilter => "default",
        Kind::Account | Kind::Accounts => "daemon",
        Kind::Assignments => "NAME=value",
        Kind::VariableNames | Kind::Unset => "LANG",
        Kind::LogFields => "TEAM=web",
        Kind::BusName => "org.example.Name",
        Kind::Command => "/bin/true",
        Kind::SystemCalls => "@system-service",
        Kind::Architectures => "native",
        Kind::AddressFamilies => "AF_UNIX AF_INET AF_INET6",
        Kind::FileSystems => "ext4 tmpfs",
        Kind::SetCredential => "key:value",
        Kind::SetCredentialEncrypted => "key:YWJj",
        Kind::LoadCredential => "key:/etc/web/key",
        Kind::ImportCredential => "web.*",
        Kind::Path | Kind::PathOrNothing | Kind::BpfPaths | Kind::WatchedPath => "/srv/data",
        Kind::PathList | Kind::MountsFor | Kind::Symlinks | Kind::SearchPaths | Kind::ConditionPath => "/srv/data",
        Kind::BindPaths | Kind::TemporaryFileSystems | Kind::ListenPath | Kind::ListenSpecial => "/srv/data",
        Kind::ListenPacket | Kind::WorkingDirectory | Kind::OpenFile => "/srv/data",
        Kind::EnvironmentFile => "/etc/default/web",
        Kind::PidFile => "/run/web.pid",
        Kind::RootHash => "/srv/image.roothash",
        Kind::RootHashSignature => "/srv/image.roothash.p7s",
        Kind::ImageOptions => "ro",
        Kind::ImagePolicy => "root=verity",
        Kind::Images => "/srv/image.raw",
        Kind::MountImages => "/srv/image.raw:/mnt",
        Kind::DeviceAllow => "/dev/ttyUSB0 rw",
        Kind::DeviceWeight => "/dev/sda 200",
        Kind::DeviceBandwidth => "/dev/sda 10M",
        Kind::DeviceLatency => "/dev/sda 20ms",
        Kind::Controllers => "cpu",
        Kind::BpfProgram => "egress:/sys/fs/bpf/x",
        Kind::IpPrefixes => "10.0.0.0/8",
        Kind::SocketBind => "tcp:8080",
        Kind::Interfaces | Kind::Interface => "eth0",
        Kind::NftSet => "cgroup:inet:filter:web",
        Kind::ListenAddress => "127.0.0.1:8080",
        Kind::ListenNetlink => "kobject-uevent 1",
        Kind::Base64 => "YWJj",
        Kind::BpfDelegate => "any",
        Kind::XAttrs => "user.name=value",
        Kind::Text | Kind::PlainText | Kind::Label | Kind::LogNamespace | Kind::LogPattern => "web",
        Kind::Instance | Kind::FdName | Kind::InputText | Kind::Subgroup | Kind::OomRules | Kind::RebootArgument => {
            "web"
        }
        Kind::Condition => "web",
        // The only priority that is valid for every policy.
        Kind::CpuPriority => "0",
        _ => "1",
    }
}

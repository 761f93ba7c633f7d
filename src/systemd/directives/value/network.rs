//! Values of the network: addresses, prefixes, interfaces and ports.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::numbers::{unsigned, within};
use super::words::{Style, split};

/// `sockaddr_un` holds this many bytes with the NUL.
const SOCKET_PATH_MAX: usize = 108;

/// A port, `ADDRESS:PORT`, a path, `@name` or `vsock:CID:PORT`.
pub fn is_listen_address(text: &str, release: u32) -> bool {
    if text.starts_with('/') {
        return text.len() > 1 && text.len() < SOCKET_PATH_MAX;
    }
    if let Some(name) = text.strip_prefix('@') {
        return !name.is_empty() && name.len() < SOCKET_PATH_MAX - 1;
    }
    if let Some(rest) = vsock(text, release) {
        let Some((cid, port)) = rest.split_once(':') else { return false };
        let fits = |number: &str| unsigned(number).is_some_and(|number| u32::try_from(number).is_ok());
        return (cid.is_empty() || fits(cid)) && fits(port);
    }
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, behind)) = rest.split_once(']') else { return false };
        let port = behind.strip_prefix(':').unwrap_or_default();
        let port = port.split_once('%').map_or(port, |(port, _)| port);
        return is_v6(address) && is_port(port);
    }
    match text.rsplit_once(':') {
        Some((address, port)) => address.parse::<Ipv4Addr>().is_ok() && is_port(port),
        None => is_port(text),
    }
}

fn vsock(text: &str, release: u32) -> Option<&str> {
    const KINDS: u32 = 254;
    let kinds = ["vsock-stream:", "vsock-dgram:", "vsock-seqpacket:"];
    let kind = kinds.into_iter().find_map(|kind| text.strip_prefix(kind)).filter(|_| release >= KINDS);
    text.strip_prefix("vsock:").or(kind)
}

fn is_v6(text: &str) -> bool {
    text.split('%').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

pub fn is_port(text: &str) -> bool {
    unsigned(text).is_some_and(|port| (1..=65535).contains(&port))
}

/// A sequential packet socket: a path or an abstract name.
pub fn is_packet_address(text: &str, release: u32) -> bool {
    text.starts_with(['/', '@']) && is_listen_address(text, release)
}

/// `FAMILY [GROUP]`
pub fn is_netlink(text: &str) -> bool {
    const FAMILIES: &str = "route firewall inet-diag nflog xfrm selinux iscsi audit fib-lookup connector netfilter \
        ip6-fw dnrtmsg kobject-uevent generic scsitransport ecryptfs rdma";
    let Some(words) = split(text, Style::QUOTED) else { return false };
    let [family, group @ ..] = &words[..] else { return false };
    let is_family = FAMILIES.split_whitespace().any(|name| name == family) || within(family, 0, i32::MAX.into());
    is_family
        && group.len() <= 1
        && group.iter().all(|group| unsigned(group).is_some_and(|it| u32::try_from(it).is_ok()))
}

/// Address prefixes and systemd's names for common ones.
pub fn are_prefixes(text: &str) -> bool {
    let is_one = |word: &String| {
        if matches!(word.as_str(), "any" | "localhost" | "link-local" | "multicast") {
            return true;
        }
        let (address, length) = word.split_once('/').map_or((word.as_str(), None), |(it, length)| (it, Some(length)));
        let most = match (address.parse::<Ipv4Addr>(), address.parse::<Ipv6Addr>()) {
            (Ok(_), _) => 32,
            (_, Ok(_)) => 128,
            _ => return false,
        };
        length.is_none_or(|length| unsigned(length).is_some_and(|length| length <= most))
    };
    split(text, Style::PLAIN).is_some_and(|words| words.iter().all(is_one))
}

/// A network interface; alternative names may be longer.
pub fn is_interface(name: &str, most: usize) -> bool {
    let is_bad = |byte: u8| !(b'!'..0x7f).contains(&byte) || matches!(byte, b':' | b'/' | b'%');
    let is_number = unsigned(name).is_some() || name.bytes().all(|byte| byte.is_ascii_digit());
    !name.is_empty()
        && name.len() < most
        && !name.bytes().any(is_bad)
        && !is_number
        && !matches!(name, "." | ".." | "all" | "default")
}

/// Interfaces, after an optional `~`.
pub fn are_interfaces(text: &str, release: u32) -> bool {
    // The kernel's own names have at most 15 characters; alternative ones were added later.
    let most = if release < 254 { 16 } else { 128 };
    let words = split(text.strip_prefix('~').unwrap_or(text), Style::QUOTED);
    words.is_some_and(|words| words.iter().all(|word| is_interface(word, most)))
}

/// `[FAMILY:][PROTOCOL:]PORTS`, or `any`.
pub fn is_bind_rule(text: &str) -> bool {
    let mut parts: Vec<&str> = text.split(':').collect();
    if matches!(parts.first(), Some(&("ipv4" | "ipv6"))) {
        parts.remove(0);
    }
    if matches!(parts.first(), Some(&("tcp" | "udp"))) {
        parts.remove(0);
    }
    match parts[..] {
        [] => true,
        ["any"] => true,
        [ports] => match ports.split_once('-') {
            None => is_port(ports),
            Some((first, last)) => is_port(first) && is_port(last) && unsigned(first.trim()) <= unsigned(last.trim()),
        },
        _ => false,
    }
}

const FAMILIES: &str = "AF_UNIX AF_LOCAL AF_FILE AF_INET AF_AX25 AF_IPX AF_APPLETALK AF_NETROM AF_BRIDGE AF_ATMPVC AF_X25 AF_INET6 \
    AF_ROSE AF_DECnet AF_NETBEUI AF_SECURITY AF_KEY AF_NETLINK AF_ROUTE AF_PACKET AF_ASH AF_ECONET AF_ATMSVC AF_RDS AF_SNA \
    AF_IRDA AF_PPPOX AF_WANPIPE AF_LLC AF_IB AF_MPLS AF_CAN AF_TIPC AF_BLUETOOTH AF_IUCV AF_RXRPC AF_ISDN AF_PHONET \
    AF_IEEE802154 AF_CAIF AF_ALG AF_NFC AF_VSOCK AF_KCM AF_QIPCRTR AF_SMC AF_XDP AF_MCTP";

/// Address families after an optional `~`; `none` from 249 on.
pub fn are_families(text: &str, release: u32) -> bool {
    const NONE: u32 = 249;
    if text == "none" {
        return release >= NONE;
    }
    let words = split(text.strip_prefix('~').unwrap_or(text), Style::QUOTED);
    words.is_some_and(|words| words.iter().all(|word| FAMILIES.split_whitespace().any(|name| name == word)))
}

/// `SOURCE:FAMILY:TABLE:SET`, several of them.
pub fn are_firewall_sets(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.len() < 32
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'\\' | b'_' | b'.'))
    };
    let is_one = |word: &String| match word.split(':').collect::<Vec<_>>()[..] {
        [source, family, table, set] => {
            matches!(source, "cgroup" | "user" | "group")
                && matches!(family, "arp" | "bridge" | "inet" | "ip" | "ip6" | "netdev")
                && is_name(table)
                && is_name(set)
        }
        _ => false,
    };
    split(text, Style::QUOTED).is_some_and(|words| words.iter().all(is_one))
}

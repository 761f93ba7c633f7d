//! Values of the network: addresses, prefixes, interfaces and ports.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::numbers::{unsigned, within};
use crate::systemd::words::{Style, split};

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

/// `FAMILY [GROUP]`
pub fn is_netlink(text: &str, is_family: impl Fn(&str) -> bool) -> bool {
    let words = split(text, Style::PLAIN).unwrap_or_default();
    let [family, group @ ..] = &words[..] else { return false };
    (is_family(family) || within(family, 0, i32::MAX.into()))
        && group.len() <= 1
        && group.iter().all(|group| unsigned(group).is_some_and(|it| u32::try_from(it).is_ok()))
}

/// An address prefix, or systemd's name for a common one.
pub fn is_prefix(word: &str) -> bool {
    if matches!(word, "any" | "link-local" | "multicast") || is_localhost(word) {
        return true;
    }
    let (address, length) = word.split_once('/').map_or((word, None), |(it, length)| (it, Some(length)));
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.is_none_or(|length| unsigned(length).is_some_and(|length| length <= most))
}

/// A name of this machine, with or without a domain.
fn is_localhost(name: &str) -> bool {
    let small = name.to_ascii_lowercase();
    let small = small.strip_suffix('.').unwrap_or(&small);
    let host = small.strip_suffix(".localdomain").unwrap_or(small);
    host == "localhost" || host.ends_with(".localhost")
}

/// A network interface; alternative names may be longer.
pub fn is_interface(name: &str, most: usize) -> bool {
    let is_bad = |byte: u8| !(b'!'..0x7f).contains(&byte) || matches!(byte, b':' | b'/' | b'%');
    let is_index = unsigned(name).is_some_and(|index| (1..=i32::MAX as u64).contains(&index));
    let is_number = is_index || name.bytes().all(|byte| byte.is_ascii_digit());
    !name.is_empty()
        && name.len() < most
        && !name.bytes().any(is_bad)
        && !is_number
        && !matches!(name, "." | ".." | "all" | "default")
}

/// `[FAMILY:][PROTOCOL:]PORTS`, or `any`.
pub fn is_bind_rule(text: &str, release: u32) -> bool {
    const WITH_ZERO: u32 = 257;
    let parts = split(text, Style::COLONS).unwrap_or_default();
    let mut parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if matches!(parts.first(), Some(&("ipv4" | "ipv6"))) {
        parts.remove(0);
    }
    if matches!(parts.first(), Some(&("tcp" | "udp"))) {
        parts.remove(0);
    }
    let port = |text: &str| unsigned(text).filter(|port| *port <= 65535 && (*port > 0 || release >= WITH_ZERO));
    match parts[..] {
        [] | ["any"] => true,
        [ports] => match ports.split_once('-') {
            None => port(ports).is_some(),
            Some((first, last)) => matches!((port(first), port(last)), (Some(first), Some(last)) if first <= last),
        },
        _ => false,
    }
}

/// `SOURCE:FAMILY:TABLE:SET`
pub fn is_firewall_set(word: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.len() < 32
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'\\' | b'_' | b'.'))
    };
    match word.split(':').collect::<Vec<_>>()[..] {
        [source, family, table, set] => {
            matches!(source, "cgroup" | "user" | "group")
                && matches!(family, "arp" | "bridge" | "inet" | "ip" | "ip6" | "netdev")
                && is_name(table)
                && is_name(set)
        }
        _ => false,
    }
}

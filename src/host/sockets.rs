//! Listening sockets of this machine, by `/proc/net` (proc(5)).

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::account;
use super::process::Process;
use crate::shell;
use crate::spec::Address;

/// The process that holds a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Address and port.
    pub address: String,
    /// The user's name.
    pub account: String,
    /// Process ID and command, if they are visible.
    pub process: Option<(u32, String)>,
}

/// A line of `/proc/net/tcp` and similar files.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    ip: IpAddr,
    port: u16,
    uid: u32,
    inode: u64,
}

/// Holders of an address or a part of it.
#[expect(clippy::disallowed_methods, reason = "the kernel reports sockets in files")]
pub fn holders(address: &Address) -> Vec<Holder> {
    let files = if address.is_datagram() { ["udp", "udp6"] } else { ["tcp", "tcp6"] };
    let lines = files.into_iter().flat_map(|file| {
        let text = fs::read_to_string(Path::new("/proc/net").join(file)).unwrap_or_default();
        text.lines().skip(1).filter_map(|line| read(line, address.is_datagram())).collect::<Vec<_>>()
    });
    lines.filter_map(|line| holder(&line, address)).collect()
}

fn holder(line: &Line, wanted: &Address) -> Option<Holder> {
    let udp = if wanted.is_datagram() { "udp:" } else { "" };
    let ip = match line.ip {
        IpAddr::V4(ip) => format!("{udp}{ip}:{}", line.port),
        IpAddr::V6(ip) => format!("{udp}[{ip}]:{}", line.port),
    };
    let held = Address::parse(ip.as_bytes()).ok().filter(|held| held.overlaps(wanted))?;
    let account = account::by_uid(line.uid).map_or_else(|| line.uid.to_string(), |account| account.name);
    Some(Holder { address: held.to_string(), account, process: process(line.inode) })
}

/// Reads a socket that is listening, or bound by UDP.
fn read(line: &str, is_datagram: bool) -> Option<Line> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (local, state) = (*fields.get(1)?, *fields.get(3)?);
    // TCP_LISTEN; an unconnected UDP socket is in TCP_CLOSE.
    if state != if is_datagram { "07" } else { "0A" } {
        return None;
    }
    let (ip, port) = local.split_once(':')?;
    Some(Line {
        ip: address(ip)?,
        port: u16::from_str_radix(port, 16).ok()?,
        uid: fields.get(7)?.parse().ok()?,
        inode: fields.get(9)?.parse().ok()?,
    })
}

/// The kernel prints addresses as 32-bit words in native byte order.
fn address(hexadecimal: &str) -> Option<IpAddr> {
    let word = |at: usize| -> Option<[u8; 4]> {
        let word = hexadecimal.get(at * 8..at * 8 + 8)?;
        Some(u32::from_str_radix(word, 16).ok()?.to_ne_bytes())
    };
    match hexadecimal.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for at in 0..4 {
                bytes[at * 4..at * 4 + 4].copy_from_slice(&word(at)?);
            }
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

/// The process that has a socket open, as far as it is visible.
#[expect(clippy::disallowed_methods, reason = "the kernel reports sockets in files")]
fn process(inode: u64) -> Option<(u32, String)> {
    let wanted = format!("socket:[{inode}]");
    let pids =
        fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let holds = |pid: &u32| {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        open.map(|entry| entry.path()).any(|path| fs::read_link(path).is_ok_and(|it| it.as_os_str() == wanted.as_str()))
    };
    let pid = pids.into_iter().find(holds)?;
    let words = Process::read(pid).map(|process| process.command).unwrap_or_default();
    Some((pid, shell::join(words.iter().filter(|word| !word.is_empty()))))
}

/// Whether a program listens on the socket at a path.
#[expect(clippy::disallowed_methods, reason = "the kernel reports sockets in files")]
pub fn is_served(path: &Path) -> bool {
    let Ok(text) = fs::read("/proc/net/unix") else { return false };
    text.split(|byte| *byte == b'\n').skip(1).any(|line| {
        let mut fields = line.splitn(8, |byte| *byte == b' ').filter(|field| !field.is_empty());
        let flags = fields.nth(3).and_then(|flags| u32::from_str_radix(std::str::from_utf8(flags).ok()?, 16).ok());
        // __SO_ACCEPTCON: it is listening.
        flags.is_some_and(|flags| flags & 0x1_0000 != 0)
            && line.ends_with(&[b" ", path.as_os_str().as_bytes()].concat())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_kernel_are_read() {
        let line =
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0";
        #[cfg(target_endian = "little")]
        assert_eq!(
            read(line, false),
            Some(Line { ip: Ipv4Addr::LOCALHOST.into(), port: 8080, uid: 1000, inode: 4711 })
        );
        assert_eq!(read(line, true), None);
        assert_eq!(address("00000000000000000000000000000000"), Some(Ipv6Addr::UNSPECIFIED.into()));
        assert_eq!(address("0000"), None);
        assert_eq!(read("", false), None);
    }

    #[test]
    fn who_listens_here_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("{}", listener.local_addr().unwrap().port());
        let holders = holders(&Address::parse(address.as_bytes()).unwrap());
        let process = holders.iter().find_map(|holder| holder.process.as_ref());
        assert_eq!(process.map(|(pid, _)| *pid), Some(std::process::id()), "{holders:?}");
    }
}

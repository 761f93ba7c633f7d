//! Listening sockets of this machine, by `/proc/net` (proc(5)).

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

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

/// The addresses on which processes listen, as far as they are visible, with the cgroups of the processes.
pub fn listening() -> Vec<(String, String)> {
    let mut addresses: HashMap<String, (u16, String)> = HashMap::new();
    for (files, is_datagram) in [(["tcp", "tcp6"], false), (["udp", "udp6"], true)] {
        for line in lines(files, is_datagram) {
            let suffix = if is_datagram { " (UDP)" } else { "" };
            let address = match line.ip {
                ip if ip.is_unspecified() => format!("{}{suffix}", line.port),
                IpAddr::V4(ip) => format!("{ip}:{}{suffix}", line.port),
                IpAddr::V6(ip) => format!("[{ip}]:{}{suffix}", line.port),
            };
            addresses.insert(format!("socket:[{}]", line.inode), (line.port, address));
        }
    }
    let mut found: Vec<(u16, String, String)> = Vec::new();
    for pid in pids() {
        let of_pid = open_files(pid).filter_map(|path| addresses.get(path.to_str()?));
        let of_pid: Vec<&(u16, String)> = of_pid.collect();
        if let Some(process) = (!of_pid.is_empty()).then(|| Process::read(pid)).flatten() {
            found.extend(of_pid.into_iter().map(|(port, address)| (*port, address.clone(), process.cgroup.clone())));
        }
    }
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, address, cgroup)| (address, cgroup)).collect()
}

/// Holders of an address or a part of it.
pub fn holders(address: &Address) -> Vec<Holder> {
    let files = if address.is_datagram() { ["udp", "udp6"] } else { ["tcp", "tcp6"] };
    lines(files, address.is_datagram()).filter_map(|line| holder(&line, address)).collect()
}

#[expect(clippy::disallowed_methods, reason = "the kernel reports sockets in files")]
fn lines(files: [&'static str; 2], is_datagram: bool) -> impl Iterator<Item = Line> {
    files.into_iter().flat_map(move |file| {
        let text = fs::read_to_string(Path::new("/proc/net").join(file)).unwrap_or_default();
        text.lines().skip(1).filter_map(|line| read(line, is_datagram)).collect::<Vec<_>>()
    })
}

#[expect(clippy::disallowed_methods, reason = "the kernel reports processes in files")]
fn pids() -> impl Iterator<Item = u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
}

/// The targets of its file descriptors, as far as they are visible.
#[expect(clippy::disallowed_methods, reason = "the kernel reports processes in files")]
fn open_files(pid: u32) -> impl Iterator<Item = PathBuf> {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    open.filter_map(|entry| fs::read_link(entry.path()).ok())
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
fn process(inode: u64) -> Option<(u32, String)> {
    let wanted = format!("socket:[{inode}]");
    let pid = pids().find(|pid| open_files(*pid).any(|path| path.as_os_str() == wanted.as_str()))?;
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

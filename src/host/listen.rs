//! Facts about addresses to listen on and paths to watch.

use std::ffi::OsStr;
use std::net::{IpAddr, UdpSocket};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::Host;
use super::lookup::{named, nowhere, without_parents};
use super::tree;
use crate::model::message::io_reason;
use crate::spec::{Address, PathEvent, Scope};

#[derive(Debug, Default)]
pub struct ListenFacts {
    /// In the order of `--listen`; empty for an invalid address.
    pub addresses: Vec<AddressFound>,
    pub paths: Vec<PathFound>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressFound {
    /// Why no socket can be created there.
    pub trouble: Option<String>,
    /// The outermost directory of a path that systemd creates.
    pub missing_dir: Option<PathBuf>,
    /// No interface of this machine has the address.
    pub is_foreign: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathFound {
    pub event: PathEvent,
    pub path: PathBuf,
    pub exists: bool,
    /// Why it cannot be watched.
    pub trouble: Option<String>,
    /// The name of a network file system: changes by other machines are not noticed.
    pub network: Option<&'static str>,
}

/// If systemd is not running here, the addresses are those of another machine.
pub fn address(word: &OsStr, scope: Scope, host: &Host) -> AddressFound {
    let address = Address::parse(word.as_encoded_bytes()).ok();
    address.map(|address| address_found(&address, scope, host)).unwrap_or_default()
}

pub fn path(event: PathEvent, word: &OsStr, host: &Host) -> PathFound {
    let path = if word.is_empty() { PathBuf::new() } else { without_parents(&named(word, host)) };
    let trouble = match word {
        word if word.is_empty() => Some("is empty".to_owned()),
        _ if path.is_relative() => Some(nowhere(host)),
        _ => None,
    };
    let file_system = |path: &Path| rustix::fs::statfs(&*tree::at(path).ok()?).ok();
    let network = path.ancestors().find_map(file_system).and_then(|found| network(&found));
    PathFound { event, exists: tree::symlink_metadata(&path).is_ok(), trouble, network, path }
}

fn address_found(address: &Address, scope: Scope, host: &Host) -> AddressFound {
    if let Some(path) = address.path() {
        let missing_dir = path.parent().and_then(outermost_missing);
        return AddressFound { trouble: trouble(path, scope), missing_dir, is_foreign: false };
    }
    let is_foreign = address.is_of_interface() && host.is_running() && address.of_network().is_some_and(is_foreign);
    AddressFound { is_foreign, ..AddressFound::default() }
}

fn outermost_missing(dir: &Path) -> Option<PathBuf> {
    dir.ancestors().take_while(|path| tree::symlink_metadata(path).is_err()).last().map(Path::to_owned)
}

/// Why no socket can replace what is at a path: systemd deletes any file there (seen on 247, 252 and 257).
pub fn obstacle(path: &Path) -> Option<&'static str> {
    let kind = tree::symlink_metadata(path).ok()?.file_type();
    if kind.is_dir() {
        return Some("is a directory");
    }
    (!kind.is_socket()).then_some("is an existing file, which systemd would delete")
}

fn trouble(path: &Path, scope: Scope) -> Option<String> {
    if let Some(obstacle) = obstacle(path) {
        return Some(obstacle.into());
    }
    let dir = path.ancestors().skip(1).find(|path| tree::symlink_metadata(path).is_ok())?;
    match tree::metadata(dir) {
        Ok(metadata) if !metadata.is_dir() => Some(format!("leads through `{}`, which is not a directory", show(dir))),
        Err(error) => Some(format!("cannot be created in `{}`: {}", show(dir), io_reason(&error))),
        // The system manager can write everywhere.
        Ok(_) if scope == Scope::System => None,
        Ok(_) => {
            let may = tree::may(dir, Access::WRITE_OK | Access::EXEC_OK);
            may.err().map(|_| format!("cannot be created: no write permission on `{}`", show(dir)))
        }
    }
}

fn show(path: &Path) -> String {
    crate::shell::shown(path)
}

/// Whether no interface has the address: then the kernel refuses to bind any port.
fn is_foreign((ip, _): (IpAddr, u16)) -> bool {
    UdpSocket::bind((ip, 0)).is_err_and(|error| error.kind() == std::io::ErrorKind::AddrNotAvailable)
}

/// Network file systems by magic number (statfs(2)).
fn network(found: &rustix::fs::StatFs) -> Option<&'static str> {
    const KINDS: [(u32, &str); 8] = [
        (0x6969, "NFS"),
        (0xff53_4d42, "CIFS"),
        (0xfe53_4d42, "SMB"),
        (0x517b, "SMB"),
        (0x0102_1997, "9P"),
        (0x5346_414f, "AFS"),
        (0x00c3_6400, "Ceph"),
        (0x6573_5546, "FUSE"),
    ];
    // The upper half of a 64-bit word is unused.
    KINDS.into_iter().find(|(magic, _)| *magic == found.f_type as u32).map(|(_, name)| name)
}

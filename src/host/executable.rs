//! What keeps the kernel from executing a file, as far as the file and its file system tell (execve(2), elf(5)).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;

use super::{lookup, root, tree};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Executable {
    pub exists: bool,
    /// It has no bytes.
    pub is_empty: bool,
    /// Its mode allows somebody to execute it.
    pub has_mode: bool,
    /// Its file system is mounted with `noexec`.
    pub is_on_noexec: bool,
    /// The dynamic loader that it names, if that does not exist.
    pub missing_loader: Option<PathBuf>,
    /// The machine that it is built for, if it is another one.
    pub machine: Option<&'static str>,
}

pub fn examine(path: &Path) -> Executable {
    let Ok(metadata) = tree::metadata(path) else { return Executable::default() };
    // A loader is named right after the program headers.
    let head = lookup::head(path, 4096);
    let elf = Elf::parse(&head);
    let loader = elf.as_ref().and_then(Elf::loader).map(|loader| PathBuf::from(OsStr::from_bytes(loader)));
    Executable {
        exists: true,
        is_empty: metadata.is_file() && metadata.len() == 0,
        has_mode: metadata.mode() & 0o111 != 0,
        is_on_noexec: is_on_noexec(path),
        missing_loader: loader.filter(|loader| loader.is_absolute() && !tree::exists(loader)),
        machine: elf.and_then(|elf| elf.other_machine()),
    }
}

/// False for an image: how it is mounted here does not matter there.
pub fn is_on_noexec(path: &Path) -> bool {
    let flags = || rustix::fs::statvfs(path).map(|found| found.f_flag);
    root::entered().is_none() && flags().is_ok_and(|flags| flags.contains(StatVfsMountFlags::NOEXEC))
}

/// The beginning of an ELF file.
struct Elf<'a> {
    bytes: &'a [u8],
    is_64: bool,
    is_little: bool,
}

/// `e_machine` of common machines, and the names that Rust gives them.
const MACHINES: [(u64, &str, &str); 9] = [
    (3, "x86", "32-bit x86"),
    (8, "mips", "MIPS"),
    (20, "powerpc", "32-bit PowerPC"),
    (21, "powerpc64", "64-bit PowerPC"),
    (22, "s390x", "IBM Z"),
    (40, "arm", "32-bit ARM"),
    (62, "x86_64", "64-bit x86 (amd64)"),
    (183, "aarch64", "64-bit ARM (arm64)"),
    (243, "riscv64", "RISC-V"),
];

impl<'a> Elf<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Elf<'a>> {
        let [0x7f, b'E', b'L', b'F', class @ (1 | 2), order @ (1 | 2), ..] = bytes else { return None };
        Some(Elf { bytes, is_64: *class == 2, is_little: *order == 1 })
    }

    fn number(&self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let append = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.is_little { bytes.iter().rev().fold(0, append) } else { bytes.iter().fold(0, append) })
    }

    /// The path in the segment `PT_INTERP`.
    fn loader(&self) -> Option<&'a [u8]> {
        const INTERPRETER: u64 = 3;
        let field = |of_64: (usize, usize), of_32: (usize, usize)| if self.is_64 { of_64 } else { of_32 };
        let read = |base: usize, (at, size): (usize, usize)| usize::try_from(self.number(base + at, size)?).ok();
        let table = read(0, field((32, 8), (28, 4)))?;
        let (size, count) = (read(0, field((54, 2), (42, 2)))?, read(0, field((56, 2), (44, 2)))?);
        let headers = (0..count).map_while(|index| table.checked_add(index * size));
        let is_interpreter = |header: &usize| self.number(*header, 4) == Some(INTERPRETER);
        let header = headers.take_while(|header| *header < self.bytes.len()).find(is_interpreter)?;
        let (start, length) = (read(header, field((8, 8), (4, 4)))?, read(header, field((32, 8), (16, 4)))?);
        let path = self.bytes.get(start..start.checked_add(length)?)?;
        path.split(|byte| *byte == 0).next()
    }

    fn other_machine(&self) -> Option<&'static str> {
        let number = self.number(18, 2)?;
        let (_, own, name) = MACHINES.iter().find(|(known, ..)| *known == number)?;
        // 32-bit programs run on 64-bit x86 if their loader exists.
        let runs_here = *own == std::env::consts::ARCH || (*own == "x86" && std::env::consts::ARCH == "x86_64");
        (!runs_here).then_some(*name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 64-bit program for a machine, with a loader.
    fn elf(machine: u8, loader: &str) -> Vec<u8> {
        let mut bytes = vec![0; 120];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[18] = machine;
        (bytes[32], bytes[54], bytes[56]) = (64, 56, 1);
        (bytes[64], bytes[72], bytes[96]) = (3, 120, u8::try_from(loader.len()).unwrap() + 1);
        bytes.extend_from_slice(loader.as_bytes());
        bytes.push(0);
        bytes
    }

    #[test]
    fn the_loader_is_the_one_that_the_program_names() {
        let bytes = elf(62, "/lib/ld-musl-x86_64.so.1");
        assert_eq!(Elf::parse(&bytes).unwrap().loader(), Some(&b"/lib/ld-musl-x86_64.so.1"[..]));
        for length in 0..bytes.len() - 1 {
            assert_eq!(Elf::parse(&bytes[..length]).and_then(|elf| elf.loader()), None, "{length}");
        }
        let own = examine(&std::env::current_exe().unwrap());
        assert!(own.exists && own.has_mode && !own.is_on_noexec && !own.is_empty, "{own:?}");
        assert_eq!((own.missing_loader, own.machine), (None, None));
    }

    #[test]
    fn a_program_for_another_machine_is_known() {
        let other = if std::env::consts::ARCH == "aarch64" { 62 } else { 183 };
        assert!(Elf::parse(&elf(other, "/x")).unwrap().other_machine().unwrap().starts_with("64-bit"));
        assert!(Elf::parse(b"#!/bin/sh\n").is_none());
        assert_eq!(examine(Path::new("/nowhere/x")), Executable::default());
    }
}

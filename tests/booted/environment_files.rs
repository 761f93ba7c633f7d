//! Environment files: what our reader says a service gets from one is what real systemd gives it, and
//! whoever makes a service is told where that is not what was meant.

use std::collections::BTreeMap;
use std::fs;

use mkservice::systemd::environment_file::{self, Comments};

use crate::host::{Host, Inside};
use crate::setup::{booted, file, ran};

pub const TESTS: &[(&str, fn())] =
    &[("environment_files::are_read_as_systemd_reads_them", are_read_as_systemd_reads_them)];

type Environment = BTreeMap<Vec<u8>, Vec<u8>>;

/// What awkward files are made of: everything that means something, and what is next to it.
const PIECES: &[&[u8]] = &[
    b"A",
    b"B",
    b"C",
    b"A=",
    b"B=",
    b"C=",
    b"\nA=",
    b"\nB=",
    b"\nC=",
    b"_d9",
    b"9",
    b"=",
    b"=",
    b"\n",
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b" ",
    b"  ",
    b"\t",
    b"\"",
    b"\"",
    b"'",
    b"'",
    b"\\",
    b"\\",
    b"\\\n",
    b"\\\r\n",
    b"\\\"",
    b"\\'",
    b"\\n",
    b"\\$",
    b"\\`",
    b"#",
    b";",
    b" #",
    b"\n#",
    b"\n;",
    b"\n #",
    b"#\\\n",
    b"export ",
    b"$A",
    b"${B}",
    b"$(x)",
    b"`",
    b"%h",
    b".",
    b"-",
    b"{",
    b"x",
    b"yz",
    "é".as_bytes(),
    "\u{85}".as_bytes(),
    b"\x01",
    b"\x0b",
    b"\x0c",
    b"\x1b",
    b"\x7f",
    b"\"\"",
    b"''",
    b"\" \"",
    b"' '",
];

/// What makes systemd refuse a file, or not, by where it stands.
const RARE: &[&[u8]] =
    &[b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xb7\x90", b"\xef\xbf\xbf", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf"];

/// Random numbers, the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    fn file(&mut self) -> Vec<u8> {
        let mut content = if self.below(4) == 0 { Vec::new() } else { b"A=".to_vec() };
        for _ in 0..self.below(24) + 1 {
            let pieces = if self.below(150) == 0 { RARE } else { PIECES };
            content.extend_from_slice(pieces[self.below(pieces.len())]);
        }
        content
    }
}

/// What real services get from these files, each from one; `None` for those that do not start.
fn given_by_systemd(host: &Host, files: &[Vec<u8>]) -> Vec<Option<Environment>> {
    let folder = host.path("/run/files");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    for (number, content) in files.iter().enumerate() {
        fs::write(folder.join(format!("{number}.env")), content).unwrap();
    }
    fs::write(folder.join("none.env"), "").unwrap();
    let unit = "[Unit]\nCollectMode=inactive-or-failed\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\n\
                EnvironmentFile=/run/files/%i.env\nStandardOutput=file:/run/files/%i.out\nExecStart=/usr/bin/env -0\n";
    file(host, "root", "/run/systemd/system/reads@.service", unit);
    host.root("systemctl").arg("daemon-reload").text();
    let names: Vec<String> = (0..files.len()).map(|number| number.to_string()).chain(["none".into()]).collect();
    for names in names.chunks(60) {
        // Those that are refused make this one fail.
        ran(host.root("systemctl").arg("start").args(names.iter().map(|name| format!("reads@{name}"))));
    }
    let environment = |name: &String| {
        let output = fs::read(folder.join(format!("{name}.out"))).ok()?;
        let pairs = output.split(|byte| *byte == 0).filter(|pair| !pair.is_empty()).map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=').expect("a pair");
            (pair[..equals].to_vec(), pair[equals + 1..].to_vec())
        });
        Some(pairs.collect::<Environment>())
    };
    let usual = environment(names.last().unwrap()).expect("a service with an empty file starts");
    let given = names[..files.len()].iter().map(environment);
    given
        .map(|given| given.map(|given| given.into_iter().filter(|(name, _)| !usual.contains_key(name)).collect()))
        .collect()
}

/// The same by our reader.
fn given_by_us(content: &[u8], comments: Comments) -> Option<Environment> {
    let reading = environment_file::read(content, comments);
    let effective = environment_file::effective(reading.assignments);
    let pairs = effective.into_iter().map(|(name, value)| (name.into_bytes(), value.into_bytes()));
    reading.refusal.is_none().then(|| pairs.collect())
}

fn are_read_as_systemd_reads_them() {
    let host = booted();
    let comments = Comments::of_version(host.systemd_version());
    let mut numbers = Numbers(252);
    let files: Vec<Vec<u8>> = (0..900).map(|_| numbers.file()).collect();
    let given = given_by_systemd(&host, &files);
    for (content, given) in files.iter().zip(&given) {
        assert_eq!(&given_by_us(content, comments), given, "{}", content.escape_ascii());
    }
    // The pieces are such that every outcome is among them.
    let counted = |what: fn(&Option<Environment>) -> bool| given.iter().filter(|given| what(given)).count();
    assert!(counted(Option::is_none) >= 20, "{}", counted(Option::is_none));
    assert!(counted(|given| given.as_ref().is_some_and(|given| !given.is_empty())) >= 400);
}

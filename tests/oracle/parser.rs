//! systemd's parser as an oracle: loads unit files and parses what systemd prints.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What systemd understood of a unit.
#[derive(Debug, Default)]
pub struct Understood {
    pub description: String,
    pub commands: Vec<Vec<OsString>>,
    pub environment: Vec<String>,
    pub environment_files: Vec<String>,
    pub working_directory: String,
    /// The settings of a timer, as systemd prints them: `OnCalendar: *-*-* 00:00:00`, `OnBootSec: 5min`.
    pub times: Vec<String>,
    /// What a socket listens on or a path unit watches: `ListenStream: 8080`, `PathChanged: /srv/in`.
    pub places: Vec<String>,
    /// Log messages about the unit file.
    pub complaints: String,
}

/// Makes systemd load units, by name and text, and returns what it understood.
pub fn read(units: &[(&str, &str)]) -> HashMap<String, Understood> {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
    for (name, text) in units {
        fs::write(directory.path().join(name), text).unwrap();
    }
    // For a template, an instance is loaded.
    let names: Vec<String> = units.iter().map(|(name, _)| name.replace("@.", "@one.")).collect();
    let all = format!("[Unit]\nDefaultDependencies=no\nWants={}\n", names.join(" "));
    fs::write(directory.path().join("all.target"), all).unwrap();
    for path in fs::read_dir(directory.path()).unwrap() {
        fs::set_permissions(path.unwrap().path(), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let mut systemd = Command::new("/lib/systemd/systemd");
    systemd
        .args(["--test", "--user", "--unit=all.target", "--no-pager"])
        .env_clear()
        .env("XDG_RUNTIME_DIR", directory.path())
        .env("SYSTEMD_UNIT_PATH", directory.path())
        .env("SYSTEMD_LOG_TARGET", "console");
    if rustix::process::geteuid().is_root() {
        // systemd refuses to run its test mode as root.
        systemd.uid(65534).gid(65534);
    }
    let output = systemd.output().expect("systemd is installed");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    let mut understood = blocks(&output.stdout);
    for (name, what) in &mut understood {
        let template = name.replace("@one.", "@.");
        let of_unit = |line: &&str| line.contains(&format!("/{template}:")) || line.starts_with(&format!("{name}:"));
        what.complaints = log.lines().filter(of_unit).collect::<Vec<_>>().join("\n");
    }
    understood
}

/// The systemd to ask: this machine's, or the one in the root directory `MKSERVICE_TEST_ROOT`.
pub struct Systemd {
    root: PathBuf,
}

impl Systemd {
    /// This machine's.
    pub fn of_host() -> Systemd {
        Systemd { root: "/".into() }
    }

    pub fn of_tests() -> Systemd {
        Systemd { root: std::env::var_os("MKSERVICE_TEST_ROOT").map_or_else(|| "/".into(), PathBuf::from) }
    }

    /// Whether its root directory has a time zone.
    pub fn has_zone(&self, name: &str) -> bool {
        let file = fs::read(self.root.join("usr/share/zoneinfo").join(name));
        file.is_ok_and(|file| file.starts_with(b"TZif"))
    }

    /// Its program, run as an unprivileged user: it refuses to run its test mode as root. Another root directory needs
    /// the kernel's file systems, which are mounted for this run only.
    fn command(&self) -> Command {
        const NOBODY: u32 = 65534;
        const MOUNTED: &str = "set -e; for directory in proc sys dev; do mount --rbind /$directory $0/$directory; done
            umount -l $0/sys/fs/cgroup; mount -t cgroup2 cgroup2 $0/sys/fs/cgroup
            exec timeout 300 chroot --userspec 65534:65534 $0 /lib/systemd/systemd \"$@\"";
        if self.root == Path::new("/") {
            let mut systemd = Command::new("/lib/systemd/systemd");
            if rustix::process::geteuid().is_root() {
                systemd.uid(NOBODY).gid(NOBODY);
            }
            return systemd;
        }
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "sh", "-c", MOUNTED]).arg(&self.root);
        unshare
    }

    /// Its release, such as 252.
    pub fn release(&self) -> u32 {
        let output = self.command().arg("--version").output().expect("systemd is installed");
        let printed = String::from_utf8(output.stdout).unwrap();
        let number = printed.split(' ').nth(1).unwrap_or_else(|| panic!("no version: {:?}", output.stderr));
        number.parse().unwrap()
    }

    /// Makes it load units, and returns its verdict on each of their lines.
    pub fn verdicts(&self, sheets: &[Sheet], of_user: bool) -> Vec<Vec<Verdict>> {
        let directory = tempfile::Builder::new().prefix("oracle").tempdir_in(self.root.join("tmp")).unwrap();
        let write = |name: &str, text: &str| {
            fs::write(directory.path().join(name), text).unwrap();
            fs::set_permissions(directory.path().join(name), fs::Permissions::from_mode(0o644)).unwrap();
        };
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let names: Vec<String> =
            sheets.iter().enumerate().map(|(number, sheet)| format!("case{number}.{}", sheet.suffix)).collect();
        for (name, sheet) in names.iter().zip(sheets) {
            write(name, &format!("{}{}\n{LAST}=\n", sheet.head, sheet.lines.join("\n")));
        }
        let wants: Vec<String> = names.chunks(100).map(|some| format!("Wants={}\n", some.join(" "))).collect();
        write("all.target", &format!("[Unit]\nDefaultDependencies=no\n{}", wants.concat()));
        write("all.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n");
        let inside = Path::new("/").join(directory.path().strip_prefix(&self.root).unwrap());
        let output = self.load(&inside, of_user);
        if !String::from_utf8_lossy(&output.stdout).contains("-> Unit all.target:") {
            return self.verdicts_of_halves(sheets, of_user);
        }
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut verdicts: Vec<Vec<Verdict>> =
            sheets.iter().map(|sheet| vec![Verdict::Accepted; sheet.lines.len()]).collect();
        let mut complete = vec![false; sheets.len()];
        let start = format!("{}/", inside.display());
        // The file is named first; a value can contain the directory as well.
        for said in log.lines().filter_map(|line| Some(line.split_once(&start)?.1)) {
            let Some((name, number, said)) = complaint(said).filter(|(.., said)| !said.contains(KEPT)) else {
                continue;
            };
            let number_of = |name: &str| name.strip_prefix("case")?.split('.').next()?.parse::<usize>().ok();
            let Some(place) = number_of(name).filter(|place| *place < sheets.len()) else { continue };
            let before = sheets[place].head.lines().count() + 1;
            complete[place] |= said.contains(LAST);
            if let Some(verdict) = number.checked_sub(before).and_then(|line| verdicts[place].get_mut(line)) {
                *verdict = Verdict::Refused(said.to_owned());
            }
        }
        // systemd does not read what follows some invalid lines.
        for (place, sheet) in
            sheets.iter().enumerate().filter(|(place, sheet)| !complete[*place] && sheet.lines.len() > 1)
        {
            let alone = |line: &String| Sheet { lines: vec![line.clone()], ..sheet.clone() };
            let sheets: Vec<Sheet> = sheet.lines.iter().map(alone).collect();
            verdicts[place] = self.verdicts(&sheets, of_user).concat();
        }
        verdicts
    }

    /// Old releases occasionally crash on a line: the others are loaded without it.
    fn verdicts_of_halves(&self, sheets: &[Sheet], of_user: bool) -> Vec<Vec<Verdict>> {
        if let [sheet] = sheets {
            if sheet.lines.len() == 1 {
                return vec![vec![Verdict::Crashed]];
            }
            let (first, last) = sheet.lines.split_at(sheet.lines.len() / 2);
            let half = |lines: &[String]| Sheet { lines: lines.to_vec(), ..sheet.clone() };
            let halves = [half(first), half(last)].map(|half| self.verdicts(&[half], of_user).concat());
            return vec![halves.concat()];
        }
        let (first, last) = sheets.split_at(sheets.len() / 2);
        [self.verdicts(first, of_user), self.verdicts(last, of_user)].concat()
    }

    fn load(&self, directory: &Path, of_user: bool) -> std::process::Output {
        let scope = if of_user { "--user" } else { "--system" };
        self.command()
            .args(["--test", scope, "--unit=all.target", "--no-pager"])
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/nonexistent")
            .env("XDG_RUNTIME_DIR", directory)
            .env("SYSTEMD_UNIT_PATH", directory)
            .env("SYSTEMD_LOG_TARGET", "console")
            .env("SYSTEMD_LOG_COLOR", "0")
            .output()
            .expect("systemd is installed")
    }
}

/// A unit whose last lines are judged.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub suffix: &'static str,
    pub head: String,
    pub lines: Vec<String>,
}

/// What systemd says about a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    Refused(String),
    Crashed,
}

/// `NAME:LINE: MESSAGE`
fn complaint(text: &str) -> Option<(&str, usize, &str)> {
    let (name, rest) = text.split_once(':')?;
    let (line, said) = rest.split_once(':')?;
    Some((name, line.parse().ok()?, said.trim()))
}

/// An unknown directive at the end of a unit: systemd complains about it if it has read the whole unit.
const LAST: &str = "TheLastLine";

/// What systemd says of a text that it keeps as it is.
const KEPT: &str = "Ignoring unknown escape sequences";

/// Splits the output into units.
fn blocks(printed: &[u8]) -> HashMap<String, Understood> {
    const HEAD: &[u8] = b"\n\t-> Unit ";
    let mut found = HashMap::new();
    for block in split(printed, HEAD).into_iter().skip(1) {
        let end = block.iter().position(|byte| *byte == b':').unwrap();
        let name = String::from_utf8(block[..end].to_vec()).unwrap();
        if [".service", ".timer", ".socket", ".path", ".target"].iter().any(|suffix| name.ends_with(suffix)) {
            found.insert(name, unit(&block[end + 1..]));
        }
    }
    found
}

const TIMES: [&str; 5] = ["OnCalendar:", "OnBootSec:", "OnStartupSec:", "OnActiveSec:", "OnUnitActiveSec:"];
const PLACES: [&str; 4] = ["ListenStream:", "ListenDatagram:", "PathChanged:", "PathExists:"];

fn unit(block: &[u8]) -> Understood {
    Understood {
        description: single(block, "Description: "),
        commands: split(block, b"\t\t\tCommand Line: ")
            .into_iter()
            .skip(1)
            .map(|rest| words(first_line(rest)))
            .collect(),
        environment: variables(block),
        environment_files: split(block, b"\n\t\tEnvironmentFile: ")
            .into_iter()
            .skip(1)
            .map(|rest| text(first_line(rest)))
            .collect(),
        working_directory: single(block, "WorkingDirectory: "),
        times: lines_of(block, &TIMES),
        places: lines_of(block, &PLACES),
        complaints: String::new(),
    }
}

/// The lines of these settings.
fn lines_of(block: &[u8], names: &[&str]) -> Vec<String> {
    let lines = block.split(|byte| *byte == b'\n').map(|line| line.trim_ascii_start());
    lines.filter(|line| names.iter().any(|name| line.starts_with(name.as_bytes()))).map(text).collect()
}

/// Variables can contain line breaks. A variable ends at the next one, or at the setting that always follows them.
fn variables(block: &[u8]) -> Vec<String> {
    let pieces = split(block, b"\n\t\tEnvironment: ");
    let last = pieces.len() - 1;
    let ends: [&[u8]; 2] = [b"\n\t\tEnvironmentFile: ", b"\n\t\tRuntimeDirectoryPreserve: "];
    let cut = |piece: &[u8]| ends.iter().fold(piece.to_vec(), |piece, end| split(&piece, end)[0].to_vec());
    pieces
        .iter()
        .enumerate()
        .skip(1)
        .map(|(place, piece)| text(&if place == last { cut(piece) } else { piece.to_vec() }))
        .collect()
}

fn single(block: &[u8], key: &str) -> String {
    let key = format!("\n\t\t{key}");
    split(block, key.as_bytes()).get(1).map(|rest| text(first_line(rest))).unwrap_or_default()
}

fn first_line(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == b'\n').next().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn split<'a>(bytes: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while at + by.len() <= bytes.len() {
        if bytes[at..].starts_with(by) {
            pieces.push(&bytes[from..at]);
            at += by.len();
            from = at;
        } else {
            at += 1;
        }
    }
    pieces.push(&bytes[from..]);
    pieces
}

/// Parses a command line as systemd prints it: arguments in double quotes if needed, with C escapes.
fn words(line: &[u8]) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let mut word = Vec::new();
        if let Some(mut inside) = rest.strip_prefix(b"\"") {
            while inside[0] != b'"' {
                let (byte, length) = if inside[0] == b'\\' { unescaped(inside) } else { (inside[0], 1) };
                word.push(byte);
                inside = &inside[length..];
            }
            rest = &inside[1..];
        } else {
            let length = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
            word.extend_from_slice(&rest[..length]);
            rest = &rest[length..];
        }
        words.push(OsString::from_vec(word));
        rest = rest.strip_prefix(b" ").unwrap_or(rest);
    }
    words
}

/// One escape: its byte and its length.
fn unescaped(escape: &[u8]) -> (u8, usize) {
    let number = |digits: &[u8], radix| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), radix).unwrap();
    match escape[1] {
        b'a' => (7, 2),
        b'b' => (8, 2),
        b'f' => (12, 2),
        b'n' => (b'\n', 2),
        b'r' => (b'\r', 2),
        b't' => (b'\t', 2),
        b'v' => (11, 2),
        b'x' => (number(&escape[2..4], 16), 4),
        b'0'..=b'7' => (number(&escape[1..4], 8), 4),
        other => (other, 2),
    }
}

//! The exposure level of a service, from 0 to 10, by `systemd-analyze security`, whose weights change with each
//! release. An unreadable result is no error.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::host::tool::query;
use crate::spec::{Scope, serialized};

/// Usually it takes some tens of milliseconds.
const LIMIT: Duration = Duration::from_secs(10);

/// The first version that analyzes a file; older ones only analyze loaded units.
pub const WEIGHS_FILES_SINCE: u32 = 250;

/// In tenths: 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposure(u8);

serialized! {
    Exposure as u8, "the exposure": it => it.tenths(), tenths => Exposure::of_tenths(tenths).ok_or("exceeds 10");
}

impl Exposure {
    /// Takes a number from 0 to 10 with at most one decimal.
    pub fn parse(text: &str) -> Option<Exposure> {
        let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(tenth) || whole.len() > 2 || tenth.len() > 1 {
            return None;
        }
        let tenths = whole.parse::<u8>().ok()?.checked_mul(10)?.checked_add(tenth.parse().ok()?)?;
        Exposure::of_tenths(tenths)
    }

    pub fn of_tenths(tenths: u8) -> Option<Exposure> {
        (tenths <= 100).then_some(Exposure(tenths))
    }

    pub fn tenths(self) -> u8 {
        self.0
    }

    pub fn value(self) -> f64 {
        f64::from(self.0) / 10.0
    }

    /// systemd's word for the level.
    pub fn word(self) -> &'static str {
        match self.0 {
            90.. => "unsafe",
            70..90 => "exposed",
            50..70 => "medium",
            10..50 => "ok",
            1..10 => "safe",
            0 => "perfect",
        }
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    pub exposure: Exposure,
    /// Directives that would lower it, and by how much in total, in tenths; the largest first.
    pub open: Vec<(String, u32)>,
}

/// A running systemd-analyze.
#[derive(Debug)]
pub struct Measuring(Child);

impl Measuring {
    /// Analyzes a loaded unit. `runtime` is the runtime directory of the user manager.
    pub fn of_loaded(unit: &str, scope: Scope, runtime: Option<&Path>) -> Option<Measuring> {
        Measuring::begin(scope, runtime, &[unit.as_ref()])
    }

    /// Analyzes a unit file under its own name, in a directory of its own; drop-ins in the usual places count.
    pub fn of_file(path: &Path, scope: Scope, runtime: Option<&Path>) -> Option<Measuring> {
        Measuring::begin(scope, runtime, &["--offline=true".as_ref(), path])
    }

    fn begin(scope: Scope, runtime: Option<&Path>, what: &[&Path]) -> Option<Measuring> {
        let mut analyze = query("systemd-analyze");
        analyze.args((scope == Scope::User).then_some("--user")).args(["security", "--no-pager"]).args(what);
        analyze.envs(runtime.map(|dir| ("XDG_RUNTIME_DIR", dir)));
        // It truncates its table to the terminal's width.
        analyze.envs([("COLUMNS", "1000"), ("SYSTEMD_LOG_LEVEL", "err")]);
        analyze.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok().map(Measuring)
    }

    /// Waits for the result; `None` if it cannot be read.
    pub fn finish(self) -> Option<Assessment> {
        let Measuring(mut child) = self;
        let mut stdout = child.stdout.take()?;
        let reader = std::thread::spawn(move || {
            let mut text = Vec::new();
            stdout.read_to_end(&mut text).map(|_| text)
        });
        let deadline = Instant::now() + LIMIT;
        while !reader.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        if !reader.is_finished() {
            let _ = child.kill();
        }
        let text = reader.join().ok()?.ok()?;
        let _ = child.wait();
        assessment(&String::from_utf8_lossy(&text))
    }
}

/// Reads the table: symbol, directive, description and weight; the last line has the total.
fn assessment(text: &str) -> Option<Assessment> {
    let last = text.lines().rev().find(|line| line.contains("exposure level for"))?;
    let number = last.rsplit_once(": ")?.1.split_whitespace().next()?;
    let mut open: BTreeMap<String, u32> = BTreeMap::new();
    for line in text.lines() {
        let Some(row) = line.trim_start().strip_prefix("- ") else { continue };
        let mut words = row.split_whitespace();
        let directive = words.next().and_then(|name| name.split('=').next());
        let weight = words.next_back().and_then(Exposure::parse);
        if let (Some(directive), Some(weight)) = (directive, weight) {
            *open.entry(directive.to_owned()).or_default() += u32::from(weight.tenths());
        }
    }
    let mut open: Vec<(String, u32)> = open.into_iter().collect();
    open.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    Some(Assessment { exposure: Exposure::parse(number)?, open })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read() {
        let text = "  NAME  DESCRIPTION  EXPOSURE\n\
            - PrivateNetwork=                           Service has access to the host's network   0.5\n\
            - CapabilityBoundingSet=~CAP_SET(UID|GID)   Service may change identities              0.3\n\
            + NoNewPrivileges=                          Service cannot acquire new privileges\n\
            - CapabilityBoundingSet=~CAP_SYS_ADMIN      Service has administrator privileges       0.3\n\
            - UMask=                                    Files are world-readable by default        0.1\n\
            \n-> Overall exposure level for web.service: 9.6 UNSAFE :-{\n";
        let read = assessment(text).unwrap();
        assert_eq!((read.exposure.to_string().as_str(), read.exposure.word()), ("9.6", "unsafe"));
        let expected = [("CapabilityBoundingSet", 6), ("PrivateNetwork", 5), ("UMask", 1)];
        assert_eq!(read.open, expected.map(|(name, weight)| (name.to_owned(), weight)));
        assert_eq!(assessment("→ Overall exposure level for a.service: 1.3 OK 🙂\n").unwrap().exposure, Exposure(13));
        for text in ["", "Unit x.service not found, cannot analyze.", "exposure level for x: much"] {
            assert_eq!(assessment(text), None, "{text}");
        }
    }

    #[test]
    fn exposures_have_one_decimal() {
        for (text, tenths) in [("0", Some(0)), ("9.2", Some(92)), ("10", Some(100)), ("10.0", Some(100)), ("1.", None)]
        {
            assert_eq!(Exposure::parse(text).map(Exposure::tenths), tenths, "{text}");
        }
        for text in ["", "-1", "10.1", "11", "1.25", "a", "1,5", "+1", "999999"] {
            assert_eq!(Exposure::parse(text), None, "{text}");
        }
    }
}

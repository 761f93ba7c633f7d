//! Options that set one directive of `[Service]`: a new one is a row of [`DIRECTIVE_OPTIONS`].

use std::collections::BTreeMap;

use super::ServiceType;
use crate::systemd::size::{bytes, permille};
use crate::systemd::timespan::TimeSpan;

/// Allows listening on ports below 1024 (capabilities(7)).
pub const PORTS_CAPABILITY: &str = "CAP_NET_BIND_SERVICE";

/// The option, the key in a manifest, its help, and how units with the directive are imported.
#[derive(Debug)]
pub struct DirectiveOption {
    /// Without `--`.
    pub name: &'static str,
    pub directive: &'static str,
    pub value_name: &'static str,
    pub heading: &'static str,
    pub help: &'static str,
    /// The other paragraphs of `--help`.
    pub long_help: &'static str,
    /// `-h` does not show it.
    pub is_advanced: bool,
    /// Its values can begin with `-`.
    pub allows_hyphen: bool,
    /// It is refused if it has no effect on this machine, unlike a property. Imported units keep theirs as a property.
    pub is_checked: bool,
    /// Returns the value for the unit file.
    pub parse: fn(&str) -> Result<String, InvalidValue>,
    /// systemd ignores the directive for services of these types.
    pub ignored_for: &'static [ServiceType],
}

const LIMIT: DirectiveOption = DirectiveOption {
    name: "",
    directive: "",
    value_name: "",
    heading: "Resource limits",
    help: "",
    long_help: "",
    is_advanced: false,
    allows_hyphen: false,
    is_checked: true,
    parse: |text| Ok(text.to_owned()),
    ignored_for: &[],
};

/// In the order of the help and of the unit file.
pub static DIRECTIVE_OPTIONS: &[DirectiveOption] = &[
    DirectiveOption {
        name: "memory-max",
        directive: "MemoryMax",
        value_name: "SIZE",
        help: "Memory limit, such as 512M or 25%",
        long_help: "The service is killed above it.",
        parse: |text| memory_max(text).map(|_| trimmed(text)),
        ..LIMIT
    },
    DirectiveOption {
        name: "cpu-quota",
        directive: "CPUQuota",
        value_name: "PERCENT",
        help: "CPU time limit; 50% is half of one CPU",
        parse: |text| cpu_quota(text).map(|_| trimmed(text)),
        ..LIMIT
    },
    DirectiveOption {
        name: "tasks-max",
        directive: "TasksMax",
        value_name: "N",
        help: "Limit of processes and threads, such as 100",
        parse: |text| tasks_max(text).map(|_| trimmed(text)),
        ..LIMIT
    },
    DirectiveOption {
        name: "nice",
        directive: "Nice",
        value_name: "N",
        help: "Nice level, from -20 (highest priority) to 19",
        allows_hyphen: true,
        parse: |text| nice(text).map(|level| level.to_string()),
        ..LIMIT
    },
    DirectiveOption {
        name: "watchdog-sec",
        directive: "WatchdogSec",
        value_name: "DURATION",
        heading: "Execution",
        help: "Restart if the program hangs for DURATION",
        long_help: "The program must send WATCHDOG=1 to systemd at least every DURATION, preferably twice as often \
                    ($WATCHDOG_USEC, man sd_watchdog_enabled); otherwise systemd kills it. Every service type but oneshot \
                    supports this.",
        is_advanced: true,
        is_checked: false,
        parse: watchdog_sec,
        ignored_for: &[ServiceType::Oneshot],
        ..LIMIT
    },
];

/// The values of such options, by directive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectiveValues(BTreeMap<&'static str, String>);

impl DirectiveValues {
    pub fn set(&mut self, option: &'static DirectiveOption, text: &str) -> Result<(), InvalidValue> {
        self.0.insert(option.directive, (option.parse)(text)?);
        Ok(())
    }

    pub fn get(&self, directive: &str) -> Option<&str> {
        self.0.get(directive).map(String::as_str)
    }

    /// In the order of the unit file.
    pub fn iter(&self) -> impl Iterator<Item = (&'static DirectiveOption, &str)> {
        DIRECTIVE_OPTIONS.iter().filter_map(|option| Some((option, self.get(option.directive)?)))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct InvalidValue {
    /// What is wrong and what is expected.
    pub why: &'static str,
    /// A possible correction.
    pub instead: Option<String>,
}

fn invalid<T>(why: &'static str) -> Result<T, InvalidValue> {
    Err(InvalidValue { why, instead: None })
}

fn trimmed(text: &str) -> String {
    text.trim_matches([' ', '\t']).to_owned()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Bytes or tasks.
    Absolute(u64),
    /// Thousandths of the machine's resources.
    Permille(u64),
    Infinity,
}

/// A size (`512M`, `1.5G`, `1G 500M`), a percentage of the machine's memory, or `infinity`.
pub fn memory_max(text: &str) -> Result<Amount, InvalidValue> {
    let text = trimmed(text);
    let refuse = |why| InvalidValue { why, instead: respelt(&text) };
    if text == "infinity" {
        return Ok(Amount::Infinity);
    }
    if text.ends_with('%') {
        let why = "is not a valid percentage: use up to 100%, such as 50% or 12.5%";
        return percentage(&text).ok_or_else(|| refuse(why));
    }
    let why = "is not a size: use a number of bytes, or one with K, M, G or T, such as 512M or 1.5G";
    // The largest number means infinity to systemd.
    match bytes(&text).filter(|size| *size < u64::MAX) {
        None => Err(refuse(why)),
        Some(0) => Err(refuse("leaves no memory")),
        Some(size) => Ok(Amount::Absolute(size)),
    }
}

fn percentage(text: &str) -> Option<Amount> {
    permille(text).filter(|share| (1..=1000).contains(share)).map(Amount::Permille)
}

/// Accepts other spellings of a size: `512m`, `1GB`, `2 gib`.
fn respelt(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let plain = upper.strip_suffix("IB").or_else(|| upper.strip_suffix('B')).unwrap_or(&upper).replace(' ', "");
    bytes(&plain).filter(|size| (1..u64::MAX).contains(size)).map(|_| plain)
}

/// A percentage of one CPU, which can exceed 100%, in thousandths.
pub fn cpu_quota(text: &str) -> Result<u64, InvalidValue> {
    let text = trimmed(text);
    match permille(&text) {
        Some(0) => invalid("leaves no CPU time"),
        Some(share) => Ok(share),
        None => {
            let instead = format!("{text}%");
            let instead = Some(instead).filter(|it| permille(it).is_some_and(|share| share > 0));
            Err(InvalidValue { why: "is not a percentage: 100% is one CPU, 50% half of one, 200% two CPUs", instead })
        }
    }
}

/// A number, a percentage of the machine's limit, or `infinity`.
pub fn tasks_max(text: &str) -> Result<Amount, InvalidValue> {
    let text = trimmed(text);
    if text == "infinity" {
        return Ok(Amount::Infinity);
    }
    if text.ends_with('%') {
        return percentage(&text)
            .map_or_else(|| invalid("is not a valid percentage: use up to 100%, such as 10% or 2.5%"), Ok);
    }
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>().ok().filter(|number| is_number && *number < u64::MAX) {
        None => {
            invalid("is not a number of processes and threads: use a number such as 100, a percentage, or infinity")
        }
        Some(0) => invalid("allows no process"),
        Some(number) => Ok(Amount::Absolute(number)),
    }
}

pub fn nice(text: &str) -> Result<i32, InvalidValue> {
    let text = trimmed(text);
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse().ok().filter(|number| is_number && (-20..=19).contains(number)) {
        Some(number) => Ok(number),
        None => invalid("is not a nice level: use a whole number from -20 (highest priority) to 19 (lowest)"),
    }
}

/// `0` and `infinity` turn the watchdog off.
fn watchdog_sec(text: &str) -> Result<String, InvalidValue> {
    match TimeSpan::parse(text).map(|span| (span.length(), span)) {
        Ok((Some(length), span)) if !length.is_zero() => Ok(span.as_str().to_owned()),
        Ok(_) => invalid("turns the watchdog off: leave the option out"),
        Err(_) => invalid("is not a duration: use seconds or a number with a unit, such as 30s or 2min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_every_release_accepts_are_valid() {
        for text in ["1", "512M", "1.5G", "1G 500M", "50%", "12.5%", "100%", "infinity", " 1G "] {
            assert!(memory_max(text).is_ok(), "{text}");
        }
        for text in ["1%", "50%", "12.5%", "400%"] {
            assert!(cpu_quota(text).is_ok(), "{text}");
        }
        for text in ["1", "4096", "10%", "infinity"] {
            assert!(tasks_max(text).is_ok(), "{text}");
        }
        for (text, number) in [("0", 0), ("-20", -20), ("19", 19), ("+5", 5), ("007", 7)] {
            assert_eq!(nice(text), Ok(number));
        }
    }

    #[test]
    fn values_are_written_as_systemd_reads_them() {
        for (name, text, written) in [
            ("memory-max", " 1G ", "1G"),
            ("nice", "010", "10"),
            ("nice", "+5", "5"),
            ("watchdog-sec", "30", "30"),
            ("watchdog-sec", "1min 30s", "1min 30s"),
        ] {
            let option = DIRECTIVE_OPTIONS.iter().find(|option| option.name == name).unwrap();
            let mut values = DirectiveValues::default();
            values.set(option, text).unwrap();
            assert_eq!(values.get(option.directive), Some(written));
        }
    }

    #[test]
    fn values_that_systemd_ignores_are_refused() {
        for (text, instead) in [
            ("1GB", Some("1G")),
            ("512m", Some("512M")),
            ("2 gib", Some("2G")),
            ("0", None),
            ("0%", None),
            ("101%", None),
            ("12.34%", None),
            ("much", None),
            ("", None),
            ("-1", None),
            ("Infinity", None),
            ("18446744073709551615", None),
        ] {
            let refused = memory_max(text).expect_err(text);
            assert_eq!(refused.instead.as_deref(), instead, "{text}");
        }
        for (text, instead) in [("50", Some("50%")), ("0%", None), ("0", None), ("infinity", None), ("1,5%", None)] {
            let refused = cpu_quota(text).expect_err(text);
            assert_eq!(refused.instead.as_deref(), instead, "{text}");
        }
        for text in ["0", "0%", "-1", "+5", "0x10", "1K", "1 0", "101%", "18446744073709551615"] {
            assert!(tasks_max(text).is_err(), "{text}");
        }
        for text in ["0", "0s", "infinity", "soon", "", "-1"] {
            assert!(watchdog_sec(text).is_err(), "{text}");
        }
        for text in ["20", "-21", "1.5", "", "--5", "0x5", "low"] {
            assert!(nice(text).is_err(), "{text}");
        }
    }
}

//! Resource limits: `MemoryMax=`, `CPUQuota=`, `TasksMax=` and `Nice=`.

use serde::{Deserialize, Serialize};

use crate::systemd::size::{bytes, permille};

/// Allows listening on ports below 1024 (capabilities(7)).
pub const PORTS_CAPABILITY: &str = "CAP_NET_BIND_SERVICE";

/// See systemd.resource-control(5) and systemd.exec(5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub memory_max: Option<MemoryMax>,
    pub cpu_quota: Option<CpuQuota>,
    pub tasks_max: Option<TasksMax>,
    pub nice: Option<Nice>,
}

impl Limits {
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let lines = [
            ("MemoryMax", self.memory_max.as_ref().map(|limit| limit.text.clone())),
            ("CPUQuota", self.cpu_quota.as_ref().map(|limit| limit.text.clone())),
            ("TasksMax", self.tasks_max.as_ref().map(|limit| limit.text.clone())),
            ("Nice", self.nice.map(|nice| nice.0.to_string())),
        ];
        lines.into_iter().filter_map(|(directive, value)| Some((directive, value?))).collect()
    }
}

/// Why a text is not a valid limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotALimit {
    /// What is wrong and what is expected.
    pub why: &'static str,
    /// A possible correction.
    pub instead: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Bytes or tasks.
    Absolute(u64),
    /// Thousandths of the machine's resources.
    Permille(u64),
    Infinity,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryMax {
    text: String,
    amount: Amount,
}

impl MemoryMax {
    /// Takes a size (`512M`, `1.5G`, `1G 500M`), a percentage of the machine's memory, or `infinity`.
    pub fn parse(text: &str) -> Result<MemoryMax, NotALimit> {
        let text = text.trim_matches([' ', '\t']);
        let refuse = |why| NotALimit { why, instead: respelt(text) };
        let amount = if text == "infinity" {
            Amount::Infinity
        } else if text.ends_with('%') {
            let why = "is not a valid percentage: use up to 100%, such as 50% or 12.5%";
            Amount::Permille(permille(text).filter(|share| (1..=1000).contains(share)).ok_or_else(|| refuse(why))?)
        } else {
            let why = "is not a size: use a number of bytes, or one with K, M, G or T, such as 512M or 1.5G";
            // The largest number means infinity to systemd.
            let size = bytes(text).filter(|size| *size < u64::MAX).ok_or_else(|| refuse(why))?;
            if size == 0 {
                return Err(refuse("leaves no memory"));
            }
            Amount::Absolute(size)
        };
        Ok(MemoryMax { text: text.to_owned(), amount })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn amount(&self) -> Amount {
        self.amount
    }
}

/// Accepts other spellings of a size: `512m`, `1GB`, `2 gib`.
fn respelt(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let plain = upper.strip_suffix("IB").or_else(|| upper.strip_suffix('B')).unwrap_or(&upper).replace(' ', "");
    bytes(&plain).filter(|size| (1..u64::MAX).contains(size)).map(|_| plain)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpuQuota {
    text: String,
    permille: u64,
}

impl CpuQuota {
    /// Takes a percentage of one CPU, which can exceed 100%.
    pub fn parse(text: &str) -> Result<CpuQuota, NotALimit> {
        let text = text.trim_matches([' ', '\t']);
        let instead = permille(&format!("{text}%")).filter(|share| *share > 0).map(|_| format!("{text}%"));
        let why = "is not a percentage: 100% is one CPU, 50% half of one, 200% two CPUs";
        let share = permille(text).ok_or(NotALimit { why, instead })?;
        if share == 0 {
            return Err(NotALimit { why: "leaves no CPU time", instead: None });
        }
        Ok(CpuQuota { text: text.to_owned(), permille: share })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// In thousandths of one CPU.
    pub fn permille(&self) -> u64 {
        self.permille
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TasksMax {
    text: String,
    amount: Amount,
}

impl TasksMax {
    /// Takes a number, a percentage of the machine's limit, or `infinity`.
    pub fn parse(text: &str) -> Result<TasksMax, NotALimit> {
        let text = text.trim_matches([' ', '\t']);
        let refuse = |why| NotALimit { why, instead: None };
        let amount = if text == "infinity" {
            Amount::Infinity
        } else if text.ends_with('%') {
            let why = "is not a valid percentage: use up to 100%, such as 10% or 2.5%";
            Amount::Permille(permille(text).filter(|share| (1..=1000).contains(share)).ok_or_else(|| refuse(why))?)
        } else {
            let why = "is not a number of processes and threads: use a number such as 100, a percentage, or infinity";
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number: u64 =
                text.parse().ok().filter(|number| is_number && *number < u64::MAX).ok_or_else(|| refuse(why))?;
            if number == 0 {
                return Err(refuse("allows no process"));
            }
            Amount::Absolute(number)
        };
        Ok(TasksMax { text: text.to_owned(), amount })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn amount(&self) -> Amount {
        self.amount
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nice(i32);

impl Nice {
    pub fn parse(text: &str) -> Result<Nice, NotALimit> {
        let text = text.trim_matches([' ', '\t']);
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let why = "is not a nice level: use a whole number from -20 (highest priority) to 19 (lowest)";
        let number = text.parse().ok().filter(|number| is_number && (-20..=19).contains(number));
        number.map(Nice).ok_or(NotALimit { why, instead: None })
    }

    pub fn number(self) -> i32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_every_release_takes() {
        for text in ["1", "512M", "1.5G", "1G 500M", "50%", "12.5%", "100%", "infinity", " 1G "] {
            assert_eq!(MemoryMax::parse(text).unwrap().as_str(), text.trim(), "{text}");
        }
        for text in ["1%", "50%", "12.5%", "400%"] {
            assert_eq!(CpuQuota::parse(text).unwrap().as_str(), text);
        }
        for text in ["1", "4096", "10%", "infinity"] {
            assert_eq!(TasksMax::parse(text).unwrap().as_str(), text);
        }
        for (text, number) in [("0", 0), ("-20", -20), ("19", 19), ("+5", 5), ("007", 7)] {
            assert_eq!(Nice::parse(text).unwrap().number(), number);
        }
    }

    #[test]
    fn refuses_what_systemd_passes_over() {
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
            let refused = MemoryMax::parse(text).expect_err(text);
            assert_eq!(refused.instead.as_deref(), instead, "{text}");
        }
        for (text, instead) in [("50", Some("50%")), ("0%", None), ("0", None), ("infinity", None), ("1,5%", None)] {
            let refused = CpuQuota::parse(text).expect_err(text);
            assert_eq!(refused.instead.as_deref(), instead, "{text}");
        }
        for text in ["0", "0%", "-1", "+5", "0x10", "1K", "1 0", "101%", "18446744073709551615"] {
            assert!(TasksMax::parse(text).is_err(), "{text}");
        }
        for text in ["20", "-21", "1.5", "", "--5", "0x5", "low"] {
            assert!(Nice::parse(text).is_err(), "{text}");
        }
    }
}

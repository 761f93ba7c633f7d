//! What systemd makes of obsolete settings that it still accepts (its `cgroup.c` and `load-fragment.c`).

use super::value::numbers::unsigned;

/// The setting that means the same today; `None` for one that is not obsolete, or has no equivalent.
pub fn modern(name: &str, value: &str) -> Option<(&'static str, String)> {
    let same = |name: &'static str| Some((name, value.to_owned()));
    match name {
        "CPUShares" => Some(("CPUWeight", cpu_weight(value)?)),
        "StartupCPUShares" => Some(("StartupCPUWeight", cpu_weight(value)?)),
        "BlockIOWeight" => Some(("IOWeight", io_weight(value)?)),
        "StartupBlockIOWeight" => Some(("StartupIOWeight", io_weight(value)?)),
        "BlockIODeviceWeight" => match value.rsplit_once([' ', '\t']) {
            Some((device, weight)) => Some(("IODeviceWeight", format!("{device} {}", io_weight(weight)?))),
            None => value.is_empty().then(|| ("IODeviceWeight", String::new())),
        },
        "BlockIOReadBandwidth" => same("IOReadBandwidthMax"),
        "BlockIOWriteBandwidth" => same("IOWriteBandwidthMax"),
        "BlockIOAccounting" => same("IOAccounting"),
        "MemoryLimit" => same("MemoryMax"),
        "RequiresOverridable" => same("Requires"),
        "RequisiteOverridable" => same("Requisite"),
        "StandardOutput" => Some(("StandardOutput", output(value)?.to_owned())),
        "StandardError" => Some(("StandardError", output(value)?.to_owned())),
        _ => None,
    }
}

fn cpu_weight(shares: &str) -> Option<String> {
    weight(shares, 2..=262_144, 1024)
}

fn io_weight(weight_before: &str) -> Option<String> {
    weight(weight_before, 10..=1000, 500)
}

/// `default` is the old one; the new one is 100.
fn weight(value: &str, range: std::ops::RangeInclusive<u64>, default: u64) -> Option<String> {
    if value.is_empty() {
        return Some(String::new());
    }
    let old = unsigned(value).filter(|old| range.contains(old))?;
    Some((old * 100 / default).clamp(1, 10_000).to_string())
}

fn output(value: &str) -> Option<&'static str> {
    match value {
        "syslog" => Some("journal"),
        "syslog+console" => Some("journal+console"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `cgroup_cpu_shares_to_weight` and `cgroup_weight_blkio_to_io` of systemd 247 to 257.
    #[test]
    fn obsolete_settings_are_converted_as_by_systemd() {
        for (old, new) in [
            ("CPUShares=512", Some("CPUWeight=50")),
            ("CPUShares=2", Some("CPUWeight=1")),
            ("CPUShares=262144", Some("CPUWeight=10000")),
            ("CPUShares=1", None),
            ("StartupCPUShares=2048", Some("StartupCPUWeight=200")),
            ("BlockIOWeight=500", Some("IOWeight=100")),
            ("BlockIOWeight=10", Some("IOWeight=2")),
            ("BlockIOWeight=5", None),
            ("BlockIODeviceWeight=/dev/sda 1000", Some("IODeviceWeight=/dev/sda 200")),
            ("BlockIOReadBandwidth=/dev/sda 1M", Some("IOReadBandwidthMax=/dev/sda 1M")),
            ("MemoryLimit=1G", Some("MemoryMax=1G")),
            ("StandardOutput=syslog+console", Some("StandardOutput=journal+console")),
            ("StandardOutput=journal", None),
            ("CPUWeight=512", None),
            ("KillMode=none", None),
        ] {
            let (name, value) = old.split_once('=').unwrap();
            let found = modern(name, value).map(|(name, value)| format!("{name}={value}"));
            assert_eq!(found.as_deref(), new, "{old}");
        }
    }
}

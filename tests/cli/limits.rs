//! Resource limits where systemd is not running: values, and what cannot work on any machine.

use snapbox::str;

use crate::options_refused;

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn values_systemd_would_ignore_are_refused() {
    options_refused(
        &["--memory-max", "1GB"],
        str![[r#"
error: --memory-max: `1GB` is not a size: use a number of bytes, or one with K, M, G or T, such as 512M or 1.5G
hint: --memory-max 1G

"#]],
    );
    options_refused(
        &["--memory-max", "110%"],
        str![[r#"
error: --memory-max: `110%` is not a valid percentage: use up to 100%, such as 50% or 12.5%

"#]],
    );
    options_refused(
        &["--memory-max", "0"],
        str![[r#"
error: --memory-max: `0` leaves no memory

"#]],
    );
    options_refused(
        &["--memory-max", "a lot"],
        str![[r#"
error: --memory-max: `a lot` is not a size: use a number of bytes, or one with K, M, G or T, such as 512M or 1.5G

"#]],
    );
    options_refused(
        &["--cpu-quota", "50"],
        str![[r#"
error: --cpu-quota: `50` is not a percentage: 100% is one CPU, 50% half of one, 200% two CPUs
hint: --cpu-quota 50%

"#]],
    );
    options_refused(
        &["--cpu-quota", "0%"],
        str![[r#"
error: --cpu-quota: `0%` leaves no CPU time

"#]],
    );
    options_refused(
        &["--tasks-max", "0"],
        str![[r#"
error: --tasks-max: `0` allows no process

"#]],
    );
    options_refused(
        &["--tasks-max", "1K"],
        str![[r#"
error: --tasks-max: `1K` is not a number of processes and threads: use a number such as 100, a percentage, or infinity

"#]],
    );
    options_refused(
        &["--nice", "20"],
        str![[r#"
error: --nice: `20` is not a nice level: use a whole number from -20 (highest priority) to 19 (lowest)

"#]],
    );
    options_refused(
        &["--nice", "--memory-max"],
        str![[r#"
error: --nice: `--memory-max` is not a nice level: use a whole number from -20 (highest priority) to 19 (lowest)

"#]],
    );
}

#[test]
fn watchdogs_without_effect_are_refused() {
    options_refused(
        &["--watchdog-sec", "0"],
        str![[r#"
error: --watchdog-sec: `0` turns the watchdog off: leave the option out

"#]],
    );
    options_refused(
        &["--watchdog-sec", "often"],
        str![[r#"
error: --watchdog-sec: `often` is not a duration: use seconds or a number with a unit, such as 30s or 2min

"#]],
    );
    options_refused(
        &["--watchdog-sec", "30s", "--service-type", "oneshot"],
        str![[r#"
error: --watchdog-sec has no effect: systemd ignores WatchdogSec= for oneshot services

"#]],
    );
    options_refused(
        &["--watchdog-sec", "30s", "-p", "WatchdogSec=1min"],
        str![[r#"
error: --property: `WatchdogSec` sets the same as --watchdog-sec

"#]],
    );
}

#[test]
fn unusable_limits_are_refused() {
    options_refused(
        &["--memory-max", "1K"],
        str![[r#"
error: --memory-max 1K is less than any program needs to start (1M)
hint: --memory-max 64M
hint: use --force to install it anyway

"#]],
    );
    options_refused(
        &["-p", "MemoryMax=512K"],
        str![[r#"
error: -p MemoryMax=512K is less than any program needs to start (1M)
hint: --memory-max 64M
hint: use --force to install it anyway

"#]],
    );
}

#[test]
fn duplicate_settings_are_refused() {
    options_refused(
        &["--memory-max", "1G", "-p", "MemoryMax=2G"],
        str![[r#"
error: --property: `MemoryMax` sets the same as --memory-max

"#]],
    );
    options_refused(
        &["--nice", "5", "-p", "Nice=5"],
        str![[r#"
error: --property: `Nice` sets the same as --nice

"#]],
    );
    options_refused(
        &["--cpu-quota", "5%", "--cpu-quota", "6%"],
        str![[r#"
error: --cpu-quota is given twice

"#]],
    );
}

//! Passes the commit and its date to the program: for `--version -v`, and for the manual pages.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its build")]

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    // A debug build would be done again for each commit.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release")
        && let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"])
    {
        println!("cargo::rerun-if-changed={log}");
    }
    let packaged = std::fs::read_to_string(".cargo_vcs_info.json").ok();
    let packaged = packaged.and_then(|info| Some(info.split("\"sha1\": \"").nth(1)?.get(..12)?.to_owned()));
    let commit = packaged.or_else(|| git(&["rev-parse", "--short=12", "HEAD"])).unwrap_or_default();
    println!("cargo::rustc-env=MKSERVICE_COMMIT={commit}");
    println!("cargo::rustc-env=MKSERVICE_TARGET={}", env::var("TARGET").unwrap_or_default());
    let given = env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok()).map(date);
    let date = given.or_else(|| git(&["log", "-1", "--format=%cs"])).unwrap_or_default();
    println!("cargo::rustc-env=MKSERVICE_DATE={date}");
}

/// A day as YYYY-MM-DD, of seconds since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn date(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|text| !text.is_empty())
}

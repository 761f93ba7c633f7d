//! The table of directives agrees with what systemd's releases report.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its tests")]

mod by_release;
mod data;
mod refused;
mod verified;
mod wrong_values;

use std::collections::BTreeSet;
use std::process::Command;

use data::Item;
use mkservice::systemd::directives::{self, Directive, Section};

/// The releases whose lists are in `releases`.
const RELEASES: [u32; 4] = [247, 252, 257, 262];

/// Sections of units that a service never has.
const OTHERS: [&str; 5] = ["Mount", "Automount", "Swap", "Slice", "Scope"];

/// The table and systemd's lists contain the same directives in the same sections, release by release.
#[test]
fn the_table_says_what_the_lists_say() {
    let items = |directive: &Directive| {
        let item = |section: Section| Item { section: section.name().into(), name: directive.name.into() };
        directive.sections().map(item).collect::<Vec<_>>()
    };
    let all: BTreeSet<Item> = directives::all().iter().flat_map(items).collect();
    for release in RELEASES {
        let list = data::list(release);
        let unnamed: Vec<_> = list.iter().filter(|item| directives::named(&item.name).is_empty()).collect();
        assert!(unnamed.is_empty(), "{release}: in no row: {unnamed:?}");
        // Directives of services are also valid in mount and slice units. mkservice does not create those; the table
        // has only directives that are valid nowhere else.
        let is_left_out = |item: &Item| OTHERS.contains(&item.section.as_str()) && !all.contains(item);
        let said: BTreeSet<Item> = list.into_iter().filter(|item| !is_left_out(item)).collect();
        let known = directives::all().iter().filter(|directive| directive.is_known_to(release));
        let ours: BTreeSet<Item> = known.flat_map(items).collect();
        let missing: Vec<_> = said.difference(&ours).collect();
        let surplus: Vec<_> = ours.difference(&said).collect();
        assert!(missing.is_empty() && surplus.is_empty(), "{release}: missing {missing:?}, surplus {surplus:?}");
    }
}

#[test]
fn the_newest_release_is_the_last_of_the_lists() {
    assert_eq!(RELEASES.last(), Some(&directives::NEWEST));
}

/// The table agrees with the systemd of this machine.
#[test]
fn the_installed_systemd_agrees() {
    let systemd = |option: &str| {
        let output = Command::new("/lib/systemd/systemd").arg(option).output().expect("systemd is installed");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let release = data::release(&systemd("--version"));
    let said = data::read(&systemd("--dump-configuration-items"));
    data::compare(release, &said);
}

//! The table of directives: made from `data/systemd`, which has to agree with what systemd's
//! releases say of themselves.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its tests")]

mod data;
mod refused;
mod verified;
mod wrong_values;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use data::{Item, Line};
use mkservice::systemd::directives::{self, Section};

/// The releases whose lists are in `data/systemd`.
const RELEASES: [u32; 4] = [247, 252, 257, 262];

/// The sections of units that a service never has.
const OTHERS: [&str; 5] = ["Mount", "Automount", "Swap", "Slice", "Scope"];

/// What is not in systemd's lists is not in ours, and what is in them stands here in the same
/// sections: release by release.
#[test]
fn the_lines_say_what_the_lists_say() {
    let lines = data::lines();
    for release in RELEASES {
        // What can stand in a service stands in the units of mounts and slices too. Those we do not make, and only
        // what they alone know is told of.
        let is_ours =
            |item: &Item| lines.iter().any(|line| line.name == item.name && line.sections.contains(&item.section));
        let is_left_out = |item: &Item| OTHERS.contains(&item.section.as_str()) && !is_ours(item);
        let said: BTreeSet<Item> = data::list(release).into_iter().filter(|item| !is_left_out(item)).collect();
        let unnamed =
            said.iter().chain(&data::list(release)).any(|item| !lines.iter().any(|line| line.name == item.name));
        assert!(!unnamed, "{release}: a name that stands in no line");
        let ours: BTreeSet<Item> =
            lines.iter().filter(|line| line.is_known_to(release)).flat_map(Line::items).collect();
        let missing: Vec<_> = said.difference(&ours).collect();
        let surplus: Vec<_> = ours.difference(&said).collect();
        assert!(missing.is_empty() && surplus.is_empty(), "{release}: missing {missing:?}, surplus {surplus:?}");
    }
}

#[test]
fn the_table_is_made_from_the_lines() {
    let mut made = String::from(
        "//! All directives, sorted by name. Made from `data/systemd` by `tests/directives`; not to be edited.\n\n\
         use super::InUser::*;\nuse super::Kind::*;\nuse super::{Directive, InUser, Kind, Page, Section};\n\n",
    );
    let lines = data::lines();
    made.push_str("#[rustfmt::skip]\n");
    let _ = writeln!(made, "pub(super) static TABLE: [Directive; {}] = [", lines.len());
    for line in &lines {
        let sections: Vec<String> = line.sections.iter().map(|section| format!("Section::{section}")).collect();
        let _ = writeln!(
            made,
            "    row({:?}, {}, {}, {}, Page::{}, &[{}], {}),",
            format!("{}={}", line.name, line.about),
            line.kind,
            line.since,
            line.until.map_or("u16::MAX".into(), |until| until.to_string()),
            data::camel_case(&line.page),
            sections.join(", "),
            line.in_user,
        );
    }
    made.push_str("];\n");
    made.push_str(ROW);
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/systemd/directives/table.rs");
    snapbox::assert_data_eq!(made, snapbox::Data::read_from(&table, None).raw());
}

const ROW: &str = "
const fn row(
    line: &'static str,
    kind: Kind,
    since: u16,
    until: u16,
    page: Page,
    in_sections: &[Section],
    in_user: InUser,
) -> Directive {
    let (mut sections, mut at) = (0, 0);
    while at < in_sections.len() {
        sections |= in_sections[at].bit();
        at += 1;
    }
    Directive { line, kind, since, until, page, sections, in_user }
}
";

#[test]
fn the_program_has_the_table() {
    for line in data::lines() {
        for section in &line.sections {
            let section = Section::parse(section).unwrap();
            let directive = directives::in_section(&line.name, section).unwrap();
            assert_eq!((directive.about(), u32::from(directive.since)), (line.about.as_str(), line.since));
        }
    }
    assert_eq!(RELEASES.last(), Some(&directives::NEWEST));
}

/// The systemd of this machine says of itself what the program's table says of its release.
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

//! `data/systemd`, read: systemd's own lists of configuration items, and our lines about them.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::path::{Path, PathBuf};

use mkservice::systemd::directives::{self, Section};

/// A directive in a section, as systemd lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    pub section: String,
    pub name: String,
}

/// One line of `directives.txt`.
pub struct Line {
    pub name: String,
    pub sections: Vec<String>,
    pub page: String,
    pub since: u32,
    pub until: Option<u32>,
    pub kind: String,
    pub in_user: String,
    pub about: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/systemd")
}

/// The items that systemd prints.
pub fn read(printed: &str) -> Vec<Item> {
    let mut section = String::new();
    let mut items = Vec::new();
    for line in printed.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => section = name.to_owned(),
            None => {
                let name = line.split_once('=').unwrap_or_else(|| panic!("no item: {line}")).0.to_owned();
                items.push(Item { section: section.clone(), name });
            }
        }
    }
    items
}

/// The number in front of what `systemd --version` prints.
pub fn release(printed: &str) -> u32 {
    let digits: String = printed.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

/// The list of a release.
pub fn list(release: u32) -> Vec<Item> {
    read(&std::fs::read_to_string(folder().join(format!("{release}.txt"))).unwrap())
}

/// Our lines, sorted by name.
pub fn lines() -> Vec<Line> {
    let text = std::fs::read_to_string(folder().join("directives.txt")).unwrap();
    let mut lines: Vec<Line> = text.lines().filter(|line| !line.starts_with('#')).map(line).collect();
    lines.sort_by(|one, other| one.name.cmp(&other.name));
    lines
}

fn line(text: &str) -> Line {
    let columns: Vec<&str> = text.split(" | ").collect();
    let [name, sections, page, releases, kind, in_user, about] = columns[..] else { panic!("seven columns: {text}") };
    let (since, until) = releases.split_once(" to ").map_or((releases, None), |(since, until)| (since, Some(until)));
    Line {
        name: name.into(),
        sections: sections.split(' ').map(str::to_owned).collect(),
        page: page.into(),
        since: if since == "-" { 0 } else { since.parse().unwrap() },
        until: until.map(|until| until.parse().unwrap()),
        kind: kind.into(),
        in_user: in_user.into(),
        about: about.into(),
    }
}

impl Line {
    pub fn is_known_to(&self, release: u32) -> bool {
        self.since <= release && self.until.is_none_or(|until| release <= until)
    }

    pub fn items(&self) -> Vec<Item> {
        self.sections.iter().map(|section| Item { section: section.clone(), name: self.name.clone() }).collect()
    }
}

/// `resource-control` as a type's name.
pub fn camel_case(text: &str) -> String {
    text.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// Compares what a systemd says of itself with the program's table, in both directions.
pub fn compare(release: u32, said: &[Item]) {
    for item in said {
        let section = Section::parse(&item.section).unwrap_or_else(|| panic!("an unknown section: {item:?}"));
        let known = directives::in_section(&item.name, section).is_some_and(|it| it.is_known_to(release));
        let elsewhere = section >= Section::Mount && !directives::named(&item.name).is_empty();
        assert!(known || elsewhere, "systemd {release} knows {item:?}, and the table does not");
    }
    for directive in directives::all().iter().filter(|directive| directive.is_known_to(release)) {
        for section in directive.sections() {
            let item = Item { section: section.name().into(), name: directive.name().into() };
            assert!(said.contains(&item), "the table has {item:?} for systemd {release}, which does not know it");
        }
    }
}

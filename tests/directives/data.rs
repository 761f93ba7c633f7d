//! systemd's own lists of configuration items: those in `releases`, and the output of a systemd.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use mkservice::systemd::directives::{self, Section};

/// A directive in a section, as systemd lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    pub section: String,
    pub name: String,
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

/// The number at the start of the version in `systemd --version`.
pub fn release(printed: &str) -> u32 {
    let digits: String = printed.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

/// The list of a release.
pub fn list(release: u32) -> Vec<Item> {
    let file = format!("{}/tests/directives/releases/{release}.txt", env!("CARGO_MANIFEST_DIR"));
    read(&std::fs::read_to_string(file).unwrap())
}

/// Compares the list of a systemd with the table, in both directions.
pub fn compare(release: u32, said: &[Item]) {
    for item in said {
        let section = Section::parse(&item.section).unwrap_or_else(|| panic!("an unknown section: {item:?}"));
        let known = directives::in_section(&item.name, section).is_some_and(|it| it.is_known_to(release));
        let elsewhere = section >= Section::Mount && !directives::named(&item.name).is_empty();
        assert!(known || elsewhere, "systemd {release} knows {item:?}, and the table does not");
    }
    for directive in directives::all().iter().filter(|directive| directive.is_known_to(release)) {
        for section in directive.sections() {
            let item = Item { section: section.name().into(), name: directive.name.into() };
            assert!(said.contains(&item), "the table has {item:?} for systemd {release}, which does not know it");
        }
    }
}

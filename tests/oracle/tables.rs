//! The values in systemd's own tests: systemd's verdict against mkservice's. Run by `tests/tools/compare`.

use std::collections::BTreeSet;

use mkservice::spec::Property;
use mkservice::systemd::directives::value::Reader;
use mkservice::systemd::directives::{self, Directive, Section};

use crate::parser::Systemd;
use crate::values::{Case, differences, listed};

/// Each value with a directive of each kind, and each assignment as it is.
#[test]
#[ignore = "requires a file of values, MKSERVICE_TEST_VALUES"]
fn the_values_of_systemds_tests_are_judged_as_systemd_judges_them() {
    let file = std::env::var_os("MKSERVICE_TEST_VALUES").expect("MKSERVICE_TEST_VALUES is set");
    let text = std::fs::read_to_string(&file).unwrap();
    let systemd = Systemd::of_tests();
    let reader = Reader { release: systemd.release(), of_user: false };
    let cases = cases(text.lines(), reader.release);
    assert!(cases.len() > 1_000, "{} cases in {file:?}", cases.len());
    let differences = differences(&systemd, &cases, reader);
    let (meant, other): (Vec<_>, Vec<_>) = differences.iter().partition(|it| it.reason().is_some());
    println!("systemd {}: {} cases", reader.release, cases.len());
    println!("{} are meant to differ:\n{}", meant.len(), listed(meant.iter().copied(), usize::MAX));
    println!("{} differ:\n{}", other.len(), listed(other.iter().copied(), usize::MAX));
    assert!(other.len() * 1_000 <= cases.len(), "{} of {} differ", other.len(), cases.len());
}

fn cases<'a>(values: impl Iterator<Item = &'a str>, release: u32) -> Vec<Case> {
    let known: Vec<&Directive> =
        directives::all().iter().filter(|it| it.is_known_to(release) && is_judged(it)).collect();
    let mut kinds = BTreeSet::new();
    let all =
        known.iter().flat_map(|directive| directive.sections().filter(is_read).map(|section| (*directive, section)));
    let of_kinds: Vec<(&Directive, Section)> = all.filter(|(directive, _)| kinds.insert(directive.kind.name)).collect();
    let mut cases = Vec::new();
    // What cannot be written in one line is refused before.
    for value in values.filter(|value| Property::parse(format!("A={value}").as_bytes()).is_ok()) {
        let case = |directive, section, value: &str| Case { directive, section, value: value.trim().to_owned() };
        cases.extend(of_kinds.iter().map(|(directive, section)| case(directive, *section, value)));
        let Some((name, value)) = value.split_once('=') else { continue };
        for directive in known.iter().filter(|directive| directive.name == name) {
            cases.extend(directive.sections().filter(is_read).map(|section| case(directive, section, value)));
        }
    }
    cases
}

/// Obsolete directives are refused with any value.
fn is_judged(directive: &Directive) -> bool {
    !["Obsolete", "Elsewhere"].contains(&directive.kind.name)
}

fn is_read(section: &Section) -> bool {
    *section <= Section::Path && *section != Section::Install
}

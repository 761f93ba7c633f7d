//! Values of directives: systemd's verdict against mkservice's. Runs with the systemd of this machine, or with the one
//! in the root directory `MKSERVICE_TEST_ROOT`.

use std::collections::BTreeMap;

use mkservice::systemd::directives::value::{Reader, accepts};
use mkservice::systemd::directives::{self, Directive, Section};

use proptest::test_runner::TestRunner;

use crate::parser::Systemd;

/// One line of a unit.
#[derive(Debug, Clone)]
struct Case {
    directive: &'static Directive,
    section: Section,
    value: String,
}

/// Every directive of this release with values of all kinds: if systemd complains about the line, the value must be
/// refused, and otherwise accepted.
#[test]
fn values_are_judged_as_systemd_judges_them() {
    let systemd = Systemd::of_tests();
    for of_user in [false, true] {
        let reader = Reader { release: systemd.release(), of_user };
        let cases = chosen(cases(reader.release));
        let units: Vec<(String, String)> = cases.iter().enumerate().map(|(number, case)| unit(number, case)).collect();
        let mut differences = BTreeMap::<String, Vec<String>>::new();
        for (cases, units) in cases.chunks(1_000).zip(units.chunks(1_000)) {
            let complaints = systemd.complaints(units, of_user);
            for (case, (name, _)) in cases.iter().zip(units) {
                let complaint = complaints.get(name);
                let taken = accepts(case.directive, case.section, &case.value, reader);
                let forgiven = if taken { JUDGED_BY_SYSTEMD.as_slice() } else { STRICTER.as_slice() };
                if taken == complaint.is_some() && !forgiven.contains(&case.directive.kind.name) {
                    let said = complaint.map_or("takes it", String::as_str);
                    let what =
                        format!("{}.{}={}: systemd: {said}", case.section.name(), case.directive.name, case.value);
                    differences.entry(case.directive.kind.name.to_owned()).or_default().push(what);
                }
            }
        }
        let told: Vec<String> = differences
            .iter()
            .map(|(kind, all)| {
                format!("{kind} ({}):\n  {}", all.len(), all.iter().take(40).cloned().collect::<Vec<_>>().join("\n  "))
            })
            .collect();
        assert!(told.is_empty(), "systemd {} ({reader:?}) judges otherwise:\n{}", reader.release, told.join("\n"));
    }
}

/// A few thousand random cases, different in each run; all cases if `MKSERVICE_TEST_ALL` is set.
fn chosen(mut cases: Vec<Case>) -> Vec<Case> {
    const SOME: u32 = 16;
    let mut runner = TestRunner::default();
    if std::env::var_os("MKSERVICE_TEST_ALL").is_none() {
        cases.retain(|_| crate::random(&proptest::num::u32::ANY, &mut runner).is_multiple_of(SOME));
    }
    cases
}

/// Kinds for which systemd silently ignores unknown names. mkservice refuses those, and must refuse everything that
/// systemd complains about.
const STRICTER: [&str; 21] = [
    "Interface",
    "SetCredential",
    "SystemCallFilter",
    "SystemCalls",
    "Capabilities",
    "FileSystems",
    "SecureBits",
    "Controllers",
    "CpuAffinity",
    "CpuSet",
    "NodeSet",
    "NumaMask",
    "ConfigurationDirectory",
    "Directories",
    "ImageOptions",
    "Obsolete",
    "Slice",
    "Images",
    "OpenFile",
    "Condition",
    "Virtualization",
];

/// Kinds that only systemd and the kernel can judge: which system calls exist and, in old releases, which priorities a
/// policy has.
const JUDGED_BY_SYSTEMD: [&str; 3] = ["SystemCallFilter", "SystemCalls", "CpuPriority"];

fn cases(release: u32) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut seen = Vec::new();
    for directive in directives::all().iter().filter(|directive| directive.is_known_to(release)) {
        for section in directive.sections().filter(|section| *section <= Section::Path && *section != Section::Install)
        {
            // All values for one directive of each kind, some for the others.
            let first = !seen.contains(&directive.kind.name);
            if first {
                seen.push(directive.kind.name);
            }
            let values =
                POOL.iter().enumerate().filter(|(place, _)| first || place % 12 == cases.len() % 12 || *place < 3);
            cases.extend(
                values.map(|(_, value)| Case { directive, section, value: (*value).to_owned() }).collect::<Vec<_>>(),
            );
        }
    }
    cases
}

fn unit(number: usize, case: &Case) -> (String, String) {
    let line = format!("[{}]\n{}={}\n", case.section.name(), case.directive.name, case.value);
    let before = "[Unit]\nDefaultDependencies=no\n";
    let (suffix, rest) = match case.section {
        Section::Timer => ("timer", "[Timer]\nOnBootSec=1\nUnit=all.target\n"),
        Section::Socket => ("socket", "[Socket]\nListenFIFO=/run/x\nService=all.service\n"),
        Section::Path => ("path", "[Path]\nPathExists=/\nUnit=all.target\n"),
        _ => ("service", "[Service]\nType=oneshot\nExecStart=/bin/true\n"),
    };
    // The unit to start can be set only once.
    let rest = if case.directive.kind.name == "TriggeredUnit" { "" } else { rest };
    (format!("case{number}.{suffix}"), format!("{before}{rest}{line}"))
}

/// Values of every kind, valid and invalid.
const POOL: &[&str] = include!("values.in");

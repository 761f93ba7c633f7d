//! Values of directives: systemd's verdict against mkservice's. Runs with the systemd of this machine, or with the one
//! in the root directory `MKSERVICE_TEST_ROOT`.

use std::collections::BTreeMap;

use mkservice::systemd::calendar;
use mkservice::systemd::directives::value::{Reader, accepts};
use mkservice::systemd::directives::{self, Directive, Section};

use proptest::test_runner::TestRunner;

use crate::parser::{Sheet, Systemd, Verdict};

/// One line of a unit.
#[derive(Debug, Clone)]
pub struct Case {
    pub directive: &'static Directive,
    pub section: Section,
    pub value: String,
}

impl Case {
    pub fn line(&self) -> String {
        format!("{}={}", self.directive.name, self.value)
    }
}

/// A case that systemd and mkservice judge differently.
pub struct Difference {
    pub case: Case,
    /// `None` if systemd accepts the value.
    pub complaint: Option<String>,
}

impl Difference {
    pub fn kind(&self) -> &'static str {
        self.case.directive.kind.name
    }

    /// Why it is meant to be.
    pub fn reason(&self) -> Option<&'static str> {
        let kind = self.case.directive.kind;
        match self.complaint {
            Some(_) => {
                kind.needs_systemd().then_some("accepted, and left to systemd-analyze verify of the installed release")
            }
            None if kind.name == "Obsolete" => Some("refused with the setting that replaces it"),
            None if kind.name == "Command" && self.case.value.contains("\\250") => Some("refused: not UTF-8"),
            None => STRICTER.contains(&kind.name).then_some("refused, because systemd ignores it without a message"),
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let said = self.complaint.as_deref().unwrap_or("accepts it");
        write!(f, "{}.{}: systemd: {said}", self.case.section.name(), self.case.line())
    }
}

/// Every directive of this release with values of all kinds: if systemd complains about the line, the value must be
/// refused, and otherwise accepted.
#[test]
fn values_are_judged_as_systemd_judges_them() {
    let systemd = Systemd::of_tests();
    for of_user in [false, true] {
        let reader = Reader { release: systemd.release(), of_user };
        let differences = differences(&systemd, &chosen(cases(reader.release)), reader);
        let told = listed(differences.iter().filter(|difference| difference.reason().is_none()), 40);
        assert!(told.is_empty(), "systemd {} ({reader:?}) judges otherwise:\n{told}", reader.release);
    }
}

/// Differences by kind, a number of each.
pub fn listed<'a>(differences: impl Iterator<Item = &'a Difference>, most: usize) -> String {
    let mut kinds = BTreeMap::<&str, Vec<String>>::new();
    for difference in differences {
        kinds.entry(difference.kind()).or_default().push(difference.to_string());
    }
    let some = |all: &[String]| all.iter().take(most).map(|one| format!("  {one}\n")).collect::<String>();
    kinds.iter().map(|(kind, all)| format!("{kind} ({}):\n{}", all.len(), some(all))).collect()
}

pub fn differences(systemd: &Systemd, cases: &[Case], reader: Reader) -> Vec<Difference> {
    /// The number of units that are loaded at once. From 257 on, each more takes as long as all before it together.
    const AT_ONCE: usize = 100;
    let mut groups = BTreeMap::<(Section, &str), Vec<&Case>>::new();
    for case in cases {
        groups.entry((case.section, case.directive.name)).or_default().push(case);
    }
    let units: Vec<&[&Case]> = groups.values().flat_map(|cases| cases.chunks(together(cases[0]))).collect();
    let mut differences = Vec::new();
    for units in units.chunks(AT_ONCE) {
        let sheets: Vec<Sheet> = units.iter().map(|cases| sheet(cases)).collect();
        let verdicts = systemd.verdicts(&sheets, reader.of_user);
        for (case, verdict) in units.iter().copied().flatten().zip(verdicts.into_iter().flatten()) {
            let complaint = match verdict {
                Verdict::Accepted => None,
                Verdict::Refused(said) => Some(said),
                Verdict::Crashed => continue,
            };
            let zone = calendar::zone(&case.value).filter(|_| case.directive.kind.name == "Calendar");
            let is_accepted = accepts(case.directive, case.section, &case.value, reader)
                && zone.is_none_or(|zone| systemd.has_zone(zone));
            if is_accepted == complaint.is_some() {
                differences.push(Difference { case: (*case).clone(), complaint });
            }
        }
    }
    differences
}

/// How many lines of a directive fit in one unit: some can be set only once, and a wrong value of others keeps systemd
/// from reading what follows.
fn together(case: &Case) -> usize {
    match case.directive.kind.name {
        "TriggeredUnit" | "ServiceUnit" | "Slice" => 1,
        "Label" | "CpuAffinity" | "Account" | "Accounts" | "Command" | "PathOrNothing" | "WorkingDirectory"
        | "PidFile" => 1,
        _ => 400,
    }
}

/// A unit that contains the lines.
fn sheet(cases: &[&Case]) -> Sheet {
    let section = cases[0].section;
    let (suffix, rest) = match section {
        Section::Timer => ("timer", "[Timer]\nOnBootSec=1\nUnit=all.target\n"),
        Section::Socket => ("socket", "[Socket]\nListenFIFO=/run/x\nService=all.service\n"),
        Section::Path => ("path", "[Path]\nPathExists=/\nUnit=all.target\n"),
        _ => ("service", "[Service]\nType=oneshot\nExecStart=/bin/true\n"),
    };
    // The unit to start can be set only once.
    let rest = if cases[0].directive.kind.name == "TriggeredUnit" { "" } else { rest };
    let head = format!("[Unit]\nDefaultDependencies=no\n{rest}[{}]\n", section.name());
    Sheet { suffix, head, lines: cases.iter().map(|case| case.line()).collect() }
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

/// Kinds for which systemd is silent about a name that it does not know and leaves out, and mkservice refuses the value.
const STRICTER: [&str; 15] = [
    "Capabilities",
    "ConfigurationDirectory",
    "Controllers",
    "CpuAffinity",
    "CpuSet",
    "Directories",
    "ImageOptions",
    "Images",
    "NodeSet",
    "NumaMask",
    "OpenFile",
    "SecureBits",
    "SetCredential",
    "Slice",
    "Virtualization",
];

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

/// Values of every kind, valid and invalid.
const POOL: &[&str] = include!("values.in");

//! Every directive with a valid value: it is refused for the scope or the release, or accepted, and then
//! `systemd-analyze verify` has no complaints either.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use mkservice::output::wording::plain_text;
use mkservice::resolve::properties::{Target, checked};
use mkservice::spec::{Property, Scope};
use mkservice::systemd::directives::value::{self, Reader};
use mkservice::systemd::directives::{self, Directive, InUser, Section};

/// A directive in a section, with a value.
struct Case {
    directive: &'static Directive,
    section: Section,
    value: &'static str,
}

impl Case {
    fn line(&self) -> String {
        format!("{}.{}={}", self.section.name(), self.directive.name, self.value)
    }

    /// A minimal unit of the right kind.
    fn unit(&self, number: usize) -> (String, String) {
        let line = format!("[{}]\n{}={}\n", self.section.name(), self.directive.name, self.value);
        let rest = self.rest();
        (format!("case{number}.{}", self.suffix()), format!("{rest}{line}"))
    }

    fn suffix(&self) -> &'static str {
        match self.section {
            Section::Timer => "timer",
            Section::Socket => "socket",
            Section::Path => "path",
            _ => "service",
        }
    }

    /// What else the unit needs for the directive.
    fn rest(&self) -> &'static str {
        match (self.section, self.directive.name) {
            // The unit to start can be set only once.
            (Section::Timer, "Unit") => "[Timer]\nOnBootSec=1\n",
            (Section::Path, "Unit") => "[Path]\nPathExists=/\n",
            (Section::Timer, _) => "[Timer]\nOnBootSec=1\nUnit=web.service\n",
            (Section::Path, _) => "[Path]\nPathExists=/\nUnit=web.service\n",
            // A service for each connection needs a template with the socket's name.
            (Section::Socket, "Accept") => "[Socket]\nListenStream=/run/web\n",
            (Section::Socket, _) => "[Socket]\nListenFIFO=/run/web\nService=web.service\n",
            // Only a oneshot service can have a second command.
            (_, "ExecStart") => "[Service]\nType=oneshot\nExecStart=/bin/true\n",
            (_, "RuntimeRandomizedExtraSec") => "[Service]\nExecStart=/bin/true\nRuntimeMaxSec=30s\n",
            (_, "USBFunctionStrings") => "[Service]\nExecStart=/bin/true\nUSBFunctionDescriptors=/srv/data\n",
            (_, "USBFunctionDescriptors") => "[Service]\nExecStart=/bin/true\nUSBFunctionStrings=/srv/data\n",
            _ => "[Service]\nExecStart=/bin/true\n",
        }
    }
}

/// Every directive of the release in sections that services have.
fn cases(release: u32) -> Vec<Case> {
    let known = directives::all().iter().filter(|directive| directive.is_known_to(release));
    let mut cases = Vec::new();
    for directive in known.filter(|directive| !["Obsolete", "Elsewhere"].contains(&directive.kind.name)) {
        for section in directive.sections().filter(|section| *section <= Section::Path) {
            cases.push(Case { directive, section, value: directive.example(release) });
        }
    }
    cases
}

/// Whether mkservice accepts the case; a refusal must have a known reason.
fn is_taken(case: &Case, scope: Scope, release: u32) -> bool {
    let reader = Reader { release, of_user: scope == Scope::User };
    if case.section > Section::Install {
        return value::accepts(case.directive, case.section, case.value, reader);
    }
    let property = Property::parse(case.line().as_bytes()).unwrap();
    let target = Target { scope, release: Some(release), companions: Default::default() };
    match checked(&property, std::slice::from_ref(&property), target) {
        Ok(()) => true,
        Err(refused) => {
            let heeded = matches!(
                case.directive.in_user,
                InUser::Works | InUser::Controller | InUser::CpuController | InUser::IoController
            );
            let said = plain_text(&refused.why, &refused.hints);
            assert!(scope == Scope::User && !heeded, "{} is refused in {scope} scope: {said}", case.line());
            assert!(said.contains("root privileges") || said.contains("user manager"), "{}: {said}", case.line());
            false
        }
    }
}

#[test]
fn systemd_finds_nothing_to_say_of_any_directive_with_a_value_that_it_takes() {
    let version = Command::new("systemd-analyze").arg("--version").output().expect("systemd-analyze is installed");
    let release = super::data::release(&String::from_utf8(version.stdout).unwrap());
    for scope in [Scope::System, Scope::User] {
        let taken: Vec<Case> = cases(release).into_iter().filter(|case| is_taken(case, scope, release)).collect();
        assert!(taken.len() > 500, "{} in {scope} scope", taken.len());
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        for name in ["network-online.target", "multi-user.target", "batch.slice"] {
            write(name, "[Unit]\nDescription=of the test\n");
        }
        write("web.service", "[Service]\nExecStart=/bin/true\n");
        write("web.socket", "[Socket]\nListenFIFO=/run/web\n");
        let units: BTreeMap<String, &Case> = taken
            .iter()
            .enumerate()
            .map(|(number, case)| {
                let (name, text) = case.unit(number);
                write(&name, &text);
                (name, case)
            })
            .collect();
        let accepting = units.iter().filter(|(_, case)| case.directive.name == "Accept");
        for (name, _) in accepting {
            write(&name.replace(".socket", "@.service"), "[Service]\nExecStart=/bin/true\n");
        }
        let said = verify(directory.path(), units.keys(), scope);
        let told: Vec<String> = said
            .lines()
            .filter(|line| !is_old_name(line))
            .map(|line| {
                let of = units.iter().find(|(name, _)| line.contains(&format!("{name}:")));
                format!("{}: {line}", of.map(|(_, case)| case.line()).unwrap_or_default())
            })
            .collect();
        assert!(told.is_empty(), "in {scope} scope, systemd {release} complains:\n{}", told.join("\n"));
        // The check itself works: systemd reports errors.
        write("wrong.service", "[Service]\nExecStart=/bin/true\nMemoryMax=plenty\n");
        assert!(verify(directory.path(), ["wrong.service"].iter(), scope).contains("wrong.service:3"), "{scope}");
    }
}

/// systemd reports some obsolete directives; mkservice warns about all of them.
fn is_old_name(line: &str) -> bool {
    line.split_once(" is deprecated").is_some_and(|(name, _)| {
        let named = directives::named(name);
        named.iter().any(|directive| directive.replacement().is_some())
    })
}

/// What systemd reports about units in a directory.
fn verify<N: AsRef<str>>(directory: &Path, units: impl Iterator<Item = N>, scope: Scope) -> String {
    let mut analyze = Command::new("systemd-analyze");
    analyze.arg(format!("--{scope}")).args(["verify", "--man=no"]);
    analyze.args(units.map(|name| directory.join(name.as_ref())));
    analyze.env("XDG_RUNTIME_DIR", directory).env("SYSTEMD_LOG_COLOR", "0").env("LC_ALL", "C");
    let output = analyze.output().expect("systemd-analyze is installed");
    String::from_utf8(output.stderr).unwrap()
}

//! The measures that can be tried on a service, and the settings for a sandbox of them.

use super::search::Set;
use crate::hardening::table::MEASURES;
use crate::hardening::{Facts, Selection, lines};
use crate::spec::{Preset, Scope};
use crate::systemd::directives::Kind;
use crate::systemd::unit_file;
use crate::unit::drop_in::Setting;

/// Stands for the user namespace that a user manager creates for many other measures.
pub const NAMESPACES: &str = "PrivateUsers";

#[derive(Debug, Clone)]
pub struct Candidates {
    /// Items that others imply come before those.
    pub items: Vec<Candidate>,
    facts: Facts,
    /// Lists that the unit sets itself: they are reset first.
    begun: Vec<&'static str>,
}

#[derive(Debug, Clone)]
pub struct Candidate {
    pub directive: &'static str,
    pub blocks: &'static str,
    /// The index in [`MEASURES`]; `None` for [`NAMESPACES`].
    measure: Option<usize>,
    /// The items that systemd sets with it in this scope and version.
    pub implies: Set,
    /// What it can be split into if looser levels break the service too.
    pub parts: Vec<&'static str>,
}

/// One of the settings of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variant {
    /// The level of the measure; without one, `with` contains all settings.
    pub level: Option<usize>,
    /// Exceptions, or all settings.
    pub with: Vec<Setting>,
}

/// For each item; `None` if it is left out.
pub type Sandbox = Vec<Option<Variant>>;

/// Settings that are lists.
const LISTS: [&str; 10] = [
    "TemporaryFileSystem",
    "CapabilityBoundingSet",
    "RestrictAddressFamilies",
    "SystemCallFilter",
    "SystemCallArchitectures",
    "ReadWritePaths",
    "ReadOnlyPaths",
    "BindPaths",
    "BindReadOnlyPaths",
    "DeviceAllow",
];

/// The groups of system calls that a filter can block one by one (systemd.exec(5)).
const CALLS: [&str; 11] = [
    "@clock",
    "@cpu-emulation",
    "@debug",
    "@module",
    "@mount",
    "@obsolete",
    "@privileged",
    "@raw-io",
    "@reboot",
    "@resources",
    "@swap",
];

impl Candidates {
    /// `text` is the unit file.
    pub fn of(facts: Facts, text: &str) -> Candidates {
        let strict = Selection::of(Preset::Strict, &facts);
        let item = |directive, blocks, measure| Candidate {
            directive,
            blocks,
            measure,
            implies: Set::new(),
            parts: Vec::new(),
        };
        let mut items = Vec::new();
        if facts.scope == Scope::User && strict.needs_namespaces() {
            items.push(item(NAMESPACES, "access to files and privileges of other users", None));
        }
        let first = items.len();
        let taken = strict.taken().map(|(index, measure, _)| (index, measure));
        let (mut taken, others): (Vec<_>, Vec<_>) =
            taken.partition(|(_, measure)| measure.directive == "NoNewPrivileges");
        taken.extend(others);
        items.extend(taken.iter().map(|(index, measure)| item(measure.directive, measure.blocks, Some(*index))));
        for (place, (index, measure)) in (first..).zip(&taken) {
            let others = (0..MEASURES.len()).filter(|other| other != index);
            let alone = others.fold(strict.clone(), |all, other| all.with(other, None));
            if first == 1 && alone.needs_namespaces() {
                items[place].implies.insert(0);
            } else if measure.breaks_sudo
                && implies_no_new_privileges(&facts)
                && !WITHOUT_FILTER.contains(&measure.directive)
            {
                let head = items.iter().position(|item| item.directive == "NoNewPrivileges");
                items[place].implies.extend(head);
            }
            items[place].parts = match measure.directive {
                "CapabilityBoundingSet" if facts.scope == Scope::System => capabilities(),
                "SystemCallFilter" => CALLS.to_vec(),
                _ => Vec::new(),
            };
        }
        let settings = unit_file::settings(text);
        let is_begun =
            |list: &&str| settings.iter().any(|setting| setting.section == "Service" && setting.name == *list);
        Candidates { items, facts, begun: LISTS.into_iter().filter(is_begun).collect() }
    }

    /// All items at their strictest.
    pub fn strictest(&self) -> Sandbox {
        self.only(&(0..self.items.len()).collect())
    }

    /// Some items at their strictest.
    pub fn only(&self, places: &Set) -> Sandbox {
        let strictest = |item: &Candidate| Variant { level: item.measure.map(|_| 0), with: Vec::new() };
        let item = |(place, item)| places.contains(&place).then(|| strictest(item));
        self.items.iter().enumerate().map(item).collect()
    }

    pub fn place(&self, directive: &str) -> Option<usize> {
        self.items.iter().position(|item| item.directive == directive)
    }

    pub fn places(&self, directives: &[&str]) -> Vec<usize> {
        directives.iter().filter_map(|directive| self.place(directive)).collect()
    }

    /// The values of its levels, the strictest first.
    pub fn values(&self, place: usize) -> Vec<&'static [&'static str]> {
        let measure = self.items[place].measure.map(|index| &MEASURES[index]);
        measure.into_iter().flat_map(|measure| measure.levels).map(|level| level.values).collect()
    }

    pub fn shown(&self, place: usize, variant: &Variant) -> String {
        let item = &self.items[place];
        let value = variant.level.and_then(|level| self.values(place).get(level).map(|values| values.join(" ")));
        let own = match (value, item.measure) {
            (Some(value), _) => Some(format!("{}={value}", item.directive)),
            (None, None) => Some(format!("{}=yes", item.directive)),
            (None, Some(_)) => None,
        };
        let with = variant.with.iter().map(|(name, value)| format!("{name}={value}"));
        own.into_iter().chain(with).collect::<Vec<_>>().join(", ")
    }

    pub fn settings(&self, sandbox: &Sandbox) -> Vec<Setting> {
        let mut selection = Selection::of(Preset::Strict, &self.facts);
        let mut extra = Vec::new();
        for (item, variant) in self.items.iter().zip(sandbox) {
            if let Some(index) = item.measure {
                selection = selection.with(index, variant.as_ref().and_then(|variant| variant.level));
            } else if variant.is_some() {
                extra.push((item.directive.to_owned(), "yes".to_owned()));
            }
            extra.extend(variant.iter().flat_map(|variant| variant.with.iter().cloned()));
        }
        let written = lines(&selection, &self.facts).into_iter();
        let written = written.map(|line| (line.directive.to_owned(), line.value));
        self.with_resets(merged(written.chain(extra)))
    }

    /// Resets the lists that the unit sets.
    fn with_resets(&self, settings: Vec<Setting>) -> Vec<Setting> {
        let mut out: Vec<Setting> = Vec::new();
        for (name, value) in settings {
            let is_first = !out.iter().any(|(known, _)| *known == name);
            if is_first && self.begun.contains(&name.as_str()) && !value.is_empty() {
                out.push((name.clone(), String::new()));
            }
            out.push((name, value));
        }
        out
    }
}

/// Each setting once, with lists joined.
fn merged(settings: impl IntoIterator<Item = Setting>) -> Vec<Setting> {
    const JOINED: [&str; 6] = [
        "ReadWritePaths",
        "ReadOnlyPaths",
        "InaccessiblePaths",
        "BindPaths",
        "BindReadOnlyPaths",
        "TemporaryFileSystem",
    ];
    let mut all: Vec<Setting> = Vec::new();
    for (name, value) in settings {
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, words)) if JOINED.contains(&name.as_str()) => {
                let new = value.split(' ').filter(|word| !words.split(' ').any(|known| known == *word));
                let new: Vec<&str> = new.collect();
                if words.contains('"') || value.contains('"') {
                    words.push_str(&format!(" {value}"));
                } else if !new.is_empty() {
                    words.push_str(&format!(" {}", new.join(" ")));
                }
            }
            Some((_, known)) if *known == value => {}
            _ => all.push((name, value)),
        }
    }
    all
}

/// What breaks sudo without implying `NoNewPrivileges=`.
const WITHOUT_FILTER: [&str; 2] = ["NoNewPrivileges", "CapabilityBoundingSet"];

/// The capabilities that systemd 247 knows.
fn capabilities() -> Vec<&'static str> {
    Kind::named("Capabilities").into_iter().flat_map(|kind| kind.words(247)).collect()
}

/// Whether filters of system calls imply `NoNewPrivileges=`: for all users but root, who need no privileges then. From 256
/// on, the system manager installs filters with its own privileges (seen on 247, 252 and 257).
fn implies_no_new_privileges(facts: &Facts) -> bool {
    match facts.scope {
        Scope::User => true,
        Scope::System => !facts.as_root && facts.release_or_oldest() < 256,
    }
}

impl Candidate {
    /// It, except the parts that the service needs.
    pub fn without(&self, left: &Set) -> Variant {
        let is_capability = self.directive == "CapabilityBoundingSet";
        let named = self.parts.iter().enumerate().filter(|(place, _)| left.contains(place) == is_capability);
        let names: Vec<&str> = named.map(|(_, name)| *name).collect();
        let setting = |name: &str, value: String| (name.to_owned(), value);
        let with = match is_capability {
            true => vec![setting(self.directive, names.join(" "))],
            false if names.is_empty() => Vec::new(),
            false => vec![
                setting(self.directive, format!("~{}", names.join(" "))),
                setting("SystemCallErrorNumber", "EPERM".into()),
            ],
        };
        Variant { level: None, with }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::UnitName;

    fn facts(scope: Scope, release: u32) -> Facts {
        Facts {
            name: UnitName::parse("web").unwrap(),
            scope,
            release: Some(release),
            as_root: false,
            has_namespaces: true,
            compiles: None,
            is_native: true,
            needs_home: None,
            notifies: false,
            dir: "/srv/web".into(),
            hidden: crate::hardening::hidden_by_default(),
            home: None,
            reads: Vec::new(),
            named: Vec::new(),
            written: Vec::new(),
            free: Vec::new(),
            typed: Vec::new(),
        }
    }

    #[test]
    fn implied_items_come_first() {
        for (scope, release, many) in [
            (Scope::System, 252, "NoNewPrivileges"),
            (Scope::User, 252, "NoNewPrivileges"),
            (Scope::User, 257, NAMESPACES),
            (Scope::User, 257, "NoNewPrivileges"),
        ] {
            let candidates = Candidates::of(facts(scope, release), "");
            let head = candidates.place(many).unwrap();
            let implying = candidates.items.iter().filter(|item| item.implies.contains(&head)).count();
            assert!(implying > 5, "{scope} {release} {many}: {implying}");
            for (place, item) in candidates.items.iter().enumerate() {
                assert!(item.implies.iter().all(|other| *other < place), "{item:?}");
            }
        }
        let candidates = Candidates::of(facts(Scope::System, 257), "");
        assert!(candidates.items.iter().all(|item| item.implies.is_empty()));
    }

    #[test]
    fn lists_of_the_unit_are_reset_and_parts_are_written() {
        let candidates = Candidates::of(facts(Scope::System, 252), "[Service]\nCapabilityBoundingSet=CAP_KILL\n");
        let place = candidates.place("CapabilityBoundingSet").unwrap();
        let mut sandbox: Sandbox = candidates.only(&Set::new());
        assert_eq!(candidates.settings(&sandbox), []);
        let kept = candidates.items[place].parts.iter().position(|name| *name == "CAP_CHOWN").unwrap();
        sandbox[place] = Some(candidates.items[place].without(&Set::from([kept])));
        let setting = |value: &str| ("CapabilityBoundingSet".to_owned(), value.to_owned());
        assert_eq!(candidates.settings(&sandbox), [setting(""), setting("CAP_CHOWN")]);
        let strictest = candidates.settings(&candidates.strictest());
        assert!(strictest.contains(&("ProtectSystem".into(), "strict".into())), "{strictest:?}");
        let calls = candidates.place("SystemCallFilter").unwrap();
        let variant = candidates.items[calls].without(&Set::from([0]));
        assert!(variant.with[0].1.starts_with("~@cpu-emulation "), "{variant:?}");
    }

    #[test]
    fn settings_of_several_measures_are_merged() {
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let all = [
            setting("ReadWritePaths", "-/a -/b"),
            setting("SystemCallErrorNumber", "EPERM"),
            setting("ReadWritePaths", "-/b -/c"),
            setting("SystemCallErrorNumber", "EPERM"),
            setting("DeviceAllow", "/dev/a rw"),
            setting("DeviceAllow", "/dev/b rw"),
        ];
        assert_eq!(
            merged(all),
            [
                setting("ReadWritePaths", "-/a -/b -/c"),
                setting("SystemCallErrorNumber", "EPERM"),
                setting("DeviceAllow", "/dev/a rw"),
                setting("DeviceAllow", "/dev/b rw"),
            ]
        );
    }
}

//! What can be tightened of one service, and how a choice from it is written.

use super::parts::CALLS;
use super::parts::CAPABILITIES;
use super::search::Set;
use crate::hardening::table::MEASURES;
use crate::hardening::{Facts, Selection, lines};
use crate::spec::{Preset, Scope};
use crate::systemd::unit_file;
use crate::unit::hardening_drop_in::Setting;

/// The directive that stands for the namespaces that a user's manager makes for many others.
pub const NAMESPACES: &str = "PrivateUsers";

/// What can be tightened of one service.
#[derive(Debug, Clone)]
pub struct Menu {
    /// What there is, what comes along with others in front of those.
    pub items: Vec<Item>,
    facts: Facts,
    /// Lists that the unit itself begins: ours are not to be added to them.
    begun: Vec<&'static str>,
}

/// Something that can be tightened.
#[derive(Debug, Clone)]
pub struct Item {
    /// The directive that it is known by.
    pub directive: &'static str,
    /// What it takes away from the service, in words.
    pub takes: &'static str,
    /// Its place among the measures; `None` for what stands for several of them.
    measure: Option<usize>,
    /// The places of the items that systemd sets along with it in this scope and release.
    pub implies: Set,
    /// What it can be taken apart into, where looser steps do not help.
    pub parts: Vec<&'static str>,
}

/// How far an item goes: one of the rungs of its measure, with settings beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rung {
    /// Which; `None` where the settings beside are all there is.
    pub rung: Option<usize>,
    /// Exceptions, or what stands for it.
    pub with: Vec<Setting>,
}

/// How far each item goes, or `None` where it is left off.
pub type Choice = Vec<Option<Rung>>;

/// Lists that settings add to.
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

impl Menu {
    /// What there is for a service. `text` is that of its unit.
    pub fn of(facts: Facts, text: &str) -> Menu {
        let strict = Selection::of(Preset::Strict, &facts);
        let item =
            |directive, takes, measure| Item { directive, takes, measure, implies: Set::new(), parts: Vec::new() };
        let mut items = Vec::new();
        if facts.scope == Scope::User && strict.needs_namespaces() {
            items.push(item(NAMESPACES, "seeing files of others as theirs, and all rights of others", None));
        }
        let first = items.len();
        // What comes along with others stands in front of them.
        let taken = strict.taken().map(|(place, measure, _)| (place, measure));
        let (mut taken, others): (Vec<_>, Vec<_>) =
            taken.partition(|(_, measure)| measure.directive == "NoNewPrivileges");
        taken.extend(others);
        items.extend(taken.iter().map(|(place, measure)| item(measure.directive, measure.takes_away, Some(*place))));
        for (place, (index, measure)) in taken.iter().enumerate().map(|(place, taken)| (place + first, taken)) {
            let alone = Selection::of(Preset::Strict, &facts);
            let alone =
                (0..MEASURES.len()).filter(|other| other != index).fold(alone, |all, other| all.with(other, None));
            if first == 1 && alone.needs_namespaces() {
                items[place].implies.insert(0);
            } else if measure.ends_sudo
                && brings_no_new_privileges(&facts)
                && !WITHOUT_FILTER.contains(&measure.directive)
            {
                let head = items.iter().position(|item| item.directive == "NoNewPrivileges");
                items[place].implies.extend(head);
            }
            items[place].parts = match measure.directive {
                "CapabilityBoundingSet" if facts.scope == Scope::System => CAPABILITIES.to_vec(),
                "SystemCallFilter" => CALLS.to_vec(),
                _ => Vec::new(),
            };
        }
        let settings = unit_file::settings(text);
        let is_begun =
            |list: &&str| settings.iter().any(|setting| setting.section == "Service" && setting.name == *list);
        Menu { items, facts, begun: LISTS.into_iter().filter(is_begun).collect() }
    }

    /// All items, each at its strictest.
    pub fn strictest(&self) -> Choice {
        self.only(&(0..self.items.len()).collect())
    }

    /// Some items, each at its strictest.
    pub fn only(&self, places: &Set) -> Choice {
        let strictest = |item: &Item| Rung { rung: item.measure.map(|_| 0), with: Vec::new() };
        let item = |(place, item)| places.contains(&place).then(|| strictest(item));
        self.items.iter().enumerate().map(item).collect()
    }

    /// The place of an item.
    pub fn place(&self, directive: &str) -> Option<usize> {
        self.items.iter().position(|item| item.directive == directive)
    }

    /// The places of those that some directives name.
    pub fn places(&self, directives: &[&str]) -> Vec<usize> {
        directives.iter().filter_map(|directive| self.place(directive)).collect()
    }

    /// The values of an item's rungs, the strictest first.
    pub fn values(&self, place: usize) -> Vec<&'static [&'static str]> {
        let measure = self.items[place].measure.map(|index| &MEASURES[index]);
        measure.into_iter().flat_map(|measure| measure.rungs).map(|rung| rung.values).collect()
    }

    /// An item as it is told.
    pub fn shown(&self, place: usize, rung: &Rung) -> String {
        let item = &self.items[place];
        let value = rung.rung.and_then(|rung| self.values(place).get(rung).map(|values| values.join(" ")));
        let own = match (value, item.measure) {
            (Some(value), _) => Some(format!("{}={value}", item.directive)),
            (None, None) => Some(format!("{}=yes", item.directive)),
            (None, Some(_)) => None,
        };
        let with = rung.with.iter().map(|(name, value)| format!("{name}={value}"));
        own.into_iter().chain(with).collect::<Vec<_>>().join(", ")
    }

    /// A choice as it is written.
    pub fn settings(&self, choice: &Choice) -> Vec<Setting> {
        let mut selection = Selection::of(Preset::Strict, &self.facts);
        let mut extra = Vec::new();
        for (item, rung) in self.items.iter().zip(choice) {
            if let Some(index) = item.measure {
                selection = selection.with(index, rung.as_ref().and_then(|rung| rung.rung));
            } else if rung.is_some() {
                extra.push((item.directive.to_owned(), "yes".to_owned()));
            }
            extra.extend(rung.iter().flat_map(|rung| rung.with.iter().cloned()));
        }
        let written = lines(&selection, &self.facts).into_iter();
        let written = written.map(|line| (line.directive.to_owned(), line.value));
        self.with_resets(merged(written.chain(extra)))
    }

    /// Where the unit begins a list, ours begins anew.
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

/// Settings of several measures in one, each once: lists are joined where all of them add to them.
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

/// What ends sudo in another way than by bringing `NoNewPrivileges=` along.
const WITHOUT_FILTER: [&str; 2] = ["NoNewPrivileges", "CapabilityBoundingSet"];

/// Whether `NoNewPrivileges=` comes along with what filters system calls: for whoever is not root, as a filter takes
/// rights to set. A system manager sets it with those of its own since 256 (seen on 247, 252 and 257).
fn brings_no_new_privileges(facts: &Facts) -> bool {
    match facts.scope {
        Scope::User => true,
        Scope::System => !facts.as_root && facts.oldest() < 256,
    }
}

impl Item {
    /// It, without those of its parts that are left to the service.
    pub fn without(&self, left: &Set) -> Rung {
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
        Rung { rung: None, with }
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
            folder: "/srv/web".into(),
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
    fn what_comes_along_stands_in_front() {
        for (scope, release, many) in [
            (Scope::System, 252, "NoNewPrivileges"),
            (Scope::User, 252, "NoNewPrivileges"),
            (Scope::User, 257, NAMESPACES),
            (Scope::User, 257, "NoNewPrivileges"),
        ] {
            let menu = Menu::of(facts(scope, release), "");
            let head = menu.place(many).unwrap();
            let brings = menu.items.iter().filter(|item| item.implies.contains(&head)).count();
            assert!(brings > 5, "{scope} {release} {many}: {brings}");
            for (place, item) in menu.items.iter().enumerate() {
                assert!(item.implies.iter().all(|other| *other < place), "{item:?}");
            }
        }
        let menu = Menu::of(facts(Scope::System, 257), "");
        assert!(menu.items.iter().all(|item| item.implies.is_empty()));
    }

    #[test]
    fn lists_that_the_unit_begins_begin_anew_and_parts_are_written() {
        let menu = Menu::of(facts(Scope::System, 252), "[Service]\nCapabilityBoundingSet=CAP_KILL\n");
        let place = menu.place("CapabilityBoundingSet").unwrap();
        let mut choice: Choice = menu.only(&Set::new());
        assert_eq!(menu.settings(&choice), []);
        let kept = menu.items[place].parts.iter().position(|name| *name == "CAP_CHOWN").unwrap();
        choice[place] = Some(menu.items[place].without(&Set::from([kept])));
        let setting = |value: &str| ("CapabilityBoundingSet".to_owned(), value.to_owned());
        assert_eq!(menu.settings(&choice), [setting(""), setting("CAP_CHOWN")]);
        let strictest = menu.settings(&menu.strictest());
        assert!(strictest.contains(&("ProtectSystem".into(), "strict".into())), "{strictest:?}");
        let calls = menu.place("SystemCallFilter").unwrap();
        let rung = menu.items[calls].without(&Set::from([0]));
        assert!(rung.with[0].1.starts_with("~@cpu-emulation "), "{rung:?}");
    }

    #[test]
    fn what_several_measures_say_is_said_once() {
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

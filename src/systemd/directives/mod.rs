//! All directives of all unit types: sections, versions, kind of value, and support in user managers.
//!
//! They are read from `data/systemd/directives.txt` when the first one is needed; `tests/directives` compares them with
//! systemd's own lists.

pub mod kind;
pub mod obsolete;
pub mod value;

use std::sync::LazyLock;

pub use kind::Kind;

/// An enum whose variants are found by their names.
macro_rules! named {
    ($(#[$outer:meta])* pub enum $type:ident { $($(#[$inner:meta])* $variant:ident,)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names say it")]
        pub enum $type { $($(#[$inner])* $variant,)* }

        impl $type {
            pub const ALL: &[$type] = &[$($type::$variant),*];

            pub const fn name(self) -> &'static str {
                match self { $($type::$variant => stringify!($variant),)* }
            }

            pub fn parse(name: &str) -> Option<$type> {
                $type::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

/// The oldest version that mkservice supports.
pub const OLDEST: u32 = 247;

/// The newest version whose directives are in the table.
pub const NEWEST: u32 = 262;

named! {
    /// A section of a unit file, named as in the file.
    #[derive(PartialOrd, Ord)]
    pub enum Section {
        Unit,
        Service,
        Install,
        Timer,
        Socket,
        Path,
        Mount,
        Automount,
        Swap,
        Slice,
        Scope,
    }
}

/// How the summary of an obsolete directive begins.
const OBSOLETE: &str = "obsolete; use ";

/// A directive in one or several sections.
#[derive(Debug, Clone, Copy)]
pub struct Directive {
    pub name: &'static str,
    /// What to print after its name: an imperative such as "limit memory usage", or "obsolete; use" and what replaces it.
    pub about: &'static str,
    pub kind: &'static Kind,
    /// The first version that knows it; 0 if it is older than all supported versions.
    pub since: u16,
    /// The last version that knows it; [`u16::MAX`] if it still exists.
    pub until: u16,
    /// Its man page: `exec` is systemd.exec(5).
    page: &'static str,
    /// The sections that know it: a bit for each.
    sections: u16,
    pub in_user: InUser,
}

named! {
    /// Support in a user manager, which has no privileges (systemd.exec(5), and tried on 247, 252, 257 and 262).
    pub enum InUser {
        /// As in the system manager.
        Works,
        /// It needs a mount namespace. From 254 on, the user manager creates a user namespace for it; older ones ignore
        /// the directive silently unless `PrivateUsers=yes` is set.
        Confined,
        /// The same, but the service does not start on older managers without `PrivateUsers=yes`.
        ConfinedOrDies,
        /// The service does not start.
        Dies,
        /// It is ignored, with at most a log message.
        Ignored,
        /// It needs the cgroup controller `cpuset`, which is not delegated to user managers by default.
        Controller,
        /// It needs the cgroup controller `cpu`, which is delegated to user managers from 252 on.
        CpuController,
        /// It needs the cgroup controller `io`, which is not delegated to user managers by default.
        IoController,
        /// It needs an encrypted credential, which user managers can decrypt from 256 on.
        Credential,
    }
}

impl Section {
    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl Directive {
    /// Reads a line of the table.
    fn parse(line: &'static str) -> Option<Directive> {
        let mut columns = line.split(" | ");
        let mut next = || columns.next();
        let (name, sections, page, releases) = (next()?, next()?, next()?, next()?);
        let (kind, in_user, about) = (Kind::named(next()?)?, InUser::parse(next()?)?, next()?);
        let (since, until) =
            releases.split_once(" to ").map_or((releases, None), |(since, until)| (since, Some(until)));
        Some(Directive {
            name,
            about,
            kind,
            since: if since == "-" { 0 } else { since.parse().ok()? },
            until: until.map_or(Some(u16::MAX), |until| until.parse().ok())?,
            page,
            sections: sections.split(' ').try_fold(0, |bits, name| Some(bits | Section::parse(name)?.bit()))?,
            in_user,
        })
    }

    pub fn sections(&self) -> impl Iterator<Item = Section> + use<> {
        let sections = self.sections;
        Section::ALL.iter().copied().filter(move |section| sections & section.bit() != 0)
    }

    pub fn is_in(&self, section: Section) -> bool {
        self.sections & section.bit() != 0
    }

    pub fn man_page(&self) -> String {
        format!("systemd.{}", self.page)
    }

    pub fn example(&self, release: u32) -> &'static str {
        match self.name {
            "Restart" => "on-failure",
            "MemoryMax" | "MemoryHigh" => "500M",
            "TasksMax" => "100",
            "Nice" => "10",
            "ProtectSystem" => "strict",
            "LimitNOFILE" => "65536",
            "ConditionHost" => "web1",
            "StandardOutput" | "StandardError" => "journal",
            _ => self.kind.example(release),
        }
    }

    /// What to use instead of an obsolete directive: usually another one, such as `CPUWeight=`.
    pub fn replacement(&self) -> Option<&'static str> {
        self.about.strip_prefix(OBSOLETE)
    }

    pub fn is_known_to(&self, release: u32) -> bool {
        u32::from(self.since) <= release && (self.until == u16::MAX || release <= u32::from(self.until))
    }

    /// The section if none is named: `[Service]` if it is valid there, but `[Unit]` if it is only valid in `[Service]`
    /// for compatibility, such as `StartLimitBurst=`.
    pub fn usual_section(&self) -> Section {
        let first = [Section::Unit, Section::Service].into_iter().find(|section| self.is_in(*section));
        first.or_else(|| self.sections().next()).unwrap_or(Section::Service)
    }
}

static TABLE: LazyLock<Vec<Directive>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/systemd/directives.txt").lines();
    let rows = lines.filter(|line| !line.starts_with('#'));
    rows.map(|line| Directive::parse(line).unwrap_or_else(|| unreachable!("not a row: {line}"))).collect()
});

/// All that is known under a name: nothing, or one for each meaning it has.
pub fn named(name: &str) -> &'static [Directive] {
    let from = all().partition_point(|directive| directive.name < name);
    let same = all()[from..].iter().take_while(|directive| directive.name == name).count();
    &all()[from..from + same]
}

pub fn in_section(name: &str, section: Section) -> Option<&'static Directive> {
    named(name).iter().find(|directive| directive.is_in(section))
}

/// The meaning of a name without a section in a service: that in `[Unit]`, `[Service]` or `[Install]`, or else the
/// first.
pub fn usual(name: &str) -> Option<&'static Directive> {
    let meanings = named(name);
    let of_service = |directive: &&Directive| {
        [Section::Unit, Section::Service, Section::Install].into_iter().any(|section| directive.is_in(section))
    };
    meanings.iter().find(of_service).or_else(|| meanings.first())
}

/// The most similar name of a directive; `None` if none is similar. Directives that a service can have are preferred,
/// unless another one only differs in case.
pub fn nearest(name: &str) -> Option<&'static Directive> {
    if let Some(same) = all().iter().find(|directive| directive.name.eq_ignore_ascii_case(name)) {
        return Some(same);
    }
    let small = name.to_ascii_lowercase();
    let of_service = |directive: &&Directive| directive.sections().any(|section| section <= Section::Path);
    let is_old = |directive: &Directive| directive.until != u16::MAX || directive.replacement().is_some();
    let distance = |directive: &Directive| strsim::damerau_levenshtein(&small, &directive.name.to_ascii_lowercase());
    let near = all().iter().filter(of_service).min_by_key(|directive| {
        let usual = [Section::Unit, Section::Service, Section::Install].into_iter().any(|it| directive.is_in(it));
        // An obsolete name must be closer by two edits, and one of another unit type must be closer.
        (distance(directive) + if is_old(directive) { 2 } else { 0 }, !usual)
    })?;
    // An incomplete name means the shortest directive that begins with it.
    let goes_on =
        |directive: &&Directive| directive.name.to_ascii_lowercase().starts_with(&small) && !is_old(directive);
    if small.len() > 3
        && (distance(near) > 1 || is_old(near))
        && let Some(longer) = all().iter().filter(of_service).filter(goes_on).min_by_key(|it| it.name.len())
    {
        return Some(longer);
    }
    // One edit in three letters still identifies a directive; beyond that the beginning must match.
    if distance(near) <= (name.len() / 3).clamp(1, 4) {
        return Some(near);
    }
    let likeness = |directive: &Directive| strsim::jaro_winkler(&small, &directive.name.to_ascii_lowercase());
    let alike = all().iter().filter(of_service).max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(alike) > 0.9).then_some(alike)
}

/// Sorted by name.
pub fn all() -> &'static [Directive] {
    &TABLE
}

/// The default section; `[Service]` for an unknown directive.
pub fn section_of(directive: &str) -> Section {
    usual(directive).map_or(Section::Service, Directive::usual_section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_no_name_has_two_meanings_in_one_section() {
        assert!(all().is_sorted_by_key(|directive| directive.name));
        for pair in all().windows(2).filter(|pair| pair[0].name == pair[1].name) {
            assert_eq!(pair[0].sections & pair[1].sections, 0, "{}", pair[0].name);
        }
        assert!(all().iter().all(|directive| directive.sections != 0 && !directive.about.is_empty()));
    }

    #[test]
    fn names_stand_where_they_are_looked_for() {
        assert_eq!(section_of("After"), Section::Unit);
        assert_eq!(section_of("MemoryMax"), Section::Service);
        assert_eq!(section_of("WantedBy"), Section::Install);
        assert_eq!(section_of("StartLimitBurst"), Section::Unit);
        assert_eq!(section_of("OnCalendar"), Section::Timer);
        assert_eq!(section_of("NoSuchThing"), Section::Service);
        assert_eq!(named("Unit").len(), 2);
        assert_eq!(in_section("TriggerLimitBurst", Section::Path).unwrap().since, 250);
        assert_eq!(in_section("TriggerLimitBurst", Section::Socket).unwrap().since, 0);
        assert!(in_section("ExecStart", Section::Unit).is_none());
        let restart_steps = usual("RestartSteps").unwrap();
        assert!(!restart_steps.is_known_to(253) && restart_steps.is_known_to(254));
        let shares = usual("CPUShares").unwrap();
        assert!(shares.is_known_to(257) && !shares.is_known_to(258));
        assert_eq!(shares.man_page(), "systemd.resource-control");
    }
}

//! `-p NAME=VALUE`: whether systemd knows the directive, takes the value and heeds it where it is to stand. systemd
//! itself only logs a line and goes on without it.

use std::ffi::OsString;

use crate::cli::Add;
use crate::error::{Error, Result};
use crate::spec::{Property, Scope, ServiceType};
use crate::systemd::directives::value::{self, Reader};
use crate::systemd::directives::{self, Directive, InUser, Kind, NEWEST, Section};
use crate::{hardening, shell};

/// For whom the properties are: the scope, and the release of its manager where that is known.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The manager's scope.
    pub scope: Scope,
    /// Its release; where it is unknown, everything that any systemd knows is taken.
    pub release: Option<u32>,
    /// The units that the service has besides its own, whose sections can be filled.
    pub companions: Companions,
}

/// The units by which a service is started.
#[derive(Debug, Clone, Copy, Default)]
pub struct Companions {
    /// It has a timer.
    pub timer: bool,
    /// It has a socket.
    pub socket: bool,
    /// It has a path.
    pub path: bool,
}

/// Why a property is refused, and a line to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The end of a sentence that begins with the property.
    pub why: String,
    /// What to type instead.
    pub hint: Option<String>,
}

fn refusal(why: impl Into<String>, hint: impl Into<String>) -> Refusal {
    Refusal { why: why.into(), hint: Some(hint.into()) }
}

/// The properties that were typed.
pub fn properties(typed: &Add, target: Target, warnings: &mut Vec<String>) -> Result<Vec<Property>> {
    let parse = |text: &OsString| {
        use std::os::unix::ffi::OsStrExt as _;
        Property::parse(text.as_bytes()).map_err(|why| Error::Value {
            what: format!("--property: `{}`", shell::printable(&text.to_string_lossy())),
            why: why.to_string(),
            hint: None,
        })
    };
    let properties: Vec<Property> = typed.property.iter().map(parse).collect::<Result<_>>()?;
    // With --harden an empty value says that a measure of that name is not wanted.
    let switches_off = |property: &&Property| {
        typed.harden.is_some() && property.value().is_empty() && hardening::only_switches_off(property.name())
    };
    let mut refused = Vec::new();
    for property in properties.iter().filter(|property| !switches_off(property)) {
        match checked(property, &properties, target) {
            Ok(()) => warnings.extend(doubt(property, target)),
            Err(why) => refused.push((format!("--property: `{}`", shell::printable(&property.written())), why)),
        }
    }
    if refused.is_empty() { Ok(properties) } else { Err(together(refused)) }
}

/// One error for all that is refused: a line for each, and all that is to be typed instead.
fn together(refused: Vec<(String, Refusal)>) -> Error {
    let mut hints: Vec<String> = refused.iter().filter_map(|(_, refusal)| refusal.hint.clone()).collect();
    hints.dedup();
    let fit_one_line = hints.iter().all(|hint| hint.starts_with("-p ") && !hint.contains('\n'));
    let mut refused = refused.into_iter();
    let (what, why) = refused.next().map(|(what, refusal)| (what, refusal.why)).unwrap_or_default();
    let why = refused.fold(why, |before, (what, refusal)| format!("{before}\n{what} {}", refusal.why));
    let hint = (!hints.is_empty()).then(|| hints.join(if fit_one_line { " " } else { "\n" }));
    Error::Value { what, why, hint }
}

/// Sees that the manager knows a type that was typed by its own option: systemd only logs a line about one that it
/// does not know, and takes the service for a simple one.
pub fn refuse_newer_type(service_type: ServiceType, release: Option<u32>) -> Result<()> {
    let word = service_type.as_str();
    let (Some(kind), Some(release)) = (Kind::named("Type"), release) else { return Ok(()) };
    let Some(since) = kind.newer_choice(word, release) else { return Ok(()) };
    let known = kind.choices(release);
    let instead = known.iter().find(|known| word.starts_with(**known));
    Err(Error::Value {
        what: format!("--service-type {word}"),
        why: format!("came with systemd {since}, and this is {release}"),
        hint: instead.map(|instead| format!("--service-type {instead}")),
    })
}

/// Looks at one property; `all` are those that stand in the unit with it.
pub fn checked(property: &Property, all: &[Property], target: Target) -> std::result::Result<(), Refusal> {
    let name = property.name();
    // systemd leaves such names to others.
    if name.starts_with("X-") {
        return Ok(());
    }
    let meanings = directives::named(name);
    if meanings.is_empty() {
        return if is_newer_than_we(target) { Ok(()) } else { Err(unknown(property)) };
    }
    let Some(directive) = meaning(property) else { return Err(elsewhere(property, meanings)) };
    let section = property.section();
    if let Some(refused) = companion(directive, section, target.companions) {
        return Err(refused);
    }
    let reader = Reader { release: target.release.unwrap_or(NEWEST), of_user: target.scope == Scope::User };
    of_release(property, directive, reader.release)?;
    if !value::accepts(directive, section, property.value(), reader) {
        return Err(wrong_value(property, directive, reader));
    }
    if target.scope == Scope::User { of_user(property, directive, all, reader.release) } else { Ok(()) }
}

/// What an unknown name means to a manager that is newer than the table.
fn is_newer_than_we(target: Target) -> bool {
    target.release.is_some_and(|release| release > NEWEST)
}

/// What the name means in the section that the property stands in.
fn meaning(property: &Property) -> Option<&'static Directive> {
    match property.named_section() {
        Some(section) => directives::in_section(property.name(), section),
        None => directives::usual(property.name()),
    }
}

/// True for a property of which the table knows no more than the form: only systemd itself can tell whether it takes
/// the value, or knows the name at all.
pub fn is_judged_by_systemd(property: &Property) -> bool {
    !property.value().is_empty()
        && !property.name().starts_with("X-")
        && meaning(property).is_none_or(|directive| directive.kind.needs_systemd())
}

/// What should be known of a property that is taken.
fn doubt(property: &Property, target: Target) -> Option<String> {
    let name = shell::printable(property.name());
    if name.starts_with("X-") {
        return Some(format!("systemd leaves out `{name}=`, as all names that begin with X-"));
    }
    let Some(directive) = meaning(property) else {
        return Some(format!("`{name}=` is not known here: a newer systemd than {NEWEST} may know it"));
    };
    if let Some(replacement) = directive.replacement() {
        return Some(format!("`{name}=` is obsolete; use {replacement}"));
    }
    let controller = match directive.in_user {
        InUser::Controller => "cpuset",
        InUser::IoController => "io",
        InUser::CpuController if target.release.is_some_and(|release| release < 252) => "cpu",
        _ => return None,
    };
    (target.scope == Scope::User && !is_off(property)).then(|| {
        format!("`{name}=` counts only where the user's manager was given the controller {controller} (Delegate=)")
    })
}

/// A name that no systemd has, with the nearest one that it could have been.
fn unknown(property: &Property) -> Refusal {
    let value = property.value();
    match directives::nearest(property.name()) {
        Some(near) if near.name.eq_ignore_ascii_case(property.name()) => {
            refusal(format!("is written {}", near.name), line(near.name, value))
        }
        Some(near) => refusal(
            format!("is not a directive of systemd; {} is the nearest: {}", near.name, near.about),
            line(near.name, value),
        ),
        None => Refusal { why: "is not a directive of systemd".into(), hint: Some("man systemd.directives".into()) },
    }
}

fn line(name: &str, value: &str) -> String {
    format!("-p {}", shell::quote(format!("{name}={value}")))
}

/// A name that stands elsewhere than in the section that was named.
fn elsewhere(property: &Property, meanings: &[Directive]) -> Refusal {
    let named = property.named_section().map_or("", Section::name);
    let sections: Vec<String> =
        meanings.iter().flat_map(Directive::sections).map(|section| format!("[{}]", section.name())).collect();
    refusal(format!("stands in {}, not in [{named}]", sections.join(" or ")), line(property.name(), property.value()))
}

/// What stands in a unit that the service does not have.
fn companion(directive: &Directive, section: Section, has: Companions) -> Option<Refusal> {
    let name = directive.name;
    let needs = |kind: &str, option: &str| {
        let why = format!("stands in the [{}] section of a {kind}, and this service has none", section.name());
        Some(refusal(why, format!("mkservice explain {name}{option}")))
    };
    let says_again = |option: &str| Some(refusal(format!("says the same as {option}"), option.to_owned()));
    match (section, name) {
        (Section::Timer, "Unit") if has.timer => says_which(name),
        (Section::Path, "Unit") if has.path => says_which(name),
        (Section::Socket, "Service") if has.socket => says_which(name),
        (Section::Socket, "ListenStream" | "ListenDatagram") if has.socket => says_again("--listen ADDRESS"),
        _ => None,
    }
    .or_else(|| match section {
        Section::Unit | Section::Service | Section::Install => None,
        Section::Timer if has.timer => None,
        Section::Socket if has.socket => None,
        Section::Path if has.path => None,
        Section::Timer => needs("timer", "\n--on-calendar daily gives it one"),
        Section::Socket => needs("socket", "\n--listen 8080 gives it one"),
        Section::Path => needs("path unit", "\n--on-path-changed PATH gives it one"),
        _ => Some(Refusal {
            why: format!("stands in [{}], which no service has", section.name()),
            hint: Some(format!("mkservice explain {name}")),
        }),
    })
}

/// What is started is the service itself.
fn says_which(name: &str) -> Option<Refusal> {
    let why = "would start another unit than this service".to_owned();
    Some(Refusal { why, hint: Some(format!("leave {name}= out")) })
}

/// What a release does not know yet or any more.
fn of_release(property: &Property, directive: &Directive, release: u32) -> std::result::Result<(), Refusal> {
    let hint = match directive.replacement().and_then(|replacement| replacement.strip_suffix('=')) {
        Some(name) => line(name, property.value()),
        None => format!("mkservice explain {}", directive.name),
    };
    if release < u32::from(directive.since) {
        return Err(refusal(format!("came with systemd {}, and this is {release}", directive.since), hint));
    }
    if !directive.is_known_to(release) {
        return Err(refusal(format!("is gone since systemd {}, and this is {release}", directive.until + 1), hint));
    }
    if directive.kind.name == "Obsolete" {
        return Err(refusal(format!("is {}", directive.about), hint));
    }
    Ok(())
}

/// What is wrong with a value.
fn wrong_value(property: &Property, directive: &Directive, reader: Reader) -> Refusal {
    let (name, typed) = (property.name(), property.value());
    let section = property.named_section().map_or(String::new(), |section| format!("{}.", section.name()));
    let name = format!("{section}{name}");
    if let Some(since) = directive.kind.newer_choice(typed, reader.release) {
        return refusal(
            format!("has a value that came with systemd {since}, and this is {}", reader.release),
            line(&name, directive.example(reader.release)),
        );
    }
    let expected = directive.kind.expects(reader.release);
    if typed.is_empty() {
        return refusal(
            format!("cannot be set back: it takes {expected}"),
            line(&name, directive.example(reader.release)),
        );
    }
    let words = directive.kind.choices(reader.release);
    let small = typed.to_lowercase();
    let near = words
        .iter()
        .max_by(|one, other| strsim::jaro_winkler(&small, one).total_cmp(&strsim::jaro_winkler(&small, other)));
    let near = near.filter(|word| strsim::jaro_winkler(&small, word) > 0.75);
    // A unit's name without its suffix is a service, most often.
    let with_suffix = format!("{typed}.service");
    let suffixed = ["Units", "TriggeredUnit", "ServiceUnit", "InstallUnits"].contains(&directive.kind.name)
        && value::accepts(directive, property.section(), &with_suffix, reader);
    let instead = match (near, suffixed) {
        (Some(word), _) => word,
        (None, true) => with_suffix.as_str(),
        (None, false) => directive.example(reader.release),
    };
    refusal(format!("is no value for it: it takes {expected}"), line(&name, instead))
}

/// True for a value that switches nothing on, or sets a list back.
fn is_off(property: &Property) -> bool {
    property.value().is_empty() || value::boolean(property.value()) == Some(false)
}

/// What a user's manager leaves out, or dies of.
fn of_user(
    property: &Property,
    directive: &Directive,
    all: &[Property],
    release: u32,
) -> std::result::Result<(), Refusal> {
    /// From here on the manager makes the user namespace itself.
    const CONFINES: u32 = 254;
    /// From here on it opens encrypted credentials.
    const DECRYPTS: u32 = 256;
    if is_off(property) {
        return Ok(());
    }
    let private_users = all.iter().rfind(|other| other.name() == "PrivateUsers");
    let confined = release >= CONFINES || private_users.is_some_and(|other| !is_off(other));
    let typed =
        line(&property.written().split_once('=').map_or(String::new(), |(name, _)| name.into()), property.value());
    let in_system = format!("--system {typed}");
    let with_users = format!("-p PrivateUsers=yes {typed}\nor in system scope: {in_system}");
    match directive.in_user {
        InUser::Confined if !confined => Err(refusal(
            format!("does nothing in a user's manager before systemd {CONFINES}, and this is {release}"),
            with_users,
        )),
        InUser::ConfinedOrDies if !confined => Err(refusal(
            format!(
                "keeps a service from starting in a user's manager before systemd {CONFINES}, and this is {release}"
            ),
            with_users,
        )),
        InUser::Dies => Err(refusal("takes root's rights: in a user's manager the service would not start", in_system)),
        InUser::Ignored => {
            Err(refusal("takes root's rights: a user's manager leaves it out without a word", in_system))
        }
        InUser::Credential if release < DECRYPTS => Err(refusal(
            format!("cannot be decrypted by a user's manager before systemd {DECRYPTS}, and this is {release}"),
            in_system,
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_not_newer_than_the_manager() {
        let refused = |service_type, release| refuse_newer_type(service_type, release).err().map(|it| it.to_string());
        assert_eq!(
            refused(ServiceType::NotifyReload, Some(252)).as_deref(),
            Some("--service-type notify-reload came with systemd 253, and this is 252")
        );
        assert_eq!(
            refuse_newer_type(ServiceType::NotifyReload, Some(247)).unwrap_err().hint_text().as_deref(),
            Some("--service-type notify")
        );
        for (service_type, release) in [
            (ServiceType::NotifyReload, Some(253)),
            (ServiceType::NotifyReload, None),
            (ServiceType::Notify, Some(247)),
        ] {
            assert_eq!(refused(service_type, release), None);
        }
    }
}

//! `-p NAME=VALUE`: whether systemd knows the directive, accepts the value, and applies it in this scope. systemd
//! itself only logs a warning and ignores it.

use std::ffi::OsString;

use crate::cli::Add;
use crate::model::command::{mkservice, run};
use crate::model::diagnostic::{Error, Note, Result, Subject};
use crate::model::message::{Message, Part, flag, message, opt, quoted, set, set_all};
use crate::spec::{Property, Scope, ServiceSpec, ServiceType};
use crate::systemd::directives::value::{self, Reader};
use crate::systemd::directives::{self, Directive, InUser, Kind, NEWEST, Section, obsolete};
use crate::{hardening, shell};

/// Where the properties apply: the scope, and the release of systemd if known.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub scope: Scope,
    /// If unknown, everything that any release accepts is accepted.
    pub release: Option<u32>,
    /// The other units of the service, whose sections can be used.
    pub companions: Companions,
}

/// The triggers of a service.
#[derive(Debug, Clone, Copy, Default)]
pub struct Companions {
    pub timer: bool,
    pub socket: bool,
    pub path: bool,
}

/// Why a property is refused, and a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Completes a sentence that begins with the property.
    pub why: Message,
    pub hints: Vec<Message>,
}

fn refusal(why: Message, hint: impl Into<Message>) -> Refusal {
    Refusal { why, hints: vec![hint.into()] }
}

/// An error about a property of a service.
pub fn refused(spec: &ServiceSpec, directive: &str, why: Message) -> Error {
    let message = message!("{}: {} {}", opt("property"), quoted(directive), why);
    Error::invalid(message).about(subject(spec, directive))
}

/// Where a directive was given.
pub fn subject(spec: &ServiceSpec, directive: &str) -> Subject {
    let value = spec.properties.iter().rposition(|property| property.name() == directive);
    Subject::Option { name: "property".into(), value }
}

/// The given properties.
pub fn properties(typed: &Add, target: Target, warnings: &mut Vec<Note>) -> Result<Vec<Property>> {
    let parse = |(index, text): (usize, &OsString)| {
        use std::os::unix::ffi::OsStrExt as _;
        Property::parse(text.as_bytes()).map_err(|why| {
            let message = message!("{}: {} {}", opt("property"), quoted(text), why);
            Error::invalid(message).about(Subject::value("property", index))
        })
    };
    let properties: Vec<Property> = typed.property.iter().enumerate().map(parse).collect::<Result<_>>()?;
    // With --harden, an empty value disables the directive of that name in the preset.
    let switches_off = |property: &&Property| {
        typed.harden.is_some() && property.value().is_empty() && hardening::only_switches_off(property.name())
    };
    let mut refused = Vec::new();
    for (index, property) in properties.iter().enumerate().filter(|(_, property)| !switches_off(property)) {
        match checked(property, &properties, target) {
            Ok(()) => warnings.extend(doubt(property, target)),
            Err(Refusal { why, hints }) => {
                let message = message!("{}: {} {}", opt("property"), quoted(property.written()), why);
                refused.push(Error::invalid(message).about(Subject::value("property", index)).hints(hints));
            }
        }
    }
    Error::all(refused).map_or(Ok(properties), Err)
}

/// Checks that systemd knows a service type: for an unknown one it only logs a warning, and assumes Type=simple.
pub fn refuse_newer_type(service_type: ServiceType, release: Option<u32>) -> Result<()> {
    let word = service_type.as_str();
    let (Some(kind), Some(release)) = (Kind::named("Type"), release) else { return Ok(()) };
    let Some(since) = kind.newer_choice(word, release) else { return Ok(()) };
    let known = kind.choices(release);
    let instead = known.iter().find(|known| word.starts_with(**known));
    let message = message!("{} requires systemd {}; this is {}", set("service-type", word), since, release);
    let hint = instead.map(|instead| set("service-type", *instead).into());
    Err(Error::invalid(message).about_option("service-type").hints(hint))
}

/// Checks one property; `all` are the properties of the unit.
pub fn checked(property: &Property, all: &[Property], target: Target) -> std::result::Result<(), Refusal> {
    let name = property.name();
    // systemd ignores such names.
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

/// Whether systemd is newer than the table.
fn is_newer_than_we(target: Target) -> bool {
    target.release.is_some_and(|release| release > NEWEST)
}

/// The meaning of the name in the section of the property.
fn meaning(property: &Property) -> Option<&'static Directive> {
    match property.named_section() {
        Some(section) => directives::in_section(property.name(), section),
        None => directives::usual(property.name()),
    }
}

/// True for a property of which the table knows only the syntax: systemd decides whether the value is valid, or the
/// name known.
pub fn is_judged_by_systemd(property: &Property) -> bool {
    !property.value().is_empty()
        && !property.name().starts_with("X-")
        && meaning(property).is_none_or(|directive| directive.kind.needs_systemd())
}

/// The note about an accepted property.
fn doubt(property: &Property, target: Target) -> Option<Note> {
    let name = shell::printable(property.name());
    if name.starts_with("X-") {
        return Some(message!("systemd ignores `{}=`, like all names that begin with X-", name).into());
    }
    let Some(directive) = meaning(property) else {
        return Some(message!("`{}=` is not known to mkservice, which knows systemd up to {}", name, NEWEST).into());
    };
    if let Some(replacement) = directive.replacement() {
        return Some(message!("`{}=` is obsolete; use {}", name, replacement).into());
    }
    let controller = match directive.in_user {
        InUser::Controller => "cpuset",
        InUser::IoController => "io",
        InUser::CpuController if target.release.is_some_and(|release| release < 252) => "cpu",
        _ => return None,
    };
    (target.scope == Scope::User && !is_off(property)).then(|| {
        message!(
            "`{}=` has no effect unless the user manager has the cgroup controller {} (Delegate=)",
            name,
            controller
        )
        .into()
    })
}

/// An unknown name, with the nearest known one.
fn unknown(property: &Property) -> Refusal {
    let value = property.value();
    match directives::nearest(property.name()) {
        Some(near) if near.name.eq_ignore_ascii_case(property.name()) => {
            refusal(message!("is written {}", near.name), line(near.name, value))
        }
        Some(near) => refusal(
            message!("is not a directive of systemd; {} is the nearest: {}", near.name, near.about),
            line(near.name, value),
        ),
        None => refusal(message!("is not a directive of systemd"), run("man").arg("systemd.directives")),
    }
}

fn line(name: &str, value: &str) -> Part {
    set("property", format!("{name}={value}"))
}

/// A name that belongs in another section.
fn elsewhere(property: &Property, meanings: &[Directive]) -> Refusal {
    let named = property.named_section().map_or("", Section::name);
    let sections: Vec<String> =
        meanings.iter().flat_map(Directive::sections).map(|section| format!("[{}]", section.name())).collect();
    refusal(
        message!("belongs in {}, not in [{}]", sections.join(" or "), named),
        line(property.name(), property.value()),
    )
}

/// A section of a unit that the service does not have.
fn companion(directive: &Directive, section: Section, has: Companions) -> Option<Refusal> {
    let name = directive.name;
    let explain = || mkservice(["explain", name]);
    let needs = |kind: &str, with: Part| {
        let why =
            message!("belongs in the [{}] section of a {}, which this service does not have", section.name(), kind);
        let hints = vec![explain().into(), message!("or add one: {}", with)];
        Some(Refusal { why, hints })
    };
    match (section, name) {
        (Section::Timer, "Unit") if has.timer => says_which(name),
        (Section::Path, "Unit") if has.path => says_which(name),
        (Section::Socket, "Service") if has.socket => says_which(name),
        (Section::Socket, "ListenStream" | "ListenDatagram") if has.socket => {
            Some(refusal(message!("sets the same as {}", opt("listen")), set("listen", "ADDRESS")))
        }
        _ => None,
    }
    .or_else(|| match section {
        Section::Unit | Section::Service | Section::Install => None,
        Section::Timer if has.timer => None,
        Section::Socket if has.socket => None,
        Section::Path if has.path => None,
        Section::Timer => needs("timer", set("on-calendar", "daily")),
        Section::Socket => needs("socket", set("listen", "8080")),
        Section::Path => needs("path unit", set("on-path-changed", "PATH")),
        _ => Some(refusal(message!("belongs in [{}], which no service has", section.name()), explain())),
    })
}

/// A trigger starts its own service.
fn says_which(name: &str) -> Option<Refusal> {
    Some(refusal(message!("would start another unit instead of this service"), message!("leave out {}=", name)))
}

/// Refuses what a release does not support yet or any more.
fn of_release(property: &Property, directive: &Directive, release: u32) -> std::result::Result<(), Refusal> {
    let modern = obsolete::modern(property.name(), property.value());
    let hint = match directive.replacement().and_then(|replacement| replacement.strip_suffix('=')) {
        _ if let Some((name, value)) = &modern => Message::from(line(name, value)),
        Some(name) => Message::from(line(name, property.value())),
        None => mkservice(["explain", directive.name]).into(),
    };
    if release < u32::from(directive.since) {
        return Err(refusal(message!("requires systemd {}; this is {}", directive.since, release), hint));
    }
    if !directive.is_known_to(release) {
        return Err(refusal(message!("was removed in systemd {}; this is {}", directive.until + 1, release), hint));
    }
    if directive.kind.name == "Obsolete" {
        return Err(refusal(message!("is {}", directive.about), hint));
    }
    Ok(())
}

fn wrong_value(property: &Property, directive: &Directive, reader: Reader) -> Refusal {
    let (name, typed) = (property.name(), property.value());
    let section = property.named_section().map_or(String::new(), |section| format!("{}.", section.name()));
    let name = format!("{section}{name}");
    if let Some(since) = directive.kind.newer_choice(typed, reader.release) {
        return refusal(
            message!("has a value that requires systemd {}; this is {}", since, reader.release),
            line(&name, directive.example(reader.release)),
        );
    }
    let expected = directive.kind.expects(reader.release);
    if typed.is_empty() {
        return refusal(
            message!("cannot be reset: expected {}", expected),
            line(&name, directive.example(reader.release)),
        );
    }
    let words = directive.kind.choices(reader.release);
    let small = typed.to_lowercase();
    let near = words
        .iter()
        .max_by(|one, other| strsim::jaro_winkler(&small, one).total_cmp(&strsim::jaro_winkler(&small, other)));
    let near = near.filter(|word| strsim::jaro_winkler(&small, word) > 0.75);
    // A unit name without a suffix is probably a service.
    let with_suffix = format!("{typed}.service");
    let suffixed = ["Units", "TriggeredUnit", "ServiceUnit", "InstallUnits"].contains(&directive.kind.name)
        && value::accepts(directive, property.section(), &with_suffix, reader);
    let modern = obsolete::modern(property.name(), typed);
    let instead = match (near, suffixed) {
        _ if let Some((_, value)) = &modern => value.as_str(),
        (Some(word), _) => word,
        (None, true) => with_suffix.as_str(),
        (None, false) => directive.example(reader.release),
    };
    let unquoted = unquoted(typed).filter(|value| value::accepts(directive, property.section(), value, reader));
    match unquoted {
        Some(value) => refusal(message!("has quotes, which systemd does not read there"), line(&name, &value)),
        None => refusal(message!("has an invalid value: expected {}", expected), line(&name, instead)),
    }
}

/// A value in quotes without them; `-` can stand before it.
fn unquoted(value: &str) -> Option<String> {
    let (dash, rest) = value.strip_prefix('-').map_or(("", value), |rest| ("-", rest));
    let inner = ['"', '\''].into_iter().find_map(|quote| rest.strip_prefix(quote)?.strip_suffix(quote))?;
    Some(format!("{dash}{inner}"))
}

/// True for a value that enables nothing, or resets a list.
fn is_off(property: &Property) -> bool {
    property.value().is_empty() || value::boolean(property.value()) == Some(false)
}

/// What a user manager ignores, or cannot start a service with.
fn of_user(
    property: &Property,
    directive: &Directive,
    all: &[Property],
    release: u32,
) -> std::result::Result<(), Refusal> {
    /// The first release whose user manager creates the user namespace itself.
    const CONFINES: u32 = 254;
    /// The first release whose user manager decrypts credentials.
    const DECRYPTS: u32 = 256;
    if is_off(property) {
        return Ok(());
    }
    let private_users = all.iter().rfind(|other| other.name() == "PrivateUsers");
    let confined = release >= CONFINES || private_users.is_some_and(|other| !is_off(other));
    let written = property.written();
    let in_system = message!("create a system service: {} {}", flag("system"), set("property", &written));
    let with_users = || {
        let both = set_all("property", ["PrivateUsers=yes", &written]);
        vec![both.into(), message!("or {}", &in_system)]
    };
    match directive.in_user {
        InUser::Confined if !confined => {
            let why = message!("has no effect in a user manager before systemd {}; this is {}", CONFINES, release);
            Err(Refusal { why, hints: with_users() })
        }
        InUser::ConfinedOrDies if !confined => {
            let text = message!("keeps a service from starting in a user manager before systemd {}", CONFINES);
            Err(Refusal { why: message!("{}; this is {}", text, release), hints: with_users() })
        }
        InUser::Dies => {
            Err(refusal(message!("requires root privileges: the service would not start in a user manager"), in_system))
        }
        InUser::Ignored => {
            Err(refusal(message!("requires root privileges: a user manager silently ignores it"), in_system))
        }
        InUser::Credential if release < DECRYPTS => Err(refusal(
            message!("cannot be decrypted by a user manager before systemd {}; this is {}", DECRYPTS, release),
            in_system,
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::wording::plain;

    #[test]
    fn a_type_is_not_newer_than_the_manager() {
        let refused = |service_type, release| refuse_newer_type(service_type, release).err().map(|it| plain(&it));
        assert_eq!(
            refused(ServiceType::NotifyReload, Some(252)).as_deref(),
            Some("--service-type notify-reload requires systemd 253; this is 252 | --service-type notify")
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

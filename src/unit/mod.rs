//! Renders a [`ServiceSpec`] to the texts of its unit files through the askama templates in `templates/`. Escaping is
//! default-deny, see [`escape`].

mod changed;
mod difference;
pub mod drop_in;
pub mod edited;
pub mod escape;
mod failure;
pub mod install;
mod log_file;
mod path;
mod regroup;
mod rename;
mod service;
mod socket;
pub mod stamp;
mod target;
mod timer;

pub use changed::{Directive, changed};
pub use difference::difference;
pub use log_file::log_file;
pub use regroup::regrouped;
pub use rename::{renamed, renamed_edited, with_moved_secrets};

use askama::Template;
use askama::filters::Safe;

use crate::cli::Invocation;
use crate::model::Verb;
use crate::shell;
use crate::spec::{Property, Scope, ServiceSpec, UnitKind, UnitName};
use crate::systemd::directives::Section;
use crate::systemd::text::{LONG_LINE_MAX, Unwritable};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitFile {
    pub kind: UnitKind,
    /// Also the name of its file.
    pub unit: String,
    pub text: String,
}

/// The main unit is first.
pub fn render(spec: &ServiceSpec) -> Result<Vec<UnitFile>, Unwritable> {
    let typed = shell::own_line(&spec.typed);
    let from = spec.applied_from.as_ref().map(|id| shell::quote(id.as_path()));
    let file = |kind: UnitKind| {
        let text = assembled(&spec.name, kind, spec.scope, (&typed, from.as_deref()), &directives(spec, kind));
        UnitFile { kind, unit: spec.name.unit_of(kind), text }
    };
    let files: Vec<UnitFile> = spec.units().into_iter().map(file).collect();
    if files.iter().flat_map(|file| file.text.lines()).any(|line| line.len() >= LONG_LINE_MAX) {
        return Err(Unwritable::TooLong(LONG_LINE_MAX - 1));
    }
    Ok(files)
}

/// The text that systemd reads.
fn directives(spec: &ServiceSpec, kind: UnitKind) -> String {
    let companion = match kind {
        UnitKind::Timer => spec.timer.as_ref().map(|timer| timer::directives(spec, timer)),
        UnitKind::Socket => spec.socket.as_ref().map(|socket| socket::directives(spec, socket)),
        UnitKind::Path => spec.watch.as_ref().map(|watch| path::directives(spec, watch)),
        UnitKind::Target => spec.instances.as_ref().map(|instances| target::directives(spec, instances)),
        UnitKind::Failure => spec.failure.as_ref().map(|command| failure::directives(spec, command)),
        UnitKind::Service | UnitKind::Template => None,
    };
    companion.unwrap_or_else(|| service::directives(spec))
}

/// The comments at the head of a unit, `templates/remarks.service`.
#[derive(Template)]
#[template(path = "remarks.service")]
struct Remarks<'a> {
    unit: String,
    version: &'a str,
    typed: Safe<&'a str>,
    change: Safe<String>,
    remove: Safe<String>,
}

/// Whether the command line that created a service has `--global`.
pub fn is_for_all(line: &str) -> bool {
    Invocation::of_stamp(line).is_some_and(|invocation| invocation.has("global"))
}

/// Adds the head and the stamp. `made_from` is the command, and the manifest if there is one.
fn assembled(
    name: &UnitName,
    kind: UnitKind,
    scope: Scope,
    made_from: (&str, Option<&str>),
    directives: &str,
) -> String {
    let (typed, applied_from) = made_from;
    let remarks = remarks(name, kind, scope, typed);
    let companion_of = (!kind.is_main()).then_some(name.as_str());
    let section = stamp::section(typed, companion_of, applied_from);
    stamp::seal(&format!("{remarks}\n\n{}\n\n{section}", directives.trim_matches('\n')))
}

/// The head: what created the unit, and how to change and remove it.
fn remarks(name: &UnitName, kind: UnitKind, scope: Scope, typed: &str) -> String {
    let is_for_all = is_for_all(typed);
    let sudo = if scope == Scope::System || is_for_all { "sudo " } else { "" };
    let global = if is_for_all { "--global " } else { "" };
    let name_word = shell::quote(name.as_str());
    let own = |verb: Verb, option: &str| format!("{sudo}mkservice {verb} {option}{name_word}");
    let change = match is_for_all {
        true => ", run the command again with other arguments".to_owned(),
        false => format!(": {} OPTIONS, or {}", own(Verb::Update, ""), own(Verb::Edit, "")),
    };
    let remarks = Remarks {
        unit: name.unit_of(kind),
        version: env!("CARGO_PKG_VERSION"),
        typed: Safe(typed),
        change: Safe(change),
        remove: Safe(own(Verb::Remove, global)),
    };
    remarks.render().expect("every value was made to be written")
}

/// Properties are written unescaped.
fn lines(spec: &ServiceSpec, section: Section) -> Vec<Safe<String>> {
    let of_section = |property: &&Property| property.section() == section;
    spec.properties.iter().filter(of_section).map(written).collect()
}

fn written(property: &Property) -> Safe<String> {
    Safe(format!("{}={}", property.name(), property.value()))
}

//! Refuses to replace a service of another project that has the same name.

use std::ffi::OsStr;
use std::path::Path;

use crate::cli::Invocation;
use crate::host::{Host, tree};
use crate::model::command::{Command, mkservice};
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, opt, quoted, quoted_path};
use crate::resolve::{Replaces, Resolved};
use crate::shell;
use crate::spec::{ServiceSpec, UnitKind, UnitName};
use crate::state::Creation;
use crate::systemd::names;
use crate::unit;

/// Whether the installed service may be replaced depends on where its name is from, see [`Replaces`]. `of_file`: a file
/// declares the new one.
pub fn refuse(resolved: &Resolved, of_file: bool, invocation: &Invocation, host: &Host) -> Result<()> {
    let spec = &resolved.spec;
    let there = Creation::of_service(&spec.name, spec.scope, host);
    let Some(there) = there.filter(|there| !(of_file && there.is_declared)) else { return Ok(()) };
    // A unit that cannot be written is refused later.
    let Some(wanted) = creation(spec) else { return Ok(()) };
    let (same_dir, same_program) = (there.has_same_dir(&wanted), there.has_same_program(&wanted));
    let may = match resolved.install.replaces {
        Replaces::Same => same_dir && same_program,
        Replaces::Related => same_dir || same_program,
        Replaces::Any => true,
    };
    if may {
        return Ok(());
    }
    let runs = |it: &Creation| message!("runs {} in {}", quoted(shell::join(&it.command)), quoted_path(&it.dir));
    let message = match of_file {
        true => message!("a service of this name {}, and the one of this file {}", runs(&there), runs(&wanted)),
        false => message!(
            "service {} already exists: it {}, and this command {}",
            quoted(spec.name.as_str()),
            runs(&there),
            runs(&wanted)
        ),
    };
    let error = Error::new(Code::NameTaken, message).service(&spec.name);
    let again = |invocation: Invocation| Command { as_root: host.elevated, ..mkservice(invocation.arguments()) };
    if of_file {
        let error = error.hint("use another name in the file");
        return Err(error.hint(message!("use {} to take it over", opt("adopt"))));
    }
    let other = free_name(spec, &wanted, same_dir, host);
    let other = other.map(|name| again(invocation.with_only("name", name.as_str().as_ref())));
    let error = error.hints(other.map(|other| message!("use another name: {}", other)));
    Err(error.hint(message!("replace it: {}", again(invocation.with("replace", None)))))
}

fn creation(spec: &ServiceSpec) -> Option<Creation> {
    let files = unit::render(spec).ok()?;
    let main = files.first()?;
    Some(Creation::of_unit(&main.text, main.kind))
}

/// A name with that of the project's directory, which is free or that of the same service.
fn free_name(spec: &ServiceSpec, wanted: &Creation, same_dir: bool, host: &Host) -> Option<UnitName> {
    let slug = |path: Option<&Path>| {
        path.and_then(Path::file_name).map(OsStr::to_string_lossy).and_then(|it| names::slug(&it))
    };
    let parent = slug(wanted.dir.parent()).filter(|_| !same_dir);
    let name = spec.name.as_str();
    let begins = |project: &String| name == project || name.starts_with(&format!("{project}-"));
    let with_dir = slug(Some(&wanted.dir)).filter(|project| !begins(project)).or(parent);
    let numbered = (2..100).map(|number| format!("{name}-{number}"));
    let candidates = with_dir.map(|project| format!("{project}-{name}")).into_iter().chain(numbered);
    candidates.filter_map(|name| UnitName::parse(&name).ok()).find(|name| {
        let is_same = |it: Creation| it.has_same_dir(wanted) && it.has_same_program(wanted);
        is_free(name, spec, host) || Creation::of_service(name, spec.scope, host).is_some_and(is_same)
    })
}

fn is_free(name: &UnitName, spec: &ServiceSpec, host: &Host) -> bool {
    let dirs = host.unit_dir(spec.scope).into_iter().chain(host.unit_search_path(spec.scope));
    let mut paths = dirs.flat_map(|dir| UnitKind::ALL.map(|kind| dir.join(name.unit_of(kind))));
    !paths.any(|path| tree::symlink_metadata(path).is_ok())
}

//! `mkservice export [NAME…]`

use std::path::PathBuf;

use super::add;
use crate::cli::{self, Add, Invocation};
use crate::host::Host;
use crate::manager::state::UnitState;
use crate::manifest::keys::Keys;
use crate::manifest::of_unit::{self, Fidelity, InstalledUnit};
use crate::manifest::{self, Entry, Line, Manifest};
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Error, Result};
use crate::model::message::{message, quoted};
use crate::plan;
use crate::session::connection::ManagerConnection;
use crate::session::context::Context;
use crate::session::secrets::{Secrets, Stdin};
use crate::session::selection::{Depth, ScopeSession};
use crate::shell::shown;
use crate::spec::{Scope, UnitKind, UnitName};
use crate::state::service::Service;
use crate::unit;
use crate::unit::edited;
use crate::unit::stamp::{self, Origin};

pub async fn export(typed: &cli::Export, context: &Context<'_>) -> Result<u8> {
    let session = ScopeSession::of(false, context).await?;
    let names = match typed.names.as_slice() {
        [] => session.known(context.host)?.to_vec(),
        names => session.names(names)?,
    };
    // The result does not depend on the working directory.
    let host = Host { dir: Some("/".into()), physical_dir: Some("/".into()), ..context.host.clone() };
    let compared = Compared::of(session.scope, &host, context).await;
    let (mut services, mut refused) = (Vec::new(), Vec::new());
    for service in session.read_each(&names, Depth::Full, context.host).await? {
        let own = service.and_then(|service| {
            session.refuse(&service, Verb::Export, false, context.host)?;
            Ok(service)
        });
        let entry = match own {
            Ok(service) => entry(&service, &compared).await,
            Err(error) => Err(error),
        };
        entry.map_or_else(|error| refused.push(error), |entry| services.push(entry));
    }
    Error::all(refused).map_or(Ok(()), Err)?;
    let head = format!("created by mkservice export, {} scope; mkservice apply creates these services", session.scope);
    let text = manifest::write(&Manifest { head: vec![head], defaults: Vec::new(), services });
    context.ui.print(text.as_bytes());
    context.ui.document(|document| document.result.text = Some(text));
    Ok(0)
}

/// The most readable entry that creates the same service, or else the most exact one, with the difference.
async fn entry(service: &Service, compared: &Compared<'_>) -> Result<Entry> {
    let created_by = invocation(&service.text(), &service.name, service.file().to_owned())?;
    let (mut entry, difference) = compared.nearest(&created_by, service).await?;
    let (wording, name) = (compared.context.ui.wording(), &service.name);
    let lines = difference.unwrap_or_else(|error| wording.lines(&error));
    if !lines.is_empty() {
        compared.context.ui.warn(format!("{name}: the entry does not create the same service; see the comment"));
        entry.remarks.push("mkservice apply would change it:".into());
        entry.remarks.extend(lines.iter().take(20).map(|line| format!("  {line}")));
    }
    if service.origin() == Some(Origin::Edited) {
        let remark = "its unit file was edited by hand: mkservice apply replaces it only with --force";
        compared.context.ui.warn(format!("{name}: {remark}"));
        entry.remarks.push(remark.into());
    }
    for other in service.present.main.drop_ins.iter().filter(|it| !it.is_managed()) {
        entry.remarks.push(format!("not included: the drop-in {}", shown(&other.path)));
    }
    Ok(entry)
}

/// Compares command lines with the services that they would create again.
pub(super) struct Compared<'a> {
    keys: Keys,
    pub connection: ManagerConnection,
    host: &'a Host,
    context: &'a Context<'a>,
}

impl<'a> Compared<'a> {
    pub async fn of(scope: Scope, host: &'a Host, context: &'a Context<'a>) -> Compared<'a> {
        Compared { keys: Keys::of_add(), connection: ManagerConnection::find(scope, context.host).await, host, context }
    }

    /// The most readable entry without a difference to what is there, or else the most exact one.
    pub async fn nearest(&self, created_by: &Invocation, service: &Service) -> Result<(Entry, Result<Vec<String>>)> {
        let text = service.text();
        let of = |kind| service.present.unit(kind).filter(|unit| unit.is_managed()).map(|unit| unit.text());
        let (watch, failure) = (of(UnitKind::Path), of(UnitKind::Failure));
        let is_up = |state: &UnitState| state.is_active();
        let entries = service.entries();
        let stopped =
            !entries.iter().any(|unit| service.state_of(&unit.unit).is_none_or(is_up)) && !service.is_active();
        let there = InstalledUnit {
            name: &service.name,
            scope: service.scope,
            text: &text,
            watch: watch.as_deref(),
            failure: failure.as_deref(),
            settings: [edited::settings(&text), service.present.main.own_settings()].concat(),
            instances: service.wanted_instances().map(|instances| instances.to_string()),
            enabled: service.is_enabled(),
            stopped,
        };
        let mut nearest = None;
        for fidelity in Fidelity::ALL {
            let Some(entry) = of_unit::entry(created_by, &there, fidelity, &self.keys) else { continue };
            let difference = match line(&entry) {
                Ok(line) => self.of_line(&line.typed, &line.invocation, service).await,
                Err(error) => Err(error),
            };
            let is_same = difference.as_ref().is_ok_and(Vec::is_empty);
            nearest = Some((entry, difference));
            if is_same {
                break;
            }
        }
        nearest.ok_or_else(|| unreadable(&service.name, service.file().to_owned()))
    }

    /// The difference between the units of a command line and those on disk.
    pub async fn of_line(&self, typed: &Add, invocation: &Invocation, service: &Service) -> Result<Vec<String>> {
        let context = Context { host: self.host, ..self.context.of(invocation) };
        let others: Vec<String> = UnitKind::ALL.into_iter().map(|kind| service.name.unit_of(kind)).collect();
        let resolved = add::decide(typed, invocation, &self.connection, &others, self.host, &context).await?;
        let secrets = Secrets::typed(&typed.secret, Stdin::All, &resolved.spec, self.host)?;
        let mut ready =
            secrets.ready(&resolved.spec, &service.present.kept, self.connection.manager(), true, &context)?;
        ready.spec.leave_out(&service.present.main.own_settings());
        let mut files =
            unit::render(&ready.spec).map_err(|why| Error::invalid(message!("{} {}", &service.name, why)))?;
        plan::carry_edits(&mut files, &service.present);
        let mut lines = Vec::new();
        for file in &files {
            let there = service.present.unit(file.kind).map(|unit| unit.text()).unwrap_or_default();
            lines.extend(unit::difference(&stamp::effective(&there), &stamp::effective(&file.text)));
        }
        Ok(lines)
    }
}

/// The command line that an entry of a file stands for.
pub(super) fn line(entry: &Entry) -> Result<Line> {
    let manifest = Manifest { services: vec![entry.clone()], ..Manifest::default() };
    Ok(manifest::read(manifest::write(&manifest).as_bytes(), "mkservice.toml")?.lines.remove(0))
}

pub(super) fn invocation(text: &str, name: &UnitName, path: PathBuf) -> Result<Invocation> {
    let invocation = stamp::typed_line(text).and_then(Invocation::of_stamp).filter(Invocation::is_known);
    let invocation = invocation.ok_or_else(|| unreadable(name, path))?;
    match invocation.arguments().into_iter().find(|argument| argument.to_str().is_none()) {
        Some(argument) => {
            let message =
                message!("{} has an argument that is not UTF-8, as TOML requires: {}", name, quoted(argument));
            let error = Error::invalid(message).service(name);
            Err(error.hint(message!("keep its command line: {}", mkservice(["cat", name.as_str()]))))
        }
        None => Ok(invocation),
    }
}

fn unreadable(name: &UnitName, path: PathBuf) -> Error {
    let message = message!("the command line that created {} cannot be read", name);
    let import = mkservice(["import"]).arg(path);
    Error::invalid(message).service(name).hint(message!("convert its unit file: {}", import))
}

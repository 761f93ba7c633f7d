//! `mkservice update NAME [OPTIONS] [-- COMMAND…]`

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::add;
use super::export::{self, Compared};
use crate::cli::{self, Add, Invocation};
use crate::host::Host;
use crate::manifest::amend::{Amendment, amended, from_dir};
use crate::manifest::keys::Keys;
use crate::manifest::write::string;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Error, Note, Result};
use crate::model::message::{Message, flag, message, opt, quoted, set_all};
use crate::output::wording::Front;
use crate::resolve::Replaces;
use crate::session::context::Context;
use crate::session::install;
use crate::session::secrets::{Secrets, Stdin};
use crate::session::selection::ScopeSession;
use crate::spec::{ManifestId, Scope};
use crate::state::service::Service;
use crate::systemd::specifier::typed_text;
use crate::systemd::unit_file;
use crate::unit::stamp;

pub async fn update(typed: &cli::Update, context: &Context<'_>) -> Result<u8> {
    let session = ScopeSession::of(false, context).await?;
    let name = session.one(typed.service.as_ref())?;
    let service = session.own_one(&name, Verb::Update, typed.add.changing.force, context.host).await?;
    if let Some(new) = &typed.add.name {
        let error = Error::invalid(message!("{} is an option of a new service", opt("name")));
        return Err(error.hint(mkservice(["rename", name.as_str(), new]).for_scope(service.scope)));
    }
    let keys = Keys::of_add();
    let host = in_its_directory(&service, context.host);
    let compared = Compared::of(service.scope, &host, context).await;
    let recorded = recorded(&service, &compared).await?;
    let change = change(typed, &host, &keys, context);
    let line = amended(&recorded, &change, &keys)?;
    // What `enable` and `disable` did is no part of the line.
    let created_by = export::invocation(&service.text(), &service.name, service.file().to_owned())?;
    let as_created = match created_by.has("no-enable") {
        true if recorded.has("no-enable") => recorded,
        true => recorded.with("no-enable", None),
        false => recorded.without(&["no-enable"]),
    };
    let described = amended(&as_created, &change, &keys)?;
    // In the scope of the service, whose line need not name it.
    let line = if service.scope == Scope::System { line.in_system_scope() } else { line };
    let add = Add::of(&line)?;

    let context = Context { host: &host, ..context.of(&line) };
    let mut resolved = add::decide(&add, &described, &compared.connection, &[], &host, &context).await?;
    resolved.install.replaces = Replaces::Any;
    if let Some(file) = stamp::manifest(&service.text()) {
        resolved.notes.push(overridden((&file, service.scope), &change, typed, &keys, &context));
        resolved.spec.applied_from = Some(file);
    }
    let mut secrets = Secrets::typed(&add.secret, Stdin::All, &resolved.spec, &host)?;
    let given: Vec<&OsString> = typed.add.secret.iter().collect();
    secrets.ask_only_for(|name| given.iter().any(|word| *word == name));
    install::install(&resolved, secrets, compared.connection, &context).await
}

/// The host as the service was created on it: relative paths start at its working directory.
fn in_its_directory(service: &Service, host: &Host) -> Host {
    let text = service.text();
    let settings = unit_file::settings(&text);
    let written = settings.iter().rfind(|it| it.section == "Service" && it.name == "WorkingDirectory");
    let dir = written.map(|it| PathBuf::from(typed_text(&it.value))).filter(|dir| dir.is_absolute());
    match dir {
        Some(dir) => Host { dir: Some(dir.clone()), physical_dir: Some(dir), ..host.clone() },
        None => host.clone(),
    }
}

/// The command line that creates the service as it is: the recorded one, or if that would create another one today,
/// the same with paths and variables as they were then.
async fn recorded(service: &Service, compared: &Compared<'_>) -> Result<Invocation> {
    let recorded = export::invocation(&service.text(), &service.name, service.file().to_owned())?;
    // `enable` and `disable` came after it.
    let recorded = match service.is_enabled() {
        true => recorded.without(&["no-enable"]),
        false if recorded.has("no-enable") => recorded,
        false => recorded.with("no-enable", None),
    };
    let as_given = compared.of_line(&Add::of(&recorded)?, &recorded, service).await;
    if as_given.is_ok_and(|difference| difference.is_empty()) {
        return Ok(recorded);
    }
    match compared.nearest(&recorded, service).await? {
        (entry, Ok(difference)) if difference.is_empty() => Ok(export::line(&entry)?.invocation.without(&["no-start"])),
        _ => Ok(recorded),
    }
}

fn change<'a>(typed: &'a cli::Update, host: &Host, keys: &Keys, context: &'a Context<'_>) -> Amendment<'a> {
    let given = context.invocation;
    let of_scope = |name: &str| matches!(name, "user" | "system" | "global" | "root" | "unset");
    let options = given.options().filter(|(name, _)| !of_scope(name));
    let options = options.map(|(name, value)| (name, value.map(OsStr::to_owned))).collect();
    let is_elsewhere = host.dir != context.host.dir;
    let options = match context.host.dir.as_deref().filter(|_| is_elsewhere) {
        Some(dir) => from_dir(options, dir, keys),
        None => options,
    };
    Amendment { options, unset: &typed.unset, command: given.command_after_separator() }
}

/// What to know of a service that a file declares: the file has the last word.
fn overridden(
    (file, scope): (&ManifestId, Scope),
    change: &Amendment<'_>,
    typed: &cli::Update,
    keys: &Keys,
    context: &Context<'_>,
) -> Note {
    let mut words: Vec<Message> = Vec::new();
    let mut options: Vec<(&'static str, Vec<OsString>)> = Vec::new();
    for (name, value) in change.options.iter().filter(|(name, _)| keys.of_service(name).is_some()) {
        match (value, options.iter_mut().find(|(known, _)| known == name)) {
            (None, _) => words.push(flag(*name).into()),
            (Some(value), Some((_, values))) => values.push(value.clone()),
            (Some(value), None) => options.push((name, vec![value.clone()])),
        }
    }
    words.extend(options.into_iter().map(|(name, values)| set_all(name, values).into()));
    words.extend(typed.unset.iter().map(|option| message!("without {}", option)));
    let command: Vec<String> = change.command.iter().map(|word| string(&word.to_string_lossy())).collect();
    words.extend((!command.is_empty()).then(|| message!("command = [{}]", command.join(", "))));
    let apply = match file {
        ManifestId::Name(_) => mkservice(["apply"]),
        ManifestId::Path(path) => mkservice(["apply"]).arg(path),
    };
    let there = message!(
        "{} declares the service, and the next {} undoes this; change it there as well: {}",
        quoted(file.as_path()),
        apply.for_scope(scope),
        Message::join(words, ", ")
    );
    context.ui.wording().text_for(&there, Front::File).into()
}

//! An order: services that one half of mkservice has decided as the caller, written down for the other
//! half that installs them as root. Pure: from [`Resolved`] to a document and back.
//!
//! Whoever reads an order believes nothing of it: each value goes through its own type again, and a
//! key that is not known, or a format of another version, is refused.

mod fields;
mod service;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::Changing;
use crate::manager::security::Exposure;
use crate::model::diagnostic::Note;
use crate::model::message::Message;
use crate::output::wording::{Front, Wording};
use crate::resolve::{Manner, Resolved};
use crate::spec::{HandedSecret, SecretName, Sensitive};
use fields::{Fields, encoded};

/// How many bytes an order has at most: more than the kernel lets a command line have (execve(2)),
/// with three letters for each byte.
pub const SIZE_MAX: u64 = 32 << 20;

/// The version of the format; another one is refused.
const FORMAT: u64 = 2;

/// What is handed over.
#[derive(Debug)]
pub struct Order {
    /// The services.
    pub services: Vec<Ordered>,
    /// The file of services that they come from; `None` for one that was typed.
    pub applied: Option<Applied>,
    /// The caller's command line.
    pub arguments: Vec<OsString>,
    /// The caller wanted no manager to be spoken to (`SYSTEMD_OFFLINE`).
    pub offline: bool,
}

/// A service that is handed over.
#[derive(Debug)]
pub struct Ordered {
    /// The service, decided. Its scope is the system's.
    pub resolved: Resolved,
    /// Its secrets, with the values that were asked for.
    pub secrets: Vec<HandedSecret>,
}

/// A file of services that is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Which; `None` for one that came on stdin.
    pub file: Option<PathBuf>,
    /// Remove what an earlier run has made of the same file, and what it has no more.
    pub prune: bool,
    /// Remove also what was edited by hand since.
    pub force: bool,
}

/// Writes an order down.
pub fn write(order: &Order) -> Vec<u8> {
    let Order { services, applied, arguments, offline } = order;
    let applied = applied.as_ref().map(
        |Applied { file, prune, force }| json!({ "file": file.as_ref().map(encoded), "prune": prune, "force": force }),
    );
    let document = json!({
        "format": FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "offline": offline,
        "arguments": arguments.iter().map(encoded).collect::<Vec<_>>(),
        "applied": applied,
        "services": services.iter().map(written).collect::<Vec<_>>(),
    });
    document.to_string().into_bytes()
}

fn written(ordered: &Ordered) -> Value {
    let Ordered { resolved, secrets } = ordered;
    let Resolved { spec, manner, reasons, notes, warnings, interpreter: _ } = resolved;
    let wording = Wording::default();
    let text = |note: &Note| encoded(wording.note(note, Front::CommandLine));
    json!({
        "reasons": reasons.iter().map(|reason| encoded(wording.text(reason))).collect::<Vec<_>>(),
        "notes": notes.iter().map(text).collect::<Vec<_>>(),
        "warnings": warnings.iter().map(text).collect::<Vec<_>>(),
        "secrets": secrets.iter().map(secret_written).collect::<Vec<_>>(),
        "manner": {
            "settle": u64::try_from(manner.settle.as_micros()).unwrap_or(u64::MAX),
            "start": manner.start,
            "enable": manner.enable,
            "rollback": manner.rollback,
            "max_exposure": manner.max_exposure.map(Exposure::tenths),
            "force": manner.changing.force,
        },
        "service": service::written(spec),
    })
}

/// Reads an order. The words behind `#!` are not part of it: whoever installs looks for himself.
pub fn read(bytes: &[u8]) -> Result<Order, String> {
    let document: Value = serde_json::from_slice(bytes).map_err(|error| format!("it is no document: {error}"))?;
    let mut order = Fields::of(document, "the order")?;
    let (format, version) = (order.number("format")?, order.text("version")?);
    if format != FORMAT || version != env!("CARGO_PKG_VERSION") {
        let ours = env!("CARGO_PKG_VERSION");
        return Err(format!("it is of version {version} (format {format}), and this is {ours} (format {FORMAT})"));
    }
    let services = order.list("services")?.into_iter().map(ordered).collect::<Result<Vec<_>, _>>()?;
    let applied = applied(order.value("applied")?)?;
    let (arguments, offline) = (order.words("arguments")?, order.flag("offline")?);
    order.finish()?;
    match (services.len(), &applied) {
        (1, None) | (_, Some(_)) => Ok(Order { services, applied, arguments, offline }),
        _ => Err("what was typed is not one service".into()),
    }
}

fn applied(item: Value) -> Result<Option<Applied>, String> {
    if item.is_null() {
        return Ok(None);
    }
    let mut applied = Fields::of(item, "the file of services")?;
    let file = applied.optional_path("file")?;
    let read = Applied { file, prune: applied.flag("prune")?, force: applied.flag("force")? };
    applied.finish()?;
    Ok(Some(read))
}

fn ordered(item: Value) -> Result<Ordered, String> {
    let mut item = Fields::of(item, "a service of the order")?;
    let mut service = Fields::of(item.value("service")?, "the service")?;
    let spec = service::read(&mut service)?;
    service.finish()?;
    let mut manner = Fields::of(item.value("manner")?, "the manner")?;
    let read = Manner {
        settle: Duration::from_micros(manner.number("settle")?),
        start: manner.flag("start")?,
        enable: manner.flag("enable")?,
        // That of the system's manager is none of an account's.
        linger: false,
        rollback: manner.flag("rollback")?,
        max_exposure: max_exposure(&manner.value("max_exposure")?)?,
        changing: Changing { dry_run: false, check: false, force: manner.flag("force")? },
    };
    manner.finish()?;
    let (reasons, notes, warnings) = (item.texts("reasons")?, item.texts("notes")?, item.texts("warnings")?);
    let secrets = item.list("secrets")?.into_iter().map(secret).collect::<Result<_, _>>()?;
    item.finish()?;
    let resolved = Resolved {
        spec,
        interpreter: Vec::new(),
        manner: read,
        reasons: reasons.into_iter().map(Message::from).collect(),
        notes: notes.into_iter().map(Note::from).collect(),
        warnings: warnings.into_iter().map(Note::from).collect(),
    };
    Ok(Ordered { resolved, secrets })
}

fn secret_written(secret: &HandedSecret) -> Value {
    let value = secret.value.as_ref().map(|value| encoded(OsStr::from_bytes(value.bytes())));
    json!({ "name": encoded(secret.name.as_str()), "file": secret.file.as_ref().map(encoded), "value": value })
}

fn secret(item: Value) -> Result<HandedSecret, String> {
    let mut secret = Fields::of(item, "a secret")?;
    let name =
        SecretName::parse(secret.word("name")?.as_bytes()).map_err(|why| format!("the name of a secret {why}"))?;
    let file = secret.optional_path("file")?;
    let value = secret.optional_word("value")?.map(|value| Sensitive::new(value.into_vec()));
    secret.finish()?;
    Ok(HandedSecret { name, file, value })
}

fn max_exposure(value: &Value) -> Result<Option<Exposure>, String> {
    let tenths = |number: u64| u8::try_from(number).ok().and_then(Exposure::of_tenths);
    match value.as_u64() {
        _ if value.is_null() => Ok(None),
        Some(number) => tenths(number).map(Some).ok_or_else(|| "`max_exposure` is none that there is".to_owned()),
        None => Err("`max_exposure` is no number".into()),
    }
}

#[cfg(test)]
mod tests;

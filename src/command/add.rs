//! `mkservice [add] COMMAND…`: makes a service of a command and starts it.

use std::ffi::OsString;

use super::secrets::Secrets;
use super::tried::tried;
use super::{Context, install};
use crate::cli::Add;
use crate::error::Result;
use crate::host::{Host, lookup, secrets};
use crate::resolve::leaks::{self, Surroundings};
use crate::resolve::{self, Resolved};
use crate::spec::ServiceSpec;

/// Makes a service of a command: decides what it is, then installs it.
///
/// # Errors
/// Whatever is refused, before anything is written; or what failed on the way.
pub async fn add(typed: &Add, context: &Context<'_>) -> Result<u8> {
    let resolved = decide(typed, context.lasting, context.host, context).await?;
    let typed_secrets = Secrets::typed(&typed.secret, &resolved.spec, context.host)?;
    install::install(&resolved, typed_secrets, context).await
}

/// Decides what the typed words mean on `host`, and sees whether it would work. `lasting` are the words
/// that say something of the service.
///
/// # Errors
/// Whatever is refused.
pub async fn decide(typed: &Add, lasting: &[OsString], host: &Host, context: &Context<'_>) -> Result<Resolved> {
    let mut found = lookup::look_up(typed, host);
    let mut resolved = resolve::add(typed, context.words, lasting, host, &found)?;
    if tried(&mut found, &resolved, host, context).await? {
        resolved = resolve::add(typed, context.words, lasting, host, &found)?;
    }
    resolved.warnings.extend(open_secrets(&resolved.spec, context));
    Ok(resolved)
}

/// What would stand for others to read, with what to do about it.
fn open_secrets(spec: &ServiceSpec, context: &Context<'_>) -> Vec<String> {
    let folder = context.host.unit_folder(spec.scope).unwrap_or_default();
    let unit = folder.join(spec.name.unit());
    let around = Surroundings {
        words: context.words,
        unit: &unit,
        unit_is_open: secrets::is_reachable(&unit),
        is_path: &|value| std::path::Path::new(value).exists(),
    };
    let in_files = spec.environment_files.iter().filter_map(|file| {
        let text = secrets::open_text(file.path())?;
        leaks::open_environment_file(file.path(), &text)
    });
    let all = leaks::warnings(spec, &around).into_iter().chain(in_files);
    all.map(|warning| context.host.fit(&warning)).collect()
}

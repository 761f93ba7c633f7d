//! `mkservice [add] COMMAND…`: makes a service of a command and starts it.

use super::secrets::Secrets;
use super::tried::tried;
use super::{Context, install};
use crate::cli::Add;
use crate::error::Result;
use crate::host::{Host, lookup};
use crate::resolve::{self, Resolved};

/// Makes a service of a command: decides what it is, then installs it.
///
/// # Errors
/// Whatever is refused, before anything is written; or what failed on the way.
pub async fn add(typed: &Add, context: &Context<'_>) -> Result<u8> {
    let resolved = decide(typed, context.host, context).await?;
    let secrets = Secrets::typed(&typed.secret, &resolved.spec, context.host)?;
    install::install(&resolved, secrets, context).await
}

/// Decides what the typed words mean on `host`, and sees whether it would work.
///
/// # Errors
/// Whatever is refused.
pub async fn decide(typed: &Add, host: &Host, context: &Context<'_>) -> Result<Resolved> {
    let mut found = lookup::look_up(typed, host);
    let resolved = resolve::add(typed, context.words, context.lasting, host, &found)?;
    match tried(&mut found, &resolved, host, context).await? {
        true => resolve::add(typed, context.words, context.lasting, host, &found),
        false => Ok(resolved),
    }
}

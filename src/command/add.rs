//! `mkservice [add] COMMAND…`: makes a service of a command and starts it.

use super::{Context, install};
use crate::cli::Add;
use crate::error::Result;
use crate::host::lookup;
use crate::resolve;

/// Makes a service of a command: decides what it is, then installs it.
///
/// # Errors
/// Whatever is refused, before anything is written; or what failed on the way.
pub async fn add(typed: &Add, context: &Context<'_>) -> Result<u8> {
    let found = lookup::look_up(typed, context.host);
    let resolved = resolve::add(typed, context.words, context.lasting, context.host, &found)?;
    install::install(&resolved, context).await
}

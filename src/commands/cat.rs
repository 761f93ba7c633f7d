//! `mkservice cat NAME…`: unit files as they are, with their drop-ins.

use std::path::PathBuf;

use crate::cli::Cat;
use crate::error::{Result, shown};
use crate::host::tree;
use crate::model::Verb;
use crate::output::json;
use crate::session::context::Context;
use crate::session::selection::Ground;
use crate::state;
use crate::state::service::Service;

/// Prints the files of services, each under a comment with its path, byte for byte.
pub async fn cat(typed: &Cat, context: &Context<'_>) -> Result<u8> {
    let ground = Ground::of(false, context).await?;
    let names = ground.names(&typed.names, Verb::Cat, context)?;
    let mut services = Vec::new();
    for name in &names {
        services.push(ground.service(name, Verb::Cat, context.host).await?);
    }
    let mut first = true;
    for service in &services {
        for path in files(service) {
            let text = state::content(&path)?;
            let separator = if std::mem::take(&mut first) { "" } else { "\n" };
            context.ui.print(format!("{separator}# {}\n", shown(&path)).as_bytes());
            context.ui.print(&text);
            if !text.ends_with(b"\n") && !text.is_empty() {
                context.ui.print(b"\n");
            }
            let text = String::from_utf8_lossy(&text).into_owned();
            let file = json::File { service: service.name.to_string(), path: shown(&path), text };
            context.ui.document(|document| document.result.files.get_or_insert_default().push(file));
        }
    }
    Ok(0)
}

/// The files of its units, that in which its program runs in front, each with its drop-ins in the order in which they
/// count.
fn files(service: &Service) -> Vec<PathBuf> {
    let drop_ins: Vec<PathBuf> = match &service.state {
        Some(state) if !service.is_group() => state.drop_ins.iter().map(PathBuf::from).collect(),
        _ => service.present.main.drop_ins.iter().map(|(path, _)| path.clone()).collect(),
    };
    let main = std::iter::once(service.file().to_owned()).chain(drop_ins);
    let companions = service.present.own_companions().filter(|_| !service.is_instance()).flat_map(|there| {
        let drop_ins = match service.state_of(&there.unit) {
            Some(state) => state.drop_ins.iter().map(PathBuf::from).collect(),
            None => there.drop_ins.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(),
        };
        std::iter::once(there.path.clone()).chain(drop_ins)
    });
    main.chain(companions).filter(|path| tree::symlink_metadata(path).is_ok()).collect()
}

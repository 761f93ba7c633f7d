//! `mkservice cat NAME…`

use std::path::{Path, PathBuf};

use crate::cli::Cat;
use crate::host::tree;
use crate::manager::state::UnitState;
use crate::model::Verb;
use crate::model::diagnostic::Result;
use crate::output::json;
use crate::session::context::Context;
use crate::session::selection::ScopeSession;
use crate::shell::shown;
use crate::state;
use crate::state::DropIn;
use crate::state::service::Service;

/// Each file follows a comment with its path, byte for byte.
pub async fn cat(typed: &Cat, context: &Context<'_>) -> Result<u8> {
    let session = ScopeSession::of(false, context).await?;
    let names = session.names(&typed.names)?;
    let services = session.services(&names, Verb::Cat, context.host).await?;
    let mut separator = "";
    for service in &services {
        for path in files(service) {
            let text = state::content(&path)?;
            context.ui.print(format!("{separator}# {}\n", shown(&path)).as_bytes());
            context.ui.print(&text);
            if !text.ends_with(b"\n") && !text.is_empty() {
                context.ui.print(b"\n");
            }
            separator = "\n";
            let text = String::from_utf8_lossy(&text).into_owned();
            let file = json::File { service: service.name.to_string(), path: shown(&path), text };
            context.ui.document(|document| document.result.files.get_or_insert_default().push(file));
        }
    }
    Ok(0)
}

/// The files of its units, that of the program first, each with its drop-ins in order of precedence.
fn files(service: &Service) -> Vec<PathBuf> {
    let of_unit = |path: &Path, state: Option<&UnitState>, found: &[DropIn]| -> Vec<PathBuf> {
        let drop_ins: Vec<PathBuf> = match state {
            Some(state) => state.drop_ins.iter().map(PathBuf::from).collect(),
            None => found.iter().map(|it| it.path.clone()).collect(),
        };
        std::iter::once(path.to_owned()).chain(drop_ins).collect()
    };
    let state = service.state.as_ref().filter(|_| !service.is_group());
    let main = of_unit(service.file(), state, &service.present.main.drop_ins);
    let companions = service.present.own_companions().filter(|_| !service.is_instance());
    let companions = companions.flat_map(|there| of_unit(&there.path, service.state_of(&there.unit), &there.drop_ins));
    main.into_iter().chain(companions).filter(|path| tree::symlink_metadata(path).is_ok()).collect()
}

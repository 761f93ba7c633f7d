//! The result of `remove`.

use std::collections::HashSet;
use std::path::Path;

use super::Block;
use crate::host::tree;
use crate::output::json;
use crate::output::ui::text::Text;
use crate::plan::{Step, Through};
use crate::shell::{self, shown};
use crate::spec::Scope;
use crate::state::Present;
use crate::state::service::Service;
use crate::unit::{self, drop_in, edited};

pub fn removed(services: &[Service], done: &[Step]) -> Text {
    let stopped: HashSet<&str> =
        done.iter().filter_map(|step| if let Step::Stop(unit) = step { Some(unit.as_str()) } else { None }).collect();
    let head = |service: &Service| {
        let was_stopped = service.states().any(|(unit, _)| stopped.contains(unit.as_str()));
        let what = match (was_stopped, service.exists()) {
            (true, _) => "was stopped and removed",
            (false, true) => "was removed",
            (false, false) => "had already been removed",
        };
        format!("{} {what}", service.name).into()
    };
    let mut block = Block(services.iter().map(head).collect());
    block.lines(done.iter().filter_map(|step| match step {
        Step::RemoveFile(path) => Some(format!("  deleted   {}", shown(path))),
        _ => None,
    }));
    block.text()
}

pub fn removed_json(service: &Service) -> json::Service {
    json::Service {
        name: service.name.to_string(),
        unit: service.name.unit(),
        scope: service.scope.to_string(),
        state: "removed".into(),
        ..json::Service::default()
    }
}

/// What `remove` does not touch.
pub fn left_alone(present: &Present) -> Vec<String> {
    let hidden = present.main.elsewhere.iter();
    let hidden = hidden.map(|(path, _)| format!("{} is in effect again; it was not started", shown(path)));
    foreign_drop_ins(present).into_iter().chain(hidden).chain(log_file(present)).collect()
}

/// What `edit` changed, which a changed service keeps.
pub fn kept_edits(present: &Present) -> Vec<String> {
    let written = |names: Vec<String>| {
        let mut names: Vec<String> = names.iter().map(|name| format!("{}=", shell::printable(name))).collect();
        names.dedup();
        names.join(", ")
    };
    let main = &present.main;
    let of_unit = edited::settings(&main.text()).into_iter().map(|((_, name), _)| name).collect::<Vec<_>>();
    let of_unit = (!of_unit.is_empty())
        .then(|| format!("{} was edited with mkservice, which keeps {}", shown(&main.path), written(of_unit)));
    let of_drop_in = main.own_drop_in(drop_in::EDIT).map(|edit| {
        let names = drop_in::settings(&edit.text()).into_iter().map(|(name, _)| name).collect();
        format!("{} stays: it sets {}", shown(&edit.path), written(names))
    });
    of_unit.into_iter().chain(of_drop_in).collect()
}

pub fn foreign_drop_ins(present: &Present) -> Vec<String> {
    let foreign = present.main.drop_ins.iter().filter(|it| !it.is_managed());
    foreign.map(|it| format!("{} is not managed by mkservice and stays", shown(&it.path))).collect()
}

fn log_file(present: &Present) -> Option<String> {
    let path = unit::log_file(&present.main.text()).filter(|path| tree::symlink_metadata(path).is_ok())?;
    Some(format!("its log file stays: {}", shown(&path)))
}

/// A directory that systemd created for a service.
pub fn kept_dir(dir: &Path) -> String {
    format!("{} is not empty and stays", shown(dir))
}

pub fn nothing_stopped(through: Through, scope: Scope) -> Option<String> {
    (through == Through::Files).then(|| format!("no {scope} manager is running, so nothing was stopped"))
}

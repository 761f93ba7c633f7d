//! Facts about an installed service.

use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::{Facts, hidden_by_default};
use crate::cli::Invocation;
use crate::host::{Host, account, tree};
use crate::manager::Manager;
use crate::model::diagnostic::Result;
use crate::shell;
use crate::spec::{Property, Scope};
use crate::state::DropIn;
use crate::state::service::Service;
use crate::systemd::unit_file;
use crate::unit::drop_in;
use crate::unit::stamp::{self, Origin};

/// Without guesses about what its program needs, which `harden --try` finds out.
pub fn of_service(service: &Service, manager: &Manager, host: &Host) -> Result<Facts> {
    let run = service.run.clone().unwrap_or_default();
    let name = Some(run.account.as_str()).filter(|name| !name.is_empty());
    let who = match service.scope {
        Scope::User => Some(host.asked_by.clone()),
        Scope::System => name.map_or_else(|| account::by_uid(0), account::by_name),
    };
    let home = who.as_ref().map(|who| who.home.clone());
    let dir = match (run.dir.as_str(), service.scope) {
        ("", Scope::User) => home.clone().unwrap_or_else(|| "/".into()),
        ("", Scope::System) => "/".into(),
        (dir, _) => dir.into(),
    };
    let words = command(service).into_iter().filter(|word| word.starts_with('/')).map(PathBuf::from);
    let reads = words.filter(|word| tree::exists(word)).flat_map(|word| [word.clone(), tree::canonical_or_same(&word)]);
    Ok(Facts {
        name: service.name.clone(),
        scope: service.scope,
        release: Some(manager.version()),
        as_root: service.scope == Scope::System && who.as_ref().is_none_or(|who| who.uid == 0),
        has_namespaces: true,
        compiles: None,
        is_native: true,
        needs_home: None,
        notifies: run.service_type.starts_with("notify"),
        dir,
        hidden: hidden_by_default(),
        home,
        reads: reads.collect(),
        named: Vec::new(),
        written: Vec::new(),
        free: Vec::new(),
        typed: typed(service)?,
    })
}

/// The arguments of its command, from the unit file if an old systemd does not report them.
pub fn command(service: &Service) -> Vec<String> {
    let reported = service.run.as_ref().map(|run| run.command.clone()).filter(|words| !words.is_empty());
    reported.unwrap_or_else(|| service.command())
}

/// What the user set with `-p`, in an edited unit and in drop-ins: it is not changed.
fn typed(service: &Service) -> Result<Vec<Property>> {
    let text = service.text();
    let mut typed = match (service.origin(), stamp::typed_line(&text)) {
        (Some(Origin::Managed), Some(line)) => of_line(line),
        _ => of_text(&text),
    };
    let is_hardening = |it: &&DropIn| it.is_managed() && it.path.ends_with(drop_in::HARDEN);
    for other in service.present.main.drop_ins.iter().filter(|it| !is_hardening(it)) {
        typed.extend(of_text(&String::from_utf8_lossy(&crate::state::content(&other.path)?)));
    }
    Ok(typed)
}

fn of_line(line: &str) -> Vec<Property> {
    let invocation = Invocation::of_stamp(line).unwrap_or_default();
    invocation.values("property").filter_map(|value| Property::parse(value.as_bytes()).ok()).collect()
}

fn of_text(text: &str) -> Vec<Property> {
    let settings = unit_file::settings(text).into_iter().filter(|setting| setting.section == "Service");
    let line = |setting: unit_file::Setting<'_>| format!("{}={}", setting.name, shell::printable(&setting.value));
    settings.filter_map(|setting| Property::parse(line(setting).as_bytes()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_read_from_commands_and_unit_files() {
        let line = "mkservice -p ProtectSystem=full --property=UMask=077 --name x -- sh -p X=1";
        let names: Vec<String> = of_line(line).iter().map(|property| property.name().to_owned()).collect();
        assert_eq!(names, ["ProtectSystem", "UMask"]);
        assert_eq!(of_text("[Unit]\nA=1\n[Service]\nPrivateTmp=yes\n").len(), 1);
    }
}

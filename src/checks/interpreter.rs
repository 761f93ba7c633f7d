//! Whether the interpreter of a new service works where it will run: tried before anything is written, and replaced
//! with the one that it stands for if necessary.

use std::path::{Path, PathBuf};

use super::escalation;
use super::reachable;
use crate::checks::trial::{self, Failure, Needs, Trial, Verdict};
use crate::host::environment_file::Content;
use crate::host::interpreter::{Decision, Interpreter, Started};
use crate::host::lookup::{self, Program};
use crate::host::probe::{self, Setting};
use crate::host::trust::writer;
use crate::host::writers::Purpose;
use crate::host::{Account, Host, account, service_environment};
use crate::manager::Manager;
use crate::model::diagnostic::{Code, Error, Result, Subject};
use crate::model::message::{Message, flag, message, opt, quoted, set_all};
use crate::resolve::Resolved;
use crate::resolve::host_facts::HostFacts;
use crate::runtime::command::{self, Runs};
use crate::shell;
use crate::spec::{Scope, ServiceSpec};
use crate::systemd::environment_file;

/// Tries the interpreter of a resolved service. True if `found` was changed, so that it must be resolved again. `detail`
/// gets what the trial found out if nothing changes.
pub async fn try_interpreter(
    found: &mut HostFacts,
    resolved: &Resolved,
    manager: Option<&Manager>,
    host: &Host,
    detail: impl FnOnce(Message),
) -> Result<bool> {
    // The first instance represents all of them.
    let Some(spec) = &resolved.spec.each_different().into_iter().next() else { return Ok(false) };
    let Some(interpreter) = found.command.interpreter.clone().filter(|_| !reachable::is_beyond(spec)) else {
        return Ok(false);
    };
    // Without a running systemd there is no environment to try it in, and the programs may belong to another machine.
    let Some(who) = who(spec, host).filter(|_| host.is_running()) else { return Ok(false) };
    let force = resolved.install.changing.force;
    if !force {
        // Nothing is executed that is refused anyway, and obvious errors are reported as such.
        reachable::refuse_what_cannot_be(resolved, host)?;
        escalation::refuse_root_shell(resolved, host)?;
    }
    let told = match manager {
        Some(manager) => manager.environment().await.ok(),
        None => None,
    };
    let account = if host.euid == 0 && who.uid != 0 { Some((&who, spec.group.as_deref())) } else { None };
    let dir = spec.working_directory.path();
    let files = found.environment_files.iter().filter_map(|file| match &file.content {
        Content::Known(bytes) => environment_file::assignments(bytes).ok(),
        _ => None,
    });
    let files: Vec<(String, String)> = files.flatten().collect();
    let (there, here) = (
        service_environment::of_service(spec, Some(&who), told.as_deref(), &files),
        lookup::callers_environment(account.map(|(account, _)| account), host),
    );
    let needs = match needs(found, dir) {
        // Python would search modules that it loads itself there first.
        Needs::Imports(script) if script.parent().is_none_or(|it| writer(it, Purpose::Enter, &[who.uid]).is_some()) => {
            Needs::Nothing
        }
        needs => needs,
    };
    let trial = Trial {
        interpreter: &interpreter,
        needs: &needs,
        service: Setting { dir, environment: &there, account, deadline: probe::OF_INTERPRETERS, host },
        here: Setting { dir, environment: &here, account, deadline: probe::OF_INTERPRETERS, host },
    };
    conclude(trial::verdict(&trial), &interpreter, found, force, detail)
}

/// Notes what the trial found out. True if `found` was changed.
fn conclude(
    verdict: Verdict,
    interpreter: &Interpreter,
    found: &mut HostFacts,
    force: bool,
    detail: impl FnOnce(Message),
) -> Result<bool> {
    match verdict {
        Verdict::Works(answer) => {
            let version = answer.version.map(|version| format!(" {version}")).unwrap_or_default();
            let name = interpreter.runtime.name;
            let path = quoted(&interpreter.path);
            detail(message!("{}{} starts in the service's environment: {}", name, version, path));
            Ok(false)
        }
        Verdict::Untrusted(writer) => {
            let told = message!("{} was not tried, because {}", quoted(&interpreter.path), writer);
            found.command.notes.push(Decision::Note(told));
            Ok(true)
        }
        Verdict::StandsFor(path) => {
            found.command.notes.push(Decision::Note(message!(
                "{} finds {} only with variables of this shell, so the service starts the latter",
                quoted(&interpreter.path),
                quoted(&path)
            )));
            replace(found, path);
            Ok(true)
        }
        Verdict::Fails(failure) if force => {
            found.command.notes.push(Decision::Warning(fails(&failure)));
            Ok(true)
        }
        Verdict::Fails(failure) => Err(refused(&failure)),
    }
}

fn fails(failure: &Failure) -> Message {
    let scope = match failure.here_too {
        true => "neither as a service nor here",
        false => "as a service, although it works here",
    };
    let why = match (failure.missing.as_slice(), failure.says.last()) {
        ([], Some(said)) => said.clone(),
        ([], None) => "it is another one there".into(),
        ([one], _) => format!("module `{}` not found", shell::printable(one)),
        (several, _) => format!("modules `{}` not found", shell::printable(&several.join("`, `"))),
    };
    message!("{} does not work {}: {}", quoted(&failure.program), scope, why)
}

fn refused(failure: &Failure) -> Error {
    let error = Error::new(Code::InterpreterFails, fails(failure)).about(Subject::Command);
    let error = match failure.needs.as_slice() {
        [] => error,
        [path] if path == "PATH" => error.hint(message!("pass on your PATH: {}", flag("inherit-path"))),
        needs => error.hint(message!("pass on what it needs of your environment: {}", set_all("setenv", needs))),
    };
    error.hint(message!("use {} to install it anyway", opt("force")))
}

/// The user of the service; `None` if this process cannot act as that user.
fn who(spec: &ServiceSpec, host: &Host) -> Option<Account> {
    let who = match (spec.scope, spec.effective_account()) {
        (Scope::User, _) => host.asked_by.clone(),
        (Scope::System, Some(name)) => account::by_name(name)?,
        (Scope::System, None) => account::by_uid(0)?,
    };
    (host.euid == 0 || host.euid == who.uid).then_some(who)
}

/// What the interpreter must find, as far as the command tells.
fn needs(found: &HostFacts, dir: &Path) -> Needs {
    // Options that do not affect where modules are searched.
    const HARMLESS: [&str; 6] = ["-u", "-O", "-OO", "-B", "-b", "-m"];
    if found.command.runtime.is_none_or(|runtime| !runtime.has_environments) {
        return Needs::Nothing;
    }
    let command = &found.command.argv[command::unwrapped(&found.command.argv)..];
    let options = command.iter().skip(1).take_while(|word| word.as_encoded_bytes().starts_with(b"-"));
    if !options.clone().all(|word| HARMLESS.iter().any(|known| word == known)) {
        return Needs::Nothing;
    }
    let is_module = options.clone().any(|word| word == "-m");
    match command::runs(&found.command.argv) {
        Some(Runs::Named(name)) if is_module => Needs::Module(name),
        Some(Runs::Script(script)) if !is_module => Needs::Imports(dir.join(script)),
        _ => Needs::Nothing,
    }
}

/// Replaces the interpreter that was found.
fn replace(found: &mut HostFacts, path: PathBuf) {
    let Some(interpreter) = &mut found.command.interpreter else { return };
    if interpreter.started == Started::Itself {
        found.command.program = Program::Found { path: path.clone(), interpreter: Vec::new() };
    }
    interpreter.path = path;
}

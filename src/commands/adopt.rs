//! `mkservice adopt [PID|PATTERN]`

use super::add;
use super::process;
use crate::adopt::restart_command;
use crate::adopt::{ProcessTable, environment, short_command};
use crate::cli::{Adopt, Invocation};
use crate::host::process::{Process, started};
use crate::host::{Account, account, lookup};
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Note, RestartCommand, Result, Retry};
use crate::model::message::{message, quoted, set};
use crate::output::{report, ui};
use crate::plan::{self, ProcessRef, Step};
use crate::resolve::{self, Replaces, Resolved};
use crate::session::connection::ManagerConnection;
use crate::session::context::Context;
use crate::session::handover;
use crate::session::install::{Installation, Wanted};
use crate::session::secrets::{Secrets, Stdin};
use crate::session::selection::no_manager;
use crate::spec::Scope;

/// Installs the service, terminates the process, and starts the service.
pub async fn adopt(typed: &Adopt, context: &Context<'_>) -> Result<u8> {
    let Context { host, ui, .. } = *context;
    let scope = resolve::scope_of(false, context.invocation, host)?;
    let all = Process::all();
    let table = ProcessTable { all: &all, own: std::process::id(), euid: host.euid };
    let process = process::find(&typed.add.command, typed.add.changing.force, &table, context)?;
    ui.document(|document| document.result.process = Some(report::process_json(process)));
    if scope == Scope::System && host.euid != 0 && !typed.add.changing.only_shows() {
        // Root would find other processes.
        let line = context.invocation.with_arguments(&[process.pid.to_string()]);
        return handover::hand_over_verb(&line, None, context).await;
    }
    // A process that was chosen from a list is named in commands to paste.
    let again = match typed.add.command.is_empty() {
        true => context.invocation.with_command(&[process.pid.to_string().into()]),
        false => context.invocation.clone(),
    };

    let owner = account::by_uid(process.uid).unwrap_or_else(|| Account::nameless(process.uid));
    let seen = host.seen_by(process);
    let found = lookup::program(process.command.first().map_or("".as_ref(), AsRef::as_ref), &seen);
    let asked = resolve::adopt(typed, context.invocation, process, &owner, &seen, &found, host)?;
    let connection = add::connect(context).await?;
    let mut resolved = add::decide(&asked.add, &asked.invocation, &connection, &[], &seen, context).await?;
    resolved.reasons.extend(asked.reasons.iter().cloned());
    resolved.warnings.extend(asked.warnings.iter().cloned());

    let secrets = || Secrets::typed(&asked.add.secret, Stdin::All, &resolved.spec, &seen);
    let work = Installation::plan(wanted(&resolved, secrets()?), connection, true, context).await?;
    refuse_without_manager(&work, &resolved)?;
    let missing = missing(process, &work, &resolved).await?;
    let restart = restart_command::of(process, resolved.spec.command.program(), &owner.name, host);
    let switch = Takeover { process, end: end(&table, process, typed.kill), again: restart };
    let steps = plan::adopt(work.steps.clone(), switch.end.clone());
    let shows = typed.add.changing.only_shows();
    work.explain(context);
    if shows {
        ui.say(report::process(process, &owner.name));
        let exit_code = context.show(&steps, &typed.add.changing);
        work.note(context);
        report::missing(&missing, Some(&again)).iter().for_each(|note| ui.note(note));
        return Ok(exit_code);
    }
    if !ui.assumes_yes() {
        refuse_without_answer(process, &again, context)?;
        ui.say(report::process(process, &owner.name));
        ui.say(report::dry_run(&steps));
        work.note(context);
        report::missing(&missing, Some(&again)).iter().for_each(|note| ui.note(note));
        confirm(process, &resolved)?;
    }
    drop(work);
    switch.carry_out(&resolved, secrets()?, &missing, context).await
}

fn wanted(resolved: &Resolved, secrets: Secrets) -> Wanted<'_> {
    Wanted { services: vec![(resolved, secrets)], ..Wanted::of(resolved.spec.scope) }
}

fn refuse_without_manager(work: &Installation<'_>, resolved: &Resolved) -> Result<()> {
    let Some(state) = work.only().and_then(|service| service.there.state.as_ref()) else {
        return Err(no_manager(Verb::Start));
    };
    let name = &resolved.spec.name;
    if state.is_up() && resolved.install.replaces != Replaces::Any {
        let message = message!("the service {} is already running and would be replaced", quoted(name.as_str()));
        let error = Error::new(Code::NameTaken, message).service(name);
        return Err(error.hint(message!("use another name: {}", set("name", format!("{name}-2")))));
    }
    Ok(())
}

/// The variables that the process has and the service will not have.
async fn missing<'a>(process: &'a Process, work: &Installation<'_>, resolved: &Resolved) -> Result<Vec<&'a str>> {
    let given = match work.manager() {
        Some(manager) => manager.environment().await?,
        None => Vec::new(),
    };
    let is_given = |name: &str| given.iter().any(|pair| pair.split_once('=').is_some_and(|(given, _)| given == name));
    let missing = environment::missing(process, &resolved.spec.environment);
    Ok(missing.into_iter().filter(|name| !is_given(name)).collect())
}

fn end(table: &ProcessTable<'_>, process: &Process, kill: bool) -> Step {
    let head = table.get(process.pid);
    let family = head.map(|head| table.family(head)).unwrap_or_default();
    let process_ref =
        |one: &&Process| ProcessRef { pid: one.pid, started: one.started, command: short_command(&one.command) };
    Step::End { processes: family.iter().map(process_ref).collect(), kill }
}

fn refuse_without_answer(process: &Process, again: &Invocation, context: &Context<'_>) -> Result<()> {
    if !context.ui.is_json() && ui::can_ask() {
        return Ok(());
    }
    let mut again = mkservice(again.with("yes", None).arguments());
    again.as_root = context.host.elevated;
    let command = short_command(&process.command);
    let message = message!("stopping process {} (`{}`) must be confirmed on a terminal", process.pid, command);
    Err(Error::new(Code::ConfirmationMissing, message).hint(again))
}

fn confirm(process: &Process, resolved: &Resolved) -> Result<()> {
    let question = format!("Stop process {} and start {} in its place?", process.pid, resolved.spec.name);
    match ui::confirm(&question) {
        true => Ok(()),
        false => Err(Error::new(Code::Usage, "nothing was changed")),
    }
}

struct Takeover<'a> {
    process: &'a Process,
    end: Step,
    again: RestartCommand,
}

impl Takeover<'_> {
    async fn carry_out(
        self,
        resolved: &Resolved,
        secrets: Secrets,
        missing: &[&str],
        context: &Context<'_>,
    ) -> Result<u8> {
        let ui = context.ui;
        let connection = ManagerConnection::find(resolved.spec.scope, context.host).await;
        let mut work = Installation::plan(wanted(resolved, secrets), connection, false, context).await?;
        refuse_without_manager(&work, resolved)?;
        work.write(context).await?;
        if let Err(error) = context.apply(std::slice::from_ref(&self.end), work.manager()).await {
            work.undo(context).await?;
            if started(self.process.pid) != Some(self.process.started) {
                let (pid, line) = (self.process.pid, &self.again.line);
                ui.warn(message!("process {} has exited; to restart it: {}", pid, line));
            }
            return Err(error);
        }
        let outcome = match work.start(context).await {
            Err(error) if error.code() == Code::NotRunning => {
                let kept = !resolved.install.rollback;
                if !kept {
                    work.undo(context).await?;
                }
                return Err(not_adopted(error, kept, self.again));
            }
            Err(error) => {
                let (pid, name, line) = (self.process.pid, &resolved.spec.name, &self.again.line);
                let text = message!("process {} is stopped, but {} may not have started", pid, name);
                ui.warn(Note::from(text).hint(message!("start the process again: {}", line)));
                return Err(error);
            }
            Ok(outcome) => outcome,
        };
        let exit_code = work.report(outcome, context).await?;
        ui.note(report::stopped_process(self.process));
        report::missing(missing, None).iter().for_each(|note| ui.note(note));
        Ok(exit_code)
    }
}

fn not_adopted(error: Error, kept: bool, again: RestartCommand) -> Error {
    let stopped = match kept {
        true => "the process that it replaces is stopped",
        false => "it was removed again, but the process is stopped",
    };
    error.map(|it| {
        let retry = it.details.explanation.as_mut().and_then(|explanation| explanation.retry.take());
        // systemd does not start again what was removed.
        let retry = retry.filter(|_| kept).map_or("", Retry::words);
        it.message = message!("{}{}; {}", &it.message, retry, stopped);
        it.details.restart = Some(again.clone());
    })
}

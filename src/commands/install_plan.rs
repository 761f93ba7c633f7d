//! `mkservice install-plan`: the elevated process of verbs that change system services, with an order from stdin.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::rc::Rc;

use super::apply;
use super::apply::Batch;
use crate::cli::{self, Changing, Command, Invocation};
use crate::host::account::Kind;
use crate::host::target::Target;
use crate::host::{Host, account, lookup, tree};
use crate::model::GivenScope;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Note, Result};
use crate::model::message::{io_reason, message, quoted};
use crate::resolve::{self, Resolved};
use crate::session::connection::ManagerConnection;
use crate::session::context::Context;
use crate::session::elevation::HAS_BEGUN;
use crate::session::install;
use crate::session::order::{self, Order, OrderedService};
use crate::session::secrets::Secrets;
use crate::spec::{Scope, ServiceSpec};

/// The order is checked as input of an untrusted user.
pub async fn install_plan(context: &Context<'_>) -> Result<u8> {
    if context.host.euid != 0 {
        return Err(resolve::needs_root(context.invocation));
    }
    let Order { services, applied, arguments, editors, offline } = order::read(&read_all()?).map_err(refused)?;
    let target = if offline { Target::Offline } else { context.host.target };
    let host = Host { target, ..context.host.clone() };
    let connection = ManagerConnection::find(Scope::System, &host).await;
    let invocation = Invocation::parse(&arguments);
    let context = Context { host: &host, invocation: &invocation, progress: Rc::clone(&context.progress), ..*context };
    let mut all = Vec::new();
    for OrderedService { spec, install, secrets, notes, warnings } in services {
        refuse_unknown_accounts(&spec)?;
        spec.each_different().iter().try_for_each(refuse_missing_files)?;
        let secrets = Secrets::handed_over(secrets, &spec, &host)?;
        let resolved = Resolved {
            interpreter: lookup::interpreter(spec.command.program()),
            spec: ServiceSpec { release: connection.release(), ..spec },
            install,
            reasons: Vec::new(),
            notes: notes.into_iter().map(Note::from).collect(),
            warnings: warnings.into_iter().map(Note::from).collect(),
        };
        all.push((resolved, secrets));
    }
    match (applied, all.pop()) {
        (None, Some((resolved, secrets))) => install::install(&resolved, secrets, connection, &context).await,
        (None, None) => verb(editors, &context).await,
        (Some(applied), last) => {
            all.extend(last);
            let services = all.iter_mut().map(|(resolved, secrets)| (&*resolved, std::mem::take(secrets))).collect();
            let changing = Changing { dry_run: false, check: false, force: applied.force };
            let batch = Batch { scope: Scope::System, services, applied, blame: &|_, error| error };
            apply::carry_out(batch, &changing, connection, &context).await
        }
    }
}

/// A verb on existing system services, as if root had run it.
async fn verb(editors: Vec<OsString>, context: &Context<'_>) -> Result<u8> {
    let verb = context.invocation.verb();
    let mut command = cli::verb(context.invocation)?;
    if !command.changes() && !matches!(command, Command::Adopt(_)) {
        return Err(refused(format!("`{verb}` does not require root privileges")));
    }
    context.ui.document(|document| document.verb = Some(verb.name().to_owned()));
    let edits_as_user = context.host.elevated;
    let host = Host { given_scope: Some(GivenScope::System), editors, edits_as_user, ..context.host.clone() };
    ask_on_terminal();
    Box::pin(super::run(command, &Context { host: &host, progress: Rc::clone(&context.progress), ..*context })).await
}

/// Editors and questions read stdin, on which the order came.
fn ask_on_terminal() {
    use rustix::fs::{Mode, OFlags, open};
    if let Ok(terminal) = open("/dev/tty", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()) {
        let _ = rustix::stdio::dup2_stdin(&terminal);
    }
}

/// Acknowledges the order, too.
fn read_all() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(order::SIZE_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| refused(format!("cannot read stdin: {}", io_reason(&error))))?;
    if bytes.len() as u64 > order::SIZE_MAX {
        return Err(refused("it is too large".into()));
    }
    // If stdin is not a socket, nobody waits for an answer.
    if let Ok(stdin) = std::io::stdin().as_fd().try_clone_to_owned() {
        let _ = std::fs::File::from(stdin).write_all(HAS_BEGUN);
    }
    Ok(bytes)
}

fn refused(why: String) -> Error {
    let error = Error::new(Code::OrderRefused, message!("cannot accept the installation plan: {}", why));
    error.hint(message!("let mkservice write and pass the plan: {}", mkservice(["--system", "COMMAND"])))
}

/// Aliases of users and groups count as unknown.
fn refuse_unknown_accounts(spec: &ServiceSpec) -> Result<()> {
    let unknown = |kind, name: &str| Err(account::not_found(kind, name));
    match (&spec.account, &spec.group) {
        (Some(name), _) if account::by_name(name).is_none_or(|account| account.name != *name) => {
            unknown(Kind::User, name)
        }
        (_, Some(name)) if account::group(name).as_deref() != Some(name) => unknown(Kind::Group, name),
        _ => Ok(()),
    }
}

/// The files that the caller saw may be gone.
fn refuse_missing_files(spec: &ServiceSpec) -> Result<()> {
    let is_there = |path: &std::path::Path| tree::exists(path) && !tree::is_dir(path);
    let missing = spec.environment_files.iter().find(|file| !file.is_optional() && !is_there(file.path()));
    if let Some(file) = missing {
        let message = message!("cannot read the environment file {}: no such file", quoted(file.path()));
        return Err(Error::new(Code::EnvironmentFile, message));
    }
    match spec.working_directory.path() {
        dir if tree::is_dir(dir) => Ok(()),
        dir => {
            let message = message!("cannot use the working directory {}: no such directory", quoted(dir));
            Err(Error::new(Code::WorkingDirectory, message))
        }
    }
}

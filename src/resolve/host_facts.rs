//! What the arguments of `add` refer to on this machine.

use std::ffi::OsString;
use std::path::Path;

use crate::cli::Add;
use crate::host::container::{self, EngineFacts};
use crate::host::environment_file::{self, EnvironmentFileFound};
use crate::host::interpreter::{self, Context, ResolvedCommand};
use crate::host::listen::{self, ListenFacts};
use crate::host::log_file::{self, LogFileFound};
use crate::host::lookup::{self, Dir, Program};
use crate::host::probe::{self, Setting};
use crate::host::resources::{self, Resources};
use crate::host::{Account, Host, account, instances};
use crate::spec::{Instances, PathEvent, Scope, UnitName, names_unit};
use crate::state;

#[derive(Debug)]
pub struct HostFacts {
    pub command: ResolvedCommand,
    /// For a program that was not found, the one in PATH with the nearest name.
    pub similar_program: Option<OsString>,
    /// `--working-directory`, or the caller's.
    pub dir: Option<Dir>,
    pub environment_files: Vec<EnvironmentFileFound>,
    /// `--uid`.
    pub account: Option<Account>,
    /// `--gid`.
    pub group: Option<String>,
    pub listen: ListenFacts,
    pub log_file: Option<LogFileFound>,
    /// The command of `--notify-failure`.
    pub failure: Option<FailureCommand>,
    pub resources: Resources,
    /// What the engine of its containers says of the service.
    pub engine: EngineFacts,
    /// The service that the same command created in the same directory, if no name is given.
    pub earlier: Option<UnitName>,
}

/// A command that is given as one argument.
#[derive(Debug)]
pub struct FailureCommand {
    pub text: String,
    /// `None` if a shell could not read it either.
    pub command: Option<ResolvedCommand>,
}

impl HostFacts {
    pub fn look_up(typed: &Add, host: &Host) -> HostFacts {
        // An invalid value is reported later.
        let instances = typed.instances.as_deref().and_then(|text| Instances::parse(text).ok());
        let dir = match &instances {
            Some(instances) => instances::dir(typed.working_directory.as_deref(), instances, host),
            None => lookup::dir(typed.working_directory.as_deref(), host),
        };
        let account = typed.uid.as_deref().and_then(account::by_name);
        let entered = dir.as_ref().filter(|dir| dir.trouble.is_none()).map(|dir| dir.path.as_path());
        let of_first = entered.zip(instances.as_ref()).map(|(path, instances)| instances::of_first(path, instances));
        let runs_in = of_first.as_deref().or(entered).unwrap_or(Path::new("/"));
        // Root reads and starts other users' files with their privileges only.
        let runs_as = account.as_ref().unwrap_or(&host.asked_by);
        let who = (host.euid == 0 && runs_as.uid != 0 && runs_as.uid != account::UNKNOWN).then_some(runs_as);
        let environment = lookup::callers_environment(who, host);
        let trusted = [host.asked_by.uid, runs_as.uid];
        let context = Context { dir: runs_in, who, environment: &environment, trusted, host };
        let (account_of_probe, deadline) = (who.map(|account| (account, None)), probe::OF_INTERPRETERS);
        let asking = Setting { dir: runs_in, environment: &environment, account: account_of_probe, deadline, host };
        let scope = host.scope();
        // With --dry-run the caller may be allowed to read less than the system manager.
        let read_by_root = scope == Scope::System && host.euid != 0;
        let command = interpreter::resolve(&typed.command, &context);
        let is_missing = command.program == Program::Missing { in_path: true, script: false };
        let similar = typed.command.first().filter(|_| is_missing).and_then(|word| lookup::similar(word, host));
        HostFacts {
            command,
            similar_program: similar,
            failure: failure_command(typed, &context),
            environment_files: environment_files(typed, instances.as_ref(), read_by_root, host),
            group: typed.gid.as_deref().and_then(account::group),
            listen: listen_facts(typed, scope, host),
            log_file: typed.log_file.as_deref().map(|word| log_file::find(word, host)),
            engine: container::find(&typed.command, scope, runs_as, &asking),
            resources: resources::read(scope, host),
            earlier: entered
                .filter(|_| typed.name.is_none())
                .and_then(|dir| state::created_by(&typed.command, dir, scope, host)),
            dir,
            account,
        }
    }
}

fn environment_files(
    typed: &Add,
    instances: Option<&Instances>,
    read_by_root: bool,
    host: &Host,
) -> Vec<EnvironmentFileFound> {
    let files = typed.environment_file.iter().flat_map(|word| match instances {
        Some(instances) => instances::environment_files(word, instances, read_by_root, host),
        None => vec![environment_file::find(word, read_by_root, host)],
    });
    files.collect()
}

fn listen_facts(typed: &Add, scope: Scope, host: &Host) -> ListenFacts {
    let changed = typed.listen.on_path_changed.iter().map(|word| (PathEvent::Changed, word));
    let exists = typed.listen.on_path_exists.iter().map(|word| (PathEvent::Exists, word));
    ListenFacts {
        addresses: typed.listen.listen.iter().map(|word| listen::address(word, scope, host)).collect(),
        paths: changed.chain(exists).map(|(event, word)| listen::path(event, word, host)).collect(),
    }
}

/// Splits the command into arguments as a shell does, without running one.
fn failure_command(typed: &Add, context: &Context<'_>) -> Option<FailureCommand> {
    let text = typed.needs.notify_failure.iter().find(|text| !names_unit(text))?;
    let words = shlex::split(text).filter(|words| !words.is_empty());
    let words: Option<Vec<OsString>> = words.map(|words| words.into_iter().map(OsString::from).collect());
    Some(FailureCommand { text: text.clone(), command: words.map(|words| interpreter::resolve(&words, context)) })
}

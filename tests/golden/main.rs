//! The unit files in `examples/units`: the command at the top of each creates it, on the machine described here. They
//! are documentation, snapshots, and input for systemd's parser.

#![allow(clippy::disallowed_methods, reason = "the rules for the program's core are not for its tests")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, FromArgMatches};
use mkservice::cli::{Cli, Invocation, ListenOptions};
use mkservice::hardening::{Facts, hidden_by_default};
use mkservice::host::environment_file::{Content, EnvironmentFileFound};
use mkservice::host::interpreter::ResolvedCommand;
use mkservice::host::listen::{ListenFacts, PathFound};
use mkservice::host::log_file::LogFileFound;
use mkservice::host::lookup::{Dir, Program};
use mkservice::host::target::Target;
use mkservice::host::{Account, Home, Host};
use mkservice::resolve::host_facts::{FailureCommand, HostFacts};
use mkservice::runtime::command;
use mkservice::spec::{PathEvent, Scope, ServiceSpec, names_unit};
use mkservice::{resolve, unit};

/// Ann's machine, seen from her project; with sudo in system scope.
fn host(scope: Scope) -> Host {
    let dir = PathBuf::from("/home/ann/project");
    Host {
        own_program: None,
        euid: if scope == Scope::User { 1000 } else { 0 },
        environment: BTreeMap::new(),
        asked_by: Account { name: "ann".into(), uid: 1000, home: "/home/ann".into() },
        elevated: scope == Scope::System,
        dir: Some(dir.clone()),
        here: Some(dir.clone()),
        physical_dir: Some(dir),
        path: vec!["/usr/bin".into()],
        editors: Vec::new(),
        edits_as_user: false,
        home: Some(Home {
            config: "/home/ann/.config".into(),
            data: "/home/ann/.local/share".into(),
            state: "/home/ann/.local/state".into(),
        }),
        runtime: Some("/run/user/1000".into()),
        runtime_is_foreign: false,
        session_bus: None,
        system_bus: "unix:path=/run/dbus/system_bus_socket".into(),
        enclose: |_, _, _| None,
        target: Target::Running,
        given_scope: None,
    }
}

/// How the command is resolved there: every program and file is found where it is searched first.
fn looked_up(typed: &mkservice::cli::Add) -> HostFacts {
    let word = Path::new(&typed.command[0]);
    let path = if word.components().count() == 1 {
        Path::new("/usr/bin").join(word)
    } else {
        Path::new("/home/ann/project").join(word)
    };
    let file = |word: &OsString| {
        let text = word.to_str().unwrap();
        let path = PathBuf::from(text.trim_start_matches('-'));
        let optional = text.starts_with('-');
        EnvironmentFileFound { path, of_each: None, optional, trouble: None, content: Content::Nothing }
    };
    HostFacts {
        similar_program: None,
        command: ResolvedCommand {
            argv: typed.command.clone(),
            program: Program::Found { path: path.components().collect(), interpreter: Vec::new() },
            runtime: command::runtime(&typed.command),
            interpreter: None,
            launcher: None,
            by_name: Vec::new(),
            by_shell: false,
            notes: Vec::new(),
        },
        dir: Some(Dir {
            path: typed.working_directory.as_ref().map_or("/home/ann/project".into(), PathBuf::from),
            trouble: None,
        }),
        environment_files: typed.environment_file.iter().map(file).collect(),
        account: typed.uid.clone().map(|name| Account { name, uid: 990, home: "/".into() }),
        group: typed.gid.clone(),
        earlier: None,
        engine: Default::default(),
        log_file: typed.log_file.as_ref().map(|path| log_file(Path::new(path))),
        failure: failure(typed),
        resources: Default::default(),
        listen: listen(&typed.listen),
    }
}

/// The watched paths exist.
fn listen(typed: &ListenOptions) -> ListenFacts {
    let found = |event, word: &OsString| PathFound {
        event,
        path: PathBuf::from("/home/ann/project").join(word),
        exists: true,
        trouble: None,
        network: None,
    };
    let changed = typed.on_path_changed.iter().map(|word| found(PathEvent::Changed, word));
    let exists = typed.on_path_exists.iter().map(|word| found(PathEvent::Exists, word));
    ListenFacts { addresses: Vec::new(), paths: changed.chain(exists).collect() }
}

/// The facts about a service there: nothing is a link, and no service has the name yet.
fn facts(spec: &ServiceSpec, found: &HostFacts) -> Facts {
    let script = command::script(&spec.command.words()).map(|script| spec.working_directory.path().join(script));
    Facts {
        name: spec.name.clone(),
        scope: spec.scope,
        release: spec.release,
        as_root: false,
        has_namespaces: true,
        compiles: found.command.runtime.filter(|runtime| runtime.is_jit).map(|runtime| runtime.name.to_owned()),
        is_native: true,
        needs_home: None,
        notifies: spec.effective_type() == "notify",
        dir: spec.working_directory.path().to_owned(),
        hidden: hidden_by_default(),
        home: Some("/home/ann".into()),
        reads: script.into_iter().chain([spec.command.program().to_owned()]).collect(),
        named: Vec::new(),
        written: Vec::new(),
        free: vec!["StateDirectory", "CacheDirectory", "LogsDirectory"],
        typed: spec.properties.clone(),
    }
}

/// A log file: in Ann's home, only she can replace it.
fn log_file(path: &Path) -> LogFileFound {
    let writers: Vec<String> = path.starts_with("/home/ann").then(|| "ann".to_owned()).into_iter().collect();
    LogFileFound { path: path.to_owned(), trouble: None, is_other: false, swappers: writers.clone(), holders: writers }
}

/// The command for failures, if any.
fn failure(typed: &mkservice::cli::Add) -> Option<FailureCommand> {
    let text = typed.needs.notify_failure.iter().find(|text| !names_unit(text))?;
    let command: Vec<OsString> = shlex::split(text)?.into_iter().map(OsString::from).collect();
    let program = Program::Found { path: Path::new("/usr/bin").join(&command[0]), interpreter: Vec::new() };
    let meant = ResolvedCommand {
        argv: command,
        program,
        runtime: None,
        interpreter: None,
        launcher: None,
        by_name: Vec::new(),
        by_shell: false,
        notes: Vec::new(),
    };
    Some(FailureCommand { text: text.clone(), command: Some(meant) })
}

/// The unit file of that name that a command creates.
fn made(line: &str, unit: &str, scope: Scope) -> String {
    let invocation = Invocation::of_stamp(line).unwrap();
    let program = std::iter::once(OsString::from("mkservice"));
    let cli =
        Cli::from_arg_matches(&Cli::command().get_matches_from(program.chain(invocation.for_clap().unwrap()))).unwrap();
    let mut resolved =
        resolve::add(&cli.add, &invocation, &invocation, &host(scope), Some(252), &looked_up(&cli.add)).unwrap();
    if let Some(preset) = cli.add.harden {
        let facts = facts(&resolved.spec, &looked_up(&cli.add));
        resolve::harden(&mut resolved, preset, &facts);
    }
    let files = unit::render(&resolved.spec).unwrap();
    files.into_iter().find(|file| file.unit == unit).unwrap_or_else(|| panic!("{line} makes no {unit}")).text
}

#[test]
fn each_unit_file_is_what_the_line_in_its_head_makes() {
    let mut seen = 0;
    for (dir, scope) in [("user", Scope::User), ("system", Scope::System)] {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/units").join(dir);
        for entry in dir.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let line = unit::stamp::typed_line(&text).unwrap_or_else(|| panic!("{} names no line", path.display()));
            let unit = path.file_name().unwrap().to_str().unwrap();
            snapbox::assert_data_eq!(made(line, unit, scope), snapbox::Data::read_from(&path, None).raw());
            seen += 1;
        }
    }
    assert!(seen >= 6, "the examples are where they were");
}

//! What runs or is written as root must be root's alone: whoever else can change it could do anything
//! in root's name.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::host::writers::{self, Purpose};
use crate::host::{Host, USUAL_PATH, account, lookup, tree, virtual_environment};
use crate::model::command::run;
use crate::model::diagnostic::{Code, Details};
use crate::model::message::{Message, message, opt, quoted, set};
use crate::resolve::Resolved;
use crate::runtime::{self, command};
use crate::spec::{Scope, ServiceSpec};

/// Something that decides what root runs.
struct Ingredient {
    what: &'static str,
    path: PathBuf,
    purpose: Purpose,
}

/// As many `#!` lines as the kernel follows from one to the next (execve(2)).
const INTERPRETERS_MAX: usize = 5;

/// Refuses a service that runs as root while others can change what it runs.
///
/// Looked at are the program, its interpreters, the script, the folder that modules are looked for
/// in, and the environment files, which can hold `LD_PRELOAD`: each with all folders and links above
/// it. What a program loads from deeper in its own tree is not.
pub fn refuse_root_shell(resolved: &Resolved, host: &Host) -> Result<()> {
    let spec = &resolved.spec;
    if spec.scope != Scope::System {
        return Ok(());
    }
    // What runs when it has failed runs as the same account.
    let failure = spec.failure.clone().map(|command| ServiceSpec { command, ..spec.clone() });
    let each = spec.each_different();
    let programs = each.iter().chain(&failure).filter(|spec| runs_as_root(spec));
    let by_root: Vec<Ingredient> = programs.flat_map(ingredients).collect();
    for Ingredient { what, path, purpose } in by_root.into_iter().chain(extra_commands(spec)) {
        let way = writers::way(&path, purpose);
        if way.iter().any(|place| !place.writers.is_empty()) {
            let who = writers::all_writers(&way);
            let message =
                message!("{} would run as root, but {} can change {} {}", &spec.name, who, what, quoted(&path));
            let error = Error::new(Code::UnsafePath, message).service(&spec.name);
            return Err(error.hints(hints(what, &path, spec, host)).details(Details { way, ..Details::default() }));
        }
    }
    Ok(())
}

/// Refuses to write as root where others decide what the folder is: somebody could have made it a
/// link into a home. Nothing goes on from there, not even by force.
pub fn refuse_foreign_way(scope: Scope, host: &Host) -> Result<()> {
    match host.unit_folder(scope) {
        Some(folder) if scope == Scope::System => crate::apply::refuse_foreign_way(&folder, host),
        _ => Ok(()),
    }
}

fn runs_as_root(spec: &ServiceSpec) -> bool {
    match spec.effective_account() {
        // An account that systemd makes up, and which is never root.
        None => !spec.property_is_on("DynamicUser"),
        Some(name) => account::by_name(name).is_some_and(|account| account.uid == 0),
    }
}

fn ingredients(spec: &ServiceSpec) -> Vec<Ingredient> {
    let used = |what, path: PathBuf| Ingredient { what, path, purpose: Purpose::Use };
    let entered = |what, path: PathBuf| Ingredient { what, path, purpose: Purpose::Enter };
    // Paths count from there, and are not ours to follow.
    for directive in ["RootDirectory", "RootImage"] {
        if let Some(root) = spec.typed_property(directive).filter(|root| !root.is_empty()) {
            return vec![used("the root directory", PathBuf::from(root))];
        }
    }
    let mut found = Vec::new();
    let program = spec.command.program().to_owned();
    let mut imports = command::imports_from_script_directory(program.as_os_str());
    let mut interpreted = false;
    // `python` is no program to be moved elsewhere by itself.
    let what = if runtime::of_program(program.as_os_str()).is_some() { "the interpreter" } else { "the program" };
    found.push(used(what, program.clone()));
    let mut interpreter = program.clone();
    for _ in 0..INTERPRETERS_MAX {
        found.extend(what_it_reads_first(&interpreter).into_iter().map(|path| used("the interpreter", path)));
        let words = lookup::interpreter(&interpreter);
        let Some(first) = words.first() else { break };
        interpreted = true;
        found.push(used("the interpreter", first.into()));
        interpreter = first.into();
        if let Some(word) = runtime::env_program(&words) {
            let candidates = in_path(Path::new(word), spec);
            interpreter = candidates.last().cloned().unwrap_or_default();
            found.extend(candidates.into_iter().map(|path| used("the interpreter", path)));
        }
        imports |= command::imports_from_script_directory(interpreter.as_os_str());
    }
    let command = spec.command.words();
    let folder = working_directory(spec);
    // What `env` and its kin start is looked for by name.
    if let Some(word) = command.get(command::unwrapped(&command)).filter(|word| **word != *program) {
        found.extend(in_path(Path::new(word), spec).into_iter().map(|path| used("the program", path)));
    }
    let script = match command::runs(&command) {
        Some(command::Runs::Script(script)) if *script != *program => Some(folder.join(script)),
        _ => None,
    };
    found.extend(script.clone().map(|script| used("the script", script)));
    // Modules are looked for beside a script: where it is named, and where links lead to.
    for script in script.into_iter().chain(interpreted.then_some(program)).filter(|_| imports) {
        let end = writers::way(&script, Purpose::Use).pop().map(|place| place.path);
        let folders = [script.parent(), end.as_deref().and_then(Path::parent)];
        found.extend(folders.into_iter().flatten().map(|folder| entered("the script's directory", folder.into())));
    }
    if command::imports_from_working_directory(&command) {
        found.push(entered("the working directory", folder));
    }
    found.extend(spec.environment_files.iter().map(|file| used("the environment file", file.path().to_owned())));
    found
}

/// Commands of `-p` that root runs: those of a service of root's, and those that a prefix gives to
/// root whoever the service is.
fn extra_commands(spec: &ServiceSpec) -> impl Iterator<Item = Ingredient> {
    let commands = spec.properties.iter().filter(|property| property.name().starts_with("Exec"));
    commands.filter_map(move |property| {
        let line = property.value().trim_start_matches('"');
        let path = line.trim_start_matches(['-', '@', ':', '+', '!', '|']);
        let by_root = runs_as_root(spec) || line[..line.len() - path.len()].contains(['+', '!']);
        let path = path.split([' ', '\t', '"']).next().filter(|path| path.starts_with('/') && by_root)?;
        Some(Ingredient { what: "the program", path: path.into(), purpose: Purpose::Use })
    })
}

/// The folder that it runs in: what `-p` says counts.
fn working_directory(spec: &ServiceSpec) -> PathBuf {
    let typed = spec.typed_property("WorkingDirectory").map(|folder| folder.trim_start_matches('-'));
    match typed {
        Some("~") => PathBuf::from("/root"),
        Some(folder) if folder.starts_with('/') => PathBuf::from(folder),
        Some(_) => PathBuf::from("/"),
        None => spec.working_directory.path().to_owned(),
    }
}

/// What an interpreter of a virtual environment reads first, and the folder of the Python that it
/// stands for (`home = /usr/bin`).
fn what_it_reads_first(interpreter: &Path) -> Vec<PathBuf> {
    let Some(folder) = interpreter.parent().and_then(Path::parent) else { return Vec::new() };
    virtual_environment::settings(folder)
        .into_iter()
        .flat_map(|(settings, home)| [Some(settings), home])
        .flatten()
        .collect()
}

/// Where the service looks for a program, up to where it is: whoever can write to one of the folders
/// in front can put another one there.
fn in_path(word: &Path, spec: &ServiceSpec) -> Vec<PathBuf> {
    let set = spec.environment.iter().rev().find(|variable| variable.name() == "PATH");
    let mut found = Vec::new();
    for folder in std::env::split_paths(set.map_or(USUAL_PATH, |variable| variable.value())) {
        let path = working_directory(spec).join(folder).join(word);
        let there = tree::is_file(&path);
        found.push(path);
        if there {
            break;
        }
    }
    found
}

/// What helps: another account, another place, or force.
fn hints(what: &str, path: &Path, spec: &ServiceSpec, host: &Host) -> Vec<Message> {
    let user = if host.asked_by.uid == 0 { "USER" } else { &host.asked_by.name };
    let file = path.file_name().unwrap_or_default();
    let installed = |mode: &str, folder: &str| {
        let install = run("install").args(["-D", "-m", mode]).arg(path).arg(Path::new(folder).join(file)).as_root();
        message!("or move it to where only root can write: {}", install)
    };
    let place = match what {
        "the program" => installed("755", "/usr/local/bin"),
        "the script" => installed("755", &format!("/usr/local/lib/{}", spec.name)),
        "the environment file" => installed("600", &format!("/etc/{}", spec.name)),
        "the interpreter" => message!("or use an interpreter that only root can write, such as the system's"),
        "the working directory" => {
            message!("or run it where only root can write: {}", set("working-directory", "DIR"))
        }
        _ => message!("or move it to a directory that only root can write"),
    };
    vec![
        message!("run it as another user: {}", set("uid", user)),
        place,
        message!("use {} to install it anyway: whoever can change it then has root privileges", opt("force")),
    ]
}

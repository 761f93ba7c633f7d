//! Facts about a service to be installed: the paths that its command, its interpreter and its project need, and what the
//! kernel allows to unprivileged users. Changes nothing.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::super::lines::DIRECTORIES;
use super::{Facts, hidden_by_default};
use crate::host::compiles::{compiles, is_native};
use crate::host::interpreter::ResolvedCommand;
use crate::host::tree::{canonical_or_same, link_chain, normalized};
use crate::host::virtual_environment::{environment_of, settings};
use crate::host::{Account, Host, account, tree};
use crate::runtime::command;
use crate::spec::{Property, Scope, ServiceSpec};

/// `command` is that of the service.
pub fn of_spec(spec: &ServiceSpec, command: &ResolvedCommand, host: &Host) -> Facts {
    let who = account_of(spec, host);
    let home = who.as_ref().map(|who| who.home.clone()).filter(|home| home.parent().is_some());
    let paths = Paths { hidden: hidden(), home, dir: spec.working_directory.path() };
    let words = spec.command.words();
    let (reads, named) = (paths.read_by(spec, command, &words), paths.named_by(spec, &words));
    Facts {
        name: spec.name.clone(),
        scope: spec.scope,
        release: spec.release,
        as_root: spec.scope == Scope::System && who.as_ref().is_none_or(|who| who.uid == 0),
        has_namespaces: namespaces_for_all(host),
        compiles: compiles(command, &words),
        is_native: words.first().is_none_or(|program| is_native(&canonical_or_same(Path::new(program)))),
        needs_home: command.launcher.map(|launcher| launcher.program.to_owned()),
        notifies: matches!(spec.effective_type(), "notify" | "notify-reload")
            || spec.typed_directive("WatchdogSec").is_some(),
        dir: spec.working_directory.path().to_owned(),
        reads,
        named,
        written: written(spec),
        free: free(spec, who.as_ref()),
        typed: spec.properties.iter().cloned().chain(ambient(spec)).collect(),
        hidden: paths.hidden,
        home: paths.home,
    }
}

/// `--privileged-ports` as a property.
fn ambient(spec: &ServiceSpec) -> Option<Property> {
    spec.privileged_ports.then(|| Property::parse(b"AmbientCapabilities=CAP_NET_BIND_SERVICE").ok()).flatten()
}

fn account_of(spec: &ServiceSpec, host: &Host) -> Option<Account> {
    match (spec.scope, spec.effective_account()) {
        (Scope::User, _) => Some(host.asked_by.clone()),
        (Scope::System, Some(name)) => account::by_name(name),
        (Scope::System, None) => account::by_uid(0),
    }
}

/// The prelude, which is beside the unit file.
fn written(spec: &ServiceSpec) -> Vec<String> {
    let prelude = spec.prelude.filter(|_| spec.scope == Scope::User);
    prelude.map(|prelude| format!("%E/systemd/user/%n.d/{}", prelude.file)).into_iter().collect()
}

/// The directories that `ProtectHome=` hides, and the targets of symlinks.
fn hidden() -> Vec<PathBuf> {
    let mut all = hidden_by_default();
    let elsewhere: Vec<PathBuf> = all.iter().filter_map(|path| tree::canonicalize(path).ok()).collect();
    for path in elsewhere {
        if !all.iter().any(|known| path.starts_with(known)) && path.parent().is_some() {
            all.push(path);
        }
    }
    all
}

/// Whether unprivileged users can create user namespaces and use them.
#[expect(clippy::disallowed_methods, reason = "settings of the kernel are files")]
fn namespaces_for_all(host: &Host) -> bool {
    // An image runs on another kernel.
    if host.image().is_some() {
        return true;
    }
    let setting = |path: &str| fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<u64>().ok());
    // The first two exist only on Debian and Ubuntu.
    setting("/proc/sys/kernel/unprivileged_userns_clone") != Some(0)
        && setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").unwrap_or(0) == 0
        && setting("/proc/sys/user/max_user_namespaces") != Some(0)
}

/// The directories of systemd that do not exist or belong to the user of the service already.
fn free(spec: &ServiceSpec, who: Option<&Account>) -> Vec<&'static str> {
    let is_free = |base: &str| {
        if spec.scope == Scope::User {
            return true;
        }
        match tree::symlink_metadata(Path::new(base).join(spec.name.as_str())) {
            Ok(metadata) => metadata.is_dir() && who.is_some_and(|who| metadata.uid() == who.uid),
            Err(_) => true,
        }
    };
    DIRECTORIES.into_iter().filter(|(_, base, _)| is_free(base)).map(|(directive, ..)| directive).collect()
}

struct Paths<'a> {
    hidden: Vec<PathBuf>,
    home: Option<PathBuf>,
    dir: &'a Path,
}

impl Paths<'_> {
    fn is_hidden(&self, path: &Path) -> bool {
        self.hidden.iter().any(|hidden| path.starts_with(hidden))
    }

    /// Whether a directory is for many programs: a home directory, some directories in it, and their parents.
    fn is_shared(&self, path: &Path) -> bool {
        const FOR_ALL: [&str; 8] = [".local", ".local/share", ".config", ".cache", ".cargo", "go", ".ssh", "Downloads"];
        let in_home = |home: &PathBuf| FOR_ALL.iter().map(|name| home.join(name)).collect::<Vec<_>>();
        let homes = self.home.iter().flat_map(|home| [home.clone(), canonical_or_same(home)]);
        let home = homes.flat_map(|home| in_home(&home).into_iter().chain([home]));
        let above = |known: &PathBuf| known.starts_with(path);
        home.chain(self.hidden.iter().cloned()).any(|known| above(&known))
    }

    fn read_by(&self, spec: &ServiceSpec, command: &ResolvedCommand, words: &[OsString]) -> Vec<PathBuf> {
        let mut all = Vec::new();
        let first_line = command.program.interpreter().first().map(PathBuf::from);
        let interpreter = command.interpreter.as_ref().map(|interpreter| interpreter.path.clone());
        for program in [Some(spec.command.program().to_owned()), first_line, interpreter].into_iter().flatten() {
            self.program(&program, &mut all);
        }
        let script = command::script(words).map(|script| self.dir.join(script));
        for script in script.iter().flat_map(|script| link_chain(script)) {
            all.extend(script.parent().map(Path::to_owned).filter(|dir| !self.is_shared(dir)));
            all.extend(self.project(&script));
            all.push(script);
        }
        all.extend(self.project(&self.dir.join("x")));
        let path = spec.environment.iter().filter(|variable| variable.name() == "PATH");
        for dir in path.flat_map(|variable| std::env::split_paths(variable.value())).filter(|it| self.is_hidden(it)) {
            self.installation(&dir, &mut all);
            all.push(dir);
        }
        if let (Some(home), Some(runtime)) = (&self.home, command.runtime) {
            all.extend(runtime.in_home.iter().map(|name| home.join(name)).filter(|path| tree::exists(path)));
        }
        all.retain(|path| self.is_hidden(path));
        all.dedup();
        all
    }

    /// A program, the targets of its symlinks, and its installation.
    fn program(&self, program: &Path, all: &mut Vec<PathBuf>) {
        for path in link_chain(program) {
            if let Some(environment) = environment_of(&path) {
                all.push(environment.to_owned());
                // The Python it was created from.
                let python = settings(environment).and_then(|(_, python)| python);
                python.iter().flat_map(|python| link_chain(python)).for_each(|bin| self.installation(&bin, all));
            }
            if let Some(dir) = path.parent().filter(|dir| self.is_hidden(dir)) {
                self.installation(dir, all);
            }
            all.push(path);
        }
    }

    /// The parent of `bin`, or the directory itself.
    fn installation(&self, dir: &Path, all: &mut Vec<PathBuf>) {
        let is_bin = matches!(dir.file_name().and_then(OsStr::to_str), Some("bin" | "sbin"));
        let whole = if is_bin { dir.parent().unwrap_or(dir) } else { dir };
        all.extend((!self.is_shared(whole)).then(|| whole.to_owned()));
    }

    /// The nearest parent directory of a file with a file of a project.
    fn project(&self, file: &Path) -> Option<PathBuf> {
        const FILES: [&str; 8] = [
            "package.json",
            "node_modules",
            "pyproject.toml",
            "Gemfile",
            "composer.json",
            "deno.json",
            "bunfig.toml",
            ".venv",
        ];
        let dirs = file.ancestors().skip(1).take_while(|dir| !self.is_shared(dir));
        let mut projects = dirs.filter(|dir| FILES.iter().any(|file| tree::exists(dir.join(file))));
        projects.next().map(Path::to_owned)
    }

    /// Other paths in arguments and variables.
    fn named_by(&self, spec: &ServiceSpec, words: &[OsString]) -> Vec<PathBuf> {
        let values = spec.environment.iter().filter(|variable| variable.name() != "PATH");
        let values = values.map(|variable| OsStr::new(variable.value()));
        let words = words.iter().skip(1).map(OsString::as_os_str);
        let mut all: Vec<PathBuf> = words.chain(values).flat_map(parts).filter_map(|part| self.named(part)).collect();
        all.dedup();
        all
    }

    /// An existing path outside of the working directory and the operating system.
    fn named(&self, word: &OsStr) -> Option<PathBuf> {
        const SYSTEM: [&str; 11] =
            ["/usr", "/etc", "/bin", "/sbin", "/lib", "/lib64", "/boot", "/dev", "/proc", "/sys", "/run"];
        let path = normalized(&self.dir.join(word));
        let is_system = !self.is_hidden(&path) && SYSTEM.iter().any(|system| path.starts_with(system));
        let is_other = !path.starts_with(self.dir) && path.parent().is_some() && !is_system;
        let is_all = self.hidden.contains(&path);
        (is_other && !is_all && tree::symlink_metadata(&path).is_ok()).then_some(path)
    }
}

/// The parts of a word that can be paths: all of it, and what follows each `=` or `:`.
fn parts(word: &OsStr) -> impl Iterator<Item = &OsStr> {
    let bytes = word.as_bytes();
    let after = bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'=' | b':')).map(|(at, _)| at + 1);
    let parts = std::iter::once(0).chain(after).map(|at| OsStr::from_bytes(&bytes[at..]));
    parts.filter(|part| part.as_bytes().contains(&b'/'))
}

//! Completions for shells: the scripts, and the answers that they ask for.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use clap::CommandFactory as _;
use clap_complete::engine::CompletionCandidate as Candidate;

use crate::cli::completion::{Source, Values, candidates};
use crate::cli::{Cli, Shell};
use crate::host::{Host, account, lookup, release, tree};
use crate::model::{GivenScope, Verb};
use crate::spec::Scope;
use crate::state;
use crate::systemd::directives::{self, NEWEST, Section};

/// The first argument with which the scripts ask: `__complete SHELL WORD...`, the last word being the one to complete.
pub const REQUEST: &str = "__complete";

pub fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("../../data/completions/bash"),
        Shell::Elvish => include_str!("../../data/completions/elvish"),
        Shell::Fish => include_str!("../../data/completions/fish"),
        Shell::Nushell => include_str!("../../data/completions/nushell"),
        Shell::Zsh => include_str!("../../data/completions/zsh"),
    }
}

/// The answer to a script: a line for each value, with a tab before its description.
pub fn answer(request: &[OsString]) -> Vec<u8> {
    let Some((shell, words)) = request.split_first() else { return Vec::new() };
    let is_bash = shell == "bash";
    let (words, removed) = if is_bash { joined(words) } else { (words.to_vec(), 0) };
    // bash has its own completion of paths, which quotes them.
    let found = candidates(&words, !is_bash, &source());
    let mut answer = Vec::new();
    for candidate in found {
        let value = candidate.get_value().as_bytes();
        if value.iter().any(u8::is_ascii_control) {
            continue;
        }
        answer.extend_from_slice(value.get(removed..).unwrap_or_default());
        let help = candidate.get_help().filter(|_| !is_bash).map(ToString::to_string);
        if let Some(help) = help.as_deref().and_then(|help| help.lines().next()) {
            answer.push(b'\t');
            answer.extend_from_slice(help.as_bytes());
        }
        answer.push(b'\n');
    }
    answer
}

/// The words of bash, which are split at `=` and `:`, as a program would get them; and how much of the last one precedes
/// the part that bash completes.
fn joined(words: &[OsString]) -> (Vec<OsString>, usize) {
    let is_break = |word: &OsString| !word.is_empty() && word.as_bytes().iter().all(|byte| b"=:".contains(byte));
    let (mut joined, mut removed): (Vec<OsString>, usize) = (Vec::new(), 0);
    let mut is_open = false;
    for word in words {
        let is_break = is_break(word);
        match joined.last_mut().filter(|_| is_break || is_open) {
            Some(last) => {
                removed = if is_break { last.len() + word.len() } else { last.len() };
                last.push(word);
            }
            None => {
                removed = 0;
                joined.push(word.clone());
            }
        }
        is_open = is_break;
    }
    (joined, removed)
}

fn source() -> Source {
    Arc::new(|values, scope, current| {
        let mut found = match values {
            Values::Services(verb) => services(verb, scope),
            Values::Units => units(scope),
            Values::Programs => programs(current),
            Values::Users => names(account::all().into_iter().map(|account| account.name)),
            Values::Groups => names(account::all_groups()),
            Values::Variables => names(Host::observe().environment.into_keys()),
            Values::Directives => directive_names(""),
            Values::Properties => properties(current),
            Values::Options => options(),
            Values::ManPages => man_pages(),
            Values::Words(words) => words.iter().map(Candidate::new).collect(),
        };
        found.retain(|candidate| candidate.get_value().as_bytes().starts_with(current.as_bytes()));
        found
    })
}

fn names(all: impl IntoIterator<Item = impl Into<OsString>>) -> Vec<Candidate> {
    let all: BTreeSet<OsString> = all.into_iter().map(Into::into).collect();
    all.into_iter().map(Candidate::new).collect()
}

/// The scopes that a line can mean, the default one first.
fn scopes(given: Option<GivenScope>, host: &Host) -> Vec<Scope> {
    match given {
        Some(GivenScope::User | GivenScope::Global) => vec![Scope::User],
        Some(GivenScope::System) => vec![Scope::System],
        None if host.scope() == Scope::System => vec![Scope::System, Scope::User],
        None => vec![Scope::User, Scope::System],
    }
}

/// Those that mkservice manages; of the others, for verbs that work on them, only where none of those is meant.
fn services(verb: Verb, scope: Option<GivenScope>) -> Vec<Candidate> {
    use Verb::{Cat, Disable, Enable, Logs, Restart, Start, Status, Stop};
    let host = Host::observe();
    let scopes = scopes(scope, &host);
    let managed = scopes.iter().flat_map(|scope| {
        let names = state::managed(*scope, &host).unwrap_or_default();
        names.into_iter().map(move |name| Candidate::new(name.as_str()).help(Some(format!("{scope} service").into())))
    });
    let mut found: Vec<Candidate> = managed.collect();
    if matches!(verb, Cat | Disable | Enable | Logs | Restart | Start | Status | Stop) {
        let files = scopes.iter().flat_map(|scope| unit_files(*scope, &host));
        let others = files.filter_map(|file| file.to_str()?.strip_suffix(".service").map(str::to_owned));
        found.extend(names(others.filter(|name| !name.ends_with('@'))).into_iter().map(|other| other.hide(true)));
    }
    found
}

fn units(scope: Option<GivenScope>) -> Vec<Candidate> {
    let host = Host::observe();
    let is_unit = |file: &OsString| {
        Path::new(file)
            .extension()
            .is_some_and(|end| !["d", "wants", "requires", "upholds"].iter().any(|it| end == *it))
    };
    names(unit_files(scopes(scope, &host)[0], &host).filter(is_unit))
}

fn unit_files(scope: Scope, host: &Host) -> impl Iterator<Item = OsString> {
    let files = host.unit_search_path(scope).into_iter().flat_map(|dir| tree::entries(dir).unwrap_or_default());
    files.filter_map(|entry| entry.path.file_name().map(OsStr::to_owned))
}

/// Programs in PATH for the beginning of a name.
fn programs(current: &OsStr) -> Vec<Candidate> {
    let is_name = !current.is_empty() && !current.as_bytes().contains(&b'/');
    if is_name { names(lookup::programs(current, &Host::observe())) } else { Vec::new() }
}

fn directive_names(end: &str) -> Vec<Candidate> {
    let of_services = directives::all().iter().filter(|it| it.sections().any(|section| section <= Section::Path));
    let names = of_services.filter(|it| it.replacement().is_none());
    names.map(|it| Candidate::new(format!("{}{end}", it.name)).help(Some(it.about.into()))).collect()
}

fn properties(current: &OsStr) -> Vec<Candidate> {
    let Some((directive, _)) = current.to_str().and_then(|text| text.split_once('=')) else {
        return directive_names("=");
    };
    let name = directive.rsplit_once('.').map_or(directive, |(_, name)| name);
    let release = release::installed(Path::new("/")).unwrap_or(NEWEST);
    let values = directives::named(name).iter().flat_map(|it| it.kind.choices(release));
    names(values.map(|value| format!("{directive}={value}")))
}

fn options() -> Vec<Candidate> {
    let cli = Cli::command();
    let options = cli.get_arguments().filter(|it| !it.is_global_set() && it.get_long().is_some());
    options.map(|it| Candidate::new(it.get_long().unwrap_or_default()).help(it.get_help().cloned())).collect()
}

fn man_pages() -> Vec<Candidate> {
    let verbs = Verb::all().filter(|verb| *verb != Verb::Help).map(Verb::name);
    names(verbs.chain(["mkservice.toml"]))
}

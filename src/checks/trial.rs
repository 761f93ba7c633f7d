//! Tries an interpreter in the very environment that the service will have, before anything is written: the
//! same one must start there as here.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::host::interpreter::{Interpreter, Started};
use crate::host::probe::{self, Environment, Ran, Setting};
use crate::host::trust::Stranger;
use crate::host::virtual_environment::settled;
use crate::runtime::table::MARK;

/// What is tried, and how.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    /// The interpreter.
    pub interpreter: &'a Interpreter,
    /// What it has to find.
    pub needs: &'a Needs,
    /// As the service will run.
    pub service: Setting<'a>,
    /// As commands run here.
    pub here: Setting<'a>,
}

/// What an interpreter has to find besides itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// Nothing that could be known.
    Nothing,
    /// A module of Python that is run (`python -m NAME`).
    Module(OsString),
    /// The modules that a Python script imports first thing, whatever else it does.
    Imports(PathBuf),
}

/// What came of it.
#[derive(Debug)]
pub enum Verdict {
    /// It works as it is.
    Works(Answer),
    /// What was found only stands in for another one, and would not, or not for the same, in the service.
    StandsFor(PathBuf),
    /// It would not work.
    Fails(Failure),
    /// It was not tried, because somebody else could change what would be run.
    Untrusted(Stranger),
}

/// What an interpreter says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Where it is.
    pub path: Option<PathBuf>,
    /// Its version.
    pub version: Option<String>,
    /// Modules that it does not find.
    pub missing: Vec<String>,
}

/// Why an interpreter would not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was started.
    pub program: PathBuf,
    /// What it said, or what became of it; the last lines.
    pub says: Vec<String>,
    /// The modules that it does not find.
    pub missing: Vec<String>,
    /// It does not work here either.
    pub here_too: bool,
    /// Variables of the caller with which it works.
    pub needs: Vec<String>,
}

/// Tries an interpreter. One that cannot be asked is believed.
pub fn verdict(trial: &Trial<'_>) -> Verdict {
    let interpreter = trial.interpreter;
    if interpreter.runtime.query.is_empty() {
        return Verdict::Works(Answer::default());
    }
    match asked(trial) {
        // It ran as somebody else than root, who may see less: only what the environment changes counts.
        Ok(Verdict::Fails(failure)) if trial.service.is_roots() && failure.here_too => {
            Verdict::Works(Answer::default())
        }
        Ok(verdict) => verdict,
        Err(stranger) => Verdict::Untrusted(stranger),
    }
}

/// What comes of asking it in the service's environment, and in the caller's where that is needed.
fn asked(trial: &Trial<'_>) -> Result<Verdict, Stranger> {
    let interpreter = trial.interpreter;
    let in_service = ask(&interpreter.path, trial, &trial.service)?;
    if let Ok(answer) = &in_service
        && answer.missing.is_empty()
        && is_itself(&interpreter.path, answer)
    {
        return Ok(Verdict::Works(answer.clone()));
    }
    let here = ask(&interpreter.path, trial, &trial.here)?;
    Ok(match (in_service, here) {
        // A stand-in that finds the same one there.
        (Ok(there), Ok(here)) if there == here && (here.missing.is_empty() || imports(trial)) => Verdict::Works(there),
        (in_service, Ok(here)) => {
            // What a first line names by its path is started by that, whatever it stands for.
            if interpreter.started != Started::ByPath
                && let Some(path) = here.path.as_deref().map(settled).filter(|path| *path != interpreter.path)
                && let Ok(answer) = ask(&path, trial, &trial.service)?
                && (answer.missing.is_empty() || answer.missing == here.missing && imports(trial))
            {
                return Ok(Verdict::StandsFor(path));
            }
            fails(trial, in_service, Some(&here))
        }
        // Imports that nobody finds may be found another way, or not at all: the start will tell.
        (Ok(answer), Err(_)) if imports(trial) => Verdict::Works(answer),
        (in_service, Err(_)) => fails(trial, in_service, None),
    })
}

fn imports(trial: &Trial<'_>) -> bool {
    matches!(trial.needs, Needs::Imports(_))
}

fn fails(trial: &Trial<'_>, in_service: Result<Answer, Vec<String>>, here: Option<&Answer>) -> Verdict {
    let missing = in_service.as_ref().map(|answer| answer.missing.clone()).unwrap_or_default();
    let works_here = here.is_some_and(|here| here.missing.is_empty() || imports(trial));
    let failure = Failure {
        program: trial.interpreter.path.clone(),
        says: in_service.err().unwrap_or_default(),
        missing,
        here_too: !works_here,
        needs: here.filter(|_| works_here).map(|here| needed(trial, here)).unwrap_or_default(),
    };
    Verdict::Fails(failure)
}

/// Whether an interpreter is where it was started, links aside. One that does not say counts as such.
#[expect(clippy::disallowed_methods, reason = "only the file system knows what is behind a link")]
fn is_itself(started: &Path, answer: &Answer) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    answer.path.as_deref().is_none_or(|path| real(path) == real(started))
}

/// The variables of the caller that an interpreter works with as it does here: as few of them as are needed.
fn needed(trial: &Trial<'_>, here: &Answer) -> Vec<String> {
    let differs = |name: &OsStr, value: &OsStr| trial.service.environment.get(name).is_none_or(|set| set != value);
    let mut candidates: Vec<(&OsString, &OsString)> =
        trial.here.environment.iter().filter(|(name, value)| differs(name, value) && !of_session(name)).collect();
    let begun = Instant::now();
    let works = |with: &[(&OsString, &OsString)]| {
        let left = ENOUGH.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return false;
        }
        let mut environment: Environment = trial.service.environment.clone();
        environment.extend(with.iter().map(|(name, value)| ((*name).clone(), (*value).clone())));
        let deadline = trial.service.deadline.min(left);
        let setting = Setting { environment: &environment, deadline, ..trial.service };
        matches!(ask(&trial.interpreter.path, trial, &setting), Ok(Ok(answer)) if answer.missing == here.missing)
    };
    // The usual ones first; most often it is one alone.
    candidates.sort_by_key(|(name, _)| !is_usual(name));
    if !works(&candidates) {
        return Vec::new();
    }
    if let Some(one) = candidates.iter().take(USUAL.len() + 1).find(|one| works(&[**one])) {
        candidates = vec![*one];
    }
    // Halves, then single ones, are left out as long as it works without.
    let mut size = candidates.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < candidates.len() && candidates.len() > 1 {
            let end = (at + size).min(candidates.len());
            let rest = [&candidates[..at], &candidates[end..]].concat();
            if works(&rest) { candidates = rest } else { at = end }
        }
        size /= 2;
    }
    candidates.into_iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
}

/// How long is looked for them: more of them than are needed are named then.
const ENOUGH: Duration = Duration::from_secs(15);

/// Variables that interpreters are known to need.
const USUAL: [&str; 8] =
    ["PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONHOME", "PYENV_ROOT", "PYENV_VERSION", "JAVA_HOME", "NODE_OPTIONS"];

fn is_usual(name: &OsStr) -> bool {
    USUAL.iter().any(|usual| name == *usual)
}

/// What a shell or a terminal sets for itself; no service is helped by it.
fn of_session(name: &OsStr) -> bool {
    const NAMES: [&str; 8] = ["_", "PWD", "OLDPWD", "SHLVL", "TERM", "HOME", "USER", "LOGNAME"];
    NAMES.iter().any(|own| name == *own)
}

/// Has an interpreter say what it is.
/// Otherwise gives what it said instead, or what became of it.
///
/// # Errors
/// Who else could change it: then it is not started.
fn ask(program: &Path, trial: &Trial<'_>, setting: &Setting<'_>) -> Result<Result<Answer, Vec<String>>, Stranger> {
    let runtime = trial.interpreter.runtime;
    let more: Vec<OsString> = match trial.needs {
        _ if setting.is_roots() => Vec::new(),
        Needs::Nothing => Vec::new(),
        Needs::Module(name) => vec!["module".into(), name.clone()],
        Needs::Imports(script) => vec!["imports".into(), script.into()],
    };
    let asks = runtime.query.iter().map(OsString::from);
    let words: Vec<OsString> = std::iter::once(program.into()).chain(asks).chain(more).collect();
    Ok(match probe::run(&words, setting) {
        Ran::Untrusted(stranger) => return Err(stranger),
        Ran::Exited { success: true, stdout, stderr } => Ok(answer(&stdout, &stderr)),
        Ran::Exited { stdout, stderr, .. } => {
            let text = if stderr.trim().is_empty() { stdout } else { stderr };
            Err(last_lines(&text))
        }
        Ran::TimedOut => Err(vec!["it did not answer within 10 s".into()]),
        Ran::NotStarted(why) => Err(vec![why]),
    })
}

/// Reads what an interpreter said: the lines behind our mark, or the settings that Java lists.
fn answer(stdout: &str, stderr: &str) -> Answer {
    let mut lines = stdout.lines().skip_while(|line| *line != MARK).skip(1);
    let setting = |name: &str| {
        let value = stderr.lines().find_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix('='));
        value.map(|value| value.trim().to_owned())
    };
    let told = |line: Option<&str>| line.map(str::to_owned).filter(|text| !text.is_empty());
    let path = told(lines.next()).map(PathBuf::from);
    let version = told(lines.next());
    Answer {
        path: path.or_else(|| setting("java.home").map(|home| Path::new(&home).join("bin/java"))),
        version: version.or_else(|| setting("java.version")),
        missing: lines.filter_map(|line| line.strip_prefix("missing ")).map(str::to_owned).collect(),
    }
}

fn last_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].iter().map(|line| crate::shell::printable(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_among_other_words() {
        let said = answer("Welcome!\n@mkservice@\n/v/bin/python\n3.12.1\nmissing requests\n", "");
        assert_eq!(said.path.as_deref(), Some(Path::new("/v/bin/python")));
        assert_eq!((said.version.as_deref(), said.missing.as_slice()), (Some("3.12.1"), &["requests".to_owned()][..]));
        let java = answer("", "Property settings:\n    java.home = /usr/lib/jvm/java-17\n    java.version = 17.0.15\n");
        assert_eq!(java.path.as_deref(), Some(Path::new("/usr/lib/jvm/java-17/bin/java")));
        assert_eq!(answer("v1\n", ""), Answer::default());
    }
}

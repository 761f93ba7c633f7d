//! Tries an interpreter in the environment of the service before anything is written: the same one must start there as
//! here.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::host::interpreter::{Interpreter, Started};
use crate::host::probe::{self, Environment, ProbeOutcome, Setting};
use crate::host::trust::Writer;
use crate::host::virtual_environment::permanent;
use crate::runtime::table::MARK;

#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    pub interpreter: &'a Interpreter,
    pub needs: &'a Needs,
    /// As the service will run.
    pub service: Setting<'a>,
    /// As commands run in the caller's shell.
    pub here: Setting<'a>,
}

/// What an interpreter must find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// Nothing known.
    Nothing,
    /// A Python module to run (`python -m NAME`).
    Module(OsString),
    /// The modules that a Python script imports unconditionally.
    Imports(PathBuf),
}

#[derive(Debug)]
pub enum Verdict {
    Works(Answer),
    /// The interpreter that was found is a shim, which would not find this one in the service.
    StandsFor(PathBuf),
    Fails(Failure),
    /// It was not tried, because another user could change what would be executed.
    Untrusted(Writer),
}

/// What an interpreter reports about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub path: Option<PathBuf>,
    pub version: Option<String>,
    /// Modules that it does not find.
    pub missing: Vec<String>,
}

/// Why an interpreter would not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub program: PathBuf,
    /// The last lines of its output, or what happened.
    pub says: Vec<String>,
    pub missing: Vec<String>,
    /// It does not work in the caller's shell either.
    pub here_too: bool,
    /// Variables of the caller with which it works.
    pub needs: Vec<String>,
}

/// Tries an interpreter. One that cannot be queried is accepted.
pub fn verdict(trial: &Trial<'_>) -> Verdict {
    let interpreter = trial.interpreter;
    if interpreter.runtime.query.is_empty() {
        return Verdict::Works(Answer::default());
    }
    match asked(trial) {
        // It ran as another user than root, who may have less access: only differences of the environment count.
        Ok(Verdict::Fails(failure)) if trial.service.is_roots() && failure.here_too => {
            Verdict::Works(Answer::default())
        }
        Ok(verdict) => verdict,
        Err(writer) => Verdict::Untrusted(writer),
    }
}

/// Runs it in the environment of the service and, if necessary, in the caller's.
fn asked(trial: &Trial<'_>) -> Result<Verdict, Writer> {
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
        // A shim that finds the same interpreter there.
        (Ok(there), Ok(here)) if there == here && (here.missing.is_empty() || imports(trial)) => Verdict::Works(there),
        (in_service, Ok(here)) => {
            // An interpreter in a `#!` line with a path is started as it is, even if it is a shim.
            if interpreter.started != Started::ByPath
                && let Some(path) = here.path.as_deref().map(permanent).filter(|path| *path != interpreter.path)
                && let Ok(answer) = ask(&path, trial, &trial.service)?
                && (answer.missing.is_empty() || answer.missing == here.missing && imports(trial))
            {
                return Ok(Verdict::StandsFor(path));
            }
            fails(trial, in_service, Some(&here))
        }
        // Imports that are not found may be found another way, or not at all: the start will tell.
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

/// Whether the interpreter is the program that was started, apart from links. One that does not report its path counts.
#[expect(clippy::disallowed_methods, reason = "only the file system knows what is behind a link")]
fn is_itself(started: &Path, answer: &Answer) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    answer.path.as_deref().is_none_or(|path| real(path) == real(started))
}

/// A minimal set of the caller's variables with which the interpreter works as it does here.
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
    // Usual variables first; usually a single one suffices.
    candidates.sort_by_key(|(name, _)| !is_usual(name));
    if !works(&candidates) {
        return Vec::new();
    }
    if let Some(one) = candidates.iter().take(USUAL.len() + 1).find(|one| works(&[**one])) {
        candidates = vec![*one];
    }
    // Removes halves, then single variables, while it works without them.
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

/// The time limit of the search; after it, the set may not be minimal.
const ENOUGH: Duration = Duration::from_secs(15);

/// Variables that interpreters often need.
const USUAL: [&str; 8] =
    ["PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONHOME", "PYENV_ROOT", "PYENV_VERSION", "JAVA_HOME", "NODE_OPTIONS"];

fn is_usual(name: &OsStr) -> bool {
    USUAL.iter().any(|usual| name == *usual)
}

/// Variables of the shell or the terminal, which no service needs.
fn of_session(name: &OsStr) -> bool {
    const NAMES: [&str; 8] = ["_", "PWD", "OLDPWD", "SHLVL", "TERM", "HOME", "USER", "LOGNAME"];
    NAMES.iter().any(|own| name == *own)
}

/// Queries an interpreter. Returns its answer, or its output or failure. The error is another user who could change it:
/// then it is not started.
fn ask(program: &Path, trial: &Trial<'_>, setting: &Setting<'_>) -> Result<Result<Answer, Vec<String>>, Writer> {
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
        ProbeOutcome::Untrusted(writer) => return Err(writer),
        ProbeOutcome::Exited { success: true, stdout, stderr } => Ok(answer(&stdout, &stderr)),
        ProbeOutcome::Exited { stdout, stderr, .. } => {
            let text = if stderr.trim().is_empty() { stdout } else { stderr };
            Err(last_lines(&text))
        }
        ProbeOutcome::TimedOut => Err(vec!["it did not answer within 10 s".into()]),
        ProbeOutcome::NotStarted(why) => Err(vec![why]),
    })
}

/// Parses the answer: the lines after the mark, or the settings that Java prints.
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

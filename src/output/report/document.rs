//! Steps and errors for the JSON document.

use crate::model::diagnostic::{Diagnostic, PathComponent};
use crate::output::json;
use crate::output::wording::Wording;
use crate::plan::{Reason, Step};
use crate::shell::shown;

/// A step that was done, or would be.
pub fn step_json(step: &Step) -> json::Step {
    let of_unit = |unit: &String| unit.clone();
    match step {
        Step::WriteFile { path, text } => {
            json::Step::Write { path: shown(path), text: (*text).to_owned(), difference: None }
        }
        Step::WriteUnit { path, text, replaces, difference, .. } => {
            let (path, text, difference) = (shown(path), text.clone(), Some(difference.clone()));
            match replaces {
                true => json::Step::Replace { path, text, difference },
                false => json::Step::Write { path, text, difference },
            }
        }
        Step::MakeLogFile { path, owner, .. } => {
            json::Step::MakeLogFile { path: shown(path), owner: owner.as_ref().map(|(user, _)| user.clone()) }
        }
        Step::WriteSecret { path, replaces: true, .. } => json::Step::ReplaceSecret { path: shown(path) },
        Step::WriteSecret { path, .. } => json::Step::WriteSecret { path: shown(path) },
        Step::LinkSecret { path, target } => json::Step::LinkSecret { path: shown(path), target: shown(target) },
        Step::Link { path, target } => json::Step::Link { path: shown(path), target: shown(target) },
        Step::RemoveFile(path) => json::Step::Delete { path: shown(path) },
        Step::RemoveDir(path) => json::Step::DeleteDirectory { path: shown(path) },
        Step::MoveDir { path, target } => json::Step::MoveDirectory { path: shown(path), target: shown(target) },
        Step::Enable { unit, .. } => json::Step::Enable { unit: of_unit(unit) },
        Step::Disable(unit) => json::Step::Disable { unit: of_unit(unit) },
        Step::Reload(scope) | Step::ReloadLast(scope) => json::Step::Reload { scope: scope.to_string() },
        Step::ResetFailed(unit) => json::Step::ResetFailed { unit: of_unit(unit) },
        Step::Linger { account, on } => json::Step::Linger { user: account.clone(), enable: *on },
        Step::Start(unit) => json::Step::Start { unit: of_unit(unit) },
        Step::Restart { unit, reasons } => json::Step::Restart { unit: of_unit(unit), reason: Reason::text(reasons) },
        Step::Stop(unit) => json::Step::Stop { unit: of_unit(unit) },
        Step::End { processes, kill } => {
            json::Step::Kill { pids: processes.iter().map(|process| process.pid).collect(), force: *kill }
        }
    }
}

/// An error with everything that people are shown.
pub fn error_json(error: &Diagnostic, wording: &Wording) -> json::Error {
    let Diagnostic { details, place, .. } = error;
    let explanation = details.explanation.as_ref();
    let place = place.as_ref();
    json::Error {
        code: error.code.word(),
        message: wording.message(error),
        exit_code: error.code.exit_code(),
        place: place.map(|it| json::Place { file: it.file.clone(), line: it.line, column: it.column }),
        service: error.service.clone(),
        log: explanation.map(|it| it.log.iter().map(|line| line.text.clone()).collect()).unwrap_or_default(),
        reason: explanation.and_then(|it| it.why.as_ref()).map(|why| wording.text(why)),
        difference: details.difference.clone(),
        path_components: details.path_components.iter().map(path_component).collect(),
        completed_steps: details.done_before.iter().map(|done| done.text.clone()).collect(),
        candidates: details.choice.clone(),
        restart_command: details.restart.as_ref().map(|restart| wording.text(&restart.line)),
        hints: wording.hints(error),
    }
}

fn path_component(component: &PathComponent) -> json::PathComponent {
    json::PathComponent {
        path: shown(&component.path),
        target: component.target.as_deref().map(shown),
        owner: component.owner.clone(),
        mode: component.mode.clone(),
        writers: component.writers.clone(),
    }
}

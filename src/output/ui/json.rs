//! What the parts of the `--json` document look like; docs/json.md describes them.

use serde_json::{Value, json};

use crate::error::shown;
use crate::model::diagnostic::{Diagnostic, PathComponent};
use crate::output::wording::Wording;
use crate::plan::Step;
use crate::shell;

/// A step that was done, or would be.
pub fn step(step: &Step) -> Value {
    let mut value = match step {
        Step::Record(_) => json!({}),
        Step::MakeFolder(path) | Step::MakePrivateFolder(path) => json!({ "path": shown(path) }),
        Step::WriteFile { path, text } => json!({ "path": shown(path), "text": text }),
        Step::MakeLogFile { path, owner, .. } => {
            json!({ "path": shown(path), "owner": owner.as_ref().map(|(account, _)| account) })
        }
        Step::WriteSecret { path, .. } => json!({ "path": shown(path) }),
        Step::WriteUnit { path, text, difference, .. } => {
            json!({ "path": shown(path), "text": text, "difference": difference })
        }
        Step::LinkSecret { path, target } | Step::Link { path, target } | Step::MoveFolder { path, target } => {
            json!({ "path": shown(path), "target": shown(target) })
        }
        Step::RemoveFile(path) | Step::RemoveFolder(path) => json!({ "path": shown(path) }),
        Step::Reload(scope) | Step::ReloadLast(scope) => json!({ "scope": scope.to_string() }),
        Step::Linger { account, on } => json!({ "account": account, "on": on }),
        Step::Enable { unit, .. } => json!({ "unit": unit }),
        Step::Disable(unit) | Step::ResetFailed(unit) | Step::Start(unit) | Step::Restart(unit) | Step::Stop(unit) => {
            json!({ "unit": unit })
        }
        Step::End { processes, kill } => {
            json!({ "pids": processes.iter().map(|process| process.pid).collect::<Vec<_>>(), "kill": kill })
        }
    };
    value["action"] = step.action().into();
    value
}

/// The text of a document. What moves a cursor or reorders text on a terminal is escaped, which
/// means the same to whoever reads it as JSON.
pub fn printable(document: &Value) -> String {
    let mut out = String::new();
    for c in format!("{document:#}\n").chars() {
        if c == '\n' || shell::is_printable(c) {
            out.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        }
    }
    out
}

/// An error, with everything that people are told.
pub fn error(error: &Diagnostic, wording: &Wording) -> Value {
    let Diagnostic { details, place, .. } = error;
    let explanation = details.explanation.as_ref();
    let done: Vec<&str> = details.done_before.iter().map(|done| done.text.as_str()).collect();
    json!({
        "code": error.code.word(),
        "message": wording.message(error),
        "exit_code": error.code.exit_code(),
        "place": place.as_ref().map(|it| json!({ "file": it.file, "line": it.line, "column": it.column })),
        "service": error.service,
        "log": explanation.map(|it| it.log.clone()).unwrap_or_default(),
        "why": explanation.and_then(|it| it.why.as_ref()).map(|why| wording.text(why)),
        "difference": details.difference,
        "way": details.way.iter().map(component).collect::<Vec<_>>(),
        "done_before": done,
        "choice": details.choice,
        "again": details.restart.as_ref().map(|restart| wording.text(&restart.line)),
        "hints": wording.hints(error),
    })
}

/// A component of a path, and who besides root can change it.
fn component(component: &PathComponent) -> Value {
    json!({
        "path": shown(&component.path),
        "target": component.target.as_deref().map(shown),
        "owner": component.owner,
        "mode": component.mode,
        "writers": component.writers,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_harmless_for_a_terminal_and_read_back_the_same() {
        let value = json!({ "message": "a\u{9b}31m\u{202e}\u{1b}[0m\u{fdd0}é日\u{10ffff}" });
        let text = printable(&value);
        assert!(text.chars().all(|c| c == '\n' || shell::is_printable(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}

//! What the parts of the `--json` document look like; docs/json.md describes them.

use serde_json::{Value, json};

use crate::error::{Error, shown};
use crate::host::writers::Place;
use crate::plan::Step;
use crate::shell;

/// A step that was done, or would be.
pub fn step(step: &Step) -> Value {
    let (action, mut value) = match step {
        Step::Record(_) => ("record", json!({})),
        Step::MakeFolder(path) => ("make-folder", json!({ "path": shown(path) })),
        Step::WriteFile { path, text } => ("write", json!({ "path": shown(path), "text": text })),
        Step::MakeLogFile { path, owner, .. } => {
            ("make-log-file", json!({ "path": shown(path), "owner": owner.as_ref().map(|(account, _)| account) }))
        }
        Step::MakePrivateFolder(path) => ("make-folder", json!({ "path": shown(path) })),
        Step::WriteSecret { path, replaces, .. } => {
            (if *replaces { "replace-secret" } else { "write-secret" }, json!({ "path": shown(path) }))
        }
        Step::LinkSecret { path, target } => ("link-secret", json!({ "path": shown(path), "target": shown(target) })),
        Step::WriteUnit { path, text, replaces, difference, .. } => (
            if *replaces { "replace" } else { "write" },
            json!({ "path": shown(path), "text": text, "difference": difference }),
        ),
        Step::Link { path, target } => ("link", json!({ "path": shown(path), "target": shown(target) })),
        Step::RemoveFile(path) => ("delete", json!({ "path": shown(path) })),
        Step::RemoveFolder(path) => ("delete-folder", json!({ "path": shown(path) })),
        Step::MoveFolder { path, target } => ("move-folder", json!({ "path": shown(path), "target": shown(target) })),
        Step::Enable { unit, .. } => ("enable", json!({ "unit": unit })),
        Step::Disable(unit) => ("disable", json!({ "unit": unit })),
        Step::Reload(scope) | Step::ReloadLast(scope) => ("reload", json!({ "scope": scope.to_string() })),
        Step::ResetFailed(unit) => ("reset-failed", json!({ "unit": unit })),
        Step::Linger { account, on } => ("linger", json!({ "account": account, "on": on })),
        Step::Start(unit) => ("start", json!({ "unit": unit })),
        Step::Restart(unit) => ("restart", json!({ "unit": unit })),
        Step::Stop(unit) => ("stop", json!({ "unit": unit })),
        Step::End { processes, kill } => {
            ("end", json!({ "pids": processes.iter().map(|process| process.pid).collect::<Vec<_>>(), "kill": kill }))
        }
    };
    value["action"] = action.into();
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
pub fn error(error: &Error, hints: &[String]) -> Value {
    let explanation = error.explanation();
    json!({
        "message": error.to_string(),
        "exit_code": error.exit_code(),
        "place": error.in_file().map(|(place, _)| json!({
            "file": place.file, "line": place.line, "column": place.column,
        })),
        "service": error.service().map(ToString::to_string),
        "log": explanation.map(|it| it.log.clone()).unwrap_or_default(),
        "why": explanation.and_then(|it| it.why.clone()),
        "difference": error.difference(),
        "way": error.way().iter().map(place).collect::<Vec<_>>(),
        "done_before": error.done_before(),
        "choice": error.choice(),
        "again": error.again().map(|again| again.line.clone()),
        "hints": hints,
    })
}

/// An object on the way to a path, and who besides root can change it.
fn place(place: &Place) -> Value {
    json!({
        "path": shown(&place.path),
        "target": place.target.as_deref().map(shown),
        "owner": place.owner,
        "mode": place.mode,
        "writers": place.writers,
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

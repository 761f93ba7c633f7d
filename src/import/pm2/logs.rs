//! Where the output of a pm2 app goes.

use std::path::Path;

use super::super::ReadError;
use super::super::draft::Draft;
use super::super::node::{Node, Value};
use super::super::output::{self, Sink};
use super::app::App;

impl App<'_> {
    /// Returns whether any output goes to a file.
    pub(super) fn output(&self, cwd: &Path, count: usize, draft: &mut Draft) -> Result<bool, ReadError> {
        let both = self.sink(&["log_file", "log"], cwd, count, draft).filter(|(_, sink)| sink.is_file());
        let out = self.sink(&["out_file", "output", "out"], cwd, count, draft);
        let error = self.sink(&["error_file", "error", "err_file"], cwd, count, draft);
        let line = [&both, &out, &error].into_iter().flatten().map(|(node, _)| node.line).next();
        let (out, error) = (out.map(|(_, sink)| sink), error.map(|(_, sink)| sink));
        let (out, error) = match (both, out, error) {
            (Some((_, both)), None, None) => (both, None),
            (both, out, error) => {
                if let Some((node, _)) = both {
                    let what = "log_file: not written: output goes to out_file and error_file only";
                    draft.unconverted(&self.input.source.path, node.line, what);
                }
                match (out, error) {
                    (Some(out @ Sink::File(_)), None) => {
                        draft.comment("stderr goes to the same file, as no other file is named");
                        (out, None)
                    }
                    // pm2 has default files.
                    (out, error) => (out.unwrap_or(Sink::Journal), Some(error.unwrap_or(Sink::Journal))),
                }
            }
        };
        output::write(draft, &out, error.as_ref(), count > 1)
            .map_err(|why| ReadError::new(line.unwrap_or(self.node.line), format!("out_file or error_file {why}")))?;
        Ok(out.is_file() || error.is_some_and(|error| error.is_file()))
    }

    fn sink(&self, names: &[&str], cwd: &Path, count: usize, draft: &mut Draft) -> Option<(&Node, Sink)> {
        let node = self.setting(names).filter(|node| !matches!(node.value, Value::Switch(_)))?;
        let file = node.word().filter(|file| !file.is_empty() && file != "null")?;
        if file == "/dev/null" || file == "NULL" {
            return Some((node, Sink::Null));
        }
        // pm2 appends the number of the process to the name, which systemd cannot do.
        if count > 1 && !self.is_on(&["merge_logs", "combine_logs"], false) {
            let what = format!("{}: several processes write to the journal", names[0]);
            draft.unconverted(&self.input.source.path, node.line, what);
            return None;
        }
        Some((node, Sink::File(self.path(cwd, &file))))
    }
}

/// What becomes of a setting for lines of output; `None` if it is as with pm2.
pub fn line_setting(name: &str, is_file: bool) -> Option<&'static str> {
    match (name, is_file) {
        ("merge_logs" | "combine_logs", true) => None,
        ("merge_logs" | "combine_logs", false) => Some("the journal has the output of all processes"),
        (_, true) => Some("lines in files get no prefix"),
        (_, false) => Some("the journal records the time of each line"),
    }
}

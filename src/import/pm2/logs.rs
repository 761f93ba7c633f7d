//! Where the output of an app of pm2 goes.

use std::path::Path;

use super::super::Trouble;
use super::super::draft::{Draft, Draftsman, absolute};
use super::super::node::{Node, Value};
use super::super::output::{self, Sink};
use super::app::App;

impl App<'_> {
    /// Gives the service its output, and tells whether some of it goes to a file.
    pub(super) fn output(
        &self,
        cwd: &Path,
        count: usize,
        draft: &mut Draft,
        all: &mut Draftsman,
    ) -> Result<bool, Trouble> {
        let both = self.sink(&["log_file", "log"], cwd, count, draft, all).filter(|(_, sink)| sink.is_file());
        let out = self.sink(&["out_file", "output", "out"], cwd, count, draft, all);
        let error = self.sink(&["error_file", "error", "err_file"], cwd, count, draft, all);
        let line = [&both, &out, &error].into_iter().flatten().map(|(node, _)| node.line).next();
        let (out, error) = match (both, out, error) {
            (Some((_, both)), None, None) => (both, None),
            (both, out, error) => {
                if let Some((node, _)) = both {
                    let what = "log_file: not written: the output goes where out_file and error_file say alone";
                    all.left(draft, &self.source.path, node.line, what);
                }
                let (out, error) = (out.map(|(_, sink)| sink), error.map(|(_, sink)| sink));
                match (out, error) {
                    (Some(out @ Sink::File(_)), None) => {
                        draft.remark("what it says on stderr goes to the same file: no other is named for it");
                        (out, None)
                    }
                    // pm2 has a file of its own for what is not said.
                    (out, error) => (out.unwrap_or(Sink::Journal), Some(error.unwrap_or(Sink::Journal))),
                }
            }
        };
        output::write(draft, &out, error.as_ref(), count > 1)
            .map_err(|why| Trouble::new(line.unwrap_or(self.node.line), format!("out_file or error_file {why}")))?;
        Ok(out.is_file() || error.is_some_and(|error| error.is_file()))
    }

    /// Where a setting sends output; `None` where it does not say.
    fn sink(
        &self,
        names: &[&str],
        cwd: &Path,
        count: usize,
        draft: &mut Draft,
        all: &mut Draftsman,
    ) -> Option<(&Node, Sink)> {
        let node = self.setting(names).filter(|node| !matches!(node.value, Value::Switch(_)))?;
        let file = node.word().filter(|file| !file.is_empty() && file != "null")?;
        if file == "/dev/null" || file == "NULL" {
            return Some((node, Sink::Nowhere));
        }
        // pm2 adds a number to the name for each process, which systemd does not know.
        if count > 1 && !self.merges_logs() {
            let what = format!("{}: several processes write to the journal", names[0]);
            all.left(draft, &self.source.path, node.line, what);
            return None;
        }
        Some((node, Sink::File(absolute(cwd, &file))))
    }

    /// Whether several processes write to one file.
    fn merges_logs(&self) -> bool {
        self.is_on(&["merge_logs", "combine_logs"], false)
    }

    /// What a setting about lines of output means where it goes now; `None` where it is as pm2 has it.
    pub(super) fn of_lines(&self, name: &str, to_file: bool) -> Option<&'static str> {
        match (name, to_file) {
            ("merge_logs" | "combine_logs", true) => None,
            ("merge_logs" | "combine_logs", false) => Some("the journal takes what all processes say"),
            (_, true) => Some("nothing is put in front of the lines in a file"),
            (_, false) => Some("the journal keeps the time of each line"),
        }
    }
}

//! What an argument can be besides a program: a script, or a whole command for a shell.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::lookup::{self, Program};
use super::{Host, tree};
use crate::runtime::{self, command};

/// A script that the kernel cannot execute, or that is not in PATH.
pub fn lone_script(word: &OsStr, host: &Host) -> Option<PathBuf> {
    match lookup::program(word, host) {
        Program::Missing { script: true, .. } => Some(lookup::beside(word, host)),
        Program::NotExecutable(path) | Program::OnNoexec(path) => Some(path),
        // Without a `#!` line, the kernel executes no text.
        Program::Found { path, interpreter } => {
            let is_text = interpreter.is_empty() && runtime::has_script_extension(word) && !lookup::is_binary(&path);
            is_text.then_some(path)
        }
        _ => None,
    }
}

/// A command for a shell in one argument: `'a | b > c'`.
pub fn shell_line<'a>(typed: &'a [OsString], host: &Host) -> Option<&'a OsString> {
    let [line] = typed else { return None };
    let bytes = line.as_bytes();
    let has = |characters: &[u8]| bytes.iter().any(|byte| characters.contains(byte));
    let is_line = has(b"|&;<>\n") || (has(b" \t") && has(b"$`*?()~"));
    let is_program = || !matches!(lookup::program(line, host), Program::Missing { script: false, .. });
    (is_line && !is_program()).then_some(line)
}

/// The programs that start a script here; a tool of the project comes first.
pub fn starters_here(script: &Path, interpreters: &'static [&'static [&'static str]]) -> Vec<&'static [&'static str]> {
    let mut here = interpreters.to_vec();
    let has = |file: &str| script.ancestors().skip(1).take(3).any(|dir| tree::is_file(dir.join(file)));
    let named = [("deno", has("deno.json") || has("deno.jsonc")), ("bun", has("bun.lock") || has("bun.lockb"))];
    if let Some((tool, _)) = named.into_iter().find(|(_, named)| *named) {
        here.sort_by_key(|words| words[0] != tool);
    }
    here
}

/// A script with inline dependencies (PEP 723), which `uv run` installs.
pub fn brings_its_own_modules(command: &[OsString], dir: &Path) -> bool {
    let Some(command::Runs::Script(script)) = command::runs(command) else { return false };
    let head = lookup::head(&dir.join(script), 64 * 1024);
    head.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"# /// script"))
}

//! Whether a program generates code at run time (JIT), or is one of another architecture.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::Path;

use super::interpreter::ResolvedCommand;
use super::lookup;
use super::tree::{self, canonical_or_same, link_chain};
use crate::runtime::jit;

/// What in a command generates code, for messages.
pub fn compiles(command: &ResolvedCommand, words: &[OsString]) -> Option<String> {
    let runtime = command.runtime;
    let by_runtime = runtime.filter(|runtime| runtime.is_jit).map(|runtime| runtime.name.to_owned());
    let by_shell = runtime.is_some_and(|runtime| runtime.is_shell) || command.by_shell;
    let launcher = command.launcher.map(|launcher| launcher.program.to_owned());
    let interpreter = command.interpreter.as_ref().map(|interpreter| interpreter.path.as_path());
    let program = words.first().map(Path::new);
    let first_line = command.program.interpreter().iter().map(Path::new);
    let named = interpreter.into_iter().chain(program).chain(first_line);
    let by_name = || named.flat_map(link_chain).find_map(|path| jit::by_name(&path).map(str::to_owned));
    let inside = || {
        let program = canonical_or_same(program.filter(|_| runtime.is_none())?);
        beside(&program).or_else(|| inside(&program)).map(str::to_owned)
    };
    let shell = by_shell.then(|| "what a shell starts".to_owned());
    by_runtime.or(shell).or(launcher).or_else(by_name).or_else(inside)
}

/// A .NET program has its code in files beside it.
fn beside(program: &Path) -> Option<&'static str> {
    let name = program.file_name()?.to_str()?;
    let has = |ending: &str| tree::is_file(program.with_file_name(format!("{name}{ending}")));
    (has(".dll") || has(".runtimeconfig.json")).then_some(".NET")
}

/// A runtime that is linked into a program, or a library that it names.
fn inside(program: &Path) -> Option<&'static str> {
    const PART: usize = 1 << 20;
    /// A larger file is not a program.
    const MOST: u64 = 1 << 30;
    if lookup::interpreter(program).is_empty() && !lookup::is_binary(program) {
        return None;
    }
    let overlap = jit::SIGNATURES.iter().map(|(mark, _)| mark.len()).max().unwrap_or_default();
    let mut file = tree::open(program).ok()?.take(MOST);
    let mut part = Vec::new();
    loop {
        let kept = part.len().min(overlap);
        part.drain(..part.len() - kept);
        if file.by_ref().take(PART as u64).read_to_end(&mut part).ok()? == 0 {
            return None;
        }
        let mut marks = jit::SIGNATURES.iter();
        if let Some((_, called)) = marks.find(|(mark, _)| memchr::memmem::find(&part, mark).is_some()) {
            return Some(called);
        }
    }
}

/// Whether a program's ELF header has the class and machine of this one.
pub fn is_native(program: &Path) -> bool {
    let kind = |path: &Path| {
        let head = lookup::head(path, 20);
        (head.len() == 20 && head.starts_with(b"\x7fELF")).then(|| (head[4], [head[18], head[19]]))
    };
    match (kind(program), kind(Path::new("/proc/self/exe"))) {
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => true,
    }
}

//! `--environment-file`: which files the service reads, and what its author should know of them.

use super::host_facts::HostFacts;
use crate::cli::Add;
use crate::error::{Error, Result, shown};
use crate::host::environment_file::{Content, EnvironmentFileFound};
use crate::shell;
use crate::spec::EnvironmentFile;
use crate::systemd::environment_file::{self, Assignment, Comments, Refusal};

/// The files in order. What is in them is told of in `warnings`, in words that hold no value.
pub fn environment_files(typed: &Add, found: &HostFacts, warnings: &mut Vec<String>) -> Result<Vec<EnvironmentFile>> {
    let mut all: Vec<EnvironmentFile> = Vec::new();
    for file in &found.environment_files {
        let refuse = |why: String| Error::NoEnvironmentFile { path: shown(&file.path), why };
        if let Some(trouble) = &file.trouble {
            return Err(refuse(trouble.clone()));
        }
        let parsed = EnvironmentFile::parse(file.of_each.as_ref().unwrap_or(&file.path), file.optional);
        let parsed = parsed.map_err(|why| refuse(format!("its path {why}")))?;
        match &file.content {
            Content::Nothing => {}
            Content::Known(content) => check(file, content, typed, warnings)?,
            Content::Unknown(why) => warnings.push(format!("{} was not checked: {why}", shown(&file.path))),
        }
        // Those of the instances are one line of their template.
        if file.of_each.is_none() || !all.contains(&parsed) {
            all.push(parsed);
        }
    }
    Ok(all)
}

fn check(file: &EnvironmentFileFound, content: &[u8], typed: &Add, warnings: &mut Vec<String>) -> Result<()> {
    // Where releases of systemd differ, that is a finding itself.
    let reading = environment_file::read(content, Comments::EndWithTheirLine);
    if let Some(refusal) = &reading.refusal {
        let path = shown(&file.path);
        if refusal.is_of_file() && file.optional {
            warnings.push(format!("{path}: {refusal}: since it may be missing, systemd ignores all of it"));
        } else if typed.changing.force {
            warnings.push(format!("{path}: {refusal}: the service cannot start with it"));
        } else {
            return Err(Error::BadEnvironmentFile { path, why: refusal.to_string(), mend: mend(refusal, file) });
        }
        if refusal.is_of_file() {
            return Ok(());
        }
    }
    warnings.extend(environment_file::grouped(&file.path, &reading.findings));
    warnings.extend(overridden(file, &reading.assignments, typed));
    Ok(())
}

/// The line that mends a file, where there is one.
fn mend(refusal: &Refusal, file: &EnvironmentFileFound) -> Option<String> {
    let from = match refusal {
        Refusal::Nul { utf16: true, .. } => "UTF-16",
        Refusal::NotText { .. } => "LATIN1",
        Refusal::Nul { .. } | Refusal::TooLong { .. } => return None,
    };
    let mut new = file.path.clone().into_os_string();
    new.push(".utf8");
    let (path, new) = (shell::quote(&file.path), shell::quote(new));
    Some(format!("save it as UTF-8, as in: iconv -f {from} -t UTF-8 {path} > {new}"))
}

/// Files go before `Environment=`, wherever the two stand (systemd.exec(5)).
fn overridden(file: &EnvironmentFileFound, assignments: &[Assignment], typed: &Add) -> Vec<String> {
    let names = typed.setenv.iter().filter_map(|word| word.to_str()?.split('=').next());
    let told = names.filter_map(|name| {
        let set = assignments.iter().rev().find(|assignment| assignment.name == name)?;
        let path = shown(&file.path);
        Some(format!("{path} line {}: `{name}` is set here too, and that goes before --setenv {name}", set.line))
    });
    told.collect()
}

//! `--environment-file`: the files that a service reads, and warnings about them.

use super::host_facts::HostFacts;
use crate::cli::Add;
use crate::host::environment_file::{Content, EnvironmentFileFound};
use crate::model::command::run;
use crate::model::diagnostic::{Code, Error, Note, Result, Subject};
use crate::model::message::{Message, message, opt, path_word, quoted};
use crate::spec::EnvironmentFile;
use crate::systemd::environment_file::{self, Assignment, Comments, Refusal};

/// The files in order. Findings go to `warnings`, which contain no values.
pub fn environment_files(
    typed: &Add,
    found: &HostFacts,
    release: Option<u32>,
    warnings: &mut Vec<Note>,
) -> Result<Vec<EnvironmentFile>> {
    let comments = release.map_or(Comments::EndWithTheirLine, Comments::of_version);
    let mut all: Vec<EnvironmentFile> = Vec::new();
    for (index, file) in found.environment_files.iter().enumerate() {
        let refuse = |why: String| {
            let message = message!("cannot read the environment file {}: {}", quoted(&file.path), why);
            Error::new(Code::EnvironmentFile, message).about(Subject::value("environment-file", index))
        };
        if let Some(trouble) = &file.trouble {
            return Err(refuse(trouble.clone()));
        }
        let parsed = EnvironmentFile::parse(file.of_each.as_ref().unwrap_or(&file.path), file.optional);
        let parsed = parsed.map_err(|why| refuse(format!("its path {why}")))?;
        match &file.content {
            Content::Nothing => {}
            Content::Known(content) => {
                check(file, content, comments, typed, warnings)
                    .map_err(|error| error.about(Subject::value("environment-file", index)))?;
            }
            Content::Unknown(why) => warnings.push(message!("{} was not checked: {}", quoted(&file.path), why).into()),
        }
        // The files of instances are one line of their template.
        if file.of_each.is_none() || !all.contains(&parsed) {
            all.push(parsed);
        }
    }
    Ok(all)
}

fn check(
    file: &EnvironmentFileFound,
    content: &[u8],
    comments: Comments,
    typed: &Add,
    warnings: &mut Vec<Note>,
) -> Result<()> {
    let reading = environment_file::read(content, comments);
    if let Some(refusal) = &reading.refusal {
        let path = quoted(&file.path);
        if refusal.is_of_file() && file.optional {
            warnings.push(message!("{}: {}: systemd ignores the whole file, as it is optional", path, refusal).into());
        } else if typed.changing.force {
            warnings.push(message!("{}: {}: the service cannot start with it", path, refusal).into());
        } else {
            let message = message!("systemd cannot load the environment file {}: {}", path, refusal);
            let error = Error::new(Code::EnvironmentFile, message).hints(fix(refusal, file));
            return Err(error.hint(message!("use {} to install it anyway", opt("force"))));
        }
        if refusal.is_of_file() {
            return Ok(());
        }
    }
    // Differences between releases of systemd are a finding of the newer ones.
    let findings = environment_file::read(content, Comments::EndWithTheirLine).findings;
    warnings.extend(environment_file::grouped(&file.path, &findings).into_iter().map(Note::from));
    warnings.extend(overridden(file, &reading.assignments, typed));
    Ok(())
}

/// How to fix a file, if that is known.
fn fix(refusal: &Refusal, file: &EnvironmentFileFound) -> Option<Message> {
    let from = match refusal {
        Refusal::Nul { utf16: true, .. } => "UTF-16",
        Refusal::NotText { .. } => "LATIN1",
        Refusal::Nul { .. } | Refusal::TooLong { .. } => return None,
    };
    let mut new = file.path.clone().into_os_string();
    new.push(".utf8");
    let convert = run("iconv").args(["-f", from, "-t", "UTF-8"]).path(&file.path);
    Some(message!("save it as UTF-8: {} > {}", convert, path_word(new)))
}

/// Files override `Environment=`, whatever their order (systemd.exec(5)).
fn overridden(file: &EnvironmentFileFound, assignments: &[Assignment], typed: &Add) -> Vec<Note> {
    let names = typed.setenv.iter().filter_map(|word| word.to_str()?.split('=').next());
    let told = names.filter_map(|name| {
        let set = assignments.iter().rev().find(|assignment| assignment.name == name)?;
        let (path, line) = (quoted(&file.path), set.line);
        Some(
            message!("{} line {}: {} is set here too, which overrides {}", path, line, quoted(name), opt("setenv"))
                .into(),
        )
    });
    told.collect()
}

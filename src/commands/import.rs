//! `mkservice import FILE`: a file of services made of a file of another tool.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::Import;
use crate::error::{Error, Result, shown};
use crate::host::text_file::{self, NotText};
use crate::host::{Host, account, lookup, tree};
use crate::import::{self, Beside, Facts, Format, SIZE_MAX, Source, Wishes};
use crate::output::json;
use crate::session::context::Context;
use crate::spec::Scope;
use crate::{manifest, shell};

/// Prints what a file means to mkservice; what cannot be carried over is warned of.
pub fn import(typed: &Import, context: &Context<'_>) -> Result<u8> {
    let Context { host, ui, .. } = *context;
    let wishes = Wishes { formation: formation(&typed.formation)?, environment: typed.environment.clone() };
    let source = source(typed, host)?;
    let format = match typed.format.or_else(|| import::detect(&source.path, &source.text)) {
        Some(format) => format,
        None => {
            let why = "is no file that is known, neither by its name nor by what is in it".to_owned();
            let hint = Some("say what it is: --format procfile (or crontab, supervisord, pm2, systemd)".into());
            let what = if source.is_stdin { "stdin".to_owned() } else { shown(&source.path) };
            return Err(Error::Value { what, why, hint });
        }
    };
    refuse_foreign_wishes(&wishes, format)?;
    let host_name = text_file::read(Path::new("/proc/sys/kernel/hostname"), 256).unwrap_or_default();
    let host_name = host_name.trim();
    let search_paths = [Scope::System, Scope::User].map(|scope| host.unit_search_path(scope));
    let beside = beside(&import::beside(format, &source.path, &source.text, host_name, &search_paths))?;
    let environment: BTreeMap<String, String> = host
        .environment
        .iter()
        .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value.to_str()?.to_owned())))
        .collect();
    let facts = Facts {
        scope: host.scope(),
        account: &host.asked_by.name,
        uid: host.asked_by.uid,
        home: &host.asked_by.home,
        environment: &environment,
        host_name,
        processors: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        home_of: &|name| account::by_name(name).map(|account| account.home),
        is_file: &|path| tree::is_file(path),
        is_binary: &|path| lookup::is_binary(path),
    };
    let imported = import::import(format, &source, &beside, &facts, &wishes)?;
    let text = manifest::write(&imported.manifest);
    ui.print(text.as_bytes());
    let not_converted = imported.left.iter().map(|left| json::NotConverted {
        path: shown(&left.file),
        line: (left.line > 0).then_some(left.line),
        message: left.what.clone(),
    });
    ui.document(|document| {
        document.result.source_format = Some(format.word().to_owned());
        document.result.toml = Some(text);
        document.result.not_converted = Some(not_converted.collect());
    });
    for left in &imported.left {
        ui.warn(&shell::printable(&format!("not carried over: {}", left.told())));
    }
    Ok(0)
}

/// The file that was named, or stdin.
fn source(typed: &Import, host: &Host) -> Result<Source> {
    let folder = host.folder.clone().unwrap_or_else(|| PathBuf::from("/"));
    if typed.file.as_os_str() == "-" {
        let text =
            text_file::read_from(io::stdin().lock(), SIZE_MAX).map_err(|refused| unreadable("stdin", refused))?;
        return Ok(Source { path: folder.join("stdin"), text, is_stdin: true });
    }
    let path = folder.join(&typed.file);
    if text_file::is_masked(&path) {
        let why = "is masked: it is a link to /dev/null, which keeps systemd from starting it".to_owned();
        return Err(Error::Value { what: shown(&path), why, hint: hidden(&path, host) });
    }
    let text = text_file::read(&path, SIZE_MAX).map_err(|refused| unreadable(&shown(&path), refused))?;
    Ok(Source { path, text, is_stdin: false })
}

/// How to read the file that a masked one hides.
fn hidden(path: &Path, host: &Host) -> Option<String> {
    let (name, folder) = (path.file_name()?, path.parent()?.to_owned());
    let mut paths = [Scope::System, Scope::User].into_iter().map(|scope| host.unit_search_path(scope));
    let folders = paths.find(|folders| folders.contains(&folder))?;
    let hidden = folders.into_iter().map(|folder| folder.join(name)).find(|path| tree::is_file(path))?;
    Some(format!("the file that it hides: mkservice import {}", shell::quote(hidden)))
}

/// The files that belong to it. One that is named by a pattern, or may be there, is read if it is.
fn beside(wanted: &[Beside]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for wanted in wanted {
        let paths = match wanted {
            Beside::File(path) => vec![path.clone()],
            Beside::Unit(path) => [path.clone()].into_iter().filter(is_unit).collect(),
            Beside::Pattern(pattern) => text_file::matching_or_masked(pattern),
        };
        for path in paths {
            // What hides a file of the same name says nothing itself.
            if text_file::is_masked(&path) {
                sources.push(Source { path, text: String::new(), is_stdin: false });
                continue;
            }
            match text_file::read(&path, SIZE_MAX) {
                Ok(text) => sources.push(Source { path, text, is_stdin: false }),
                Err(refused) if refused.missing => {}
                Err(refused) => return Err(unreadable(&shown(&path), refused)),
            }
        }
    }
    Ok(sources)
}

fn is_unit(path: &PathBuf) -> bool {
    tree::is_file(path) || text_file::is_masked(path)
}

fn unreadable(file: &str, refused: NotText) -> Error {
    let what = if refused.line == 0 { file.to_owned() } else { format!("{file}:{}:", refused.line) };
    Error::Value { what, why: refused.why, hint: None }
}

/// `web=2,worker=1`.
fn formation(typed: &[String]) -> Result<Vec<(String, usize)>> {
    let pairs = typed.iter().flat_map(|list| list.split(',')).filter(|pair| !pair.is_empty());
    let read = pairs.map(|pair| {
        import::formation_pair(pair).filter(|(name, _)| !name.is_empty()).ok_or_else(|| Error::Value {
            what: format!("--formation {}", shell::quote(pair)),
            why: format!("is no process with a number up to {}", crate::spec::INSTANCES_MAX),
            hint: Some("-m web=2,worker=1 (all=1 stands for those that are not named)".into()),
        })
    });
    read.collect()
}

/// An option that says nothing of this kind of file was meant for another one.
fn refuse_foreign_wishes(wishes: &Wishes, format: Format) -> Result<()> {
    let refuse = |option: &str, of: &str| {
        let why = format!("is for {of}, and this is {}", format.word());
        Err(Error::Value { what: option.into(), why, hint: None })
    };
    match format {
        _ if !wishes.formation.is_empty() && format != Format::Procfile => refuse("--formation", "a Procfile"),
        _ if wishes.environment.is_some() && format != Format::Pm2 => refuse("--environment", "a file of pm2"),
        _ => Ok(()),
    }
}

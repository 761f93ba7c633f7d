//! `mkservice import FILE`

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::Import;
use crate::host::lookup::Program;
use crate::host::text_file::{self, NotText};
use crate::host::{Host, USUAL_PATH, account, lookup, release, tree};
use crate::import::{self, Facts, ImportOptions, Importer, Input, RelatedFile, SIZE_MAX, Source};
use crate::manifest;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{Message, message, opt, set};
use crate::output::json;
use crate::output::wording::Wording;
use crate::resolve::properties::{Companions, Target, checked};
use crate::session::context::Context;
use crate::shell::shown;
use crate::spec::{INSTANCES_MAX, Property, PropertyError, Scope, UnitKind};

pub fn import(typed: &Import, context: &Context<'_>) -> Result<u8> {
    let Context { host, ui, .. } = *context;
    let options = ImportOptions { formation: formation(&typed.formation)?, environment: typed.environment.clone() };
    let source = source(typed, host)?;
    let importer = importer(typed, &source)?;
    refuse_options_of_others(&options, importer)?;
    let host_name = text_file::read(Path::new("/proc/sys/kernel/hostname"), 256).unwrap_or_default();
    let environment: BTreeMap<String, String> = host
        .environment
        .iter()
        .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value.to_str()?.to_owned())))
        .collect();
    let facts = Facts {
        scope: host.scope(),
        user: &host.asked_by.name,
        uid: host.asked_by.uid,
        home: &host.asked_by.home,
        environment: &environment,
        host_name: host_name.trim(),
        processors: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        unit_search_paths: &[Scope::System, Scope::User].map(|scope| host.unit_search_path(scope)),
        home_of: &|name| account::by_name(name).map(|account| account.home),
        is_file: &|path| tree::is_file(path),
        is_program: &|word| is_program(word, host),
        is_binary: &|path| lookup::is_binary(path),
        refusals: &|properties, scope, kinds| refusals(properties, scope, kinds, host),
    };
    let related = read_related(&importer.related_files(&source, &facts))?;
    let input = Input { source: &source, related: &related, facts: &facts, options: &options };
    let imported = import::import(importer, &input)?;
    let text = manifest::write(&imported.manifest);
    ui.print(text.as_bytes());
    let not_converted = imported.unconverted.iter().map(|it| json::NotConverted {
        path: shown(&it.file),
        line: (it.line > 0).then_some(it.line),
        message: it.what.clone(),
    });
    ui.document(|document| {
        document.result.source_format = Some(importer.format().word().to_owned());
        document.result.toml = Some(text);
        document.result.not_converted = Some(not_converted.collect());
    });
    for it in &imported.unconverted {
        ui.warn(format!("not converted: {}", it.message()));
    }
    Ok(0)
}

fn is_program(word: &str, host: &Host) -> bool {
    let usual = std::env::split_paths(USUAL_PATH);
    let mut directories = host.path.iter().cloned().chain(usual).filter(|directory| directory.is_absolute());
    let is_found = |path: PathBuf| matches!(lookup::candidate(path), Some(Program::Found { .. }));
    // An absolute path stays as it is.
    directories.any(|directory| is_found(directory.join(word)))
}

/// Why each property is refused by this machine's systemd.
fn refusals(written: &[(String, String)], scope: Scope, kinds: &[UnitKind], host: &Host) -> import::Refusals {
    let has = |kind| kinds.contains(&kind);
    let companions =
        Companions { timer: has(UnitKind::Timer), socket: has(UnitKind::Socket), path: has(UnitKind::Path) };
    let target = Target { scope, release: release::installed(Path::new("/")), companions };
    let wording = Wording::of(host);
    let parsed: Vec<_> = written.iter().map(|(name, value)| Property::new(name, value)).collect();
    let all: Vec<Property> = parsed.iter().flatten().cloned().collect();
    let refusal = |property: &std::result::Result<Property, PropertyError>| match property {
        Ok(property) => checked(property, &all, target).err().map(|refused| wording.text(&refused.why)),
        Err(why) => Some(why.to_string()),
    };
    parsed.iter().map(refusal).collect()
}

fn importer(typed: &Import, source: &Source) -> Result<&'static dyn Importer> {
    let found = match typed.format {
        Some(format) => import::importers().find(|importer| importer.format() == format),
        None => import::detect(&source.path, &source.text),
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = import::importers().map(|importer| importer.format().word()).collect();
        let file = if source.is_stdin { "stdin".to_owned() } else { shown(&source.path) };
        let error = Error::new(Code::FileInvalid, message!("{} has an unknown format", file));
        error.hint(message!("give the format with {}: {}", opt("format"), names.join(", ")))
    })
}

fn source(typed: &Import, host: &Host) -> Result<Source> {
    let directory = host.dir.clone().unwrap_or_else(|| PathBuf::from("/"));
    if typed.file.as_os_str() == "-" {
        let text =
            text_file::read_from(io::stdin().lock(), SIZE_MAX).map_err(|refused| unreadable("stdin", refused))?;
        return Ok(Source { path: directory.join("stdin"), text, is_stdin: true });
    }
    let path = directory.join(&typed.file);
    if text_file::is_masked(&path) {
        let message = message!("{} is masked (a link to /dev/null), so systemd does not start it", shown(&path));
        return Err(Error::new(Code::Masked, message).hints(hidden(&path, host)));
    }
    let text = text_file::read(&path, SIZE_MAX).map_err(|refused| unreadable(&shown(&path), refused))?;
    Ok(Source { path, text, is_stdin: false })
}

/// How to import the file that a masked one hides.
fn hidden(path: &Path, host: &Host) -> Option<Message> {
    let (name, directory) = (path.file_name()?, path.parent()?.to_owned());
    let mut paths = [Scope::System, Scope::User].into_iter().map(|scope| host.unit_search_path(scope));
    let directories = paths.find(|directories| directories.contains(&directory))?;
    let hidden = directories.into_iter().map(|directory| directory.join(name)).find(|path| tree::is_file(path))?;
    Some(message!("import the file that it hides: {}", mkservice(["import"]).arg(hidden)))
}

fn read_related(wanted: &[RelatedFile]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for wanted in wanted {
        let paths = match wanted {
            RelatedFile::File(path) => vec![path.clone()],
            RelatedFile::Unit(path) => [path.clone()].into_iter().filter(is_unit).collect(),
            RelatedFile::Pattern(pattern) => text_file::matching_or_masked(pattern),
        };
        for path in paths {
            // A masked file hides others of its name.
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
    let file = if refused.line == 0 { file.to_owned() } else { format!("{file}:{}:", refused.line) };
    Error::new(Code::FileInvalid, message!("{} {}", file, refused.why))
}

fn formation(typed: &[String]) -> Result<Vec<(String, usize)>> {
    let pairs = typed.iter().flat_map(|list| list.split(',')).filter(|pair| !pair.is_empty());
    let read = pairs.map(|pair| {
        import::formation_pair(pair).filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            let option = set("formation", pair);
            let error = Error::invalid(message!("{} is not NAME=N with a number up to {}", option, INSTANCES_MAX));
            error.about_option("formation").hint("write it as: -m web=2,worker=1 (all=1 stands for the others)")
        })
    });
    read.collect()
}

fn refuse_options_of_others(options: &ImportOptions, importer: &dyn Importer) -> Result<()> {
    let Some(option) = options.given().find(|option| !importer.options().contains(option)) else { return Ok(()) };
    let of: Vec<&str> = import::importers()
        .filter(|importer| importer.options().contains(&option))
        .map(|importer| importer.format().word())
        .collect();
    let (of, this) = (of.join(" and "), importer.format().word());
    Err(Error::new(Code::Usage, message!("{} applies to {} files only; this is a {} file", option, of, this)))
}

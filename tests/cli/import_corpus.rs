//! Files in the manner of those that people publish: what `mkservice import` makes of each, and that `mkservice apply`
//! takes it.
//!
//! `tests/import/KIND.txt` holds the files of a kind. Each begins with `=== NAME`, with `@ PATH` if the path matters;
//! `+++ PATH` begins a file beside it. `SNAPSHOTS=overwrite` writes the outcome after `--->`: the services, each with
//! the options that not all of the kind have, and the remarks.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use mkservice::cli::ImportFormat;
use mkservice::import::{self, Facts, ImportOptions, Imported, Input, Source};
use mkservice::manifest::{self, Entry, Value};
use mkservice::output::wording::plain;
use mkservice::shell;
use mkservice::spec::Scope;

use crate::support::{Home, same};

/// A file with those beside it.
struct Document<'a> {
    /// The line with its name.
    head: &'a str,
    body: &'a str,
    files: Vec<Source>,
}

const DIRECTORY: &str = "/srv/app";
const USERS: &str = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\n\
                     clamav:x:100:100::/var/lib/clamav:/bin/sh\ngit:x:101:101::/srv/git:/bin/sh\n\
                     mail:x:8:8::/var/mail:/bin/sh\n";
const GROUPS: &str = "root:x:0:\nann:x:1000:\nwww-data:x:33:\nclamav:x:100:\ngit:x:101:\nmail:x:8:\n";

#[test]
fn crontabs() {
    check("crontab", ImportFormat::Crontab, "jobs");
}

#[test]
fn supervisord_configurations() {
    check("supervisord", ImportFormat::Supervisord, "supervisord.conf");
}

#[test]
fn procfiles() {
    check("procfile", ImportFormat::Procfile, "Procfile");
}

#[test]
fn pm2_files() {
    check("pm2", ImportFormat::Pm2, "ecosystem.json");
}

/// Compares the outcomes of all files of a kind, and applies them.
fn check(kind: &str, format: ImportFormat, usual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/import/{kind}.txt"));
    let text = fs::read_to_string(&path).unwrap();
    let documents = documents(&text, usual);
    assert!(documents.len() >= 100, "{kind}: {}", documents.len());
    let read: Vec<Result<Imported, String>> = documents.iter().map(|document| imported(document, format)).collect();
    let common = common(read.iter().flatten());
    let outcome = documents.iter().zip(&read).map(|(document, read)| {
        let Document { head, body, .. } = document;
        format!("{head}\n{body}--->\n{}", shown(read, &common))
    });
    let outcome: String = outcome.collect();
    if std::env::var_os("SNAPSHOTS").is_some_and(|action| action == "overwrite") {
        fs::write(&path, outcome).unwrap();
    } else {
        same(outcome, text.as_str());
    }
    applied(&documents, &read);
}

fn documents<'a>(text: &'a str, usual: &str) -> Vec<Document<'a>> {
    let (mut documents, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let end = rest.find("\n=== ").map_or(rest.len(), |at| at + 1);
        let (document, after) = rest.split_at(end);
        rest = after;
        let (head, body) = document.split_once('\n').unwrap();
        let body = body.find("--->\n").map_or(body, |at| &body[..at]);
        let path = Path::new(DIRECTORY).join(head.split_once(" @ ").map_or(usual, |(_, path)| path));
        let directory = path.parent().unwrap().to_owned();
        let mut parts = body.split("+++ ");
        let main = Source { path, text: parts.next().unwrap().to_owned(), is_stdin: false };
        let others = parts.map(|part| {
            let (path, text) = part.split_once('\n').unwrap();
            Source { path: directory.join(path), text: text.to_owned(), is_stdin: false }
        });
        documents.push(Document { head, body, files: std::iter::once(main).chain(others).collect() });
    }
    documents
}

/// Imports a file as ann, on a machine where each file exists.
fn imported(document: &Document<'_>, format: ImportFormat) -> Result<Imported, String> {
    let environment: BTreeMap<String, String> = [("HOME".to_owned(), "/home/ann".to_owned())].into();
    let home_of = |name: &str| {
        let mut lines = USERS.lines().map(|line| line.split(':').collect::<Vec<_>>());
        lines.find(|fields| fields[0] == name).map(|fields| PathBuf::from(fields[5]))
    };
    let facts = Facts {
        scope: Scope::User,
        user: "ann",
        uid: 1000,
        home: Path::new("/home/ann"),
        environment: &environment,
        host_name: "build1",
        processors: 2,
        unit_search_paths: &[],
        home_of: &home_of,
        is_file: &is_file,
        is_program: &|word| ["git", "mail", "/usr/bin/php"].contains(&word),
        refusals: &|properties, _, _| vec![None; properties.len()],
        is_binary: &|path| path.ends_with("server"),
    };
    let importer = import::importers().find(|importer| importer.format() == format).unwrap();
    let (source, related) = document.files.split_first().unwrap();
    let options = ImportOptions::default();
    import::import(importer, &Input { source, related, facts: &facts, options: &options })
        .map_err(|error| plain(&error))
}

/// Only full versions of Node.js are directories of nvm.
fn is_file(path: &Path) -> bool {
    let is_script = path.extension().is_some()
        || ["bin/node", "bin/next", "America/New_York"].iter().any(|end| path.ends_with(end));
    is_script && !path.ends_with("v20/bin/node") && !path.to_string_lossy().contains(' ')
}

/// Options with the values that most services of a kind have.
type Common = Vec<(String, Value)>;

fn common<'a>(read: impl Iterator<Item = &'a Imported>) -> Common {
    let entries: Vec<&Entry> = read.flat_map(|imported| &imported.manifest.services).collect();
    let mut common: Common = Vec::new();
    for option in entries.iter().flat_map(|entry| &entry.options) {
        let count = entries.iter().filter(|entry| entry.options.contains(option)).count();
        if 2 * count > entries.len() && !common.contains(option) {
            common.push(option.clone());
        }
    }
    common
}

fn shown(read: &Result<Imported, String>, common: &Common) -> String {
    let read = match read {
        Ok(read) => read,
        Err(why) => return format!("error: {why}\n"),
    };
    let mut out = String::new();
    for entry in &read.manifest.services {
        out.push_str(&format!("{}: {}\n", entry.name, shell::join(&entry.command)));
        let options = entry.options.iter().filter(|option| !common.contains(option));
        let options: Vec<String> = options.map(|(name, value)| format!("{name} = {}", value_of(value))).collect();
        if !options.is_empty() {
            out.push_str(&format!("    {}\n", options.join("; ")));
        }
        // Without some of them, it is another service than most.
        for (name, _) in common.iter().filter(|(name, _)| !entry.options.iter().any(|(own, _)| own == name)) {
            out.push_str(&format!("    no {name}\n"));
        }
    }
    for it in &read.unconverted {
        out.push_str(&format!("! {}: {}\n", it.line, it.what));
    }
    out
}

fn value_of(value: &Value) -> String {
    let pair = |(name, value): &(String, String)| format!("{name}={}", shell::quote(value));
    match value {
        Value::Text(text) => shell::quote(text),
        Value::Flag(on) => on.to_string(),
        Value::List(list) => shell::join(list),
        Value::Table(table) => table.iter().map(pair).collect::<Vec<_>>().join(" "),
    }
}

/// Applies each manifest to an image that has what it names: whatever is printed is taken.
fn applied(documents: &[Document<'_>], read: &[Result<Imported, String>]) {
    let mut refused = Vec::new();
    for (document, read) in documents.iter().zip(read) {
        let Ok(read) = read else { continue };
        let home = Home::new();
        let image = home.path().join("image");
        let has_users = read.manifest.services.iter().any(|it| it.options.iter().any(|(name, _)| name == "uid"));
        for (path, text) in [
            ("etc/passwd", USERS),
            ("etc/group", GROUPS),
            ("usr/lib/systemd/libsystemd-shared-257.so", ""),
            ("usr/bin/sh", PROGRAM),
            ("home/ann/.profile", ""),
            ("var/log/journal/x", ""),
            ("usr/share/zoneinfo/America/New_York", "TZif"),
        ] {
            put(&image.join(path), text);
        }
        std::os::unix::fs::symlink("usr/bin", image.join("bin")).unwrap();
        read.manifest.services.iter().for_each(|entry| provide(entry, &image));
        let text = manifest::write(&read.manifest);
        home.file("work/mkservice.toml", &text, 0o644);
        let scope = if has_users { "--system" } else { "--user --uid ann" };
        // Who can write to the directory of a log file is up to the machine.
        let force = if text.contains("\nlog-file = ") { "--force" } else { "" };
        let ran = home.run(&format!("apply --dry-run --root ../image {scope} {force} mkservice.toml"));
        if ran.code != 0 {
            refused.push(format!("{}\n{text}\n{}", document.head, ran.stderr));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

fn put(path: &Path, text: &str) {
    if !path.exists() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

const PROGRAM: &str = "\u{7f}ELF\0";

/// Puts what a service needs into an image.
fn provide(entry: &Entry, image: &Path) {
    let inside = |path: &str| image.join(path.trim_start_matches('/'));
    let text = |name: &str| match entry.options.iter().find(|(known, _)| known == name) {
        Some((_, Value::Text(text))) => Some(text.as_str()),
        _ => None,
    };
    let directory = inside(text("working-directory").unwrap_or("/"));
    fs::create_dir_all(&directory).unwrap();
    let program = &entry.command[0];
    put(&inside(&if program.contains('/') { program.clone() } else { format!("usr/bin/{program}") }), PROGRAM);
    // The scripts of interpreters.
    let is_file = |word: &&String| Path::new(word).extension().is_some() && !word.contains([' ', ':', '=', '$']);
    for word in entry.command[1..].iter().filter(is_file) {
        put(&if word.starts_with('/') { inside(word) } else { directory.join(word) }, "x\n");
    }
    if let Some(log) = text("log-file") {
        fs::create_dir_all(inside(log).parent().unwrap()).unwrap();
    }
    if let Some(environment) = text("environment-file") {
        put(&inside(environment), "A=1\n");
    }
}

//! What the targets of several importers share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mkservice::cli::ImportFormat;
use mkservice::import::{self, Facts, ImportOptions, Input, RelatedFile, Source};
use mkservice::manifest;
use mkservice::output::wording::Wording;
use mkservice::spec::Scope;

/// Imports the text before the first NUL, which no file can contain; the text after it is that of the first file that is
/// read along. The manifest that
/// is printed is accepted by `apply`, and reading and writing it again changes nothing.
pub fn import(format: ImportFormat, path: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut files = text.split('\0');
    let (text, other) = (files.next().unwrap_or_default(), files.next().unwrap_or_default());
    let importer = import::importers().find(|importer| importer.format() == format).expect("one for each format");
    let environment: BTreeMap<String, String> = [("HOME".to_owned(), "/home/ann".to_owned())].into();
    let search_paths = [Scope::System, Scope::User].map(|_| vec![PathBuf::from("/etc/systemd/system")]);
    let facts = Facts {
        scope: Scope::System,
        user: "ann",
        uid: 1000,
        home: Path::new("/home/ann"),
        environment: &environment,
        host_name: "host",
        processors: 2,
        unit_search_paths: &search_paths,
        home_of: &|name| (name == "ann").then(|| "/home/ann".into()),
        is_file: &|path| path.ends_with("app.js"),
        is_program: &|word| word == "php",
        refusals: &|properties, _, _| vec![None; properties.len()],
        is_binary: &|path| path.ends_with("server"),
    };
    let source = |path: PathBuf, text: &str| Source { path, text: text.to_owned(), is_stdin: false };
    let main = source(path.into(), text);
    let _ = import::detect(&main.path, text);
    let related = importer.related_files(&main, &facts).into_iter().find_map(|related| match related {
        RelatedFile::File(path) | RelatedFile::Unit(path) => Some(path),
        RelatedFile::Pattern(_) => None,
    });
    let related: Vec<Source> = related.map(|path| source(path, other)).into_iter().collect();
    let options = ImportOptions::default();
    let input = Input { source: &main, related: &related, facts: &facts, options: &options };
    let Ok(imported) = import::import(importer, &input) else { return };
    imported.unconverted.iter().for_each(|it| drop(it.message()));
    let printed = manifest::write(&imported.manifest);
    if let Err(error) = manifest::read(printed.as_bytes(), "printed") {
        // A file without a service has nothing to apply.
        let refused = Wording::default().lines(&error).join("\n");
        assert!(imported.manifest.services.is_empty(), "{refused}\n{printed}");
    }
}

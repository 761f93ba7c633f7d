//! The drop-ins of a unit, from all directories that its manager reads, and the units that start it.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::super::draft::{absolute, directory_of};
use super::super::{RelatedFile, Source};

/// The kinds of units that start a service of the same name.
pub const TRIGGER_KINDS: [&str; 3] = ["timer", "socket", "path"];

/// The files to read with the service at a path. A service outside of the search paths has only files beside it.
pub fn of(path: &Path, search_paths: &[Vec<PathBuf>]) -> Vec<RelatedFile> {
    let path = absolute(Path::new("/"), &path.to_string_lossy());
    let own = directory_of(&path).to_owned();
    let directories = search_paths.iter().find(|directories| directories.contains(&own)).cloned();
    let is_installed = directories.is_some();
    let directories = directories.unwrap_or_else(|| vec![own]);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".service").unwrap_or(&name);
    let template = stem.split_once('@').map(|(prefix, _)| format!("{prefix}@"));
    let stems: Vec<&str> = std::iter::once(stem).chain(template.as_deref().filter(|it| *it != stem)).collect();
    let mut wanted = Vec::new();
    for kind in TRIGGER_KINDS {
        for stem in &stems {
            wanted.extend(
                directories.iter().map(|directory| RelatedFile::Unit(directory.join(format!("{stem}.{kind}")))),
            );
        }
    }
    for (_, suffix) in DEPENDENCY_DIRECTORIES {
        let of_stem = |stem: &&str| {
            directories.iter().map(|it| it.join(format!("{stem}.service.{suffix}/*"))).collect::<Vec<_>>()
        };
        wanted.extend(stems.iter().flat_map(of_stem).map(RelatedFile::Pattern));
    }
    // Of a template, a socket starts an instance for each connection.
    if let Some(prefix) = stem.strip_suffix('@') {
        wanted.extend(directories.iter().map(|it| RelatedFile::Unit(it.join(format!("{prefix}.socket")))));
    }
    for kind in ["service"].into_iter().chain(TRIGGER_KINDS) {
        let mut named: Vec<String> = match is_installed {
            true => names(stem).iter().map(|name| format!("{name}.{kind}.d")).collect(),
            false => stems.iter().map(|stem| format!("{stem}.{kind}.d")).collect(),
        };
        // With `--format systemd`, any name is accepted.
        if kind == "service" && !name.ends_with(".service") {
            named = vec![format!("{name}.d")];
        }
        let of_directory = |directory: &PathBuf| named.iter().map(|name| directory.join(name)).collect::<Vec<_>>();
        let of_all = directories.iter().filter(|_| is_installed).map(|directory| directory.join(format!("{kind}.d")));
        let drop_ins = directories.iter().flat_map(of_directory).chain(of_all);
        wanted.extend(drop_ins.map(|directory| RelatedFile::Pattern(directory.join("*.conf"))));
    }
    wanted
}

/// Directories of links to dependencies beside a unit.
const DEPENDENCY_DIRECTORIES: [(&str, &str); 2] = [("Wants", "wants"), ("Requires", "requires")];

/// The units in `NAME.service.wants` and the like, with the directive that means the same.
pub fn dependencies(related: &[Source]) -> Vec<(&'static str, &str)> {
    let found = related.iter().filter_map(|source| {
        let name = source.path.file_name()?.to_str()?;
        Some((dependency_directive(&source.path)?, name))
    });
    let mut all: Vec<(&str, &str)> = found.collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn dependency_directive(path: &Path) -> Option<&'static str> {
    let suffix = directory_of(path).extension()?;
    DEPENDENCY_DIRECTORIES.into_iter().find(|(_, known)| suffix == *known).map(|(directive, _)| directive)
}

/// The names whose drop-ins apply, by priority (systemd.unit(5)): for `a-b@c` also those of `a-b@`, `a-` and others.
fn names(stem: &str) -> Vec<String> {
    let (prefix, instance) = match stem.split_once('@') {
        Some((prefix, instance)) => (prefix, Some(instance)),
        None => (stem, None),
    };
    let mut names = vec![stem.to_owned()];
    names.extend(instance.filter(|it| !it.is_empty()).map(|_| format!("{prefix}@")));
    let dashes = prefix.char_indices().rev().filter(|(_, c)| *c == '-');
    for (dash, _) in dashes.filter(|(dash, _)| dash + 1 < prefix.len() && !prefix[..*dash].ends_with('-')) {
        let prefix = &prefix[..=dash];
        names.push(prefix.to_owned());
        if let Some(instance) = instance {
            names.extend((!instance.is_empty()).then(|| format!("{prefix}@{instance}")));
            names.push(format!("{prefix}@"));
        }
    }
    names
}

/// The drop-ins for a kind of unit, in the order in which they apply; of several with one name the first counts.
pub fn drop_ins<'a>(related: &'a [Source], kind: &str) -> Vec<&'a Source> {
    let mut seen: HashSet<&OsStr> = HashSet::new();
    let of_kind = related.iter().filter(|source| drop_in_kind(&source.path) == Some(kind));
    let mut drop_ins: Vec<&Source> =
        of_kind.filter(|source| source.path.file_name().is_some_and(|name| seen.insert(name))).collect();
    drop_ins.sort_by_key(|drop_in| drop_in.path.file_name());
    drop_ins
}

/// The kind of unit that a drop-in is for: the service, unless its directory names another.
fn drop_in_kind(path: &Path) -> Option<&'static str> {
    if path.extension().is_none_or(|ending| ending != "conf") {
        return None;
    }
    let directory = directory_of(path).file_name()?.to_str()?.strip_suffix(".d")?;
    let ending = directory.rsplit_once('.').map_or(directory, |(_, ending)| ending);
    Some(TRIGGER_KINDS.into_iter().find(|kind| *kind == ending).unwrap_or("service"))
}

/// The first unit of a kind, unless it is masked.
pub fn trigger<'a>(related: &'a [Source], kind: &str) -> Option<&'a Source> {
    let is_of_kind = |path: &Path| path.extension().is_some_and(|ending| ending == kind);
    let found = related.iter().find(|it| is_of_kind(&it.path) && dependency_directive(&it.path).is_none());
    found.filter(|source| !source.text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drop_ins_of_all_names_apply() {
        assert_eq!(names("web"), ["web"]);
        assert_eq!(names("a-b-c"), ["a-b-c", "a-b-", "a-"]);
        assert_eq!(names("a-b@c"), ["a-b@c", "a-b@", "a-", "a-@c", "a-@"]);
        assert_eq!(names("a-b@"), ["a-b@", "a-", "a-@"]);
        assert_eq!(names("a--b-"), ["a--b-", "a-"]);
        assert_eq!(names(""), [""]);
    }

    #[test]
    fn an_installed_unit_has_drop_ins_in_all_directories() {
        let directories = [vec![PathBuf::from("/etc/systemd/system"), PathBuf::from("/usr/lib/systemd/system")]];
        let wanted = |path: &str| of(Path::new(path), &directories);
        let pattern = |path: &str| RelatedFile::Pattern(path.into());
        let installed = wanted("/usr/lib/systemd/system/./job.service");
        for path in [
            "/etc/systemd/system/job.service.d/*.conf",
            "/usr/lib/systemd/system/job.timer.d/*.conf",
            "/etc/systemd/system/service.d/*.conf",
        ] {
            assert!(installed.contains(&pattern(path)), "{path}: {installed:?}");
        }
        assert!(installed.contains(&RelatedFile::Unit("/etc/systemd/system/job.timer".into())), "{installed:?}");
        let elsewhere = wanted("/srv/job.service");
        assert!(elsewhere.contains(&pattern("/srv/job.service.d/*.conf")), "{elsewhere:?}");
        assert!(!elsewhere.contains(&pattern("/srv/service.d/*.conf")), "{elsewhere:?}");
    }

    #[test]
    fn the_first_drop_in_of_a_name_counts() {
        let source = |path: &str| Source { path: path.into(), text: String::new(), is_stdin: false };
        let related =
            ["/etc/job.service.d/20.conf", "/usr/job.service.d/20.conf", "/usr/service.d/10.conf"].map(source);
        let paths: Vec<&Path> = drop_ins(&related, "service").into_iter().map(|source| source.path.as_path()).collect();
        assert_eq!(paths, [Path::new("/usr/service.d/10.conf"), Path::new("/etc/job.service.d/20.conf")]);
        assert_eq!(drop_ins(&[source("/etc/job.timer.d/20.conf")], "service"), Vec::<&Source>::new());
    }
}

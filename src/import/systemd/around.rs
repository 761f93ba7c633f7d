//! Which files belong to a unit: its drop-ins, from all folders that its manager reads, and the units that start it.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::super::draft::{absolute, folder};
use super::super::{Beside, Source};

/// The kinds of units that start a service of the same name.
pub const STARTERS: [&str; 3] = ["timer", "socket", "path"];

/// The files that belong to the service at a path. `search_paths` are the folders of each manager, the one that wins
/// first: a file that lies in none of them has only its own.
pub fn files(path: &Path, search_paths: &[Vec<PathBuf>]) -> Vec<Beside> {
    let path = absolute(Path::new("/"), &path.to_string_lossy());
    let own = folder(&path).to_owned();
    let folders = search_paths.iter().find(|folders| folders.contains(&own)).cloned();
    let is_installed = folders.is_some();
    let folders = folders.unwrap_or_else(|| vec![own]);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".service").unwrap_or(&name);
    let template = stem.split_once('@').map(|(prefix, _)| format!("{prefix}@"));
    let stems: Vec<&str> = std::iter::once(stem).chain(template.as_deref().filter(|it| *it != stem)).collect();
    let mut wanted = Vec::new();
    for kind in STARTERS {
        for stem in &stems {
            wanted.extend(folders.iter().map(|folder| Beside::Unit(folder.join(format!("{stem}.{kind}")))));
        }
    }
    for kind in ["service"].into_iter().chain(STARTERS) {
        let mut named: Vec<String> = match is_installed {
            true => names(stem).iter().map(|name| format!("{name}.{kind}.d")).collect(),
            false => stems.iter().map(|stem| format!("{stem}.{kind}.d")).collect(),
        };
        // A file whose name ends otherwise can be a unit all the same (`--format systemd`).
        if kind == "service" && !name.ends_with(".service") {
            named = vec![format!("{name}.d")];
        }
        let of_folder = |folder: &PathBuf| named.iter().map(|name| folder.join(name)).collect::<Vec<_>>();
        let of_all = folders.iter().filter(|_| is_installed).map(|folder| folder.join(format!("{kind}.d")));
        let drop_ins = folders.iter().flat_map(of_folder).chain(of_all);
        wanted.extend(drop_ins.map(|folder| Beside::Pattern(folder.join("*.conf"))));
    }
    wanted
}

/// The names for which drop-ins count, the one that wins first (systemd.unit(5)): `a-b@c` has those of `a-b@`, `a-` and
/// the like as well.
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

/// The drop-ins of a kind of unit, in the order in which they count: by their names, and of several with one name the
/// first that was found.
pub fn drop_ins<'a>(beside: &'a [Source], kind: &str) -> Vec<&'a Source> {
    let mut seen: HashSet<&OsStr> = HashSet::new();
    let of_kind = beside.iter().filter(|source| drop_in_kind(&source.path) == Some(kind));
    let mut drop_ins: Vec<&Source> =
        of_kind.filter(|source| source.path.file_name().is_some_and(|name| seen.insert(name))).collect();
    drop_ins.sort_by_key(|drop_in| drop_in.path.file_name());
    drop_ins
}

/// The kind of unit that a drop-in is for. What lies in no folder of a kind is for the service.
fn drop_in_kind(path: &Path) -> Option<&'static str> {
    if path.extension().is_none_or(|ending| ending != "conf") {
        return None;
    }
    let folder = folder(path).file_name()?.to_str()?.strip_suffix(".d")?;
    let ending = folder.rsplit_once('.').map_or(folder, |(_, ending)| ending);
    Some(STARTERS.into_iter().find(|kind| *kind == ending).unwrap_or("service"))
}

/// The unit of a kind that was found first. One that is masked is none.
pub fn starter<'a>(beside: &'a [Source], kind: &str) -> Option<&'a Source> {
    let found = beside.iter().find(|source| source.path.extension().is_some_and(|ending| ending == kind));
    found.filter(|source| !source.text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drop_ins_of_all_names_count() {
        assert_eq!(names("web"), ["web"]);
        assert_eq!(names("a-b-c"), ["a-b-c", "a-b-", "a-"]);
        assert_eq!(names("a-b@c"), ["a-b@c", "a-b@", "a-", "a-@c", "a-@"]);
        assert_eq!(names("a-b@"), ["a-b@", "a-", "a-@"]);
        assert_eq!(names("a--b-"), ["a--b-", "a-"]);
        assert_eq!(names(""), [""]);
    }

    #[test]
    fn a_unit_that_is_installed_has_those_of_all_folders() {
        let folders = [vec![PathBuf::from("/etc/systemd/system"), PathBuf::from("/usr/lib/systemd/system")]];
        let wanted = |path: &str| files(Path::new(path), &folders);
        let pattern = |path: &str| Beside::Pattern(path.into());
        let installed = wanted("/usr/lib/systemd/system/./job.service");
        for path in [
            "/etc/systemd/system/job.service.d/*.conf",
            "/usr/lib/systemd/system/job.timer.d/*.conf",
            "/etc/systemd/system/service.d/*.conf",
        ] {
            assert!(installed.contains(&pattern(path)), "{path}: {installed:?}");
        }
        assert!(installed.contains(&Beside::Unit("/etc/systemd/system/job.timer".into())), "{installed:?}");
        let elsewhere = wanted("/srv/job.service");
        assert!(elsewhere.contains(&pattern("/srv/job.service.d/*.conf")), "{elsewhere:?}");
        assert!(!elsewhere.contains(&pattern("/srv/service.d/*.conf")), "{elsewhere:?}");
    }

    #[test]
    fn the_first_of_a_name_counts() {
        let source = |path: &str| Source { path: path.into(), text: String::new(), is_stdin: false };
        let beside = ["/etc/job.service.d/20.conf", "/usr/job.service.d/20.conf", "/usr/service.d/10.conf"].map(source);
        let paths: Vec<&Path> = drop_ins(&beside, "service").into_iter().map(|source| source.path.as_path()).collect();
        assert_eq!(paths, [Path::new("/usr/service.d/10.conf"), Path::new("/etc/job.service.d/20.conf")]);
        assert_eq!(drop_ins(&[source("/etc/job.timer.d/20.conf")], "service"), Vec::<&Source>::new());
    }
}

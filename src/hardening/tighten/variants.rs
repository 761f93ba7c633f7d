//! The variants of a measure that breaks a service, from strict to loose, with exceptions for what the service was seen
//! to need, such as a directory that it writes to.

use super::{Setting, Variant};
use crate::hardening::HIDDEN;
use crate::hardening::home::optional;
use crate::systemd::path::mount;

/// What exceptions can be made for. All paths are absolute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Its working directory, if it does not share it with other programs.
    pub dir: Option<String>,
    /// The existing directories of paths that it was denied.
    pub refused: Vec<String>,
    pub devices: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Variants {
    directive: &'static str,
    /// The values of its levels, the strictest first.
    values: Vec<&'static [&'static str]>,
    tried: Vec<Variant>,
}

/// Where services usually write (file-hierarchy(7)).
const VARIABLE: &str = "-/var -/run -/srv";

impl Variants {
    /// Begins after the strictest variant, which is known to break the service.
    pub fn new(directive: &'static str, values: Vec<&'static [&'static str]>) -> Variants {
        Variants { directive, values, tried: vec![Variant { level: Some(0), with: Vec::new() }] }
    }

    /// The strictest variant that was not tried; the needs can grow from call to call.
    pub fn next(&mut self, needs: &Needs) -> Option<Variant> {
        let variants = self.values.iter().enumerate().flat_map(|(level, values)| {
            let exceptions = exceptions(self.directive, values.first().copied().unwrap_or_default(), needs);
            std::iter::once(Vec::new()).chain(exceptions).map(move |with| Variant { level: Some(level), with })
        });
        let next = variants.into_iter().find(|variant| !self.tried.contains(variant))?;
        self.tried.push(next.clone());
        Some(next)
    }
}

/// The exceptions that make sense with a value, the smallest first.
fn exceptions(directive: &str, value: &str, needs: &Needs) -> Vec<Vec<Setting>> {
    let dir: Vec<String> = needs.dir.iter().cloned().collect();
    let least: Vec<String> =
        needs.refused.iter().filter(|path| !has_subdirectory(path, &needs.refused)).cloned().collect();
    let mut all = needs.refused.clone();
    all.extend(dir.iter().filter(|dir| !needs.refused.contains(dir)).cloned());
    let homes = |paths: &[String]| -> Vec<String> { paths.iter().filter(|path| is_in_homes(path)).cloned().collect() };
    let setting = |name: &str, value: String| vec![(name.to_owned(), value)];
    let mut sets = Vec::new();
    match (directive, value) {
        ("ProtectSystem", "strict") => {
            let least = [least, needs.refused.clone(), dir, all];
            sets.extend(least.iter().filter_map(|paths| words(paths)).map(|it| setting("ReadWritePaths", it)));
            let widest = words(&needs.refused).map_or(VARIABLE.into(), |refused| format!("{refused} {VARIABLE}"));
            sets.push(setting("ReadWritePaths", widest));
        }
        ("ProtectSystem", _) => sets.extend(words(&needs.refused).map(|it| setting("ReadWritePaths", it))),
        ("ProtectHome", "tmpfs") => {
            for paths in [homes(&least), homes(&needs.refused)] {
                let shown = |name: &&str| words(&paths).map(|it| setting(name, it));
                sets.extend(["BindReadOnlyPaths", "BindPaths"].iter().filter_map(shown));
            }
        }
        ("ProtectHome", _) => {
            sets.extend(words(&homes(&needs.refused)).map(|it| setting("ReadWritePaths", it)));
        }
        ("DevicePolicy", _) => {
            let devices = needs.devices.iter().filter(|path| !path.contains([' ', '%', '\\', '"', '\'']));
            let allowed = devices.map(|path| ("DeviceAllow".to_owned(), format!("{path} rw")));
            sets.push(allowed.collect());
            sets.retain(|set| !set.is_empty());
        }
        _ => {}
    }
    sets
}

/// Whether one of these paths is below a directory.
fn has_subdirectory(directory: &str, paths: &[String]) -> bool {
    let is_below = |path: &String| path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
    paths.iter().any(is_below)
}

fn is_in_homes(path: &str) -> bool {
    HIDDEN.iter().any(|home| path.strip_prefix(home).is_some_and(|rest| rest.starts_with('/')))
}

/// A list of optional paths; `None` without one that can be written.
fn words(paths: &[String]) -> Option<String> {
    let words: Vec<String> =
        paths.iter().filter_map(|path| mount(path.as_bytes()).ok()).map(|path| optional(&path)).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variants(directive: &'static str, values: &[&'static [&'static str]], needs: &Needs) -> Vec<String> {
        let mut variants = Variants::new(directive, values.to_vec());
        let mut all = Vec::new();
        while let Some(variant) = variants.next(needs) {
            let lines: Vec<String> = variant.with.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            all.push(format!("{}{}", values[variant.level.unwrap()][0], lines.concat()));
        }
        all
    }

    #[test]
    fn smallest_exception_comes_first() {
        let needs = Needs {
            dir: Some("/srv/web".into()),
            refused: vec!["/var/lib/x".into(), "/home/ann/my data".into(), "/it's".into()],
            devices: vec!["/dev/fuse".into()],
        };
        assert_eq!(
            variants("ProtectSystem", &[&["strict"], &["full"]], &needs),
            [
                "strict ReadWritePaths=-/var/lib/x \"-/home/ann/my data\"",
                "strict ReadWritePaths=-/srv/web",
                "strict ReadWritePaths=-/var/lib/x \"-/home/ann/my data\" -/srv/web",
                "strict ReadWritePaths=-/var/lib/x \"-/home/ann/my data\" -/var -/run -/srv",
                "full",
                "full ReadWritePaths=-/var/lib/x \"-/home/ann/my data\"",
            ]
        );
        assert_eq!(
            variants("ProtectHome", &[&["tmpfs"], &["read-only"]], &needs),
            [
                "tmpfs BindReadOnlyPaths=\"-/home/ann/my data\"",
                "tmpfs BindPaths=\"-/home/ann/my data\"",
                "read-only",
                "read-only ReadWritePaths=\"-/home/ann/my data\"",
            ]
        );
        assert_eq!(variants("DevicePolicy", &[&["closed"]], &needs), ["closed DeviceAllow=/dev/fuse rw"]);
    }

    #[test]
    fn subdirectories_come_first() {
        let refused = vec!["/home/ann".into(), "/home/ann/.cache/app".into()];
        let needs = Needs { refused, ..Needs::default() };
        let variants = variants("ProtectHome", &[&["tmpfs"]], &needs);
        assert_eq!(variants[1], "tmpfs BindPaths=-/home/ann/.cache/app");
        assert_eq!(variants[3], "tmpfs BindPaths=-/home/ann -/home/ann/.cache/app");
    }

    #[test]
    fn needs_found_by_trials_are_tried() {
        let mut variants = Variants::new("ProtectSystem", vec![&["strict"]]);
        assert_eq!(variants.next(&Needs::default()).unwrap().with[0].1, VARIABLE);
        assert_eq!(variants.next(&Needs::default()), None);
        let needs = Needs { refused: vec!["/opt/x".into()], ..Needs::default() };
        assert_eq!(variants.next(&needs).unwrap().with[0].1, "-/opt/x");
    }
}

//! How a measure that breaks a service is loosened: step by step, and with exceptions for what the service was seen to
//! need, such as the folder that it writes to.

use super::Rung;
use super::Setting;
use crate::systemd::path::mount;

/// What is known of a service that exceptions can be made for. All paths are absolute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Its working folder, where it is one that a service has to itself.
    pub folder: Option<String>,
    /// Folders that exist and hold what it was refused.
    pub refused: Vec<String>,
    /// Devices that it was refused.
    pub devices: Vec<String>,
}

/// The steps of one measure.
#[derive(Debug, Clone)]
pub struct Ladder {
    directive: &'static str,
    /// The values of its rungs, the strictest first.
    values: Vec<&'static [&'static str]>,
    tried: Vec<Rung>,
}

/// Where services write when nobody says otherwise (file-hierarchy(7)).
const VARIABLE: &str = "-/var -/run -/srv";

impl Ladder {
    /// Begins behind the strictest step, which is known to break the service.
    pub fn new(directive: &'static str, values: Vec<&'static [&'static str]>) -> Ladder {
        Ladder { directive, values, tried: vec![Rung { rung: Some(0), with: Vec::new() }] }
    }

    /// The next step, the strictest that was not tried. What the service needs may become clear on the way. `None` when
    /// the measure has to be left off, or to be looked at in parts.
    pub fn next(&mut self, needs: &Needs) -> Option<Rung> {
        let steps = self.values.iter().enumerate().flat_map(|(rung, values)| {
            let beside = exceptions(self.directive, values.first().copied().unwrap_or_default(), needs);
            std::iter::once(Vec::new()).chain(beside).map(move |with| Rung { rung: Some(rung), with })
        });
        let next = steps.into_iter().find(|step| !self.tried.contains(step))?;
        self.tried.push(next.clone());
        Some(next)
    }
}

/// The exceptions that make sense beside a value, the least first.
fn exceptions(directive: &str, value: &str, needs: &Needs) -> Vec<Vec<Setting>> {
    let folder: Vec<String> = needs.folder.iter().cloned().collect();
    let least: Vec<String> =
        needs.refused.iter().filter(|path| !holds_another(path, &needs.refused)).cloned().collect();
    let mut all = needs.refused.clone();
    all.extend(folder.iter().filter(|folder| !needs.refused.contains(folder)).cloned());
    let homes = |paths: &[String]| -> Vec<String> { paths.iter().filter(|path| is_in_homes(path)).cloned().collect() };
    let setting = |name: &str, value: String| vec![(name.to_owned(), value)];
    let mut sets = Vec::new();
    match (directive, value) {
        ("ProtectSystem", "strict") => {
            let least = [least, needs.refused.clone(), folder, all];
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

/// Whether a folder is one above another one of these.
fn holds_another(folder: &str, paths: &[String]) -> bool {
    let is_below = |path: &String| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    paths.iter().any(is_below)
}

fn is_in_homes(path: &str) -> bool {
    ["/home", "/root", "/run/user"].iter().any(|home| path.strip_prefix(home).is_some_and(|rest| rest.starts_with('/')))
}

/// Paths as the words of one value, each of which may be missing; `None` where there are none that can be written.
fn words(paths: &[String]) -> Option<String> {
    let marked = |word: String| match word.strip_prefix('"') {
        Some(rest) => format!("\"-{rest}"),
        None => format!("-{word}"),
    };
    let words: Vec<String> = paths.iter().filter_map(|path| mount(path.as_bytes()).ok()).map(marked).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn climbed(directive: &'static str, values: &[&'static [&'static str]], needs: &Needs) -> Vec<String> {
        let mut ladder = Ladder::new(directive, values.to_vec());
        let mut all = Vec::new();
        while let Some(step) = ladder.next(needs) {
            let lines: Vec<String> = step.with.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            all.push(format!("{}{}", values[step.rung.unwrap()][0], lines.concat()));
        }
        all
    }

    #[test]
    fn the_least_exception_comes_first() {
        let needs = Needs {
            folder: Some("/srv/web".into()),
            refused: vec!["/var/lib/x".into(), "/home/ann/my data".into(), "/it's".into()],
            devices: vec!["/dev/fuse".into()],
        };
        assert_eq!(
            climbed("ProtectSystem", &[&["strict"], &["full"]], &needs),
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
            climbed("ProtectHome", &[&["tmpfs"], &["read-only"]], &needs),
            [
                "tmpfs BindReadOnlyPaths=\"-/home/ann/my data\"",
                "tmpfs BindPaths=\"-/home/ann/my data\"",
                "read-only",
                "read-only ReadWritePaths=\"-/home/ann/my data\"",
            ]
        );
        assert_eq!(climbed("DevicePolicy", &[&["closed"]], &needs), ["closed DeviceAllow=/dev/fuse rw"]);
    }

    #[test]
    fn a_folder_in_another_comes_first() {
        let refused = vec!["/home/ann".into(), "/home/ann/.cache/app".into()];
        let needs = Needs { refused, ..Needs::default() };
        let steps = climbed("ProtectHome", &[&["tmpfs"]], &needs);
        assert_eq!(steps[1], "tmpfs BindPaths=-/home/ann/.cache/app");
        assert_eq!(steps[3], "tmpfs BindPaths=-/home/ann -/home/ann/.cache/app");
    }

    #[test]
    fn what_becomes_clear_on_the_way_is_tried() {
        let mut ladder = Ladder::new("ProtectSystem", vec![&["strict"]]);
        assert_eq!(ladder.next(&Needs::default()).unwrap().with[0].1, VARIABLE);
        assert_eq!(ladder.next(&Needs::default()), None);
        let needs = Needs { refused: vec!["/opt/x".into()], ..Needs::default() };
        assert_eq!(ladder.next(&needs).unwrap().with[0].1, "-/opt/x");
    }
}

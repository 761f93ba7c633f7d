//! The links that `systemctl enable` creates for a unit (systemd.unit(5), "`[Install]` Section Options").

use std::path::{Path, PathBuf};

use askama::filters::Safe;

use crate::spec::{ServiceSpec, UnitKind};
use crate::systemd::directives::Section;
use crate::systemd::names::{UNIT_SUFFIXES, is_name_char};
use crate::systemd::unit_file;

/// The `WantedBy=` of a unit that is enabled, unless `-p` sets it.
pub fn default_target(spec: &ServiceSpec, kind: UnitKind) -> Option<&'static str> {
    (!spec.property_sets("WantedBy") && spec.entries().contains(&kind)).then(|| kind.target(spec.scope))
}

/// The properties of `[Install]`, for a unit that is enabled.
pub(super) fn lines(spec: &ServiceSpec, kind: UnitKind) -> Vec<Safe<String>> {
    if spec.entries().contains(&kind) { super::lines(spec, Section::Install) } else { Vec::new() }
}

/// Directories of links to dependencies, by directive.
pub const LINK_DIRECTORIES: [(&str, &str); 3] =
    [("WantedBy", "wants"), ("RequiredBy", "requires"), ("UpheldBy", "upholds")];

/// A link that enabling creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub path: PathBuf,
    /// The absolute path of the unit file.
    pub target: PathBuf,
}

/// Why the links of a unit cannot be determined without systemd.
#[derive(Debug, PartialEq, Eq)]
pub struct NeedsManager {
    /// The directive that only systemd can follow.
    pub directive: String,
}

/// The links that `systemctl enable` creates for a unit whose file is in `directory`.
pub fn links(spec: &ServiceSpec, kind: UnitKind, directory: &Path) -> Result<Vec<Link>, NeedsManager> {
    if !spec.entries().contains(&kind) {
        return Ok(Vec::new());
    }
    let default = default_target(spec, kind).map(|target| ("WantedBy", target));
    let typed = spec.properties.iter().map(|property| (property.name(), property.value()));
    let settings: Vec<_> = default.into_iter().chain(typed).collect();
    links_of(&spec.name.unit_of(kind), &settings, directory, spec.release)
}

/// Like [`links`], by the text of the unit file and the version of systemd.
pub fn links_of_text(
    unit: &str,
    text: &str,
    directory: &Path,
    release: Option<u32>,
) -> Result<Vec<Link>, NeedsManager> {
    let settings = unit_file::settings(text);
    let install = settings.iter().filter(|setting| setting.section == "Install");
    let settings: Vec<_> = install.map(|setting| (setting.name, setting.value.as_str())).collect();
    links_of(unit, &settings, directory, release)
}

/// The first version with `UpheldBy=`; older ones ignore it.
const UPHELD_BY_SINCE: u32 = 254;

fn links_of(
    unit: &str,
    settings: &[(&str, &str)],
    directory: &Path,
    release: Option<u32>,
) -> Result<Vec<Link>, NeedsManager> {
    let target = directory.join(unit);
    let wanted =
        |by: &str, kind: &str| Link { path: directory.join(format!("{by}.{kind}")).join(unit), target: target.clone() };
    let mut links: Vec<Link> = Vec::new();
    for directive in ["WantedBy", "RequiredBy", "UpheldBy", "Alias", "Also"] {
        if directive == "UpheldBy" && release.is_some_and(|release| release < UPHELD_BY_SINCE) {
            continue;
        }
        let mut named: Vec<&str> = Vec::new();
        for (_, value) in settings.iter().filter(|(name, _)| *name == directive) {
            if value.is_empty() {
                named.clear();
            }
            named.extend(value.split_whitespace());
        }
        let beyond_us = || NeedsManager { directive: directive.to_owned() };
        let named: Vec<String> =
            named.iter().map(|name| specified(name, unit)).collect::<Option<_>>().ok_or_else(beyond_us)?;
        let is_known = directive != "UpheldBy" || release.is_some();
        if !named.iter().all(|name| is_known && can_be_linked(unit, directive, name)) {
            return Err(beyond_us());
        }
        let kind = LINK_DIRECTORIES.into_iter().find(|(name, _)| *name == directive).map(|(_, kind)| kind);
        for name in named {
            let link = match kind {
                Some(kind) => wanted(&name, kind),
                None => Link { path: directory.join(name), target: target.clone() },
            };
            links.extend((!links.contains(&link)).then_some(link));
        }
    }
    links.retain(|link| link.path != target);
    Ok(links)
}

/// Expands the specifiers of a unit that is not an instance; `None` for specifiers that depend on the machine.
fn specified(name: &str, unit: &str) -> Option<String> {
    let stem = unit.rsplit_once('.').map_or(unit, |(stem, _)| stem);
    let mut out = String::new();
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        match c {
            '%' => out.push_str(match rest.next()? {
                '%' => "%",
                'n' => unit,
                'N' | 'p' => stem,
                'j' => stem.rsplit('-').next().unwrap_or(stem),
                _ => return None,
            }),
            c => out.push(c),
        }
    }
    Some(out)
}

/// Whether mkservice can create a link for `name` like `systemctl enable`; quotes, `Also=` and invalid names are left
/// to systemd.
fn can_be_linked(unit: &str, directive: &str, name: &str) -> bool {
    let plain = !name.starts_with(['.', '@']) && name.chars().all(|c| is_name_char(c) || c == '@');
    let suffix = UNIT_SUFFIXES.into_iter().find(|suffix| name.ends_with(suffix) && name.len() > suffix.len());
    match directive {
        // A unit that is neither a template nor an instance cannot have an alias that is.
        "Alias" => plain && !name.contains('@') && suffix.is_some_and(|suffix| unit.ends_with(suffix)),
        "WantedBy" | "RequiredBy" | "UpheldBy" => plain && suffix.is_some(),
        _ => false,
    }
}

/// The `*.wants` directory of a link, which is removed when it is empty, as by `systemctl disable`.
pub fn dependents_directory(link: &Path) -> Option<PathBuf> {
    let is_one = |directory: &&Path| {
        directory.extension().is_some_and(|ending| LINK_DIRECTORIES.iter().any(|(_, kind)| ending == *kind))
    };
    link.parent().filter(is_one).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(unit: &str, install: &str, release: Option<u32>) -> Result<Vec<String>, NeedsManager> {
        let links = links_of_text(unit, &format!("[Install]\n{install}"), Path::new("/f"), release)?;
        assert!(links.iter().all(|link| link.target == Path::new("/f").join(unit)), "{links:?}");
        Ok(links.iter().map(|link| link.path.strip_prefix("/f").unwrap().display().to_string()).collect())
    }

    #[test]
    fn what_links_depend_on_the_release_and_on_specifiers() {
        let upheld = |release| paths("a-b.service", "UpheldBy=x.service y@z.service\n", release);
        assert_eq!(upheld(Some(253)).unwrap(), [""; 0]);
        assert_eq!(upheld(Some(254)).unwrap(), ["x.service.upholds/a-b.service", "y@z.service.upholds/a-b.service"]);
        assert_eq!(upheld(None), Err(NeedsManager { directive: "UpheldBy".into() }));
        let named = paths("a-b.timer", "WantedBy=%p.target %N.target %j.target a%%.target\n", None);
        assert_eq!(named, Err(NeedsManager { directive: "WantedBy".into() }), "% is no character of a name");
        let named = paths("a-b.timer", "WantedBy=%p.target %N.target %j.target %n\nAlias=c-%j.timer\n", None);
        let wants = ["a-b.target.wants", "b.target.wants", "a-b.timer.wants"].map(|dir| format!("{dir}/a-b.timer"));
        assert_eq!(named.unwrap(), [&wants[..], &["c-b.timer".into()]].concat());
        for beyond in ["Also=x.service", "Alias=%H.service", "Alias=a@b.service", "Alias=x.timer", "WantedBy=.x.target"]
        {
            assert!(paths("a.service", &format!("{beyond}\n"), Some(257)).is_err(), "{beyond}");
        }
    }
}

//! What enabling a service means in links, as `systemctl enable` makes them (systemd.unit(5),
//! "`[Install]` Section Options").

use std::path::{Path, PathBuf};

use askama::filters::Safe;

use crate::spec::{ServiceSpec, UnitKind};
use crate::systemd::directives::Section;
use crate::systemd::names::{UNIT_SUFFIXES, is_name_char};
use crate::systemd::unit_file;

/// Our own `WantedBy=` of a unit, unless `-p` says who wants the service. Only what is enabled has one.
pub fn default_target(spec: &ServiceSpec, kind: UnitKind) -> Option<&'static str> {
    let typed = ["WantedBy", "RequiredBy", "UpheldBy", "Alias"].into_iter().any(|name| spec.property_sets(name));
    (!typed && spec.entries().contains(&kind)).then(|| kind.target(spec.scope))
}

/// What `-p` said of enabling, as lines of a unit that is enabled.
pub(super) fn lines(spec: &ServiceSpec, kind: UnitKind) -> Vec<Safe<String>> {
    if spec.entries().contains(&kind) { super::lines(spec, Section::Install) } else { Vec::new() }
}

/// The folders beside the units that hold links of dependents, by the directive that asks for them.
pub const LINK_FOLDERS: [(&str, &str); 3] =
    [("WantedBy", "wants"), ("RequiredBy", "requires"), ("UpheldBy", "upholds")];

/// A link that enabling makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where the link is.
    pub path: PathBuf,
    /// What it points to: always the absolute path of the unit's file.
    pub target: PathBuf,
}

/// Why the links of a unit cannot be told without a manager.
#[derive(Debug, PartialEq, Eq)]
pub struct NeedsManager {
    /// The directive that only systemd can follow.
    pub directive: String,
}

/// The links that `systemctl enable` would make for a unit of a service whose file lies in `folder`.
///
/// # Errors
/// `Also=` and specifiers lead to other units, which only systemd can follow.
pub fn links(spec: &ServiceSpec, kind: UnitKind, folder: &Path) -> Result<Vec<Link>, NeedsManager> {
    if !spec.entries().contains(&kind) {
        return Ok(Vec::new());
    }
    let default = default_target(spec, kind).map(|target| ("WantedBy", target));
    let typed = spec.properties.iter().map(|property| (property.name(), property.value()));
    links_of(&spec.name.unit_of(kind), &default.into_iter().chain(typed).collect::<Vec<_>>(), folder)
}

/// The same for a unit by the text of its file.
///
/// # Errors
/// As [`links`].
pub fn links_of_text(unit: &str, text: &str, folder: &Path) -> Result<Vec<Link>, NeedsManager> {
    let settings = unit_file::settings(text);
    let install = settings.iter().filter(|setting| setting.section == "Install");
    links_of(unit, &install.map(|setting| (setting.name, setting.value.as_str())).collect::<Vec<_>>(), folder)
}

fn links_of(unit: &str, settings: &[(&str, &str)], folder: &Path) -> Result<Vec<Link>, NeedsManager> {
    let target = folder.join(unit);
    let wanted =
        |by: &str, kind: &str| Link { path: folder.join(format!("{by}.{kind}")).join(unit), target: target.clone() };
    let mut links: Vec<Link> = Vec::new();
    for directive in ["WantedBy", "RequiredBy", "UpheldBy", "Alias", "Also"] {
        let mut named: Vec<&str> = Vec::new();
        for (_, value) in settings.iter().filter(|(name, _)| *name == directive) {
            if value.is_empty() {
                named.clear();
            }
            named.extend(value.split_whitespace());
        }
        let beyond_us = named.iter().any(|name| !can_be_linked(unit, directive, name));
        if beyond_us {
            return Err(NeedsManager { directive: directive.to_owned() });
        }
        let kind = LINK_FOLDERS.into_iter().find(|(name, _)| *name == directive).map(|(_, kind)| kind);
        links.extend(named.into_iter().map(|name| match kind {
            Some(kind) => wanted(name, kind),
            None => Link { path: folder.join(name), target: target.clone() },
        }));
    }
    // An alias of itself is no link.
    links.retain(|link| link.path != target);
    Ok(links)
}

/// Whether a link for `name` can be made without a manager, as `systemctl enable` would: specifiers
/// and quotes, `Also=`, and what is no name for such a unit are for the manager to judge.
fn can_be_linked(unit: &str, directive: &str, name: &str) -> bool {
    let plain = !name.starts_with('.') && name.chars().all(is_name_char);
    let suffix = UNIT_SUFFIXES.into_iter().find(|suffix| name.ends_with(suffix) && name.len() > suffix.len());
    match directive {
        "Alias" => plain && suffix.is_some_and(|suffix| unit.ends_with(suffix)),
        "WantedBy" | "RequiredBy" => plain && suffix.is_some(),
        // UpheldBy= came with systemd 254: whether it means anything here only the manager knows.
        _ => false,
    }
}

/// The `*.wants` folder of a link, which goes when it is empty, as with `systemctl disable`.
pub fn dependents_folder(link: &Path) -> Option<PathBuf> {
    let is_one =
        |folder: &&Path| folder.extension().is_some_and(|ending| LINK_FOLDERS.iter().any(|(_, kind)| ending == *kind));
    link.parent().filter(is_one).map(Path::to_owned)
}

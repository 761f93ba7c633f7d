//! What `explain` tells of a directive.

use crate::output::json;
use crate::shell;
use crate::systemd::directives::{Directive, InUser, NEWEST, Section};

/// A directive as a small block. `installed` is the release of systemd on this machine.
pub fn directive(directive: &Directive, installed: Option<u32>) -> String {
    let release = installed.unwrap_or(NEWEST);
    let sections: Vec<String> = directive.sections().map(|section| format!("[{}]", section.name())).collect();
    let mut lines = vec![
        format!("{}= in {}: {}", directive.name, sections.join(", "), directive.about),
        format!("  takes     {}", directive.kind.expects(release)),
    ];
    if let Some(line) = line(directive, release) {
        lines.push(format!("  example   {line}"));
    }
    lines.push(format!("  systemd   {}", releases(directive, installed)));
    if let Some(limit) = in_user(directive.in_user) {
        lines.push(format!("  --user    {limit}"));
    }
    lines.push(format!("  read      man {}", directive.man_page()));
    lines.join("\n")
}

/// The line to paste, for what can stand in the files of a service.
fn line(directive: &Directive, release: u32) -> Option<String> {
    let section = directive.sections().find(|section| *section <= Section::Path)?;
    let usual = crate::systemd::directives::usual(directive.name).is_some_and(|it| std::ptr::eq(it, directive));
    let section = if usual { String::new() } else { format!("{}.", section.name()) };
    let assignment = format!("{section}{}={}", directive.name, directive.example(release));
    Some(format!("-p {}", shell::quote(assignment)))
}

/// Which releases know it, and whether the one here does.
fn releases(directive: &Directive, installed: Option<u32>) -> String {
    let from = match directive.since {
        0 => "247 and older ones know it".to_owned(),
        since => format!("from {since} on"),
    };
    let until = match directive.until {
        u16::MAX => String::new(),
        until => format!(", to {until}"),
    };
    let here = match installed {
        Some(release) if directive.is_known_to(release) => format!("; this is {release}"),
        Some(release) => format!("; this is {release}, which does not know it"),
        None => String::new(),
    };
    format!("{from}{until}{here}")
}

/// What becomes of it in a user's manager, where that is not the same.
fn in_user(in_user: InUser) -> Option<&'static str> {
    Some(match in_user {
        InUser::Works => return None,
        InUser::Confined => "from systemd 254 on, before only with -p PrivateUsers=yes",
        InUser::ConfinedOrDies => "from systemd 254 on; before only with -p PrivateUsers=yes, else it does not start",
        InUser::Dies => "takes root's rights: the service would not start",
        InUser::Ignored => "takes root's rights: it is left out",
        InUser::Controller => "only where the user's manager was given the controller cpuset",
        InUser::CpuController => "from systemd 252 on, or where the user's manager was given the controller cpu",
        InUser::IoController => "only where the user's manager was given the controller io",
        InUser::Credential => "from systemd 256 on",
    })
}

/// The same for the JSON document.
pub fn directive_json(directive: &Directive, installed: Option<u32>) -> json::Directive {
    let release = installed.unwrap_or(NEWEST);
    json::Directive {
        name: directive.name.to_owned(),
        sections: directive.sections().map(Section::name).collect(),
        summary: directive.about.to_owned(),
        expects: directive.kind.expects(release),
        example: line(directive, release),
        since: (directive.since != 0).then_some(directive.since),
        until: (directive.until != u16::MAX).then_some(directive.until),
        installed,
        supported: installed.map(|release| directive.is_known_to(release)),
        user_scope: in_user(directive.in_user),
        man_page: directive.man_page(),
    }
}

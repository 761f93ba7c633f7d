//! The result of `explain`.

use super::Block;
use crate::output::json;
use crate::output::ui::text::Text;
use crate::shell;
use crate::systemd::directives::{self, Directive, InUser, NEWEST, Section};

/// `installed` is the release of systemd on this machine.
pub fn directive(directive: &Directive, installed: Option<u32>) -> Text {
    let release = installed.unwrap_or(NEWEST);
    let sections: Vec<String> = directive.sections().map(|section| format!("[{}]", section.name())).collect();
    let mut block = Block::new(format!("{}= in {}: {}", directive.name, sections.join(", "), directive.about));
    block.row("expects", [directive.kind.expects(release)]);
    block.row("example", option(directive, release));
    block.row("systemd", [releases(directive, installed)]);
    block.row("--user", in_user(directive.in_user));
    block.row("man page", [format!("man {}", directive.man_page())]);
    block.text()
}

/// The option that sets it in a unit of a service.
fn option(directive: &Directive, release: u32) -> Option<String> {
    let section = directive.sections().find(|section| *section <= Section::Path)?;
    let usual = directives::usual(directive.name).is_some_and(|it| std::ptr::eq(it, directive));
    let section = if usual { String::new() } else { format!("{}.", section.name()) };
    let assignment = format!("{section}{}={}", directive.name, directive.example(release));
    Some(format!("-p {}", shell::quote(assignment)))
}

fn releases(directive: &Directive, installed: Option<u32>) -> String {
    let since = match directive.since {
        0 => "247 and older".to_owned(),
        since => format!("since {since}"),
    };
    let until = match directive.until {
        u16::MAX => String::new(),
        until => format!(", until {until}"),
    };
    let here = match installed {
        Some(release) if directive.is_known_to(release) => format!("; installed: {release}"),
        Some(release) => format!("; installed: {release}, which does not support it"),
        None => String::new(),
    };
    format!("{since}{until}{here}")
}

/// What is different in user scope.
fn in_user(in_user: InUser) -> Option<&'static str> {
    Some(match in_user {
        InUser::Works => return None,
        InUser::Confined => "since systemd 254; before that only with -p PrivateUsers=yes",
        InUser::ConfinedOrDies => {
            "since systemd 254; before that only with -p PrivateUsers=yes, or the service fails to start"
        }
        InUser::Dies => "requires root privileges: the service fails to start",
        InUser::Ignored => "requires root privileges: ignored",
        InUser::Controller => "only if the cgroup controller cpuset is delegated to the user manager",
        InUser::CpuController => "since systemd 252, or if the cgroup controller cpu is delegated to the user manager",
        InUser::IoController => "only if the cgroup controller io is delegated to the user manager",
        InUser::Credential => "since systemd 256",
    })
}

pub fn directive_json(directive: &Directive, installed: Option<u32>) -> json::Directive {
    let release = installed.unwrap_or(NEWEST);
    json::Directive {
        name: directive.name.to_owned(),
        sections: directive.sections().map(Section::name).collect(),
        summary: directive.about.to_owned(),
        expects: directive.kind.expects(release),
        example: option(directive, release),
        since: (directive.since != 0).then_some(directive.since),
        until: (directive.until != u16::MAX).then_some(directive.until),
        installed,
        supported: installed.map(|release| directive.is_known_to(release)),
        user_scope: in_user(directive.in_user),
        man_page: directive.man_page(),
    }
}

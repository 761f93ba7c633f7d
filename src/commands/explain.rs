//! `mkservice explain NAME…`

use std::path::Path;

use crate::cli::Explain;
use crate::error::{Error, Result};
use crate::host::release;
use crate::output::report;
use crate::output::ui::text::Text;
use crate::session::context::Context;
use crate::shell;
use crate::systemd::directives::{self, Directive, NEWEST, Section};

pub fn explain(typed: &Explain, context: &Context<'_>) -> Result<u8> {
    let mut found = Vec::new();
    for name in &typed.names {
        found.extend(meanings(name)?);
    }
    let installed = release::installed(Path::new("/"));
    let blocks = found.iter().enumerate().map(|(at, directive)| {
        let separator = if at == 0 { "" } else { "\n" };
        Text::from(separator).with(report::directive(directive, installed))
    });
    context.ui.say(Text::lines(blocks));
    let found = found.iter().map(|directive| report::directive_json(directive, installed));
    context.ui.document(|document| document.result.directives = Some(found.collect()));
    Ok(0)
}

/// The directives of a name as for `-p`: `NAME` or `SECTION.NAME`, with or without `=` and a value.
fn meanings(typed: &str) -> Result<Vec<&'static Directive>> {
    let name = typed.split_once('=').map_or(typed, |(name, _)| name);
    let refuse = |why: String, hint: String| {
        let what = format!("`{}`", shell::printable(name));
        Error::Value { what, why, hint: Some(hint) }
    };
    let (section, name) = name.split_once('.').map_or((None, name), |(section, name)| (Some(section), name));
    let known = directives::named(name);
    if known.is_empty() {
        return Err(match directives::nearest(name) {
            Some(near) if near.name.eq_ignore_ascii_case(name) => {
                refuse(format!("is written {}", near.name), format!("mkservice explain {}", near.name))
            }
            Some(near) => refuse(
                format!("is not a directive of systemd 247 to {NEWEST}; {} is the nearest", near.name),
                format!("mkservice explain {}", near.name),
            ),
            None => refuse(format!("is not a directive of systemd 247 to {NEWEST}"), "man systemd.directives".into()),
        });
    }
    let Some(section) = section else { return Ok(known.iter().collect()) };
    let of_section = Section::parse(section).and_then(|section| directives::in_section(name, section));
    of_section.map(|directive| vec![directive]).ok_or_else(|| {
        let sections: Vec<&str> = known.iter().flat_map(Directive::sections).map(Section::name).collect();
        refuse(
            format!("is not in that section, but in {}", sections.join(" and ")),
            format!("mkservice explain {name}"),
        )
    })
}

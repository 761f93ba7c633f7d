//! `mkservice explain NAME…`

use std::path::Path;

use crate::cli::Explain;
use crate::host::release;
use crate::model::command::{Command, mkservice, run};
use crate::model::diagnostic::{Error, Result};
use crate::model::message::{Message, message, quoted};
use crate::output::report;
use crate::output::ui::text::Text;
use crate::session::context::Context;
use crate::systemd::directives::{self, Directive, NEWEST, Section};

pub fn explain(typed: &Explain, context: &Context<'_>) -> Result<u8> {
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for name in &typed.names {
        match meanings(name) {
            Ok(directives) => found.extend(directives),
            Err(error) => refused.push(error),
        }
    }
    let installed = release::installed(Path::new("/"));
    let blocks = found.iter().enumerate().map(|(at, directive)| {
        let separator = if at == 0 { "" } else { "\n" };
        Text::from(separator).with(report::directive(directive, installed))
    });
    context.ui.say(Text::lines(blocks));
    let found = found.iter().map(|directive| report::directive_json(directive, installed));
    context.ui.document(|document| document.result.directives = Some(found.collect()));
    Error::all(refused).map_or(Ok(0), Err)
}

/// The directives of a name as for `-p`: `NAME` or `SECTION.NAME`, with or without `=` and a value.
fn meanings(typed: &str) -> Result<Vec<&'static Directive>> {
    let name = typed.split_once('=').map_or(typed, |(name, _)| name);
    let refuse = |why: Message, hint: Command| Error::invalid(message!("{} {}", quoted(name), why)).hint(hint);
    let (section, name) = name.split_once('.').map_or((None, name), |(section, name)| (Some(section), name));
    let known = directives::named(name);
    if known.is_empty() {
        return Err(match directives::nearest(name) {
            Some(near) if near.name.eq_ignore_ascii_case(name) => {
                refuse(message!("is written {}", near.name), mkservice(["explain", near.name]))
            }
            Some(near) => refuse(
                message!("is not a directive of systemd 247 to {}; {} is the nearest", NEWEST, near.name),
                mkservice(["explain", near.name]),
            ),
            None => refuse(
                message!("is not a directive of systemd 247 to {}", NEWEST),
                run("man").arg("systemd.directives"),
            ),
        });
    }
    let Some(section) = section else { return Ok(known.iter().collect()) };
    let of_section = Section::parse(section).and_then(|section| directives::in_section(name, section));
    of_section.map(|directive| vec![directive]).ok_or_else(|| {
        let sections: Vec<&str> = known.iter().flat_map(Directive::sections).map(Section::name).collect();
        refuse(message!("is not in that section, but in {}", sections.join(" and ")), mkservice(["explain", name]))
    })
}

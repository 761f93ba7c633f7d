//! The manual pages, from the definition of the command line and the keys of a manifest.

use clap::CommandFactory as _;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use crate::cli::{self, Cli};
use crate::manifest::keys::{COMMAND, Home, Key, Keys, Shape};
use crate::model::Verb;

pub const MANIFEST: &str = "mkservice.toml";

/// The page of a verb; without one, that of mkservice.
pub fn page(verb: Option<Verb>) -> Vec<u8> {
    let long = cli::command().get_after_long_help().map(ToString::to_string);
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let command = match verb.and_then(|verb| command.find_subcommand(verb.name())) {
        Some(command) => command.clone(),
        None => command,
    };
    let more = long.filter(|_| verb.is_none()).or_else(|| command.get_after_help().map(ToString::to_string));
    // clap_mangen would leave out the help of options that only the long help shows.
    let command = command.mut_args(|argument| argument.hide_short_help(false));
    let title = verb.map_or("MKSERVICE".to_owned(), |verb| format!("mkservice-{verb}").to_uppercase());
    let man = Man::new(command).title(title).date(env!("MKSERVICE_DATE")).manual("User Commands");
    let mut page = Vec::new();
    let written = [
        man.render_title(&mut page),
        man.render_name_section(&mut page),
        man.render_synopsis_section(&mut page),
        man.render_description_section(&mut page),
        man.render_options_section(&mut page),
        if verb.is_none() { man.render_subcommands_section(&mut page) } else { Ok(()) },
    ];
    debug_assert!(written.iter().all(Result::is_ok), "a Vec takes every byte");
    let mut roff = Roff::new();
    sections(&mut roff, &more.unwrap_or_default());
    let others = if verb.is_some() { &["mkservice(1)"][..] } else { &[] };
    see_also(&mut roff, &[others, &["mkservice.toml(5)", "systemctl(1)", "systemd.service(5)"]].concat());
    finish(page, &roff)
}

/// The page of mkservice.toml.
pub fn manifest() -> Vec<u8> {
    let mut roff = Roff::new();
    let source = concat!("mkservice ", env!("CARGO_PKG_VERSION"));
    roff.control("TH", ["MKSERVICE.TOML", "5", env!("MKSERVICE_DATE"), source, "File Formats"]);
    roff.control("SH", ["NAME"]).text([roman("mkservice.toml - services of a project, for mkservice apply")]);
    roff.control("SH", ["SYNOPSIS"]).text([bold("mkservice apply"), roman(" [OPTIONS] [FILE|-]")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(
        "A TOML file with one table [services.NAME] for each service. Keys in [defaults] apply to every service that \
         does not set them; variables and directives are merged by name. Relative paths start at the directory of the \
         file.",
    )]);
    roff.control("PP", []);
    roff.text([roman(
        "A key is an option of mkservice add without the dashes. Numbers need no quotes. false undoes a default.",
    )]);
    roff.control("SH", ["KEYS"]);
    let about = "Command to run: a list of arguments, or a string that is split into arguments as by a shell; no shell \
                 runs it. Required.";
    key(&mut roff, COMMAND, "list or string", about);
    let keys = Keys::of_add();
    for (name, one) in keys.in_file().filter(|(_, key)| key.home == Home::Service) {
        key(&mut roff, name, &kind(one), &one.about);
    }
    roff.control("SH", ["EXAMPLE"]);
    literal(&mut roff, EXAMPLE.lines());
    see_also(&mut roff, &["mkservice(1)", "mkservice-apply(1)", "mkservice-export(1)", "systemd.directives(7)"]);
    finish(Vec::new(), &roff)
}

const EXAMPLE: &str = r#"[defaults]
setenv = { TZ = "UTC" }

[services.shop]
command = ["python3", "-m", "http.server", "8000"]
memory-max = "512M"

[services.shop-report]
command = "./report.sh --all"
on-calendar = "daily""#;

/// What a key accepts.
fn kind(key: &Key) -> String {
    let one = if key.possible.is_empty() { key.value.clone() } else { key.possible.join(", ") };
    match key.shape {
        Shape::Flag => "true or false".into(),
        Shape::One => one,
        Shape::Several => format!("{one}, or a list"),
        Shape::Names => "a number, or a list of names".into(),
        Shape::Variables => "a table, or a list of NAME=VALUE".into(),
        Shape::Directives => "a table, or a list of NAME=VALUE; a table for each section in it".into(),
    }
}

fn key(roff: &mut Roff, name: &str, kind: &str, about: &str) {
    roff.control("TP", []);
    roff.text([bold(name), roman(" = "), italic(kind)]);
    roff.text([roman(about)]);
}

/// The sections of a help text: each is a line `Name:` and indented lines. Other lines are notes.
fn sections(roff: &mut Roff, text: &str) {
    let is_literal = |line: &&str| line.starts_with(' ') || line.is_empty();
    let mut lines = text.lines().peekable();
    let mut in_notes = false;
    while let Some(line) = lines.next() {
        let block: Vec<&str> = std::iter::from_fn(|| lines.next_if(is_literal)).collect();
        match line.strip_suffix(':').filter(|_| block.iter().any(|line| !line.is_empty())) {
            Some(name) if !name.contains(". ") => {
                roff.control("SH", [name.to_uppercase().as_str()]);
            }
            _ if in_notes => {
                roff.control("PP", []).text([roman(line)]);
            }
            _ => {
                roff.control("SH", ["NOTES"]).text([roman(line)]);
                in_notes = true;
            }
        }
        literal(roff, block.into_iter().map(|line| line.strip_prefix("  ").unwrap_or(line)));
    }
}

/// Lines as they are.
fn literal<'a>(roff: &mut Roff, lines: impl Iterator<Item = &'a str>) {
    let lines: Vec<&str> = lines.collect();
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    if last == 0 {
        return;
    }
    roff.control("nf", []);
    for line in &lines[..last] {
        roff.text([roman(*line)]);
    }
    roff.control("fi", []);
}

fn see_also(roff: &mut Roff, pages: &[&str]) {
    roff.control("SH", ["SEE ALSO"]);
    let parts = pages.iter().enumerate().flat_map(|(at, page)| {
        let (name, section) = page.split_once('(').unwrap_or((page, ""));
        let end = if at + 1 < pages.len() { ", " } else { "" };
        [bold(name), roman(format!("({section}{end}"))]
    });
    roff.text(parts.collect::<Vec<_>>());
}

/// Text with an empty line in it is two paragraphs, and long lines are filled.
fn finish(page: Vec<u8>, roff: &Roff) -> Vec<u8> {
    let page = String::from_utf8_lossy(&page).into_owned() + &roff.render();
    let mut is_literal = false;
    let mut finished = String::with_capacity(page.len());
    for line in page.lines() {
        is_literal = line == ".nf" || is_literal && line != ".fi";
        match line {
            "" if !is_literal => finished.push_str(".sp\n"),
            line if is_literal || line.starts_with('.') => finished.extend([line, "\n"]),
            line => fill(line.trim_end(), &mut finished),
        }
    }
    finished.into_bytes()
}

fn fill(line: &str, filled: &mut String) {
    const WIDTH: usize = 80;
    let mut width = 0;
    for word in line.split(' ') {
        match width + 1 + word.len() {
            _ if width == 0 => {}
            together if together <= WIDTH => filled.push(' '),
            // A line that begins so would be a request.
            _ => {
                filled.push_str(if word.starts_with(['.', '\'']) { "\n\\&" } else { "\n" });
                width = 0;
            }
        }
        filled.push_str(word);
        width += word.len() + 1;
    }
    filled.push('\n');
}

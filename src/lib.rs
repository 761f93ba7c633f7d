//! mkservice turns any command into a systemd service that is really running.
//!
//! The way through the house, from what was typed to what is told:
//!
//! ```text
//! what was typed ─► what is meant ─► what the files say ─► what has to change ─► changing it ─► what to tell
//!      cli            resolve             unit                  plan              apply           report
//!    (clap)      (+ host: the machine) (askama, systemd::*)  (+ present, record) (files, bus)      (ui)
//! ```
//!
//! * [`cli`]: what was typed, and which words of it are ours.
//! * [`host`]: the machine and the caller as plain data, looked at once.
//! * [`resolve`]: pure: typed words and facts become a [`spec::ServiceSpec`], each decision with its reason.
//! * [`manifest`]: a file of services as data, and how it is read and written.
//! * [`import`]: pure: files of other tools become a file of services.
//! * [`runtime`]: what Python, Node.js and the others are, as data.
//! * [`harden`]: pure: what a service is closed in with, and how that is written.
//! * [`tighten`]: pure: how the tightest of that which a service lives with is found by trying.
//! * [`spec`]: the value types; they cannot hold what systemd cannot take.
//! * [`systemd`]: what systemd is, as a language and as a manager.
//! * [`mod@unit`]: a spec becomes the text of a unit file, with our mark under it.
//! * [`adopt`]: pure: whether a process that runs can become a service, and what goes with it.
//! * [`present`], [`kept`], [`service`] and [`record`]: what is there already, and what there is to undo.
//! * [`plan`]: pure: what is wanted against what is there, as a list of steps.
//! * [`apply`]: carries the steps out; nothing else changes anything.
//! * [`verify`] and [`explain`]: whether a started service really is up, and if not, why.
//! * [`order`] and [`elevate`]: what a user's half of a line has decided, handed to root's half.
//! * [`command`]: one short file for each verb, a table of contents of the above.
//! * [`report`], [`ui`], [`error`], [`shell`]: what is told, and how.
//! * [`editor`] and [`mod@wait`]: the user's editor; time-outs, interrupts and many things at once.
//!
//! The library is the program's own inside, laid open for its tests; it promises no stable interface.

#![forbid(unsafe_code)]

pub mod adopt;
pub mod apply;
pub mod cli;
pub mod command;
pub mod editor;
pub mod elevate;
pub mod error;
pub mod explain;
pub mod harden;
pub mod host;
pub mod import;
pub mod kept;
pub mod manifest;
pub mod order;
pub mod plan;
pub mod present;
pub mod record;
pub mod report;
pub mod resolve;
pub mod runtime;
pub mod service;
pub mod shell;
pub mod spec;
pub mod systemd;
pub mod tighten;
pub mod ui;
pub mod unit;
pub mod verify;
pub mod wait;

use std::ffi::OsString;
use std::rc::Rc;

use clap::{CommandFactory as _, FromArgMatches as _};

use cli::words::{self, Arranged};
use cli::{Cli, Verb};
use command::{Context, Progress};
use error::{Error, Result};
use host::Host;
use host::image::{self, Asked};
use ui::Ui;

/// Runs one command line, without the program's own name. Gives the exit code.
pub fn run(typed: &[OsString]) -> u8 {
    match read(typed) {
        Ok(None) => 0,
        Ok(Some((verb, arranged))) => perform(&verb, &arranged, typed),
        Err(error) => {
            let ui = Ui::new(false, false, words::want_json(typed), false);
            ui.fail(&error);
            match error {
                Error::StrayOption { corrected, .. }
                    if !ui.is_json() && ui::can_ask() && ui::confirm("Run that line instead?") =>
                {
                    run(&corrected)
                }
                error => ui.end(words::verb_of(typed), error.exit_code()),
            }
        }
    }
}

/// Reads a command line; `None` when it only asked for a text, which was printed.
fn read(typed: &[OsString]) -> Result<Option<(Verb, Arranged)>> {
    let command = Cli::command();
    let arranged = words::arrange(typed, &command)?;
    let first = arranged.words.first().and_then(|word| word.to_str());
    let verb = first.filter(|word| *word != "add" && command.find_subcommand(word).is_some()).map(str::to_owned);
    let program = std::iter::once(OsString::from("mkservice"));
    let matches = match command.try_get_matches_from(program.chain(arranged.words.clone())) {
        Ok(matches) => matches,
        Err(refused) => {
            return match cli::usage::answer(&refused, verb.as_deref()) {
                Ok(()) => Ok(None),
                Err(error) => Err(arranged.unless_command(error)),
            };
        }
    };
    let cli = Cli::from_arg_matches(&matches).map_err(|refused| cli::usage::error(&refused, verb.as_deref()))?;
    Ok(Some((cli.verb.unwrap_or(Verb::Add(Box::new(cli.add))), arranged)))
}

/// The host that a verb works on: this machine, or an image.
fn meant(verb: &Verb, caller: Host) -> Result<Host> {
    let Some((place, uid)) = verb.place() else { return Ok(caller) };
    if matches!(verb, Verb::Adopt(_)) && (place.root.is_some() || place.global) {
        let message = "what runs here cannot become a service of somewhere else".to_owned();
        return Err(Error::Usage {
            message,
            hint: Some("its command can: mkservice add --root DIR -- COMMAND".into()),
        });
    }
    let asked = Asked { root: place.root.as_deref(), global: place.global, user: verb.common().user, uid };
    image::host(asked, caller)
}

fn perform(verb: &Verb, arranged: &Arranged, typed: &[OsString]) -> u8 {
    let common = verb.common();
    let in_image = verb.place().is_some_and(|(place, _)| place.root.is_some());
    let caller = if in_image { Host::for_image() } else { Host::observe() };
    let ui = Ui::new(common.quiet, common.verbose, common.json, caller.is_root());
    let host = match meant(verb, caller) {
        Ok(host) => host,
        Err(error) => {
            ui.fail(&error);
            return ui.end(Some(verb.name()), error.exit_code());
        }
    };
    if let Some(root) = &host.image {
        ui.put("root", error::shown(root));
    }
    let context = Context {
        host: &host,
        ui: &ui,
        words: typed,
        lasting: &arranged.lasting,
        taken: &arranged.taken,
        progress: Rc::new(Progress::default()),
    };
    let exit_code = zbus::block_on(command::run(verb, &context)).unwrap_or_else(|error| {
        ui.fail(&error);
        error.exit_code()
    });
    ui.end(Some(verb.name()), exit_code)
}

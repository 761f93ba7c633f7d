//! Turn any command into a running systemd service.
//!
//! Data flow from command line to output:
//!
//! ```text
//! command line ─► resolved spec ─► unit text ─► steps ─► changes on disk and in systemd ─► output
//!      cli           resolve         unit        plan              apply                    output
//!    (clap)      (+ host, checks)  (askama)   (+ state)       (files, D-Bus)
//! ```
//!
//! Layers, from top to bottom; a layer uses only layers below it (`tests/layers.rs`):
//!
//! * [`commands`]: one file per verb, each a table of contents of the layers below.
//! * [`session`]: locking, connecting, installing, watching starts, and running a plan as root.
//! * [`output`]: terminal text, tables, prompts, progress and JSON.
//! * [`apply`]: carries out steps; the only code that changes the machine.
//! * [`checks`]: everything that can be refused before the first write.
//! * [`plan`]: pure: the difference between wanted and actual state, as ordered steps.
//! * [`resolve`]: pure: arguments and host facts become a [`spec::ServiceSpec`] with diagnostics.
//! * [`import`]: pure: files of other tools become a manifest.
//! * [`manifest`], [`adopt`], [`hardening`], [`diagnosis`]: features, independent of each other.
//! * [`state`]: what is on disk, and what systemd knows.
//! * [`mod@unit`]: renders a spec as unit files through `templates/`.
//! * [`cli`]: clap types, and separating mkservice's options from the command.
//! * [`manager`]: systemd over D-Bus, logind, the journal and systemd's own programs.
//! * [`host`]: facts about this machine or image.
//! * [`spec`]: value types that cannot hold what systemd does not accept.
//! * [`runtime`]: interpreters and launchers as data.
//! * [`systemd`]: the language of unit files.
//! * [`shell`]: POSIX shell words and quoting.
//! * [`model`]: what every layer uses.
//!
//! Public only for integration tests; no stable API.

#![forbid(unsafe_code)]

pub mod adopt;
pub mod apply;
pub mod checks;
pub mod cli;
pub mod commands;
pub mod diagnosis;
pub mod hardening;
pub mod host;
pub mod import;
pub mod manager;
pub mod manifest;
pub mod model;
pub mod output;
pub mod plan;
pub mod resolve;
pub mod runtime;
pub mod session;
pub mod shell;
pub mod spec;
pub mod state;
pub mod systemd;
pub mod unit;

use std::ffi::OsString;
use std::io::Write as _;
use std::rc::Rc;

use clap::FromArgMatches as _;
use clap::error::ErrorKind;

use cli::{Cli, Command, Common, Invocation};

use host::Host;
use host::image::{self, HostOptions};
use model::Verb;
use model::command::mkservice;
use model::diagnostic::{Code, Error, Result};
use model::message::message;
use output::ui::{self, Ui};
use output::wording::Wording;
use session::completion;
use session::context::{Context, Progress};

/// Runs a command line (without the program name) and returns the exit code.
pub fn run(arguments: &[OsString]) -> u8 {
    if let Some((first, request)) = arguments.split_first()
        && first == completion::REQUEST
    {
        return print(&completion::answer(request));
    }
    let invocation = Invocation::parse(arguments);
    invocation.values("color").for_each(ui::color);
    match read(arguments, &invocation) {
        Ok(None) => 0,
        Ok(Some((command, common))) => perform(command, &common, &invocation),
        Err(error) => {
            let ui = Ui::new(false, false, invocation.has("json"), Wording { sudo: true, ..Wording::default() });
            ui.fail(&error);
            let readings = invocation.readings();
            if !readings.is_empty() && !ui.is_json() && ui::can_ask() {
                let lines: Vec<String> = readings.iter().map(Invocation::line).collect();
                if let [chosen] = ui::choose("Run which? (its number)", &lines).as_slice() {
                    return run(&readings[*chosen].arguments());
                }
            }
            ui.end(invocation.given_verb(), error.exit_code())
        }
    }
}

/// Prints an answer to a shell's script, which reads nothing else.
fn print(answer: &[u8]) -> u8 {
    u8::from(std::io::stdout().lock().write_all(answer).is_err())
}

/// Parses a command line; `None` if it only requested help or the like, which was printed.
fn read(given: &[OsString], invocation: &Invocation) -> Result<Option<(Command, Common)>> {
    let arguments = invocation.for_clap()?;
    let verb = invocation.given_verb().filter(|verb| *verb != Verb::Add);
    let program = std::iter::once(OsString::from("mkservice"));
    let matches = match cli::command().try_get_matches_from(program.chain(arguments)) {
        Ok(matches) => matches,
        Err(refused) => {
            return match cli::usage::answer(&refused, verb) {
                Ok(()) if refused.kind() == ErrorKind::DisplayVersion && invocation.has("verbose") => {
                    print(cli::usage::build().as_bytes());
                    Ok(None)
                }
                Ok(()) => Ok(None),
                Err(error) => Err(or_as_command(error, given)),
            };
        }
    };
    let cli = Cli::from_arg_matches(&matches).map_err(|refused| cli::usage::error(&refused, verb))?;
    let Cli { verb, add, common } = cli;
    Ok(Some((verb.unwrap_or(Command::Add(Box::new(add))), common)))
}

/// Adds to an error that a verb after options may have been meant as a command.
fn or_as_command(error: Error, given: &[OsString]) -> Error {
    match Invocation::verb_as_command(given) {
        Some(command) if error.code() != Code::CommandMissing => {
            error.hint(message!("or, for a command of that name: {}", mkservice(command.arguments())))
        }
        _ => error,
    }
}

/// The host that a verb works on: this machine, or an image.
fn selected_host(command: &Command, caller: Host) -> Result<Host> {
    let Some((place, uid)) = command.place() else { return Ok(caller) };
    if matches!(command, Command::Adopt(_)) && (place.root.is_some() || place.global) {
        let error = Error::new(Code::Usage, "a process of this machine cannot become a service of an image");
        let add = mkservice(["add", "--root", "DIR", "--", "COMMAND"]);
        return Err(error.hint(message!("give its command instead: {}", add)));
    }
    let asked = HostOptions { root: place.root.as_deref(), global: place.global, uid };
    image::host(asked, caller)
}

fn perform(command: Command, common: &Common, invocation: &Invocation) -> u8 {
    let verb = match invocation.verb() {
        // The document is about the verb that the user gave.
        Verb::InstallPlan => Verb::Add,
        verb => verb,
    };
    let in_image = command.place().is_some_and(|(place, _)| place.root.is_some());
    let caller = if in_image { Host::for_image() } else { Host::observe() };
    let given_scope = common.given_scope();
    let caller = Host { enclose: manager::confined::enclose, given_scope, ..caller };
    let ui = Ui::new(common.quiet, common.verbose, common.json, Wording::of(&caller));
    let ui = ui.asking(common.yes, common.no_ask_password);
    let ui = if command.is_paged() && !common.no_pager { ui.paged(&caller) } else { ui };
    let host = match selected_host(&command, caller) {
        Ok(host) => host,
        Err(error) => {
            ui.fail(&error);
            return ui.end(Some(verb), error.exit_code());
        }
    };
    let ui = ui.on(&host);
    if let Some(root) = host.image() {
        ui.document(|document| document.root = Some(shell::shown(root)));
    }
    let context = Context { host: &host, ui: &ui, invocation, progress: Rc::new(Progress::default()) };
    let exit_code = zbus::block_on(commands::run(command, &context)).unwrap_or_else(|error| {
        ui.fail(&error);
        error.exit_code()
    });
    ui.end(Some(verb), exit_code)
}

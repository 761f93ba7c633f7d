//! Triggers other than timers: `--listen`, `--on-path-changed`, and `--on-path-exists`.

use std::ffi::OsString;
use std::path::Path;

use super::properties;
use crate::cli::{Invocation, ListenOptions};
use crate::host::Host;
use crate::host::listen::{AddressFound, ListenFacts, PathFound};
use crate::model::command::{mkservice, run};
use crate::model::diagnostic::{Error, Note, Result, Subject};
use crate::model::message::{Message, message, opt, quoted, set, shell_word};
use crate::spec::{Address, AddressError, PathEvent, Scope, ServiceSpec, Socket, Watch, WatchedPath};

/// The first unprivileged port by default.
const USUAL_FIRST_PORT: u32 = 1024;

/// What the addresses are checked against.
#[derive(Debug)]
pub struct ListenContext<'a> {
    /// The scope of the manager that listens.
    pub scope: Scope,
    pub invocation: &'a Invocation,
    /// What exists at the paths.
    pub listen: &'a ListenFacts,
    /// The first port that every user can listen on, if known.
    pub first_port: Option<u32>,
    pub host: &'a Host,
}

/// The socket of a service, if requested.
pub fn socket(typed: &ListenOptions, around: &ListenContext<'_>, notes: &mut Vec<Note>) -> Result<Option<Socket>> {
    let mut addresses: Vec<Address> = Vec::new();
    for (place, word) in typed.listen.iter().enumerate() {
        let address = Address::parse(word.as_encoded_bytes())
            .map_err(|why| not_an_address(word, why, around).about(Subject::value("listen", place)))?;
        if addresses.contains(&address) {
            continue;
        }
        let found = around.listen.addresses.get(place).cloned().unwrap_or_default();
        refuse_where_nothing_listens(&address, &found, around)
            .map_err(|error| error.about(Subject::value("listen", place)))?;
        if let Some(other) = addresses.iter().find(|other| other.overlaps(&address)) {
            let why = message!("is part of `{}`: two sockets cannot have the same port", other);
            let error = refused(&address.to_string(), why).about(Subject::value("listen", place));
            return Err(error.hint("leave one of them out"));
        }
        notes.extend(remarks(&address, &found));
        addresses.push(address);
    }
    if addresses.is_empty() {
        return Ok(None);
    }
    notes.push(Note::from(
        "the program must accept the socket from systemd (file descriptor 3, man sd_listen_fds): one that opens the \
         port itself fails with \"Address already in use\"",
    ));
    if addresses.iter().any(|address| address.path().is_some()) {
        let mode = set("property", "SocketMode=0666");
        let text =
            message!("only the user and group of the service can connect to the socket file; {} allows everyone", mode);
        notes.push(text.into());
    }
    Ok(Some(Socket { addresses }))
}

fn refused(word: &str, why: Message) -> Error {
    Error::invalid(message!("{}: {} {}", opt("listen"), quoted(word), why)).about_option("listen")
}

/// What is wrong with an address, and what may have been meant.
fn not_an_address(word: &OsString, why: AddressError, around: &ListenContext<'_>) -> Error {
    let text = word.to_string_lossy();
    let port = || text.rsplit_once(':').map(|(_, port)| port).filter(|port| port.parse::<u16>().is_ok());
    let hint = match &why {
        AddressError::Name(name) if name == "localhost" => {
            let local = format!("127.0.0.1:{}", port().unwrap_or("8080"));
            Some(message!("listen on this machine only: {}", set("listen", local)))
        }
        AddressError::Name(name) => {
            let (find, all) = (run("getent").arg("ahosts").arg(name), set("listen", port().unwrap_or("8080")));
            Some(message!("find its address: {}, or listen on all addresses: {}", find, all))
        }
        AddressError::NoPort => Some(set("listen", format!("{text}:8080")).into()),
        AddressError::NoBrackets => Some(message!("put it in brackets: {}", set("listen", "[::1]:8080"))),
        AddressError::RelativePath if !text.contains("://") => {
            let path = text.trim_start_matches("./");
            Some(message!("give an absolute path: {} \"$PWD\"/{}", opt("listen"), shell_word(path)))
        }
        AddressError::Dir => Some(set("listen", Path::new(text.as_ref()).join("web.sock")).into()),
        AddressError::TooLong(_) => around
            .host
            .runtime
            .as_deref()
            .filter(|_| around.scope == Scope::User)
            .map(|dir| message!("use a shorter one: {}", set("listen", dir.join("web.sock")))),
        _ => None,
    };
    refused(&text, why.into()).hints(hint)
}

fn refuse_where_nothing_listens(address: &Address, found: &AddressFound, around: &ListenContext<'_>) -> Result<()> {
    let first = around.first_port.unwrap_or(USUAL_FIRST_PORT);
    if around.scope == Scope::User && address.port().is_some_and(|port| port < first) {
        let why =
            message!("requires root privileges, like all ports below {}: a user manager cannot listen on it", first);
        let system = mkservice(around.invocation.in_system_scope().arguments());
        let hint = message!("create a system service that runs as you: {}", system);
        return Err(refused(&address.to_string(), why).hint(hint));
    }
    let Some(trouble) = &found.trouble else { return Ok(()) };
    let own = around.host.runtime.as_deref().filter(|_| around.scope == Scope::User);
    let name = address.path().and_then(Path::file_name);
    let other = own.zip(name).map(|(dir, name)| dir.join(name)).filter(|path| address.path() != Some(path));
    let error = refused(&address.to_string(), trouble.into());
    Err(error.hints(other.map(|path| set("listen", path).into())))
}

fn remarks(address: &Address, found: &AddressFound) -> Vec<Note> {
    let dir = found.missing_dir.as_ref().map(|dir| {
        message!(
            "systemd creates the directory {} for the socket; removing the service does not delete it",
            quoted(dir)
        )
    });
    let foreign = found
        .is_foreign
        .then(|| message!("no interface has the address of {} yet: systemd listens on it once one has", address));
    dir.into_iter().chain(foreign).map(Note::from).collect()
}

/// The paths that start a service, if requested.
pub fn watch(facts: &ListenFacts, notes: &mut Vec<Note>, warnings: &mut Vec<Note>) -> Result<Option<Watch>> {
    let mut paths: Vec<WatchedPath> = Vec::new();
    for found in &facts.paths {
        let name = option_of(found);
        let refuse = |why: Message| {
            Error::invalid(message!("{}: {} {}", opt(name), quoted(&found.path), why)).about_option(name)
        };
        if let Some(trouble) = &found.trouble {
            return Err(refuse(trouble.into()));
        }
        let path = WatchedPath::parse(found.event, &found.path).map_err(|why| refuse(why.into()))?;
        if !paths.contains(&path) {
            notes.extend(path_note(found));
            warnings.extend(found.network.map(|kind| {
                let path = quoted(&found.path);
                Note::from(message!(
                    "{} is on a network file system ({}): changes made by other machines are not seen",
                    path,
                    kind
                ))
            }));
            paths.push(path);
        }
    }
    Ok((!paths.is_empty()).then_some(Watch { paths }))
}

fn option_of(found: &PathFound) -> &'static str {
    match found.event {
        PathEvent::Changed => "on-path-changed",
        PathEvent::Exists => "on-path-exists",
    }
}

fn path_note(found: &PathFound) -> Option<Note> {
    let path = quoted(&found.path);
    match (found.event, found.exists) {
        (PathEvent::Changed, false) => {
            Some(message!("{} does not exist yet: creating it counts as a change", path).into())
        }
        (PathEvent::Exists, _) => {
            Some(message!("the program must remove {}, or systemd starts it again at once", path).into())
        }
        (PathEvent::Changed, true) => None,
    }
}

/// Refuses triggers that cannot be combined.
pub fn refuse_conflicts(spec: &ServiceSpec) -> Result<()> {
    if spec.socket.is_some() && (spec.watch.is_some() || spec.timer.is_some()) {
        let message = message!("{} cannot be combined with a timer or a watched path", opt("listen"));
        return Err(Error::invalid(message).about_option("listen").hint("create two services"));
    }
    if spec.socket.is_some() && spec.property_is_on("Accept") {
        let why = message!("would start an instance of a template for each connection, but this is a single service");
        let error = properties::refused(spec, "Accept", why);
        return Err(error.hint("leave it out, and have the program accept the connections"));
    }
    Ok(())
}

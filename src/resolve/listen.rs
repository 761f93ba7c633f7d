//! What starts a service besides itself: `--listen`, `--on-path-changed` and `--on-path-exists`.

use std::ffi::OsString;
use std::path::Path;

use crate::cli::{Invocation, Listen};
use crate::error::{Error, Result, shown};
use crate::host::Host;
use crate::host::listen::{AddressFound, ListenFacts, PathFound};
use crate::shell;
use crate::spec::{Address, AddressError, PathEvent, Scope, ServiceSpec, Socket, Watch, WatchedPath};

/// The first port that is not root's, unless the machine says otherwise.
const USUAL_FIRST_PORT: u32 = 1024;

/// What the machine and the line tell of the addresses.
#[derive(Debug)]
pub struct Around<'a> {
    /// The manager that listens.
    pub scope: Scope,
    /// The command line.
    pub invocation: &'a Invocation,
    /// What is there.
    pub listen: &'a ListenFacts,
    /// The first port that every account may listen on, where that is known.
    pub first_port: Option<u32>,
    /// The machine.
    pub host: &'a Host,
}

/// The socket of a service, where it was asked for one.
pub fn socket(typed: &Listen, around: &Around<'_>, notes: &mut Vec<String>) -> Result<Option<Socket>> {
    let mut addresses: Vec<Address> = Vec::new();
    for (place, word) in typed.listen.iter().enumerate() {
        let address = Address::parse(word.as_encoded_bytes()).map_err(|why| not_an_address(word, why, around))?;
        if addresses.contains(&address) {
            continue;
        }
        let found = around.listen.addresses.get(place).cloned().unwrap_or_default();
        refuse_where_nothing_listens(&address, &found, around)?;
        if let Some(other) = addresses.iter().find(|other| other.overlaps(&address)) {
            let why = format!("is a part of `{other}`: two sockets cannot have the same port");
            return Err(refused(&address.to_string(), why, Some("leave one of them out".into())));
        }
        notes.extend(remarks(&address, &found));
        addresses.push(address);
    }
    if addresses.is_empty() {
        return Ok(None);
    }
    notes.push(
        "the program has to take what listens from systemd (file descriptor 3 on, man sd_listen_fds): one that opens \
         the port itself fails with “Address already in use”"
            .into(),
    );
    if addresses.iter().any(|address| address.path().is_some()) {
        notes.push(
            "only the account of the service and its group may connect to the socket file: -p SocketMode=0666 lets \
             everybody"
                .into(),
        );
    }
    Ok(Some(Socket { addresses }))
}

fn refused(word: &str, why: String, hint: Option<String>) -> Error {
    Error::Value { what: format!("--listen: `{}`", shell::printable(word)), why, hint }
}

/// What is wrong with a word, with what may have been meant.
fn not_an_address(word: &OsString, why: AddressError, around: &Around<'_>) -> Error {
    let text = word.to_string_lossy();
    let port = || text.rsplit_once(':').map(|(_, port)| port).filter(|port| port.parse::<u16>().is_ok());
    let hint = match &why {
        AddressError::Name(name) if name == "localhost" => {
            Some(format!("for this machine alone: --listen 127.0.0.1:{}", port().unwrap_or("8080")))
        }
        AddressError::Name(name) => {
            Some(format!("its address: getent ahosts {name}; for all addresses: --listen {}", port().unwrap_or("8080")))
        }
        AddressError::NoPort => Some(format!("--listen {}:8080", shell::quote(text.as_ref()))),
        AddressError::NoBrackets => Some("as in: --listen '[::1]:8080'".into()),
        AddressError::RelativePath if !text.contains("://") => {
            let path = text.trim_start_matches("./");
            Some(format!("a path has to be whole: --listen \"$PWD\"/{}", shell::quote(path)))
        }
        AddressError::Folder => Some(format!("--listen {}", shell::quote(Path::new(text.as_ref()).join("web.sock")))),
        AddressError::TooLong(_) => around
            .host
            .runtime
            .as_deref()
            .filter(|_| around.scope == Scope::User)
            .map(|folder| format!("a shorter one: --listen {}", shell::quote(folder.join("web.sock")))),
        _ => None,
    };
    refused(&text, why.to_string(), hint)
}

fn refuse_where_nothing_listens(address: &Address, found: &AddressFound, around: &Around<'_>) -> Result<()> {
    let first = around.first_port.unwrap_or(USUAL_FIRST_PORT);
    if around.scope == Scope::User && address.port().is_some_and(|port| port < first) {
        let why = format!("is root's to listen on, as all ports below {first}: a user's manager may not");
        let system = around.invocation.in_system_scope().line();
        let hint = format!("have the machine's manager listen, and the program run as you: {system}");
        return Err(refused(&address.to_string(), why, Some(hint)));
    }
    let Some(trouble) = &found.trouble else { return Ok(()) };
    let own = around.host.runtime.as_deref().filter(|_| around.scope == Scope::User);
    let name = address.path().and_then(Path::file_name);
    let other = own.zip(name).map(|(folder, name)| folder.join(name)).filter(|path| address.path() != Some(path));
    let hint = other.map(|path| format!("--listen {}", shell::quote(path)));
    Err(refused(&address.to_string(), trouble.clone(), hint))
}

fn remarks(address: &Address, found: &AddressFound) -> Vec<String> {
    let folder = found.missing_folder.as_ref().map(|folder| {
        format!("systemd makes the folder {} for the socket; it stays when the service is removed", shown(folder))
    });
    let foreign = found.is_foreign.then(|| {
        format!("no interface of this machine has the address of {address} now: systemd listens there once one has")
    });
    folder.into_iter().chain(foreign).collect()
}

/// The paths that start a service, where it was asked for that.
pub fn watch(listen: &ListenFacts, notes: &mut Vec<String>, warnings: &mut Vec<String>) -> Result<Option<Watch>> {
    let mut paths: Vec<WatchedPath> = Vec::new();
    for found in &listen.paths {
        let option = option(found);
        let refuse =
            |why: String| Error::Value { what: format!("{option}: `{}`", shown(&found.path)), why, hint: None };
        if let Some(trouble) = &found.trouble {
            return Err(refuse(trouble.clone()));
        }
        let path = WatchedPath::parse(found.event, &found.path).map_err(|why| refuse(why.to_string()))?;
        if !paths.contains(&path) {
            notes.extend(path_note(found));
            warnings.extend(found.network.map(|kind| {
                format!(
                    "{} is on a network file system ({kind}): what others change there starts nothing",
                    shown(&found.path)
                )
            }));
            paths.push(path);
        }
    }
    Ok((!paths.is_empty()).then_some(Watch { paths }))
}

fn option(found: &PathFound) -> &'static str {
    match found.event {
        PathEvent::Changed => "--on-path-changed",
        PathEvent::Exists => "--on-path-exists",
    }
}

fn path_note(found: &PathFound) -> Option<String> {
    let path = shown(&found.path);
    match (found.event, found.exists) {
        (PathEvent::Changed, false) => Some(format!("{path} is not there yet: that it appears counts as a change")),
        (PathEvent::Exists, _) => Some(format!("the program has to remove {path}, or systemd starts it again at once")),
        (PathEvent::Changed, true) => None,
    }
}

/// Refuses triggers that cannot be of one service.
pub fn refuse_impossible(spec: &ServiceSpec) -> Result<()> {
    let refuse = |what: &str, why: &str, hint: Option<&str>| {
        Err(Error::Value { what: what.into(), why: why.into(), hint: hint.map(str::to_owned) })
    };
    if spec.socket.is_some() && (spec.watch.is_some() || spec.timer.is_some()) {
        let why = "does not go with what else starts a service: what listens goes on running, and what a time or a \
            path starts does its work and ends";
        return refuse("--listen", why, Some("make two services of it"));
    }
    if spec.socket.is_some() && spec.property_is_on("Accept") {
        let why = "would have systemd start one instance of a template for each connection, and this is one service \
            that takes all of them";
        return refuse(
            "--property: `Accept`",
            why,
            Some("leave it out, and let the program accept connections itself"),
        );
    }
    Ok(())
}

//! Why a trigger failed.

use super::Evidence;
use super::Subject;
use super::reasons::Reason;
use crate::host::sockets::Holder;
use crate::model::command::{run, systemctl};
use crate::model::message::{Message, message, opt, quoted, set};
use crate::shell;
use crate::spec::Address;

/// By its `Result=` (org.freedesktop.systemd1(5)).
pub fn describe(unit: &str, result: &str) -> String {
    let why = match result {
        "resources" if unit.ends_with(".socket") => "systemd could not listen there",
        "resources" => "systemd could not set it up, or could not start what it triggers",
        "trigger-limit-hit" => "it was triggered so often that it reached its limit",
        "start-limit-hit" => "it was started so often that it reached its start limit",
        "service-start-limit-hit" | "unit-start-limit-hit" => {
            "it started the service so often that it reached its start limit"
        }
        "exit-code" | "signal" | "core-dump" | "timeout" => "a command of its own failed",
        _ => "it is not active any more",
    };
    format!("{unit}: {why}")
}

/// Reasons in a trigger, or in its combination with the service.
pub fn find(evidence: &Evidence<'_>) -> Option<Reason> {
    not_listening(evidence).or_else(|| opens_it_itself(evidence)).or_else(|| still_there(evidence.subject, evidence))
}

/// systemd logs the address and the error:
/// `x.socket: Failed to create listening socket ([::]:80): Address already in use`.
fn not_listening(evidence: &Evidence<'_>) -> Option<Reason> {
    let (subject, log) = (evidence.subject, evidence.log);
    if !subject.unit.ends_with(".socket") || evidence.down.run.result != "resources" {
        return None;
    }
    if let Some((address, holder)) = &evidence.holder {
        return Some(taken(address, Some(holder), subject));
    }
    let lines = || log.manager.iter().chain(&log.program);
    let failed = lines().find_map(|line| line.split_once("Failed to create listening socket (")?.1.rsplit_once("): "));
    let only = lines().find_map(|line| line.split_once("Failed to receive listening socket (")?.1.rsplit_once("): "));
    let (address, error) = failed.or(only.map(|(address, _)| (address, "")))?;
    let reason = |why: Message, hints: Vec<Message>| Some(Reason { why, hints });
    match error {
        "Address already in use" => Some(taken(address, None, subject)),
        "Permission denied" | "Operation not permitted" => {
            reason(message!("this manager cannot listen on {}", address), vec![other_address()])
        }
        "Cannot assign requested address" => {
            reason(message!("no interface has the address of {}", address), vec![other_address()])
        }
        "" => reason(message!("it cannot listen on {}", address), Vec::new()),
        error => reason(message!("it cannot listen on {}: {}", address, error.to_lowercase()), Vec::new()),
    }
}

fn other_address() -> Message {
    message!("use another address: {}", set("listen", "ADDRESS"))
}

fn taken(address: &str, holder: Option<&Holder>, subject: &Subject) -> Reason {
    let who = match holder {
        None => "another program".to_owned(),
        Some(Holder { account, process: None, .. }) => format!("a program of {account}"),
        Some(holder) if is_manager(holder) => "systemd itself, for another socket unit,".to_owned(),
        Some(Holder { account, process: Some((pid, words)), .. }) => {
            format!("process {pid} of {account} ({})", shell::printable(words))
        }
    };
    let place = holder.map(|holder| holder.address.as_str()).filter(|held| *held != address);
    let place = place.map(|held| format!(", on {held}")).unwrap_or_default();
    let sockets = if address.starts_with("udp:") { "-lnup" } else { "-lntp" };
    let find = match holder {
        Some(holder) if is_manager(holder) => systemctl(subject.scope).arg("list-sockets"),
        _ => run("ss").arg(sockets).for_scope(subject.scope),
    };
    let why = message!("{} is in use: {} listens there already{}", address, who, place);
    Reason { why, hints: vec![find.into(), other_address()] }
}

/// A manager listens for its socket units.
fn is_manager(holder: &Holder) -> bool {
    let words = holder.process.as_ref().map(|(pid, words)| (*pid, words.as_str()));
    words.is_some_and(|(pid, words)| pid == 1 || words.ends_with("systemd --user"))
}

/// The program does not accept the socket from systemd.
fn opens_it_itself(evidence: &Evidence<'_>) -> Option<Reason> {
    const MARKS: [&str; 4] = ["Address already in use", "address already in use", "EADDRINUSE", "Address in use"];
    let first = evidence.subject.listens.first()?;
    let said = evidence.log.program.iter().any(|line| MARKS.iter().any(|mark| line.contains(mark)));
    (said && evidence.subject.unit.ends_with(".service")).then(|| Reason {
        why: message!(
            "the socket unit holds {} already, and the program opens it itself: with {} it must accept the socket from \
             systemd (file descriptor 3, man sd_listen_fds)",
            first,
            opt("listen")
        ),
        hints: vec![message!("leave out {} for a program that opens its port itself", opt("listen"))],
    })
}

/// The program did not remove the path that starts it.
fn still_there(subject: &Subject, evidence: &Evidence<'_>) -> Option<Reason> {
    let path = subject.exists.first()?;
    let limited = ["start-limit-hit", "unit-start-limit-hit", "trigger-limit-hit"];
    limited.contains(&evidence.down.run.result.as_str()).then(|| Reason {
        why: message!(
            "{} still exists after each run, so systemd started it again at once: the program must remove it",
            quoted(path)
        ),
        hints: vec![message!("run it whenever the path changes: {}", set("on-path-changed", path))],
    })
}

/// systemd writes this before a port on all addresses.
const ALL: &str = "[::]:";

/// The addresses of a socket and the paths of `PathExists=`, as systemd reports them.
pub fn of_manager(on: &[(String, String)]) -> (Vec<Address>, Vec<String>) {
    let address = |(kind, place): &(String, String)| {
        let udp = match (kind.as_str(), place.starts_with(['/', '@'])) {
            ("Stream", _) => "",
            ("Datagram", false) => "udp:",
            _ => return None,
        };
        Address::parse(format!("{udp}{}", place.strip_prefix(ALL).unwrap_or(place)).as_bytes()).ok()
    };
    let exists = on.iter().filter(|(kind, _)| kind == "PathExists").map(|(_, path)| path.clone());
    (on.iter().filter_map(address).collect(), exists.collect())
}

//! Command lines of docker, podman and compose, as far as a service must know them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

/// A subcommand that starts containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Run,
    Start,
    Exec,
    ComposeUp,
}

#[derive(Debug)]
pub struct Engine {
    pub program: &'static str,
    /// The system service that it talks to; `None` if it runs containers itself.
    pub daemon: Option<&'static str>,
    /// Its option that removes an earlier container of the same name.
    pub replaces: &'static str,
    /// systemd starts its containers from files of their own.
    pub has_quadlet: bool,
    /// Options before the subcommand that have no value.
    flags: &'static [&'static str],
    is_compose: bool,
}

const DOCKER: Engine = Engine {
    program: "docker",
    daemon: Some("docker.service"),
    replaces: "--rm",
    has_quadlet: false,
    flags: &["-D", "--debug", "--tls", "--tlsverify"],
    is_compose: false,
};

const PODMAN: Engine = Engine {
    program: "podman",
    daemon: None,
    replaces: "--replace",
    has_quadlet: true,
    flags: &["-r", "--remote", "--noout", "--syslog", "--transient-store"],
    is_compose: false,
};

pub static ENGINES: [Engine; 4] = [
    DOCKER,
    PODMAN,
    Engine { program: "docker-compose", is_compose: true, flags: OF_COMPOSE, ..DOCKER },
    Engine { program: "podman-compose", is_compose: true, flags: OF_COMPOSE, ..PODMAN },
];

const OF_COMPOSE: &[&str] = &["--all-resources", "--compatibility", "--dry-run", "--no-ansi", "--verbose", "--debug"];

/// Options without a value: all others have one, which is the next word unless `=` precedes it.
const OF_RUN: &[&str] = &[
    "-d",
    "--detach",
    "-i",
    "--interactive",
    "-t",
    "--tty",
    "-P",
    "--publish-all",
    "-q",
    "--quiet",
    "--disable-content-trust",
    "--env-host",
    "--http-proxy",
    "--init",
    "--no-healthcheck",
    "--no-hostname",
    "--no-hosts",
    "--oom-kill-disable",
    "--passwd",
    "--privileged",
    "--read-only",
    "--read-only-tmpfs",
    "--replace",
    "--rm",
    "--rmi",
    "--rootfs",
    "--sig-proxy",
    "--tls-verify",
    "--unsetenv-all",
    "--use-api-socket",
];

const OF_START: &[&str] = &["-a", "--attach", "-i", "--interactive", "--all", "-l", "--latest", "--sig-proxy"];

const OF_EXEC: &[&str] =
    &["-d", "--detach", "-i", "--interactive", "-t", "--tty", "--privileged", "-l", "--latest", "--no-session"];

const OF_UP: &[&str] = &[
    "-d",
    "--detach",
    "--abort-on-container-exit",
    "--abort-on-container-failure",
    "--always-recreate-deps",
    "--attach-dependencies",
    "--build",
    "--dry-run",
    "--force-recreate",
    "--menu",
    "--no-build",
    "--no-color",
    "--no-deps",
    "--no-log-prefix",
    "--no-recreate",
    "--no-start",
    "--quiet-build",
    "--quiet-pull",
    "--remove-orphans",
    "-V",
    "--renew-anon-volumes",
    "--timestamps",
    "--wait",
    "-w",
    "--watch",
    "-y",
    "--yes",
];

/// Options with which the program exits while the containers run.
pub const DETACH: &[&str] = &["-d", "--detach", "--wait"];

impl Verb {
    /// The options that need a terminal.
    pub fn of_terminal(self) -> &'static [&'static str] {
        match self {
            Verb::Run | Verb::Exec => &["-i", "--interactive", "-t", "--tty"],
            Verb::Start => &["-i", "--interactive"],
            Verb::ComposeUp => &[],
        }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Verb::Run => OF_RUN,
            Verb::Start => OF_START,
            Verb::Exec => OF_EXEC,
            Verb::ComposeUp => OF_UP,
        }
    }
}

/// An option as it is written.
#[derive(Debug, PartialEq, Eq)]
struct Given {
    /// `--name`, or `-n` for a letter of several.
    name: String,
    value: Option<OsString>,
    at: usize,
    /// How many words it is; several letters share one.
    words: usize,
}

/// A command line that starts containers.
#[derive(Debug)]
pub struct Container {
    pub engine: &'static Engine,
    pub verb: Verb,
    /// Those of the program and of `compose`, then those of the subcommand.
    options: Vec<Given>,
    /// The place of the first option of the subcommand.
    own: usize,
    /// The place of the first word after the options: the image, the container, or services of a project.
    pub operand: usize,
}

/// `None` for other programs, and for subcommands that start nothing.
pub fn of(command: &[OsString]) -> Option<Container> {
    let program = Path::new(command.first()?).file_name()?;
    let engine = ENGINES.iter().find(|engine| program == engine.program)?;
    let mut options = Vec::new();
    let mut at = read(command, 1, engine.flags, &mut options);
    let mut verb = command.get(at)?;
    let is_compose = engine.is_compose || verb == "compose";
    if verb == "compose" && !engine.is_compose {
        at = read(command, at + 1, OF_COMPOSE, &mut options);
        verb = command.get(at)?;
    } else if verb == "container" {
        at += 1;
        verb = command.get(at)?;
    }
    let verb = match (is_compose, verb.to_str()?) {
        (true, "up") => Verb::ComposeUp,
        (false, "run") => Verb::Run,
        (false, "start") => Verb::Start,
        (false, "exec") => Verb::Exec,
        _ => return None,
    };
    let own = at + 1;
    let operand = read(command, own, verb.flags(), &mut options);
    Some(Container { engine, verb, options, own, operand })
}

/// Reads options up to the first other word; returns its place.
fn read(command: &[OsString], mut at: usize, flags: &[&str], options: &mut Vec<Given>) -> usize {
    while let Some(word) = command.get(at) {
        let bytes = word.as_bytes();
        let next = || command.get(at + 1).cloned();
        match bytes {
            b"--" => return at + 1,
            [b'-', b'-', ..] => {
                let (name, attached) = match bytes.iter().position(|byte| *byte == b'=') {
                    Some(equals) => (&bytes[..equals], Some(OsStr::from_bytes(&bytes[equals + 1..]).to_owned())),
                    None => (bytes, None),
                };
                let name = String::from_utf8_lossy(name).into_owned();
                let takes_next = attached.is_none() && !flags.contains(&name.as_str());
                let value = if takes_next { next() } else { attached };
                let words = 1 + usize::from(takes_next);
                options.push(Given { name, value, at, words });
                at += words;
            }
            [b'-', _, ..] => at += letters(&bytes[1..], at, flags, next(), options),
            _ => break,
        }
    }
    at
}

/// Several options in one word, the last of which can have a value. Returns how many words they are.
fn letters(bytes: &[u8], at: usize, flags: &[&str], next: Option<OsString>, options: &mut Vec<Given>) -> usize {
    for (place, letter) in bytes.iter().enumerate() {
        let name = format!("-{}", char::from(*letter));
        if flags.contains(&name.as_str()) {
            options.push(Given { name, value: None, at, words: 1 });
            continue;
        }
        let rest = &bytes[place + 1..];
        let words = if rest.is_empty() { 2 } else { 1 };
        let rest = rest.strip_prefix(b"=").unwrap_or(rest);
        let value = if words == 2 { next } else { Some(OsStr::from_bytes(rest).to_owned()) };
        options.push(Given { name, value, at, words });
        return words;
    }
    1
}

impl Container {
    /// Whether a flag is given and not taken back (`--tty=false`).
    pub fn has(&self, names: &[&str]) -> bool {
        self.given(names).any(|given| given.value.as_ref().is_none_or(|value| value != "false"))
    }

    /// The last value of an option.
    pub fn value(&self, names: &[&str]) -> Option<&OsStr> {
        self.given(names).last().and_then(|given| given.value.as_deref())
    }

    fn given(&self, names: &[&str]) -> impl Iterator<Item = &Given> {
        self.options.iter().filter(move |given| names.contains(&given.name.as_str()))
    }

    /// The given ones of these options, as they are written.
    pub fn written<'a>(&self, command: &'a [OsString], names: &[&str]) -> Vec<&'a OsStr> {
        let mut places: Vec<usize> = self.given(names).filter(|given| given.at >= self.own).map(|it| it.at).collect();
        places.dedup();
        places.into_iter().filter_map(|at| command.get(at)).map(OsString::as_os_str).collect()
    }

    /// The command without options of the subcommand.
    pub fn without(&self, command: &[OsString], names: &[&str]) -> Vec<OsString> {
        let is_dropped = |given: &&Given| given.at >= self.own && names.contains(&given.name.as_str());
        let word = |(at, word): (usize, &OsString)| {
            let dropped: Vec<&Given> = self.options.iter().filter(is_dropped).filter(|given| given.at == at).collect();
            let is_long = word.as_bytes().starts_with(b"--");
            let is_value = |given: &Given| given.at < at && at < given.at + given.words;
            if self.options.iter().filter(is_dropped).any(is_value) {
                return None;
            }
            match (dropped.is_empty(), is_long) {
                (true, _) => Some(word.clone()),
                (false, true) => None,
                (false, false) => {
                    let flags = self.options.iter().filter(|given| given.at == at && given.value.is_none());
                    let all: Vec<u8> = flags.map(|given| given.name.as_bytes()[1]).collect();
                    let (letters, rest) = word.as_bytes()[1..].split_at(all.len());
                    let kept = letters.iter().filter(|byte| !dropped.iter().any(|it| it.name.as_bytes()[1] == **byte));
                    let left: Vec<u8> = b"-".iter().chain(kept).chain(rest).copied().collect();
                    (left.len() > 1).then(|| OsString::from_vec(left))
                }
            }
        };
        command.iter().enumerate().filter_map(word).collect()
    }

    /// The command with one more option of the subcommand.
    pub fn with(&self, command: &[OsString], option: &str) -> Vec<OsString> {
        let (before, after) = command.split_at(self.own);
        before.iter().cloned().chain([option.into()]).chain(after.iter().cloned()).collect()
    }

    /// The name that the container is given, or that of an existing one.
    pub fn own_name<'a>(&'a self, command: &'a [OsString]) -> Option<&'a OsStr> {
        match self.verb {
            Verb::Run => self.value(&["--name"]),
            Verb::Start => command.get(self.operand).map(OsString::as_os_str),
            Verb::Exec | Verb::ComposeUp => None,
        }
    }

    /// Another command for the same engine.
    pub fn other_command(&self, command: &[OsString], words: &[&str]) -> Vec<OsString> {
        let before = &command[..self.own - 1];
        let before = before.strip_suffix(&[OsString::from("container")]).unwrap_or(before);
        before.iter().cloned().chain(["container"].iter().chain(words).map(OsString::from)).collect()
    }

    /// Whether it talks to an engine other than that of this machine.
    pub fn is_remote(&self) -> bool {
        self.value(&["-H", "--host", "-c", "--context", "--url", "--connection"]).is_some()
            || self.has(&["-r", "--remote"])
    }

    /// What the container is called: by itself, or as its image.
    pub fn name<'a>(&'a self, command: &'a [OsString]) -> Option<&'a OsStr> {
        let named = self.value(&["--name"]).filter(|_| self.verb == Verb::Run);
        named.or_else(|| {
            let image = command.get(self.operand)?.as_bytes();
            // `[HOST:PORT/]PATH[:TAG][@DIGEST]`
            let last = image.rsplit(|byte| *byte == b'/').next()?;
            let end = last.iter().position(|byte| b":@".contains(byte)).unwrap_or(last.len());
            Some(OsStr::from_bytes(&last[..end]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn containers_are_named_by_themselves_or_by_their_image() {
        for (line, name) in [
            ("docker run --rm --name web -p 80:80 nginx", "web"),
            ("docker run --rm -p 80:80 --name=web nginx x", "web"),
            ("docker run nginx", "nginx"),
            ("docker run -dit -p80:80 ghcr.io:443/acme/api:1.2@sha256:00 --name x", "api"),
            ("docker -H tcp://h:1 --debug container run -itp 80:80 redis:7", "redis"),
            ("podman --log-level debug run --replace --init -v /a:/b docker.io/library/caddy", "caddy"),
            ("docker start -a web", "web"),
            ("docker exec -it web sh", "web"),
        ] {
            let words = words(line);
            assert_eq!(of(&words).unwrap().name(&words), Some(OsStr::new(name)), "{line}");
        }
        for line in
            ["docker", "docker ps -a", "docker compose down", "podman build .", "dockerd run x", "docker compose"]
        {
            assert!(of(&words(line)).is_none(), "{line}");
        }
    }

    #[test]
    fn options_are_removed_and_added_where_they_stand() {
        const TERMINAL: &[&str] = &["-i", "--interactive", "-t", "--tty"];
        for (line, without) in [
            ("docker run -it nginx -it", "docker run nginx -it"),
            ("docker run --rm -dit --tty -p 1:1 nginx", "docker run --rm -d -p 1:1 nginx"),
            ("docker run -tp 80:80 nginx", "docker run -p 80:80 nginx"),
            ("docker run -itp80:80 --interactive=true nginx", "docker run -p80:80 nginx"),
            ("docker run -e -t nginx", "docker run -e -t nginx"),
        ] {
            let words = words(line);
            assert_eq!(crate::shell::join(of(&words).unwrap().without(&words, TERMINAL)), without, "{line}");
        }
        for (line, other) in [
            ("docker -H tcp://h:1 run --rm --name web nginx", "docker -H tcp://h:1 container stop web"),
            ("podman container run --name web nginx", "podman container stop web"),
            ("docker start -a web", "docker container stop web"),
        ] {
            let words = words(line);
            let container = of(&words).unwrap();
            assert_eq!(container.own_name(&words), Some(OsStr::new("web")), "{line}");
            assert_eq!(crate::shell::join(container.other_command(&words, &["stop", "web"])), other);
        }
        let words = words("docker -D compose -f x up web");
        let up = of(&words).unwrap();
        assert_eq!(crate::shell::join(up.with(&words, "-t")), "docker -D compose -f x up -t web");
        assert_eq!((up.verb, up.operand), (Verb::ComposeUp, 6));
    }

    #[test]
    fn flags_can_be_taken_back() {
        let is_detached = |line: &str| of(&words(line)).unwrap().has(&["-d", "--detach"]);
        assert!(is_detached("docker run -d nginx") && is_detached("docker compose up --detach"));
        assert!(is_detached("docker run --rm -itd nginx") && is_detached("docker run --detach=true nginx"));
        assert!(!is_detached("docker run --detach=false nginx") && !is_detached("docker run nginx -d"));
        assert!(!is_detached("docker run -e -d nginx"));
    }
}

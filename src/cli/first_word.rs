//! First words that are no verbs of mkservice and no programs of services: those of other tools, of shells, and slips.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::CommandFactory as _;

use super::invocation::looks_like_option;
use super::{Cli, Invocation};
use crate::model::Verb;
use crate::model::command::{Command, Program, mkservice, run};
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{Message, message, quoted};
use crate::runtime::command::{self, AsUser};
use crate::shell;
use crate::spec::UnitName;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A program that no service runs.
    Program,
    /// The same, whose arguments can be those of mkservice.
    Controller,
    /// The same without arguments.
    Bare,
    /// A verb of other tools, or a builtin of shells. If a program has that name, a service runs it.
    Word,
    /// A builtin of shells that no service runs, even if a program has its name.
    Builtin,
    /// A word of the shell's language, which needs a shell (POSIX.1-2017, XCU 2.4 and 2.14; bash(1)).
    Shell,
}

struct Foreign {
    kind: Kind,
    /// Separated by spaces; `*` stands for any rest.
    words: &'static str,
    /// The verbs that are probably meant.
    verbs: &'static [Verb],
    /// What to do otherwise.
    advice: &'static str,
}

const fn word(words: &'static str, verbs: &'static [Verb]) -> Foreign {
    Foreign { kind: Kind::Word, words, verbs, advice: "" }
}

const fn program(words: &'static str, verbs: &'static [Verb]) -> Foreign {
    Foreign { kind: Kind::Program, words, verbs, advice: "" }
}

const fn bare(words: &'static str) -> Foreign {
    Foreign { kind: Kind::Bare, words, verbs: &[], advice: "" }
}

const fn advice(kind: Kind, words: &'static str, advice: &'static str) -> Foreign {
    Foreign { kind, words, verbs: &[], advice }
}

const FOREIGN: &[Foreign] = &[
    // Verbs of other tools.
    word("create new register launch spawn daemonize", &[Verb::Add]),
    word("set config configure modify change alter override", &[Verb::Update, Verb::Edit]),
    word("up", &[Verb::Start, Verb::Apply]),
    word("resume unpause boot resurrect startall reset-failed", &[Verb::Start]),
    word("down end quit terminate pause suspend stopall", &[Verb::Stop]),
    word("reload restartall bounce respawn rerun", &[Verb::Restart]),
    word("try-restart reload-or-restart condrestart force-reload", &[Verb::Restart]),
    word("autostart startup reenable unmask on", &[Verb::Enable]),
    word("noautostart unstartup mask off", &[Verb::Disable]),
    word("destroy purge drop erase rmi unregister undeploy", &[Verb::Remove]),
    word("unload", &[Verb::Stop, Verb::Remove]),
    word("move", &[Verb::Rename]),
    word("inspect describe state stats health is-active is-enabled is-failed", &[Verb::Status]),
    word("services jlist prettylist list-units list-unit-files list-timers", &[Verb::List]),
    word("journal output maintail monit", &[Verb::Logs]),
    word("print unit", &[Verb::Cat]),
    word("deploy load reread", &[Verb::Apply]),
    word("dump save backup", &[Verb::Export]),
    word("convert migrate", &[Verb::Import]),
    word("attach disown", &[Verb::Adopt]),
    word("trigger kickstart", &[Verb::Run]),
    word("secure sandbox", &[Verb::Harden]),
    word("check verify diagnose troubleshoot", &[Verb::Doctor]),
    word("usage commands verbs options manual about ?", &[Verb::Help]),
    word("daemon-reload daemon-reexec scale lint render exit logout history", &[]),
    // Programs that control services.
    Foreign {
        kind: Kind::Controller,
        words: "systemctl service rc-service initctl supervisorctl",
        verbs: &[],
        advice: "",
    },
    program("journalctl", &[Verb::Logs]),
    program("systemd-run install init", &[Verb::Add]),
    program("loginctl hostnamectl timedatectl localectl machinectl chkconfig update-rc.d", &[]),
    program("kill pkill killall killall5 skill xkill shutdown poweroff halt telinit", &[Verb::Stop]),
    program("reboot kexec", &[Verb::Restart]),
    // Programs that change files, file systems, users and packages.
    program("rm rmdir unlink shred", &[Verb::Remove]),
    program("mv", &[Verb::Rename]),
    program("ls ps pgrep pidof", &[Verb::List]),
    program("cp dd ln truncate touch mkdir mkfifo mknod chmod chown chgrp setfacl chattr", &[]),
    program("mkfs* mke2fs mkswap fsck* e2fsck tune2fs wipefs blkdiscard", &[]),
    program("fdisk sfdisk cfdisk gdisk sgdisk parted mount umount swapon swapoff", &[]),
    program("useradd userdel usermod groupadd groupdel adduser deluser passwd chsh visudo", &[]),
    program("apt apt-get aptitude dpkg dnf yum rpm zypper pacman apk", &[]),
    advice(Kind::Program, "crontab", "use --on-calendar or --every to run a command at certain times"),
    advice(Kind::Program, "at batch", "use --on-active DURATION to run a command once, after that time"),
    advice(Kind::Program, "su runuser", "use --uid USER to run a command as another user"),
    advice(Kind::Builtin, "cd pushd popd", "use --working-directory DIR to run a command in another directory"),
    // Programs for people.
    program("which whereis", &[Verb::Status]),
    program("apropos whatis", &[Verb::Man]),
    program("vi vim nvim view nano pico ed", &[Verb::Edit]),
    program("less more most", &[Verb::Logs]),
    program("top htop btop atop", &[Verb::List]),
    program("jobs fg bg", &[Verb::Adopt]),
    program("type hash stat", &[Verb::Status]),
    program("test", &[Verb::Doctor]),
    program("sync", &[Verb::Apply]),
    program("reset", &[Verb::Restart]),
    program("clear login alias unalias pwd whoami", &[]),
    bare("sh bash dash zsh ksh mksh fish ash csh tcsh"),
    bare("tmux screen irb ipython psql mysql mariadb sqlite3 redis-cli ssh ftp sftp telnet gdb bc emacs"),
    // What only shells know.
    advice(Kind::Word, "declare local readonly unset", "use -E NAME=VALUE to set a variable for the program"),
    advice(Kind::Word, "source .", "use --environment-file FILE to read variables from a file"),
    advice(Kind::Shell, "! [[ { break builtin case continue do eval exec for function if let return select shift", ""),
    advice(Kind::Shell, "shopt trap ulimit umask until while", ""),
];

impl Foreign {
    fn has(&self, name: &str) -> bool {
        self.words.split(' ').any(|word| match word.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => word == name,
        })
    }
}

/// Refuses a program that no service runs. Only a command that follows `--` is certainly meant.
pub fn refuse_program(invocation: &Invocation) -> Result<()> {
    refuse_other_user(invocation)?;
    let Some((first, rest)) = invocation.command().split_first() else { return Ok(()) };
    let Some((name, row)) = of_program(first).filter(|_| !invocation.is_literal()) else { return Ok(()) };
    let message = match row.kind {
        Kind::Program | Kind::Controller | Kind::Builtin => {
            message!("{} is not a program to run as a service", quoted(name))
        }
        Kind::Bare if rest.iter().all(|word| OF_LOGIN_SHELLS.iter().any(|option| word == option)) => {
            message!("{} without arguments is not a program to run as a service", quoted(name))
        }
        _ => return Ok(()),
    };
    Err(Error::new(Code::Usage, message).hints(hints(row, invocation)).hint(as_program(invocation)))
}

fn as_program(invocation: &Invocation) -> Message {
    let add = mkservice([Verb::Add.name()]).args(invocation.normalized().arguments());
    message!("if you mean the program: {}", add)
}

/// Refuses `sudo` and `doas`: nobody is there to enter a password.
fn refuse_other_user(invocation: &Invocation) -> Result<()> {
    if invocation.is_literal() {
        return Ok(());
    }
    let Some(AsUser { program, user, group, variables, command }) = command::as_user(invocation.command()) else {
        return Ok(());
    };
    let message = message!("{} is not a program to run as a service", quoted(program));
    let mut line = invocation.with_command(&command).in_system_scope();
    for variable in variables.iter().rev() {
        line = line.with("setenv", Some(variable));
    }
    if let Some(group) = &group {
        line = line.with_only("gid", group);
    }
    let line = mkservice(line.with_only("uid", &user).arguments());
    let error = Error::new(Code::Usage, message);
    Err(error.hint(message!("run the command as {}: {}", quoted(&user), line)).hint(as_program(invocation)))
}

/// Options that make a shell no less interactive.
const OF_LOGIN_SHELLS: [&str; 5] = ["-i", "-l", "-il", "-li", "--login"];

fn of_program(word: &OsStr) -> Option<(&str, &'static Foreign)> {
    const OF_SYSTEM: [&str; 4] = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"];
    let path = Path::new(word);
    let name = path.file_name().filter(|_| OF_SYSTEM.iter().any(|dir| path.parent() == Some(Path::new(dir))));
    row(name.unwrap_or(word))
}

fn row(word: &OsStr) -> Option<(&str, &'static Foreign)> {
    let word = word.to_str()?;
    FOREIGN.iter().find(|row| row.has(word)).map(|row| (word, row))
}

/// The error for a verb of other tools. Called where no such program is found.
pub fn no_such_verb(invocation: &Invocation) -> Option<Error> {
    let first = first_of_line(invocation)?;
    let (first, row) = row(first.as_ref()).filter(|(_, row)| row.kind == Kind::Word)?;
    let error = Error::new(Code::Usage, message!("no such verb {}", quoted(first))).hints(hints(row, invocation));
    Some(error.hints(shell_line(invocation.command())))
}

/// Whether a word of other tools was taken for the program.
pub fn is_foreign(invocation: &Invocation) -> bool {
    no_such_verb(invocation).is_some() || refuse_program(invocation).is_err()
}

/// For a misspelled verb, which was taken for a command.
pub fn verb_line(invocation: &Invocation) -> Option<Message> {
    let first = first_of_line(invocation)?;
    let lower = first.to_ascii_lowercase();
    let is_verb = Verb::given(&lower);
    let slips = |verb: &Verb| strsim::osa_distance(verb.name(), &lower);
    let nearest = || Verb::all().min_by_key(slips).filter(|verb| slips(verb) <= verb.name().len() / 4);
    let meant = is_verb.or_else(nearest)?;
    Some(match is_verb.is_some() || meant.only_reads() {
        true => message!("did you mean: {}", mkservice(invocation.with_verb_for_program(meant).arguments())),
        // It could do harm, and only its spelling says that it was meant.
        false => all_verbs(),
    })
}

/// The arguments of `help`, with the name of a verb for its alias.
pub fn of_help(invocation: &Invocation) -> Result<Vec<OsString>> {
    let Some(first) = invocation.command().first().filter(|word| !looks_like_option(word)) else {
        return Ok(invocation.arguments());
    };
    if let Some(verb) = first.to_str().and_then(Verb::given) {
        return Ok([Verb::Help.name(), verb.name()].map(OsString::from).to_vec());
    }
    let error = Error::new(Code::Usage, message!("no such verb {}", quoted(first)));
    Err(match row(first) {
        Some((_, row)) => error.hints(hints(row, &Invocation::default().with_command(invocation.command()))),
        None => error.hint(all_verbs()),
    })
}

/// The word that was taken for the program although it can be a verb.
fn first_of_line(invocation: &Invocation) -> Option<&str> {
    let can_be_verb = invocation.given_verb().is_none() && !invocation.is_literal();
    invocation.command().first().filter(|_| can_be_verb)?.to_str()
}

/// For a command that begins with a word that only shells know, or contains an operator.
pub fn shell_line(command: &[OsString]) -> Option<Message> {
    let words: Vec<String> = command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let is_shells =
        |first: &OsString| row(first).is_some_and(|(_, row)| matches!(row.kind, Kind::Shell | Kind::Builtin));
    let needs_shell = command.first().is_some_and(is_shells) || words.iter().any(|word| shell::is_operator(word));
    let line = || match words.split_first() {
        // A word of the shell itself must not be quoted.
        Some((first, rest)) if !rest.is_empty() => {
            format!("{first} {}", shell::join_line(rest.iter().map(String::as_str)))
        }
        _ => words.concat(),
    };
    needs_shell.then(|| message!("run it with a shell: {}", run("sh").arg("-c").arg(line())))
}

fn all_verbs() -> Message {
    message!("show the verbs: {}", mkservice(["--help"]))
}

/// What was probably meant, as lines to paste.
fn hints(row: &Foreign, invocation: &Invocation) -> Vec<Message> {
    let rest = invocation.command().get(1..).unwrap_or_default();
    let words: Vec<&OsString> = rest.iter().filter(|word| !looks_like_option(word)).collect();
    let in_arguments = words.iter().enumerate().filter(|_| row.kind == Kind::Controller);
    let in_arguments = in_arguments.filter_map(|(at, word)| Some((at, verbs_of(word)?))).next();
    let (verbs, names) = match &in_arguments {
        Some((at, verbs)) => (verbs.as_slice(), [&words[..*at], &words[at + 1..]].concat()),
        None => (row.verbs, words),
    };
    let lines = verbs.iter().map(|verb| message!("{}: {}", purpose(*verb), line(*verb, rest, &names)));
    let mut hints: Vec<Message> = lines.chain((!row.advice.is_empty()).then(|| row.advice.into())).collect();
    if hints.is_empty() && matches!(row.kind, Kind::Word | Kind::Controller) {
        hints.push(all_verbs());
    }
    hints
}

/// The verbs that an argument of a program such as systemctl means.
fn verbs_of(word: &OsStr) -> Option<Vec<Verb>> {
    let verb = word.to_str().and_then(Verb::given).map(|verb| vec![verb]);
    verb.or_else(|| row(word).filter(|(_, row)| row.kind == Kind::Word).map(|(_, row)| row.verbs.to_vec()))
}

/// What a verb is for, from its help.
fn purpose(verb: Verb) -> String {
    let cli = Cli::command();
    let about = cli.find_subcommand(verb.name()).and_then(|verb| verb.get_about().map(ToString::to_string));
    let about = about.unwrap_or_else(|| "Show the verbs".into());
    let mut about = about.split([';', '(', ',']).next().unwrap_or_default().trim().to_owned();
    about[..1].make_ascii_lowercase();
    about
}

/// A command line with a verb: for the services with these names, if they can be names of services.
fn line(verb: Verb, rest: &[OsString], names: &[&OsString]) -> Command {
    let is_name = |word: &&&OsString| {
        let name = word.to_str().filter(|name| name.parse::<u64>().is_err());
        name.is_some_and(|name| UnitName::existing(name).is_ok())
    };
    let of_services = || match !names.is_empty() && names.iter().all(|name| is_name(&name)) {
        true => mkservice([verb.name()]).args(names),
        false => mkservice([verb.name()]).plain("NAME"),
    };
    match verb {
        Verb::Add if rest.is_empty() => Command::new(Program::Own).plain("COMMAND"),
        Verb::Add => mkservice(rest),
        Verb::Help => mkservice(["--help"]),
        Verb::List | Verb::Doctor | Verb::Export => mkservice([verb.name()]),
        Verb::Apply | Verb::Import => mkservice([verb.name()]).plain("FILE"),
        Verb::Rename => mkservice([verb.name()]).plain("OLD NEW"),
        Verb::Adopt => mkservice([verb.name()]).plain("PID"),
        _ => of_services(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_a_verb_or_stands_twice() {
        let words: Vec<&str> = FOREIGN.iter().flat_map(|row| row.words.split(' ')).collect();
        for (at, word) in words.iter().enumerate() {
            assert!(!words[..at].contains(word), "`{word}` stands twice");
            assert!(Verb::named(word).is_none(), "`{word}` is a verb: remove it from the table");
        }
    }
}

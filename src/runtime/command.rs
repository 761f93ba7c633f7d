//! What a command line runs, and the wrappers before it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::table::Runtime;
use super::{container, has_script_extension, launcher, of_program};
use crate::shell::{self, NotWords, Special};

/// The script that an interpreter opens for certain. A word without the extension of a script can be a module, a verb or
/// anything else.
pub fn script(command: &[OsString]) -> Option<OsString> {
    match runs(command)? {
        Runs::Script(script) if command.first().is_some_and(|program| *program != script) => {
            Some(script).filter(|script| has_script_extension(script))
        }
        _ => None,
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Runs {
    Script(OsString),
    /// A module or the like, by name.
    Named(OsString),
    Program(OsString),
    /// An interpreter without a script or module.
    Bare(OsString),
}

pub fn runs(command: &[OsString]) -> Option<Runs> {
    let command = &command[unwrapped(command)..];
    let launched = launcher::of(command);
    let command = launched.as_ref().map_or(command, |launched| &launched.command);
    let program = command.first()?;
    let Some(runtime) = of_program(program) else {
        let program = program.clone();
        return Some(if has_script_extension(&program) { Runs::Script(program) } else { Runs::Program(program) });
    };
    let is = |word: &OsStr, list: &[&str]| list.iter().any(|known| word == *known);
    let mut words = command[1..].iter().map(OsString::as_os_str);
    while let Some(word) = words.next() {
        if is(word, runtime.inline) || ends_group(word, runtime.inline, runtime) {
            break;
        } else if is(word, runtime.names_program) || ends_group(word, runtime.names_program, runtime) {
            let Some(named) = words.next().map(OsStr::to_owned) else { break };
            return Some(if has_script_extension(&named) { Runs::Script(named) } else { Runs::Named(named) });
        } else if is(word, runtime.with_value) {
            words.next();
        } else if word.as_bytes().starts_with(b"-") || is(word, runtime.verbs) || word.is_empty() {
            continue;
        } else {
            return Some(Runs::Script(word.to_owned()));
        }
    }
    Some(Runs::Bare(program.clone()))
}

/// Whether a word is a group of short options of which the last is in the list, as in `bash -lc` or `perl -we`. A shell
/// also accepts `-cl`.
fn ends_group(word: &OsStr, list: &[&str], runtime: &Runtime) -> bool {
    let Some(letters) = word.to_str().and_then(|word| word.strip_prefix('-')) else { return false };
    if runtime.runs_classes || letters.len() < 2 || !letters.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let is_in = |list: &[&str], letter: &str| list.iter().any(|option| option.strip_prefix('-') == Some(letter));
    if runtime.is_shell {
        return letters.chars().any(|letter| is_in(list, letter.encode_utf8(&mut [0; 4])));
    }
    let (before, last) = letters.split_at(letters.len() - 1);
    let takes_rest = |letter: char| {
        let begins = |option: &&str| option.strip_prefix('-').is_some_and(|it| it.starts_with(letter));
        [runtime.with_value, runtime.names_program, runtime.loads].into_iter().flatten().any(begins)
    };
    is_in(list, last) && !before.contains(takes_rest)
}

/// Whether a program imports modules from the directory of its script.
pub fn imports_from_script_directory(program: &OsStr) -> bool {
    of_program(program).is_some_and(|runtime| runtime.imports_from_directory)
}

/// Whether a command imports modules from its working directory: `node -e` does, and `python -m` and `-c` unless isolated
/// (`-I`, `-P`).
pub fn imports_from_working_directory(command: &[OsString]) -> bool {
    let command = &command[unwrapped(command)..];
    let imports = command.first().and_then(|program| of_program(program)).is_some_and(|it| it.imports_from_directory);
    let isolated = command[1..].iter().take_while(|word| *word != "-m" && *word != "-c");
    let named = matches!(runs(command), Some(Runs::Named(_) | Runs::Bare(_)));
    imports && named && !isolated.into_iter().any(|word| word == "-I" || word == "-P")
}

pub fn runtime(command: &[OsString]) -> Option<&'static Runtime> {
    let command = &command[unwrapped(command)..];
    let launched = launcher::of(command);
    of_program(launched.as_ref().map_or(command, |launched| &launched.command).first()?)
}

/// The commands of a shell command line, roughly, without those that only prepare for others.
pub fn commands(line: &OsStr) -> Vec<Vec<OsString>> {
    const PREPARATIONS: [&str; 7] = ["cd", "export", "set", "umask", "ulimit", ".", "source"];
    let is_prefix = |word: &String| word.contains('=') || word == "exec";
    let commands = shell::commands(&line.to_string_lossy(), &|_| None).into_iter();
    let commands = commands.map(|words| words.into_iter().skip_while(is_prefix).collect::<Vec<_>>());
    let commands = commands.filter(|words| words.first().is_some_and(|word| !PREPARATIONS.contains(&word.as_str())));
    commands.map(|words| words.into_iter().map(OsString::from).collect()).collect()
}

/// A program that starts the command after its options.
pub(super) struct Wrapper {
    pub(super) program: &'static str,
    /// Options whose value is the next word.
    with_value: &'static [&'static str],
    /// The number of operands before the command.
    operands: usize,
    /// It becomes the command, or does little beside waiting for it.
    is_transparent: bool,
}

const fn wrapper(program: &'static str, with_value: &'static [&'static str], operands: usize) -> Wrapper {
    Wrapper { program, with_value, operands, is_transparent: true }
}

/// One that does more.
const fn starter(program: &'static str, with_value: &'static [&'static str], operands: usize) -> Wrapper {
    Wrapper { program, with_value, operands, is_transparent: false }
}

const WRAPPERS: [Wrapper; 51] = [
    wrapper("env", &["-u", "--unset", "-C", "--chdir"], 0),
    // A word of shells.
    wrapper("exec", &["-a"], 0),
    wrapper("nice", &["-n", "--adjustment"], 0),
    wrapper("ionice", &["-c", "--class", "-n", "--classdata"], 0),
    wrapper("nohup", &[], 0),
    wrapper("setsid", &[], 0),
    wrapper("stdbuf", &["-i", "-o", "-e", "--input", "--output", "--error"], 0),
    wrapper("unbuffer", &[], 0),
    wrapper("time", &["-f", "--format", "-o", "--output"], 0),
    wrapper("timeout", &["-k", "--kill-after", "-s", "--signal"], 1),
    wrapper("chrt", &["-T", "-P", "-D"], 1),
    wrapper("taskset", &[], 1),
    wrapper("xvfb-run", &["-e", "-f", "-n", "-p", "-s", "-w"], 0),
    starter("busybox", &[], 0),
    starter("capsh", &[], 0),
    starter("catatonit", &[], 0),
    starter("cgexec", &["-g"], 0),
    starter(
        "chpst",
        &["-u", "-U", "-b", "-/", "-e", "-n", "-l", "-L", "-m", "-d", "-o", "-p", "-f", "-c", "-r", "-t"],
        0,
    ),
    starter("chroot", &[], 1),
    starter("command", &[], 0),
    starter("dbus-run-session", &["--config-file", "--dbus-daemon"], 0),
    starter("doas", &["-u", "-C"], 0),
    starter("dumb-init", &["-r", "--rewrite"], 0),
    starter("eatmydata", &[], 0),
    starter("entr", &[], 0),
    starter("faketime", &["-f"], 1),
    starter("firejail", &[], 0),
    starter("flock", &["-w", "--wait", "--timeout", "-E", "--conflict-exit-code"], 1),
    starter("gosu", &[], 1),
    starter("ld-linux-aarch64.so.1", LD_SO, 0),
    starter("ld-linux-x86-64.so.2", LD_SO, 0),
    starter("ld.so", LD_SO, 0),
    starter("ltrace", &["-e", "-o", "-p", "-u", "-l", "-n", "-s"], 0),
    starter("nsenter", &["-t", "--target", "-S", "--setuid", "-G", "--setgid"], 0),
    starter("numactl", &["-m", "-N", "-C", "-i", "-p"], 0),
    starter("parallel", &["-a", "--arg-file", "-j", "--jobs", "-S", "--sshlogin", "--colsep", "--delay"], 0),
    starter("prlimit", &[], 0),
    starter("run-one", &[], 0),
    starter("runuser", &["-u", "--user", "-g", "--group", "-G", "--supp-group"], 0),
    starter("setarch", &[], 1),
    starter("setpriv", SETPRIV, 0),
    starter("strace", &["-e", "-o", "-p", "-s", "-u", "-E", "-P", "-a", "-b", "-I", "-O", "-S", "-X"], 0),
    starter("su", &["-g", "--group", "-G", "--supp-group", "-s", "--shell", "-w"], 0),
    starter("sudo", SUDO, 0),
    starter("systemd-cat", &["-t", "--identifier", "-p", "--priority", "--stderr-priority"], 0),
    starter("systemd-inhibit", &[], 0),
    starter("systemd-run", &["-u", "--unit", "-p", "--property", "-E", "--setenv", "-M", "--machine"], 0),
    starter("tini", &["-p", "-e"], 0),
    starter(
        "unshare",
        &["-S", "--setuid", "-G", "--setgid", "-R", "--root", "-w", "--wd", "--map-user", "--map-group"],
        0,
    ),
    starter("watch", &["-n", "--interval", "-q", "--equexit"], 0),
    starter(
        "xargs",
        &["-a", "--arg-file", "-d", "--delimiter", "-E", "-I", "-L", "-n", "--max-args", "-P", "--max-procs", "-s"],
        0,
    ),
];

const SUDO: &[&str] = &[
    "-u",
    "--user",
    "-g",
    "--group",
    "-h",
    "--host",
    "-p",
    "--prompt",
    "-C",
    "--close-from",
    "-r",
    "--role",
    "-t",
    "--type",
    "-T",
    "--command-timeout",
    "-R",
    "--chroot",
    "-D",
    "--chdir",
    "-U",
    "--other-user",
];

const LD_SO: &[&str] = &["--library-path", "--preload", "--audit", "--argv0", "--inhibit-rpath"];

const SETPRIV: &[&str] = &[
    "--ambient-caps",
    "--inh-caps",
    "--bounding-set",
    "--ruid",
    "--euid",
    "--rgid",
    "--egid",
    "--reuid",
    "--regid",
    "--groups",
    "--securebits",
    "--pdeathsig",
    "--selinux-label",
    "--apparmor-profile",
];

/// A command without the programs before it whose purpose a service fulfills by itself, such as `nohup`.
#[derive(Debug)]
pub struct ServiceCommand {
    pub words: Vec<OsString>,
    /// The programs and options that are left out, and why.
    pub left_out: Vec<(String, &'static str)>,
    /// The other programs before it, and the option of mkservice that does the same.
    pub kept: Vec<(&'static str, &'static str)>,
}

pub fn of_service(command: &[OsString]) -> ServiceCommand {
    let mut it = ServiceCommand { words: Vec::new(), left_out: Vec::new(), kept: Vec::new() };
    let foreground = in_foreground(command);
    let mut rest = foreground.as_deref().unwrap_or(command);
    if foreground.is_some() {
        it.left_out.push(("&".into(), "systemd runs every service in the background"));
    }
    while let Some(wrapper) = wrapper_of(rest).filter(|wrapper| wrapper.is_transparent)
        && let Some(length) = wrapper.length(rest)
    {
        let (before, after) = rest.split_at(length);
        let is_plain = length == 1;
        match NEEDLESS.iter().find(|(program, _)| is_plain && *program == wrapper.program) {
            Some((program, why)) => it.left_out.push(((*program).to_owned(), why)),
            None => it.words.extend(before.iter().cloned()),
        }
        it.kept.extend(WITH_OPTION.iter().filter(|(program, _)| *program == wrapper.program));
        rest = after;
    }
    match container::of(rest).map(|container| (container.written(rest, container.verb.of_terminal()), container)) {
        Some((written, container)) if !written.is_empty() => {
            it.left_out.push((shell::join(written), "a service has no terminal"));
            it.words.extend(container.without(rest, container.verb.of_terminal()));
        }
        _ => it.words.extend(rest.iter().cloned()),
    }
    it
}

/// A quoted line without its last `&`: as words, unless only a shell can run it. With the `&`, its shell would exit at
/// once, and systemd would stop what it started.
fn in_foreground(command: &[OsString]) -> Option<Vec<OsString>> {
    let [line] = command else { return None };
    let line = line.to_str()?.trim_end().strip_suffix('&')?.trim_end();
    if line.ends_with(['&', '\\', '>', '<', '|']) {
        return None;
    }
    match shell::split(line) {
        Ok(words) if words.is_empty() || words.iter().any(|word| word.expands.is_some()) => None,
        Ok(words) => {
            let env = words[0].assigns.then(|| OsString::from("env"));
            Some(env.into_iter().chain(words.into_iter().map(|word| word.text.into())).collect())
        }
        Err(NotWords { what: Special::Operator(_) | Special::Expansion(_) | Special::LineBreak, .. }) => {
            Some(vec![line.into()])
        }
        Err(_) => None,
    }
}

/// Programs and shell words that do nothing for a service: with `setsid`, systemd would even take it for exited.
const NEEDLESS: [(&str, &str); 4] = [
    ("nohup", "a service keeps running after you log out"),
    ("setsid", "a service has a session of its own"),
    ("exec", "systemd starts the program without a shell"),
    ("time", "systemd logs the CPU time of a service"),
];

/// Options of mkservice.
const WITH_OPTION: [(&str, &str); 2] = [("env", "-E NAME=VALUE"), ("nice", "--nice N")];

/// A command that another user runs.
#[derive(Debug, PartialEq, Eq)]
pub struct AsUser {
    pub program: &'static str,
    pub user: OsString,
    pub group: Option<OsString>,
    pub variables: Vec<OsString>,
    pub command: Vec<OsString>,
}

/// Reads `sudo -u USER COMMAND` and the like; `None` for another command.
pub fn as_user(command: &[OsString]) -> Option<AsUser> {
    let wrapper = wrapper_of(command).filter(|wrapper| matches!(wrapper.program, "sudo" | "doas"))?;
    let (before, after) = command.split_at(wrapper.length(command)?);
    let value = |short: &str, long: &str| {
        let mut words = before[1..].iter();
        let value = |word: &OsString, words: &mut std::slice::Iter<'_, OsString>| match word.as_bytes() {
            _ if word == short || word == long => words.next().cloned(),
            bytes => {
                let attached = [format!("{long}="), short.to_owned()];
                let rest = attached.iter().find_map(|start| bytes.strip_prefix(start.as_bytes()))?;
                Some(OsStr::from_bytes(rest).to_owned())
            }
        };
        while let Some(word) = words.next() {
            if let Some(found) = value(word, &mut words) {
                return Some(found);
            }
        }
        None
    };
    let is_variable = |word: &&OsString| !word.as_bytes().starts_with(b"-") && word.as_bytes().contains(&b'=');
    Some(AsUser {
        program: wrapper.program,
        user: value("-u", "--user").unwrap_or_else(|| "root".into()),
        group: value("-g", "--group"),
        variables: before.iter().filter(is_variable).cloned().collect(),
        command: after.to_vec(),
    })
}

/// The place of the command after `env X=1`, `nice -n 5` and other wrappers.
pub fn unwrapped(command: &[OsString]) -> usize {
    let mut start = 0;
    while let Some(wrapper) = wrapper_of(&command[start..]).filter(|wrapper| wrapper.is_transparent)
        && let Some(length) = wrapper.length(&command[start..])
    {
        start += length;
    }
    start
}

pub(super) fn wrapper_of(command: &[OsString]) -> Option<&'static Wrapper> {
    let program = std::path::Path::new(command.first()?).file_name()?;
    WRAPPERS.iter().find(|wrapper| program == wrapper.program)
}

impl Wrapper {
    fn takes_variables(&self) -> bool {
        matches!(self.program, "env" | "sudo")
    }

    /// The number of words before the command; `None` without a command.
    pub(super) fn length(&self, command: &[OsString]) -> Option<usize> {
        let mut at = 1;
        let mut operands = self.operands;
        loop {
            let word = command.get(at)?.as_bytes();
            let text = std::str::from_utf8(word).unwrap_or_default();
            if word == b"--" {
                at += 1;
                break;
            } else if self.with_value.contains(&text) {
                at += 2;
            } else if (word.starts_with(b"-") && word.len() > 1) || (self.takes_variables() && word.contains(&b'=')) {
                at += 1;
            } else if operands > 0 {
                operands -= 1;
                at += 1;
            } else {
                break;
            }
        }
        (at < command.len()).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn scripts_are_found_after_interpreters_and_wrappers() {
        use Runs::*;
        for (line, expected) in [
            ("python myscript.py", Script("myscript.py".into())),
            ("/usr/bin/python3.11 -u -W ignore app.py x.py", Script("app.py".into())),
            ("python -m http.server 8000", Named("http.server".into())),
            ("python -c print(1)", Bare("python".into())),
            ("python", Bare("python".into())),
            ("node --require x server.js", Script("server.js".into())),
            ("deno run -A main.ts", Script("main.ts".into())),
            ("java -Xmx1g -jar App.jar", Script("App.jar".into())),
            ("bash -c true", Bare("bash".into())),
            ("bash -lc true", Bare("bash".into())),
            ("bash -ec true", Bare("bash".into())),
            ("sh -xuc true", Bare("sh".into())),
            ("zsh -cl true", Bare("zsh".into())),
            ("bash -x run.sh", Script("run.sh".into())),
            ("python3 -uc print(1)", Bare("python3".into())),
            ("python3 -um http.server 80", Named("http.server".into())),
            ("perl -we 1", Bare("perl".into())),
            ("perl -Mre x.pl", Script("x.pl".into())),
            ("perl -lane print", Bare("perl".into())),
            ("node -pe 1", Bare("node".into())),
            ("ruby -ne print", Bare("ruby".into())),
            ("ruby -rjson/core x.rb", Script("x.rb".into())),
            ("php -dx=r x.php", Script("x.php".into())),
            ("java -Xm x.jar", Script("x.jar".into())),
            ("./run.sh", Script("./run.sh".into())),
            ("gunicorn app:app", Program("gunicorn".into())),
            ("env -u A B=1 nice -n 5 python app.py", Script("app.py".into())),
            ("timeout -k 5 1h ./server --port 1", Program("./server".into())),
            ("nohup python3 app.py", Script("app.py".into())),
            ("nice", Program("nice".into())),
            ("python -m", Bare("python".into())),
            ("uv run app.py", Script("app.py".into())),
            ("poetry run gunicorn app:app", Program("gunicorn".into())),
            ("uv run -m http.server", Named("http.server".into())),
            ("pythonista x.py", Program("pythonista".into())),
        ] {
            assert_eq!(runs(&words(line)), Some(expected), "{line}");
        }
    }

    #[test]
    fn programs_that_a_service_does_without_are_left_out() {
        for (line, left, left_out) in [
            ("nohup python3 main.py", "python3 main.py", "nohup"),
            ("exec ./server --fast", "./server --fast", "exec"),
            ("time ./job", "./job", "time"),
            ("/usr/bin/time -v ./job", "/usr/bin/time -v ./job", ""),
            ("setsid nohup ./server", "./server", "setsid nohup"),
            ("setsid --wait ./server", "setsid --wait ./server", ""),
            ("env A=1 nohup nice -n 5 ./server nohup", "env A=1 nice -n 5 ./server nohup", "nohup"),
            ("nohup", "nohup", ""),
            ("python3 nohup x", "python3 nohup x", ""),
        ] {
            let read = of_service(&words(line));
            let programs: Vec<&str> = read.left_out.iter().map(|(program, _)| program.as_str()).collect();
            assert_eq!((shell::join(&read.words), programs.join(" ")), (left.into(), left_out.into()), "{line}");
        }
        for (line, expected) in [
            ("nohup ./x &", &["./x"][..]),
            ("./x --port 'a b' & ", &["./x", "--port", "a b"]),
            ("A=1 nohup ./x &", &["env", "A=1", "./x"]),
            ("cd /srv && nohup ./x >log 2>&1 &", &["cd /srv && nohup ./x >log 2>&1"]),
            ("./x &&", &["./x &&"]),
            ("echo \\&", &["echo \\&"]),
            ("./x # &", &["./x # &"]),
            ("echo 'a &", &["echo 'a &"]),
            ("./x *.c &", &["./x *.c &"]),
            ("&", &["&"]),
        ] {
            assert_eq!(of_service(&[line.into()]).words, expected, "{line}");
        }
        assert_eq!(of_service(&words("nohup env A=1 x")).kept, [("env", "-E NAME=VALUE")]);
    }

    #[test]
    fn users_of_commands_are_read() {
        for (line, user, group, variables, command) in [
            ("sudo ./server", "root", None, "", "./server"),
            ("sudo -u bob -E ./server -u x", "bob", None, "", "./server -u x"),
            ("/usr/bin/sudo -ubob --group=www A=1 B=2 python3 a.py", "bob", Some("www"), "A=1 B=2", "python3 a.py"),
            ("sudo -n --user bob -- ./server", "bob", None, "", "./server"),
            ("doas -u bob ./server", "bob", None, "", "./server"),
        ] {
            let read = as_user(&words(line)).unwrap();
            let all = (read.user, read.group, shell::join(read.variables), shell::join(read.command));
            assert_eq!(all, (user.into(), group.map(OsString::from), variables.into(), command.into()), "{line}");
        }
        for line in ["sudo", "sudo -i", "./sudo.sh x", "env sudo"] {
            assert_eq!(as_user(&words(line)), None, "{line}");
        }
    }

    #[test]
    fn commands_without_a_script_import_from_the_working_directory() {
        for (line, imports) in [
            ("python3 -m http.server", true),
            ("/v/bin/python -u -c x", true),
            ("nice python3 -m x", true),
            ("python3 -I -m x", false),
            ("python3 app.py", false),
            ("node -e x", true),
            ("node server.js", false),
            ("java -jar x.jar", false),
            ("perl -e 1", false),
            ("gunicorn app:app", false),
        ] {
            assert_eq!(imports_from_working_directory(&words(line)), imports, "{line}");
        }
    }
}

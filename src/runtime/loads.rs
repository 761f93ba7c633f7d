//! What a command line executes and loads: programs behind launchers and in lines for a shell, scripts, and modules. Other
//! files in it are data.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::command::{Runs, imports_from_script_directory, imports_from_working_directory, runs, wrapper_of};
use super::table::Runtime;
use super::variables::split_list;
use super::{launcher, of_program};
use crate::shell;

/// Something that is executed or loaded, relative to the working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loads {
    /// A path, or a name in PATH.
    Program(OsString),
    Script {
        path: OsString,
        /// The interpreter also looks for modules beside it.
        imports: bool,
    },
    /// A file or directory of code.
    Module(OsString),
    /// A word of a command whose program is not known: code if it is the path of a program or script.
    Word(OsString),
    /// A directory that becomes the root directory.
    Root(OsString),
    Variable(String, OsString),
    /// Modules are looked for there.
    WorkingDirectory,
}

/// Programs besides interpreters that execute or load what the values of options name.
const OTHERS: [(&str, &[&str]); 39] = [
    ("awk", &["-f", "--file"]),
    ("caddy", &["--config"]),
    ("cargo", &["--manifest-path", "-C"]),
    ("celery", &["--workdir"]),
    ("chpst", &["-e"]),
    ("erl", &["-pa", "-pz", "-config", "-boot"]),
    ("flask", &["--app", "-A"]),
    ("foreman", &["-d", "-f"]),
    ("gawk", &["-f", "--file"]),
    ("gdb", &["-x", "--command"]),
    ("git", &["-C", "--exec-path", "--git-dir"]),
    ("gradle", &["-p", "--project-dir", "-I", "--init-script"]),
    ("gunicorn", &["--chdir", "--pythonpath", "-c", "--config"]),
    ("honcho", &["-d", "-f"]),
    ("julia", &["-J", "-L", "--load", "--project", "--sysimage"]),
    ("make", &["-f", "--file", "--makefile", "-C", "--directory", "-I"]),
    ("mawk", &["-f"]),
    ("mvn", &["-f", "--file"]),
    ("nginx", &["-c", "-p"]),
    ("npm", &["--prefix", "-C"]),
    ("php-fpm", &["-c", "-y"]),
    ("pnpm", &["--dir", "-C"]),
    ("poetry", &["-C", "--directory", "-P", "--project"]),
    ("puma", &["-C", "--config"]),
    ("rsync", &["-e", "--rsh"]),
    ("scp", &["-F", "-S"]),
    ("screen", &["-c"]),
    ("sed", &["-f", "--file"]),
    ("sort", &["--compress-program"]),
    ("split", &["--filter"]),
    ("ssh", &["-F"]),
    ("supervisord", &["-c", "--configuration"]),
    ("tar", &["-F", "--info-script", "-I", "--use-compress-program", "--checkpoint-action", "--to-command"]),
    ("tmux", &["-f"]),
    ("uv", &["--config-file", "--directory", "--project", "--with-editable", "--with-requirements"]),
    ("uvicorn", &["--app-dir"]),
    ("uwsgi", &["--chdir", "--ini", "--json", "--plugin", "--plugin-dir", "--pythonpath", "--wsgi-file", "--yaml"]),
    ("yarn", &["--cwd"]),
    ("zip", &["-TT"]),
];

/// Programs that execute what is in directories they are given.
const BY_OPERAND: [&str; 5] = ["envdir", "run-parts", "runsv", "runsvdir", "svscan"];

/// Programs that execute what a file in their working directory says.
const BY_DIRECTORY: [&str; 18] = [
    "bundle", "cargo", "direnv", "gradle", "hatch", "just", "make", "mise", "mvn", "npm", "pdm", "pipenv", "pnpm",
    "poetry", "rake", "rye", "uv", "yarn",
];

/// Programs for which programs and scripts are data, too: they copy, pack, show, or change files.
const FOR_DATA: [&str; 84] = [
    "[",
    "[[",
    "base64",
    "borg",
    "bunzip2",
    "bzip2",
    "cat",
    "chattr",
    "chgrp",
    "chmod",
    "chown",
    "cksum",
    "cmp",
    "comm",
    "cp",
    "cpio",
    "cut",
    "dd",
    "df",
    "diff",
    "du",
    "duplicity",
    "echo",
    "egrep",
    "exit",
    "fgrep",
    "file",
    "fuser",
    "grep",
    "gunzip",
    "gzip",
    "hash",
    "head",
    "inotifywait",
    "install",
    "kill",
    "less",
    "ln",
    "ls",
    "lsof",
    "md5sum",
    "mkdir",
    "more",
    "mv",
    "od",
    "printf",
    "rclone",
    "read",
    "readlink",
    "realpath",
    "restic",
    "return",
    "rm",
    "rmdir",
    "rsync",
    "scp",
    "sed",
    "setfacl",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "shred",
    "sort",
    "split",
    "stat",
    "strings",
    "strip",
    "tac",
    "tail",
    "tar",
    "tee",
    "test",
    "touch",
    "tr",
    "truncate",
    "type",
    "unset",
    "unzip",
    "wc",
    "xxd",
    "xz",
    "zcat",
    "zip",
    "zstd",
];

/// As deep as commands in commands are read.
const DEPTH_MAX: usize = 10;

/// What a command executes and loads. `variable` gives the values of variables that it starts with.
pub fn loads(command: &[OsString], variable: &dyn Fn(&str) -> Option<String>) -> Vec<Loads> {
    let mut reader = Reader { variable, found: Vec::new() };
    reader.command(command, None, 0);
    reader.found
}

struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    found: Vec<Loads>,
}

impl Reader<'_> {
    /// `directory` is the working directory if it was changed.
    fn command(&mut self, command: &[OsString], directory: Option<&OsStr>, depth: usize) {
        let Some(program) = command.first().filter(|_| depth < DEPTH_MAX) else { return };
        let within = |path: &OsStr| match directory {
            Some(directory) => std::path::Path::new(directory).join(path).into_os_string(),
            None => path.to_owned(),
        };
        let is_path = program.as_bytes().contains(&b'/');
        self.found.push(Loads::Program(if is_path { within(program) } else { program.clone() }));
        let name = program.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let before = self.found.len();
        if let Some(wrapper) = wrapper_of(command) {
            self.wrapped(wrapper.program, wrapper.length(command), command, directory, depth);
            return;
        }
        if let Some(launched) = launcher::of(command) {
            self.options(name, command, directory, before);
            self.command(&launched.command, directory, depth + 1);
            return;
        }
        match of_program(program) {
            Some(runtime) if runtime.is_shell => self.by_shell(runtime, command, directory, depth),
            Some(runtime) => self.by_runtime(runtime, command),
            None if name == b"find" => self.by_find(command, directory, depth),
            None => {
                self.options(name, command, directory, before);
                if !is_one_of(&FOR_DATA, name) {
                    self.words(&command[1..]);
                }
            }
        }
        for found in &mut self.found[before..] {
            if let Loads::Module(path) | Loads::Script { path, .. } | Loads::Word(path) = found {
                *path = within(path);
            }
        }
    }

    /// What the options of a program name that is no interpreter, or what is in its working directory. `before` is how much
    /// was known before it.
    fn options(&mut self, name: &[u8], command: &[OsString], directory: Option<&OsStr>, before: usize) {
        let options = OTHERS.iter().find(|(known, _)| name == known.as_bytes()).map_or(&[][..], |(_, it)| *it);
        let values = option_values(&command[1..], options);
        values.iter().for_each(|value| self.words(std::slice::from_ref(value)));
        self.modules(values);
        if is_one_of(&BY_OPERAND, name) {
            self.modules(command[1..].iter().filter(|word| !word.as_bytes().starts_with(b"-")).cloned().collect());
        }
        if self.found.len() == before && is_one_of(&BY_DIRECTORY, name) {
            self.found.push(match directory {
                Some(directory) => Loads::Module(directory.to_owned()),
                None => Loads::WorkingDirectory,
            });
        }
    }

    /// Words that may name programs or scripts, whole or in part: `EXEC:/x,pty`, `-oProxyCommand=/x`.
    fn words(&mut self, words: &[OsString]) {
        self.found.extend(words.iter().flat_map(|word| parts(word)).map(Loads::Word));
    }

    fn wrapped(
        &mut self,
        wrapper: &str,
        length: Option<usize>,
        command: &[OsString],
        directory: Option<&OsStr>,
        depth: usize,
    ) {
        let own = &command[1..length.unwrap_or(command.len())];
        let after = |options: &[&str]| option_values(&command[1..], options).into_iter().next();
        if wrapper == "env" {
            self.assignments(own);
            // `env -S` splits the rest like a shell without expansions.
            if let Some(line) = after(&["-S", "--split-string"]) {
                let words = shlex::split(&line.to_string_lossy()).unwrap_or_default();
                let rest = command.iter().skip_while(|word| !word.as_bytes().ends_with(line.as_bytes())).skip(1);
                let words: Vec<OsString> = words.into_iter().map(OsString::from).chain(rest.cloned()).collect();
                let words: Vec<OsString> = std::iter::once("env".into()).chain(words).collect();
                return self.command(&words, directory, depth + 1);
            }
        }
        // Each takes a line for a shell after its option.
        if is_for_another_user(wrapper, own, command) {
            return;
        }
        self.words(own);
        if wrapper.starts_with("ld") {
            self.modules(option_values(own, &["--library-path", "--preload", "--audit"]));
        }
        if matches!(wrapper, "flock" | "runuser" | "su" | "unshare" | "capsh" | "busybox")
            && let Some(at) = command.iter().position(|word| word == "-c" || word == "--command")
            && let Some(line) = command.get(at + 1)
            && (matches!(wrapper, "runuser" | "su") || length.is_none_or(|length| at <= length + 1))
        {
            return self.line(&line.to_string_lossy(), &[], directory, depth + 1);
        }
        let Some(length) = length else { return };
        let rest = &command[length..];
        match wrapper {
            "chroot" => self.found.extend(own.last().cloned().map(Loads::Root)),
            // Its arguments are joined to a line for a shell.
            "watch" => {
                let line = rest.join(OsStr::new(" "));
                self.line(&line.to_string_lossy(), &[], directory, depth + 1);
            }
            "env" => {
                let changed = after(&["-C", "--chdir"]);
                self.command(rest, changed.as_deref().or(directory), depth + 1);
            }
            _ => self.command(rest, directory, depth + 1),
        }
    }

    fn assignments(&mut self, words: &[OsString]) {
        for word in words {
            let bytes = word.as_bytes();
            let equals = bytes.iter().position(|byte| *byte == b'=').filter(|_| !bytes.starts_with(b"-"));
            let name = equals.and_then(|at| std::str::from_utf8(&bytes[..at]).ok());
            if let (Some(name), Some(at)) = (name, equals) {
                self.found.push(Loads::Variable(name.to_owned(), OsStr::from_bytes(&bytes[at + 1..]).to_owned()));
            }
        }
    }

    fn by_shell(&mut self, runtime: &Runtime, command: &[OsString], directory: Option<&OsStr>, depth: usize) {
        self.modules(option_values(&command[1..], runtime.loads));
        let mut words = command[1..].iter();
        let mut has_line = false;
        while let Some(word) = words.as_slice().first() {
            let bytes = word.as_bytes();
            if !bytes.starts_with(b"-") && !bytes.starts_with(b"+") || bytes == b"-" || bytes == b"--" {
                break;
            }
            has_line |= !bytes.starts_with(b"--") && bytes.starts_with(b"-") && bytes.contains(&b'c');
            let has_value = runtime.with_value.iter().any(|option| word == option);
            words.nth(usize::from(has_value));
        }
        if words.as_slice().first().is_some_and(|word| word == "-" || word == "--") {
            words.next();
        }
        match words.next() {
            Some(line) if has_line => self.line(&line.to_string_lossy(), words.as_slice(), directory, depth + 1),
            Some(script) => self.found.push(Loads::Script { path: script.clone(), imports: false }),
            None => {}
        }
    }

    /// A script for a shell with its parameters, from `$0` on.
    fn line(&mut self, script: &str, parameters: &[OsString], directory: Option<&OsStr>, depth: usize) {
        if depth >= DEPTH_MAX {
            return;
        }
        let field = |word: &OsString| word.to_string_lossy().into_owned();
        let value = |name: &str| match name {
            "@" | "*" => Some(parameters.iter().skip(1).map(field).collect()),
            _ => match name.parse::<usize>() {
                Ok(at) => Some(parameters.get(at).map(field).into_iter().collect()),
                Err(_) => (self.variable)(name).map(|value| vec![value]),
            },
        };
        let mut directory = directory.map(OsStr::to_owned);
        for words in shell::commands(script, &value) {
            let is_assignment = |word: &String| word.split_once('=').is_some_and(|(name, _)| is_name(name));
            let assignments = words.iter().take_while(|word| is_assignment(word)).count();
            let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
            let (before, mut words) = words.split_at(assignments);
            self.assignments(before);
            while let [first, rest @ ..] = words
                && (first == "exec" || first == "command" || first == "builtin")
            {
                let name = usize::from(rest.first().is_some_and(|option| option == "-a"));
                let options = rest.iter().take_while(|word| word.as_bytes().starts_with(b"-")).count();
                words = &rest[(options + name).min(rest.len())..];
            }
            let Some(first) = words.first().and_then(|word| word.to_str()) else { continue };
            match (first, &words[1..]) {
                ("cd" | "pushd", [path, ..]) => {
                    let base = directory.unwrap_or_default();
                    directory = Some(std::path::Path::new(&base).join(path).into_os_string());
                }
                ("export" | "declare" | "typeset" | "readonly" | "local", rest) => self.assignments(rest),
                ("." | "source", [path, ..]) => {
                    let base = directory.clone().unwrap_or_default();
                    let path = std::path::Path::new(&base).join(path).into_os_string();
                    self.found.push(Loads::Script { path, imports: false });
                }
                ("eval", rest) => {
                    let line = rest.join(OsStr::new(" ")).to_string_lossy().into_owned();
                    self.line(&line, parameters, directory.as_deref(), depth + 1);
                }
                ("trap", [line, ..]) => {
                    self.line(&line.to_string_lossy(), parameters, directory.as_deref(), depth + 1);
                }
                _ => self.command(words, directory.as_deref(), depth + 1),
            }
        }
    }

    fn by_runtime(&mut self, runtime: &Runtime, command: &[OsString]) {
        let imports = imports_from_script_directory(&command[0]);
        // Files with more arguments.
        if runtime.loads.contains(&"@") && command.iter().any(|word| word.as_bytes().starts_with(b"@")) {
            self.modules(option_values(&command[1..], &["@"]));
            let rest: Vec<OsString> =
                command.iter().filter(|word| !word.as_bytes().starts_with(b"@")).cloned().collect();
            return self.by_runtime(runtime, &rest);
        }
        let runs = runs(command);
        // Options after the script are its own.
        let options = match &runs {
            Some(Runs::Script(word) | Runs::Named(word)) => {
                let at = command.iter().skip(1).position(|it| it == word);
                &command[1..at.map_or(command.len(), |at| at + 1)]
            }
            _ => &command[1..],
        };
        self.modules(option_values(options, runtime.loads));
        match runs {
            Some(Runs::Script(path)) => self.found.push(Loads::Script { path, imports }),
            // A jar, or a module's file.
            Some(Runs::Named(path)) if path.as_bytes().contains(&b'/') => self.found.push(Loads::Module(path)),
            _ => {}
        }
        if imports_from_working_directory(command) {
            self.found.push(Loads::WorkingDirectory);
        }
    }

    fn by_find(&mut self, command: &[OsString], directory: Option<&OsStr>, depth: usize) {
        const ACTIONS: [&str; 4] = ["-exec", "-execdir", "-ok", "-okdir"];
        for (at, word) in command.iter().enumerate() {
            if ACTIONS.iter().any(|action| word == action) {
                let words = command[at + 1..].iter().take_while(|word| *word != ";" && *word != "+");
                self.command(&words.cloned().collect::<Vec<_>>(), directory, depth + 1);
            }
        }
    }

    fn modules(&mut self, values: Vec<OsString>) {
        self.found.extend(values.iter().flat_map(|value| split_list(value)).map(Loads::Module));
    }
}

/// Whether a program gives up root's privileges before it starts a command.
fn is_for_another_user(wrapper: &str, own: &[OsString], command: &[OsString]) -> bool {
    let option: &[&str] = match wrapper {
        "doas" | "sudo" | "chpst" => &["-u", "--user"],
        "runuser" => &["-u", "--user"],
        "setpriv" => &["--reuid", "--ruid"],
        "systemd-run" => &["--uid"],
        _ => &[],
    };
    let by_option = option_values(own, option).into_iter().next();
    let by_operand = || {
        let mut words = command[1..].iter();
        while let Some(word) = words.next() {
            if ["-c", "--command", "-s", "--shell", "-g", "--group", "-G"].iter().any(|option| word == option) {
                words.next();
            } else if !word.as_bytes().starts_with(b"-") {
                return Some(word.clone()).filter(|_| matches!(wrapper, "gosu" | "runuser" | "su"));
            }
        }
        None
    };
    by_option.or_else(by_operand).is_some_and(|user| user != "root" && user != "0")
}

fn is_one_of(names: &[&str], name: &[u8]) -> bool {
    names.iter().any(|known| known.as_bytes() == name)
}

/// A word and the parts of it that can be paths.
pub fn parts(word: &OsStr) -> Vec<OsString> {
    let bytes = word.as_bytes();
    let is_separator = |byte: &u8| byte.is_ascii_whitespace() || b"=:,;|\"'".contains(byte);
    let split = bytes.split(is_separator).filter(|part| !part.is_empty());
    // After the letter of an option.
    let path = |part: &'_ [u8]| match part.iter().position(|byte| *byte == b'/').filter(|_| part.starts_with(b"-")) {
        Some(at) => part[at..].to_vec(),
        None => part.to_vec(),
    };
    let mut found = vec![word.to_owned()];
    found.extend(split.map(path).map(OsString::from_vec).filter(|part| part != word));
    found
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The values of options: in the next word, after `=` or `:`, or after a single letter. An option with a space names a
/// setting in its value (`-d extension=x.so`).
pub(super) fn option_values(words: &[OsString], options: &[&str]) -> Vec<OsString> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if word == "--" {
            break;
        }
        let bytes = word.as_bytes();
        let next = words.get(at + 1);
        for option in options {
            let (option, setting) = option.split_once(' ').map_or((*option, None), |(it, setting)| (it, Some(setting)));
            let value = match bytes.strip_prefix(option.as_bytes()) {
                Some([]) => next.map(|next| next.as_bytes()),
                Some([b'=' | b':', rest @ ..]) if option.len() > 2 || setting.is_none() => Some(rest),
                Some(rest) if option.ends_with([':', '@']) || option.len() == 2 => Some(rest),
                _ => None,
            };
            let value = match (value, setting) {
                (Some(value), Some(setting)) => {
                    value.strip_prefix(setting.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
                }
                (value, _) => value,
            };
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                found.push(OsString::from_vec(value.to_owned()));
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> String {
        let words: Vec<OsString> = shlex::split(line).unwrap().into_iter().map(OsString::from).collect();
        let known = |name: &str| (name == "SCRIPT").then(|| "/m/x".to_owned());
        let found = loads(&words, &known).into_iter().filter(|it| !matches!(it, Loads::Word(_)));
        let shown = found.map(|it| match it {
            Loads::Program(path) => path.to_string_lossy().into_owned(),
            Loads::Script { path, imports } => format!("script{}:{}", if imports { "+" } else { "" }, path.display()),
            Loads::Module(path) => format!("module:{}", path.display()),
            Loads::Root(path) => format!("root:{}", path.display()),
            Loads::Variable(name, value) => format!("{name}={}", value.display()),
            Loads::WorkingDirectory => ".".into(),
            Loads::Word(_) => String::new(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn launchers_and_shells_are_looked_through() {
        for (line, expected) in [
            ("/a b", "/a"),
            ("sh /m/x a", "sh script:/m/x"),
            ("bash -eu -o pipefail /m/x", "bash script:/m/x"),
            ("sh -ec 'cd /m && ./x | y <z; . e'", "sh /m/./x y script:/m/e"),
            ("sh -c 'exec \"$@\" >>\"$0\"' /log /m/x a", "sh /m/x"),
            ("sh -c 'A=1 $SCRIPT; sh \"$SCRIPT\"'", "sh A=1 /m/x sh script:/m/x"),
            ("sh -c '\"$0\"' /m/x", "sh /m/x"),
            ("bash -c 'exec -a name /m/x'", "bash /m/x"),
            ("sh -c 'cd /m && make'", "sh make module:/m"),
            ("make all", "make ."),
            ("bash --rcfile /m/rc -i", "bash module:/m/rc"),
            ("bash -c 'trap /m/x EXIT; eval \"/m/y a\"'", "bash /m/x /m/y"),
            ("env A=1 -u B nice -n 5 /m/x", "env A=1 nice /m/x"),
            ("env -S '/m/x a' b", "env env /m/x"),
            ("env -C /m ./x", "env /m/./x"),
            ("flock -n /l /m/x", "flock /m/x"),
            ("flock /l -c '/m/x a'", "flock /m/x"),
            ("xargs -a /f -n 1 /m/x", "xargs /m/x"),
            ("timeout -k 5 1h nohup setsid /m/x", "timeout nohup setsid /m/x"),
            ("chroot /m /x", "chroot root:/m"),
            ("watch -n 1 '/m/x | y'", "watch /m/x y"),
            ("find /d -exec /m/x {} + -execdir y {} ;", "find /m/x y"),
            ("sudo -u root /m/x", "sudo /m/x"),
            ("sudo -u ann /m/x", "sudo"),
            ("runuser -u ann -- /m/x", "runuser"),
            ("su ann -c /m/x", "su"),
            ("su - ann -c /m/x", "su"),
            ("su -c /m/x", "su /m/x"),
            ("su root -c '/m/x a'", "su /m/x"),
            ("gosu ann /m/x", "gosu"),
            ("setpriv --reuid=ann --clear-groups /m/x", "setpriv"),
            ("setpriv --reuid 0 /m/x", "setpriv /m/x"),
            ("/lib64/ld-linux-x86-64.so.2 --preload /m/x.so /o/x", "/lib64/ld-linux-x86-64.so.2 module:/m/x.so /o/x"),
            ("sh -c 'case a in /d) /m/x;; /d/y) z;; esac'", "sh /m/x z"),
            ("sh -c 'f() { /m/x; }; f'", "sh f /m/x f"),
            ("uv run /m/x.py", "uv . python script+:/m/x.py"),
        ] {
            assert_eq!(of(line), expected, "{line}");
        }
    }

    #[test]
    fn code_is_told_from_data() {
        for (line, expected) in [
            ("tar czf /b.tgz /d", "tar"),
            ("sh -c 'tar cz /d > /b.tgz'", "sh tar"),
            ("python3 /o/x.py /d --output=/d/x", "python3 script+:/o/x.py"),
            ("python3 -m http.server -d /d", "python3 ."),
            ("java -cp /m/a.jar:/m/b Main", "java module:/m/a.jar module:/m/b script:Main"),
            ("java --class-path=/m/a.jar -Dx=/d Main", "java module:/m/a.jar script:Main"),
            ("java -javaagent:/m/a.jar=x -jar /o.jar --config /d", "java module:/m/a.jar=x script:/o.jar"),
            ("node --require /m/x.js --import=/m/y.js s.js", "node module:/m/x.js module:/m/y.js script+:s.js"),
            ("ruby -I/m -r x s", "ruby module:/m module:x script:s"),
            ("perl -I/m -Mlib=/n s /d", "perl module:/m module:/n script:s"),
            ("php -d extension=/m/x.so -d memory_limit=1G s.php", "php module:/m/x.so script:s.php"),
            ("node s.js -r /d/x --import /d/y", "node script+:s.js"),
            ("java @/m/args -jar /o.jar", "java module:/m/args script:/o.jar"),
            ("php -S 0:80 -t /m", "php module:/m"),
            ("make -C /m all", "make module:/m"),
            ("sed -n -f /m/x /d", "sed module:/m/x"),
            ("flock /d/lock sleep 9", "flock sleep"),
        ] {
            assert_eq!(of(line), expected, "{line}");
        }
    }

    #[test]
    fn words_of_unknown_programs_may_be_code() {
        let of = |line: &str| {
            let words: Vec<OsString> = shlex::split(line).unwrap().into_iter().map(OsString::from).collect();
            loads(&words, &|_| None).contains(&Loads::Word("/m/x".into()))
        };
        for line in [
            "valgrind /m/x",
            "valgrind --tool=/m/x",
            "socat TCP:1 EXEC:/m/x,pty",
            "script -qc '/m/x a'",
            "x -S/m/x",
            "flock /m/x sleep 1",
            "rsync -e '/m/x -v' a",
            "tar --checkpoint-action=exec=/m/x",
            "sh -c 'cd /m && valgrind x'",
        ] {
            assert!(of(line), "{line}");
        }
        for line in
            ["cp /m/x /o", "tar cf /b /m/x", "python3 /o/a.py /m/x", "sh -c 'cat /m/x > /m/y'", "sudo -u ann x /m/x"]
        {
            assert!(!of(line), "{line}");
        }
    }
}

//! Where others could read a secret, and the command that avoids it. Messages never contain the secret.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::cli::Invocation;
use crate::model::command::{mkservice, run};
use crate::model::diagnostic::Note;
use crate::model::message::{Message, message, opt, quoted, set, set_all};
use crate::shell;
use crate::spec::looks_secret::{by_form, named_so, option_named_so};
use crate::spec::{Scope, ServiceSpec};

/// What the warnings depend on besides the service.
pub struct LeakContext<'a> {
    pub invocation: &'a Invocation,
    /// The path of the unit file.
    pub unit: &'a Path,
    /// Every user can read that file.
    pub unit_is_open: bool,
    /// Whether a value is the path of an existing file.
    pub is_path: &'a dyn Fn(&OsStr) -> bool,
}

/// Warns about values that look like secrets in the environment and in the arguments.
pub fn warnings(spec: &ServiceSpec, around: &LeakContext<'_>) -> Vec<Note> {
    let variables = variables(spec, around);
    let arguments = arguments(spec, around);
    let mut warnings = Vec::new();
    if !variables.is_empty() {
        let instead = instead(spec, around, &variables, !arguments.is_empty());
        let message = message!("{}{}", look_like(&variables), readers(spec, around, &variables));
        warnings.push(Note { message, hints: instead });
    }
    if let Some(first) = arguments.first() {
        let what = match arguments.len() {
            1 => format!("{first} looks like a secret"),
            _ => format!("{} look like secrets", and(&arguments)),
        };
        let also = match spec.scope {
            Scope::System => message!(" and with {}", run("systemctl").args(["show", spec.name.as_str()])),
            Scope::User => Message::default(),
        };
        let note = Note::from(message!("{}, which every local user can read in the process list (`ps`){}", what, also));
        let file = message!("pass it in a file, whose path the program finds in $NAME_FILE: {}", set("secret", "NAME"));
        let variable = message!("or in an environment file with mode 600: {}", set("environment-file", "FILE"));
        warnings.push(note.hint(file).hint(variable));
    }
    warnings
}

/// Warns about an environment file that every user can read, by its contents.
pub fn open_environment_file(path: &Path, text: &str) -> Option<Note> {
    let assignments = text.lines().map(str::trim_start).filter(|line| !line.starts_with(['#', ';']));
    let pairs = assignments.filter_map(|line| line.trim_start_matches("export ").split_once('='));
    let names: Vec<String> = pairs
        .filter(|(name, value)| named_so(name, value) || by_form(value))
        .map(|(name, _)| name.trim().to_owned())
        .collect();
    (!names.is_empty()).then(|| {
        let note = Note::from(message!("{}, and every local user can read {}", look_like(&names), quoted(path)));
        note.hint(run("chmod").arg("600").path(path))
    })
}

/// The names of variables whose values look like secrets.
fn variables(spec: &ServiceSpec, around: &LeakContext<'_>) -> Vec<String> {
    let looks_so =
        |name: &str, value: &str| by_form(value) || (named_so(name, value) && !(around.is_path)(OsStr::new(value)));
    let ours = spec.environment.iter().map(|variable| (variable.name().to_owned(), variable.value().to_owned()));
    let typed = spec.properties.iter().filter(|property| property.name() == "Environment").flat_map(|property| {
        let words = shlex::split(property.value()).unwrap_or_default();
        words
            .into_iter()
            .filter_map(|word| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
    });
    let all = ours.chain(typed).filter(|(name, value)| looks_so(name, value));
    let mut names: Vec<String> = all.map(|(name, _)| shell::printable(&name)).collect();
    names.dedup();
    names
}

/// The arguments that look like secrets, as they can be shown.
fn arguments(spec: &ServiceSpec, around: &LeakContext<'_>) -> Vec<String> {
    let arguments: Vec<String> =
        spec.command.arguments().iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let mut found = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        let next = arguments.get(at + 1);
        let is_option = argument.starts_with("--") && argument.len() > 2 && !argument.contains('=');
        let has_value = |value: &&String| {
            !value.starts_with('-') && option_named_so(argument, value) && !(around.is_path)(OsStr::new(value))
        };
        // A one-line script contains command lines of its own.
        let assigned = argument.split_whitespace().find_map(|word| assigned_secret(word, around));
        if let Some(name) = assigned {
            found.push(format!("the value of `{name}`"));
        } else if by_form(argument) {
            found.push(format!("argument {}", at + 1));
        } else if is_option && next.as_ref().is_some_and(has_value) {
            found.push(format!("the value of `{}`", shell::printable(argument)));
        }
    }
    found
}

/// The name before `=` if its value looks like a secret: `--password=x`, `TOKEN=x`.
fn assigned_secret<'a>(word: &'a str, around: &LeakContext<'_>) -> Option<&'a str> {
    let (name, value) = word.split_once('=')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    let value = value.trim_matches(['"', '\'']);
    (is_name && option_named_so(name, value) && !(around.is_path)(OsStr::new(value))).then_some(name)
}

fn look_like(names: &[String]) -> String {
    match names {
        [name] => format!("{name} looks like a secret"),
        names => format!("{} look like secrets", and(names)),
    }
}

fn and(names: &[String]) -> String {
    match names {
        [front @ .., last] if !front.is_empty() => format!("{} and {last}", front.join(", ")),
        names => names.concat(),
    }
}

/// Who can read a variable, and where.
fn readers(spec: &ServiceSpec, around: &LeakContext<'_>, names: &[String]) -> Message {
    let it = if names.len() == 1 { "it" } else { "them" };
    match (spec.scope, around.unit_is_open) {
        (Scope::System, _) => {
            let show = run("systemctl").args(["show", "-p", "Environment", spec.name.as_str()]);
            message!(", and every local user can read {}: {}", it, show)
        }
        (Scope::User, true) => message!(", and every local user can read {} in {}", it, quoted(around.unit)),
        (Scope::User, false) => {
            message!(", and every program that you run can read {} in {}", it, quoted(around.unit))
        }
    }
}

/// The command that prompts for the secrets instead, and alternatives.
fn instead(spec: &ServiceSpec, around: &LeakContext<'_>, names: &[String], more: bool) -> Vec<Message> {
    let corrected = asking(around.invocation, names);
    let asks = match corrected.filter(|_| !more) {
        Some(again) => mkservice(again.arguments()).for_scope(spec.scope).into(),
        None => {
            message!("use {} instead of {}: you are prompted for the value", set_all("secret", names), opt("setenv"))
        }
    };
    let files: Vec<String> = names.iter().map(|name| format!("${name}_FILE")).collect();
    let [path, variable] = match names.len() {
        1 => ["path is", "the variable"],
        _ => ["paths are", "the variables"],
    };
    let reads = message!("have the program read the value from the file, whose {} in {}", path, and(&files));
    let file = set("environment-file", "FILE");
    vec![asks, reads, message!("or, if it only reads {}, use an environment file with mode 600: {}", variable, file)]
}

/// The command line with `--secret NAME` for each `--setenv NAME[=VALUE]` of these; `None` unless that covers all of
/// them.
fn asking(invocation: &Invocation, names: &[String]) -> Option<Invocation> {
    let named = |assignment: &OsStr| {
        let name = assignment.as_bytes().split(|byte| *byte == b'=').next().unwrap_or_default();
        names.iter().find(|known| known.as_bytes() == name)
    };
    let is_given = |name: &String| invocation.values("setenv").filter_map(named).any(|given| given == name);
    let secret = |option: &str, value: Option<&OsStr>| {
        let name = value.filter(|_| option == "setenv").and_then(named)?;
        Some(("secret", name.into()))
    };
    names.iter().all(is_given).then(|| invocation.replacing(secret))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::ffi::OsString;

    use crate::output::wording::{Front, Wording};
    use crate::spec::{
        CommandLine, CredentialsDir, Description, Restart, RestartPolicy, ServiceType, UnitName, Variable,
        WorkingDirectory,
    };

    pub fn spec(environment: &[(&str, &str)], arguments: &[&str]) -> ServiceSpec {
        let variables =
            environment.iter().map(|(name, value)| Variable::parse(name.as_bytes(), value.as_bytes()).unwrap());
        ServiceSpec {
            name: UnitName::parse("web").unwrap(),
            scope: Scope::System,
            release: None,
            description: Description::parse("x").unwrap(),
            command: CommandLine::new("/bin/x".into(), arguments.iter().map(OsString::from).collect()).unwrap(),
            working_directory: WorkingDirectory::parse(Path::new("/")).unwrap(),
            environment: variables.collect(),
            environment_files: Vec::new(),
            secrets: Vec::new(),
            credentials: CredentialsDir::default(),
            account: None,
            group: None,
            instances: None,
            timer: None,
            socket: None,
            watch: None,
            service_type: ServiceType::Exec,
            restart: Restart { policy: RestartPolicy::No, delay: Restart::default_delay() },
            prelude: None,
            needs: Vec::new(),
            dependencies: Default::default(),
            failure: None,
            log_file: None,
            directives: Default::default(),
            exec_options: Default::default(),
            privileged_ports: false,
            hardening: None,
            properties: Vec::new(),
            typed: Vec::new(),
            applied_from: None,
        }
    }

    fn shown(note: &Note) -> String {
        Wording { sudo: true, ..Wording::default() }.note(note, Front::CommandLine)
    }

    fn told(spec: &ServiceSpec, line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let invocation = Invocation::parse(&words);
        let is_path = |value: &OsStr| value == "/srv/token";
        let unit = Path::new("/etc/systemd/system/web.service");
        let notes =
            warnings(spec, &LeakContext { invocation: &invocation, unit, unit_is_open: true, is_path: &is_path });
        notes.iter().map(shown).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_line_asks_for_the_secret_and_nothing_tells_it() {
        let one = [("DB_PASSWORD", "hunter2"), ("A", "b")];
        for line in [
            "-E DB_PASSWORD=hunter2 -E A=b x",
            "-EDB_PASSWORD=hunter2 -E A=b x",
            "--setenv=DB_PASSWORD=hunter2 -E A=b x",
            "--setenv DB_PASSWORD -E A=b x",
        ] {
            let said = told(&spec(&one, &[]), line);
            assert!(said.contains("hint: sudo mkservice --secret DB_PASSWORD -E A=b x\n"), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
        // Everything after `--` belongs to the command.
        let said = told(&spec(&[("TOKEN", "hunter2")], &[]), "-E TOKEN=hunter2 -- x -E TOKEN=b");
        assert!(said.contains("mkservice --secret TOKEN -- x -E TOKEN=b\n"), "{said}");
        // Other secrets in the command line are not shown either.
        let said =
            told(&spec(&[("TOKEN", "hunter2")], &["--password=hunter3"]), "-E TOKEN=hunter2 x --password=hunter3");
        assert!(!said.contains("hunter"), "{said}");
        assert!(said.contains("use --secret TOKEN instead of --setenv"), "{said}");
    }

    #[test]
    fn arguments_are_named_and_not_shown() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
        for (arguments, named) in [
            (&["--password=hunter2"][..], "the value of `--password`"),
            (&["--db-password", "hunter2"], "the value of `--db-password`"),
            (&["-v", jwt], "argument 2"),
            (&["-c", "exec x --token=hunter2"], "the value of `--token`"),
            (&["API_KEY=hunter2", "x"], "the value of `API_KEY`"),
            (&["a", "postgres://u:hunter2@h/d", "--password=hunter2"], "argument 2, the value of `--password`"),
        ] {
            let said = told(&spec(&[], arguments), "x");
            let named = named.replace(", the", " and the");
            assert!(said.starts_with(&named), "{said}");
            assert!(!said.contains("hunter2") && !said.contains(jwt), "{said}");
        }
        for arguments in [
            &["--password-file=/x"][..],
            &["--password", "/srv/token"],
            &["--token=/srv/token"],
            &["--password", "--verbose"],
            &["--token"],
            &["-p", "hunter2"],
            &["password", "hunter2"],
            &["--config=/x", "https://example.org/"],
        ] {
            assert_eq!(told(&spec(&[], arguments), "x"), "", "{arguments:?}");
        }
        assert_eq!(told(&spec(&[("TOKEN", "/srv/token")], &[]), "x"), "");
    }

    #[test]
    fn an_open_environment_file_is_told_by_its_names() {
        let text = "# TOKEN=a\nA=b\nexport DB_PASSWORD='hunter2'\nURL=postgres://u:hunter2@h/d\n";
        let said = shown(&open_environment_file(Path::new("/srv/a b"), text).unwrap());
        assert_eq!(
            said,
            "DB_PASSWORD and URL look like secrets, and every local user can read `/srv/a b`\nhint: chmod 600 '/srv/a b'"
        );
        assert_eq!(open_environment_file(Path::new("/x"), "A=b\nTOKEN_FILE=/x\n"), None);
    }
}

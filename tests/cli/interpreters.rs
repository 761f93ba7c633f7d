//! Which interpreter a command starts, and what the service gets for it, where nothing can be tried.

use std::os::unix::fs::symlink;

use crate::support::{Home, Ran};

/// The caller's variables, the command, and the resulting `ExecStart=` and `PATH`. Every name is `s`.
struct Made {
    ran: Ran,
    command: String,
    path: String,
}

fn made(home: &Home, environment: &[(&str, &str)], words: &[&str]) -> Made {
    let mut mkservice = home.mkservice();
    for (name, value) in environment {
        mkservice.env(name, value.replace("[HOME]", home.path().to_str().unwrap()));
    }
    let ran = home.ran(mkservice.args(["--name", "s", "--"]).args(words));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words:?}: {ran:?}");
    let text = home.unit("s").replace(home.path().to_str().unwrap(), "[HOME]");
    let path = text.lines().find_map(|line| line.strip_prefix("Environment=PATH=")?.strip_suffix(DEFAULT));
    Made { command: home.directive("s", "ExecStart"), path: path.unwrap_or_default().to_owned(), ran }
}

const DEFAULT: &str = ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

/// A virtual environment with Python and gunicorn in it.
fn environment(home: &Home, directory: &str) {
    home.file(format!("{directory}/pyvenv.cfg"), "home = /usr/bin\n", 0o644);
    home.program(format!("{directory}/bin/python"));
    home.program(format!("{directory}/bin/python3.99"));
    let interpreter = home.path().join(directory).join("bin/python");
    home.file(format!("{directory}/bin/flask"), format!("#!{}\n", interpreter.display()), 0o755);
}

#[test]
fn virtual_environment_is_found() {
    for (name, directory, variables, words, command) in [
        (
            "beside the script",
            "work/.venv",
            &[][..],
            &["python", "myscript.py"][..],
            "[HOME]/work/.venv/bin/python myscript.py",
        ),
        ("under its other name", "work/venv", &[], &["python", "-m", "app"], "[HOME]/work/venv/bin/python -m app"),
        ("the active one", "env", &[("VIRTUAL_ENV", "[HOME]/env")], &["python", "x.py"], "[HOME]/env/bin/python x.py"),
        (
            "with a version that it has",
            "work/.venv",
            &[],
            &["python3.99", "x.py"],
            "[HOME]/work/.venv/bin/python3.99 x.py",
        ),
        ("with a version that it has not", "work/.venv", &[], &["python3.98", "x.py"], "[HOME]/bin/python3.98 x.py"),
        ("not for a path", "work/.venv", &[], &["../bin/python", "x.py"], "[HOME]/bin/python x.py"),
        (
            "not if PATH has one",
            "work/.venv",
            &[("PATH", "[HOME]/other/bin")],
            &["python", "x.py"],
            "[HOME]/other/bin/python x.py",
        ),
        ("for what is only in there", "work/.venv", &[], &["flask", "run"], "[HOME]/work/.venv/bin/flask run"),
    ] {
        let home = Home::new();
        environment(&home, directory);
        environment(&home, "other");
        home.program("bin/python3.98");
        home.file("work/x.py", "", 0o644);
        assert_eq!(made(&home, variables, words).command, command, "{name}");
    }
}

#[test]
fn virtual_environment_is_searched_up_to_the_project_root() {
    for (mark, command) in
        [("work/pyproject.toml", "[HOME]/work/.venv/bin/python"), ("work/src/tox.ini", "[HOME]/bin/python")]
    {
        let home = Home::new();
        environment(&home, "work/.venv");
        home.file(mark, "", 0o644);
        home.file("work/src/app.py", "", 0o644);
        let mut mkservice = home.mkservice();
        mkservice.current_dir(home.path().join("work/src")).args(["python", "app.py"]);
        assert_eq!(home.ran(&mut mkservice).code, 0);
        assert_eq!(home.directive("appd", "ExecStart"), format!("{command} app.py"), "{mark}");
    }
}

#[test]
fn interpreter_is_found_in_path() {
    for (name, words, path) in [
        ("typed", &["python", "myscript.py"][..], "[HOME]/bin"),
        ("behind another program", &["/usr/bin/nice", "python", "myscript.py"], "[HOME]/bin"),
        ("by a first line with a path", &["./flask"], "[HOME]/work/.venv/bin"),
        ("by a first line with env", &["./script"], "[HOME]/bin"),
        ("not for what is no interpreter", &["./server"], ""),
        ("nor for those of the system", &["/usr/bin/python3", "myscript.py"], ""),
    ] {
        let home = Home::new();
        home.program("work/.venv/bin/python");
        home.file("work/flask", format!("#!{}\n", home.path().join("work/.venv/bin/python").display()), 0o755);
        home.file("work/script", "#!/usr/bin/env python\n", 0o755);
        assert_eq!(made(&home, &[], words).path, path, "{name}");
    }
}

#[test]
fn inherit_path_keeps_the_callers_path() {
    let home = Home::new();
    let path =
        format!("{0}/bin:/run/user/1/fnm_multishells/1/bin:/usr/bin:{0}/tools::.:/usr/bin", home.path().display());
    let mut mkservice = home.mkservice();
    mkservice.env("PATH", &path).args(["--inherit-path", "python", "myscript.py"]);
    assert_eq!(home.ran(&mut mkservice).code, 0);
    let expected = format!("Environment=PATH={0}/bin:/usr/bin:{0}/tools\n", home.path().display());
    assert!(home.unit("myscriptd").contains(&expected), "{}", home.unit("myscriptd"));
    let mut mkservice = home.mkservice();
    mkservice.args(["-E", "PATH=/own", "--inherit-path", "python", "myscript.py"]);
    assert_eq!(home.ran(&mut mkservice).code, 0);
    assert!(home.unit("myscriptd").contains("Environment=PATH=/own\n"));
}

#[test]
fn script_alone_gets_its_interpreter() {
    for (script, mode, text, programs, command) in [
        ("app.py", 0o644, "", &["python"][..], "[HOME]/bin/python app.py"),
        ("app.py", 0o644, "", &["python3", "python"], "[HOME]/bin/python3 app.py"),
        ("./app.py", 0o644, "", &["python3"], "[HOME]/bin/python3 ./app.py"),
        ("app.py", 0o755, "#!/usr/bin/env python\n", &[], "[HOME]/work/app.py"),
        ("app.py", 0o755, "print()\n", &["python3"], "[HOME]/bin/python3 app.py"),
        ("run.sh", 0o644, "", &["bash", "sh"], "[HOME]/bin/bash run.sh"),
        ("run.sh", 0o644, "#!/usr/bin/env dash\n", &["bash", "dash"], "[HOME]/bin/dash run.sh"),
        ("server.js", 0o644, "", &["node"], "[HOME]/bin/node server.js"),
        ("App.jar", 0o644, "", &["java"], "[HOME]/bin/java -jar App.jar"),
        ("main.rb", 0o644, "", &["ruby"], "[HOME]/bin/ruby main.rb"),
        ("job.php", 0o644, "", &["php"], "[HOME]/bin/php job.php"),
        ("x.ts", 0o644, "", &["deno", "bun"], "[HOME]/bin/bun x.ts"),
        ("x.ts", 0o644, "", &["deno"], "[HOME]/bin/deno run --allow-all x.ts"),
        ("job.pl", 0o644, "", &["perl"], "[HOME]/bin/perl job.pl"),
    ] {
        let home = Home::new();
        home.file(format!("work/{script}"), text, mode);
        programs.iter().for_each(|program| drop(home.program(format!("bin/{program}"))));
        assert_eq!(made(&home, &[], &[script]).command, command, "{script}");
    }
}

#[test]
fn project_files_choose_the_runner() {
    let home = Home::new();
    home.file("work/deno.json", "{}", 0o644);
    home.file("work/x.ts", "", 0o644);
    ["deno", "bun"].iter().for_each(|program| drop(home.program(format!("bin/{program}"))));
    assert_eq!(made(&home, &[], &["x.ts"]).command, "[HOME]/bin/deno run --allow-all x.ts");
}

#[test]
fn shell_syntax_runs_in_a_shell() {
    let home = Home::new();
    let made = made(&home, &[], &["tail -F x | grep $HOME > y"]);
    assert_eq!(made.command, "/bin/sh -c \"tail -F x | grep $$HOME > y\"");
    assert!(made.ran.stdout.contains("note: the command contains shell syntax, so `/bin/sh -c` runs it\n"));
    assert_eq!(home.directive("s", "IgnoreSIGPIPE"), "no");
    // Its name comes from the first command that does something.
    assert_eq!(home.run_words(["cd /srv && ./serve --port 1"]).code, 0);
    assert_eq!(home.directive("serve", "Description"), "cd /srv && ./serve --port 1");
}

#[test]
fn existing_program_does_not_run_in_a_shell() {
    let home = Home::new();
    home.program("work/a & b");
    assert_eq!(made(&home, &[], &["./a & b"]).command, "\"[HOME]/work/a & b\"");
    let ran = home.run_words(["python x.py"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "error: program `python x.py` not found in PATH\nhint: remove the quotes: mkservice python x.py\n"
    );
}

/// A launcher that finds one program in its own environment.
const LAUNCHER: &str =
    "#!/bin/sh\n[ \"$1 $2\" = \"run --no-sync\" ] && shift\nshift\nPATH=$HOME/envs/a/bin:/usr/bin:/bin exec \"$@\"\n";

#[test]
fn launchers_are_replaced_by_what_they_start() {
    for (words, command) in [
        (&["uv", "run", "myscript.py"][..], "[HOME]/envs/a/bin/python myscript.py"),
        (&["uv", "run", "--", "python", "myscript.py"], "[HOME]/envs/a/bin/python myscript.py"),
        (&["poetry", "run", "flask", "run"], "[HOME]/envs/a/bin/flask run"),
        (
            &["/usr/bin/nice", "poetry", "run", "python", "myscript.py"],
            "/usr/bin/nice [HOME]/envs/a/bin/python myscript.py",
        ),
        (&["uv", "run", "--with", "requests", "myscript.py"], "[HOME]/bin/uv run --with requests myscript.py"),
        (&["uv", "run", "brings.py"], "[HOME]/bin/uv run brings.py"),
        (&["poetry", "run", "nosuch"], "[HOME]/bin/poetry run nosuch"),
    ] {
        let home = Home::apart();
        environment(&home, "envs/a");
        home.file("work/brings.py", "#!/usr/bin/env python\n# /// script\n# dependencies = []\n# ///\n", 0o644);
        ["uv", "poetry"].iter().for_each(|tool| drop(home.file(format!("bin/{tool}"), LAUNCHER, 0o755)));
        let made = made(&home, &[], words);
        assert_eq!(made.command, command, "{words:?}");
        // Python needs this however it is started.
        let unbuffered = home.unit("s").contains("Environment=PYTHONUNBUFFERED=1\n");
        assert_eq!(unbuffered, !words.contains(&"nosuch"), "{words:?}");
        let told = made.ran.stdout.contains("note: the command keeps `") || made.ran.stdout.contains(" through ");
        assert!(told, "{}", made.ran.stdout);
    }
}

#[test]
fn session_directories_are_not_written_to_units() {
    let home = Home::new();
    home.program(".local/share/fnm/node-versions/v22.3.1/installation/bin/node");
    home.file(".local/state/fnm_multishells/x", "", 0o644);
    let session = home.path().join(".local/state/fnm_multishells/1_2");
    symlink(home.path().join(".local/share/fnm/node-versions/v22.3.1/installation"), session).unwrap();
    home.file("work/server.js", "", 0o644);
    let made = made(&home, &[("PATH", "[HOME]/.local/state/fnm_multishells/1_2/bin")], &["node", "server.js"]);
    let node = "[HOME]/.local/share/fnm/node-versions/v22.3.1/installation/bin";
    assert_eq!((made.command, made.path), (format!("{node}/node server.js"), node.to_owned()));
    let pinned = format!("note: it stays with Node.js v22.3.1, the version in its path: `{node}/node`\n");
    assert!(made.ran.stdout.contains(&pinned), "{}", made.ran.stdout);
}

#[test]
fn runtime_directives_are_added_unless_given() {
    let home = Home::new();
    home.program("bin/java");
    home.file("work/App.jar", "", 0o644);
    assert_eq!(made(&home, &[], &["java", "-jar", "App.jar"]).command, "[HOME]/bin/java -jar App.jar");
    assert_eq!(home.directive("s", "SuccessExitStatus"), "143");
    assert_eq!(home.run("--name s -p SuccessExitStatus=1 -- java -jar App.jar").code, 0);
    assert_eq!(home.directive("s", "SuccessExitStatus"), "1");
}

#[test]
fn ruby_output_is_unbuffered() {
    let home = Home::new();
    home.program("bin/ruby");
    home.file("work/main.rb", "", 0o644);
    let directory = home.units().join("s.service.d");
    let prelude = directory.join("unbuffered.rb");
    assert_eq!(made(&home, &[], &["ruby", "main.rb"]).command, "[HOME]/bin/ruby main.rb");
    let variable = "Environment=RUBYOPT=-r%E/systemd/user/%n.d/unbuffered.rb\n";
    assert!(home.unit("s").contains(variable), "{}", home.unit("s"));
    assert!(std::fs::read_to_string(&prelude).unwrap().ends_with("$stdout.sync = true\n$stderr.sync = true\n"));
    assert!(made(&home, &[], &["ruby", "main.rb"]).ran.stdout.contains(", unchanged)"));
    // A damaged file is restored, and a file of another user is left alone.
    std::fs::remove_file(&prelude).unwrap();
    made(&home, &[], &["ruby", "main.rb"]);
    assert!(prelude.is_file());
    // The key is stored with the service, and removed when nothing needs it any more.
    assert_eq!(home.run("rename s t").code, 0);
    assert!(!directory.exists() && home.units().join("t.service.d/unbuffered.rb").is_file());
    assert_eq!(home.run("remove t").code, 0);
    assert!(std::fs::read_dir(home.units()).unwrap().next().is_none());
    made(&home, &[], &["ruby", "main.rb"]);
    made(&home, &[], &["python", "myscript.py"]);
    assert!(!directory.exists());
    made(&home, &[("RUBYOPT", "-w")], &["ruby", "main.rb"]);
    assert!(prelude.is_file());
    assert_eq!(home.run("--name s -E RUBYOPT=-w -- ruby main.rb").code, 0);
    assert!(home.unit("s").contains("Environment=RUBYOPT=-w\n") && !directory.exists());
    home.file(".config/systemd/user/s.service.d/mine.conf", "[Service]\nNice=1\n", 0o644);
    made(&home, &[], &["ruby", "main.rb"]);
    assert_eq!(home.run("remove s").code, 0);
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1, "a drop-in of the user's stays");
}

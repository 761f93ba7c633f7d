//! Secrets on the command line: warnings, prompts, storage, and refusals.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::support::{Home, Ran, same};

/// Runs a command with this on stdin.
fn fed(home: &Home, line: &str, input: &[u8]) -> Ran {
    let path = home.file("work/input", input, 0o600);
    let mut mkservice = home.mkservice();
    mkservice.args(line.split(' ')).stdin(Stdio::from(std::fs::File::open(path).unwrap()));
    home.ran(&mut mkservice)
}

#[test]
fn variable_that_looks_like_a_secret_is_warned_of() {
    let home = Home::new();
    for directory in ["", ".config", ".config/systemd", ".config/systemd/user"] {
        let path = home.path().join(directory);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    home.file(".config/systemd/user/x", "", 0o644);
    let ran = home.run("-E DB_PASSWORD=hunter2 -E A=b --name s --dry-run server");
    assert_eq!(ran.code, 0, "{ran:?}");
    same(
        ran.stderr,
        "warning: DB_PASSWORD looks like a secret, and every local user can read it in `[HOME]/.config/systemd/user/s.service`
hint: mkservice --secret DB_PASSWORD -E A=b --name s --dry-run server
hint: have the program read the value from the file, whose path is in $DB_PASSWORD_FILE
hint: or, if it only reads the variable, use an environment file with mode 600: --environment-file FILE
",
    );
    let ran = home.run("--name s --dry-run -- server --token=hunter2 --password hunter3");
    same(
        ran.stderr,
        "warning: the value of `--token` and the value of `--password` look like secrets, which every local user can read in the process list (`ps`)
hint: pass it in a file, whose path the program finds in $NAME_FILE: --secret NAME
hint: or in an environment file with mode 600: --environment-file FILE
",
    );
    for line in ["-E TOKENIZER=x --name s server", "-E TOKEN_FILE=/x --name s server", "-E TOKEN=true --name s server"]
    {
        assert_eq!(home.run(&format!("--dry-run {line}")).stderr, "", "{line}");
    }
}

#[test]
fn world_readable_environment_file_is_warned_of() {
    let home = Home::new();
    home.file("work/app.env", "A=b\nDB_PASSWORD=hunter2\n", 0o644);
    let line = "--environment-file app.env --name s --dry-run server";
    same(
        home.run(line).stderr,
        "warning: DB_PASSWORD looks like a secret, and every local user can read `[HOME]/work/app.env`\nhint: chmod 600 [HOME]/work/app.env\n",
    );
    home.file("work/app.env", "A=b\nDB_PASSWORD=hunter2\n", 0o640);
    assert_eq!(home.run(line).stderr, "");
}

#[test]
fn secret_is_stored_privately_and_removed() {
    let home = Home::new();
    home.make_units();
    let before = home.tree();
    let line = "--no-linger --secret DB_PASSWORD --name s server";
    let dry = home.run(&format!("--dry-run {line}"));
    assert!(dry.stdout.contains("would write the secret [HOME]/.config/mkservice/s.DB_PASSWORD."), "{dry:?}");
    assert_eq!(home.tree(), before);
    let ran = fed(&home, line, b"hunter2\n");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(!home.unit("s").contains("hunter2") && !ran.stdout.contains("hunter2"), "{ran:?}");
    assert!(home.unit("s").contains("DB_PASSWORD_FILE="), "{}", home.unit("s"));
    let directory = home.path().join(".config/mkservice");
    let files: Vec<_> = directory.read_dir().unwrap().map(|entry| entry.unwrap()).collect();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((files.len(), mode(&files[0].path()), mode(&directory)), (1, 0o600, 0o700));
    let tree = home.tree();
    for (ran, what) in [(home.run(line), "kept"), (fed(&home, line, b"hunter2"), "the same")] {
        assert!(ran.stdout.contains("unchanged"), "{what}: {ran:?}");
    }
    let mut now = home.tree();
    now.remove(std::path::Path::new("work/input"));
    let mut then = tree;
    then.remove(std::path::Path::new("work/input"));
    assert_eq!(now, then);
    let removed = home.run("remove s");
    assert_eq!(removed.code, 0, "{removed:?}");
    std::fs::remove_file(home.path().join("work/input")).unwrap();
    assert_eq!(home.tree(), before);
}

#[test]
fn invalid_secrets_are_refused() {
    let home = Home::new();
    home.file("work/empty", "", 0o600);
    let before = home.tree();
    for (line, message) in [
        (
            "--secret A-B --name s server",
            "error: --secret: `A-B` is not a valid secret name: use ASCII letters, digits and `_`, and do not begin with a digit\n",
        ),
        ("--secret A --secret A --name s server", "error: --secret: `A` is given twice\n"),
        ("--secret A -E A_FILE=x --name s server", "error: --secret: `A` sets A_FILE, and so does --setenv\n"),
        (
            "--secret A=nothing --name s server",
            "error: --secret: the file `[HOME]/work/nothing` of A cannot be used: no such file or directory\n",
        ),
        (
            "--secret A=empty --name s server",
            "error: --secret: the file `[HOME]/work/empty` of A cannot be used: it is empty\n",
        ),
        (
            "--secret A=. --name s server",
            "error: --secret: the file `[HOME]/work` of A cannot be used: it is a directory\n",
        ),
        (
            "--secret A=~/x --name s server",
            "error: --secret: the file `[HOME]/work/~/x` of A cannot be used: no such file or directory\nhint: the shell did not expand `~`: --secret A=\"$HOME\"/x\n",
        ),
        (
            "--secret A --name s server",
            "error: the secret A has no value: none was entered, and stdin is empty\nhint: read it from a file: mkservice --secret A --name s server < FILE\n",
        ),
    ] {
        let ran = home.run(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{line}: {ran:?}");
        same(ran.stderr, message.to_owned());
    }
    assert_eq!(home.tree(), before);
    same(fed(&home, "--secret A --name s server", b"\n").stderr, "error: the secret A is empty\n");
    let ran = fed(&home, "--secret A --secret B --name s server", b"a\n");
    same(
        ran.stderr,
        "error: expected 2 secrets on stdin, one on each line, got 1\nhint: use a file for a value of several lines: --secret NAME=FILE\n",
    );
    let large = vec![b'x'; (1 << 20) + 1];
    same(
        fed(&home, "--secret A --name s server", &large).stderr,
        "error: the secret A is larger than the 1048576 bytes that systemd accepts\n",
    );
}

#[test]
fn world_readable_secret_file_is_warned_of() {
    let home = Home::new();
    home.file("work/token", "hunter2", 0o644);
    let ran = home.run("--secret A=token --name s --dry-run server");
    same(
        ran.stderr.clone(),
        "warning: every local user can read the file of the secret A\nhint: chmod 600 [HOME]/work/token\n",
    );
    assert!(ran.stdout.contains("    LoadCredential=A:[HOME]/work/token\n"), "{ran:?}");
}

//! Programs and working directories that cannot be used.

use snapbox::str;

use crate::support::{Home, same};
use crate::{refused, refused_in};

#[test]
#[expect(clippy::too_many_lines, reason = "one table of expected texts")]
fn missing_and_unusable_programs_are_refused() {
    let home = Home::new();
    home.file("work/tool", "not executable", 0o644);
    home.file("bin/dull", "not executable", 0o644);
    refused_in(
        &home,
        2,
        ["nosuch"],
        str![[r#"
error: program `nosuch` not found in PATH
hint: check whether your shell finds it: type -a -- nosuch

"#]],
    );
    refused_in(
        &home,
        2,
        ["./nosuch"],
        str![[r#"
error: program `./nosuch` not found

"#]],
    );
    refused_in(
        &home,
        2,
        ["./tool"],
        str![[r#"
error: `[HOME]/work/tool` is not executable
hint: chmod +x [HOME]/work/tool

"#]],
    );
    refused_in(
        &home,
        2,
        ["dull"],
        str![[r#"
error: `[HOME]/bin/dull` is not executable
hint: chmod +x [HOME]/bin/dull

"#]],
    );
    refused_in(
        &home,
        2,
        [".."],
        str![[r#"
error: program `..` not found in PATH
hint: check whether your shell finds it: type -a -- ..

"#]],
    );
    refused_in(
        &home,
        2,
        ["../work"],
        str![[r#"
error: `[HOME]/work` is a directory, not a program

"#]],
    );
    refused_in(
        &home,
        2,
        ["./server/"],
        str![[r#"
error: program `./server/` not found

"#]],
    );
    refused_in(
        &home,
        2,
        [""],
        str![[r#"
error: program `` not found in PATH

"#]],
    );
    refused_in(
        &home,
        2,
        ["a\x1b[31mb"],
        str![[r#"
error: program `a\u{1b}[31mb` not found in PATH
hint: check whether your shell finds it: type -a -- $'a\033[31mb'

"#]],
    );
}

#[test]
fn invalid_working_directories_are_refused() {
    let home = Home::new();
    let broken = home.path().join("work/a\nb");
    std::fs::create_dir(&broken).unwrap();
    refused_in(
        &home,
        2,
        ["--working-directory", "/nosuch", "python", "x"],
        str![[r#"
error: cannot use the working directory `/nosuch`: no such file or directory

"#]],
    );
    refused_in(
        &home,
        2,
        ["--working-directory", "myscript.py", "python", "x"],
        str![[r#"
error: cannot use the working directory `[HOME]/work/myscript.py`: it is not a directory

"#]],
    );
    refused_in(
        &home,
        2,
        ["--working-directory=~/x", "python", "x"],
        str![[r#"
error: cannot use the working directory `[HOME]/work/~/x`: no such file or directory
hint: the shell did not expand `~`: --working-directory ~/x

"#]],
    );
    refused_in(
        &home,
        2,
        ["--working-directory", "a\nb", "python", "x"],
        str![[r#"
error: cannot use the working directory `[HOME]/work/a\nb`: its path contains a line break, which unit files do not allow here

"#]],
    );
}

#[test]
fn deleted_working_directory_is_refused() {
    let home = Home::new();
    let before = home.tree();
    let mut shell = home.command("/bin/sh");
    let program = home.mkservice().get_program().to_owned();
    shell.env("SYSTEMD_OFFLINE", "1").arg("-c");
    let script =
        r#"bin=/usr/bin; $bin/mkdir "$HOME/deep" && cd "$HOME/deep" && $bin/rmdir ../deep && exec "$0" python x"#;
    shell.arg(script).arg(program);
    let ran = home.ran(&mut shell);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    same(
        ran.stderr,
        str![[r#"
error: the current directory has been deleted
hint: choose another one: --working-directory /

"#]],
    );
    assert_eq!(home.tree(), before);
}

#[test]
fn variables_before_the_command_are_refused_with_the_line_that_sets_them() {
    refused(
        ["A=1", "python3", "hello.py"],
        str![[r#"
error: `A` is a variable, not a program
hint: mkservice -E A=1 -- python3 hello.py

"#]],
    );
    refused(
        ["--name", "x", "A=1", "_B=c d", "./server", "-v"],
        str![[r#"
error: `A` is a variable, not a program
hint: mkservice --name x -E A=1 -E '_B=c d' -- ./server -v

"#]],
    );
    refused(
        ["A=1"],
        str![[r#"
error: `A` is a variable, not a program
hint: give the command after it

"#]],
    );
}

#[test]
fn slip_in_the_name_of_a_program_gets_the_nearest_one() {
    let home = Home::new();
    home.program("bin/python3");
    for word in ["pythn3", "pyhton3", "python33"] {
        let ran = home.run_words([word, "hello.py"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert_eq!(ran.stderr, format!("error: program `{word}` not found in PATH\nhint: did you mean `python3`?\n"));
    }
    let ran = home.run_words(["postgres"]);
    assert!(ran.stderr.contains("hint: check whether your shell finds it: type -a -- postgres"), "{ran:?}");
}

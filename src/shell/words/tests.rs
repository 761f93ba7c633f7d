use super::*;

/// Lines that are words, and nothing but words.
const PLAIN: [&str; 22] = [
    "gunicorn app:app --bind :8000",
    "  a \t b  ",
    "\n a b \n\n",
    "",
    "''",
    "a '' \"\" b",
    r#"a\ b c"d e"'f g'h"#,
    r#""a\"b\\c\$d\`e\f" 'a\b'"#,
    "a \\\n b\\\nc",
    "\"x\\\ny\"",
    "it\\'s \"it's\"",
    "cost 5$ a$ \"^x$\" '$HOME'",
    "a#b '#' \\# x",
    "x a=1=2 --opt=~ x~ a~b",
    "\\~/x '~' \"*\" \\* '[a]' a] [ x ]",
    "echo {a,b} a! ! b",
    "é 日本 \u{a0}x",
    "\\a\\b",
    "grep -e a=b -- c",
    "'A'=1 \\A=2 A\\B=3",
    "'!' a",
    "a \\ ",
];

/// Prints its arguments and the environment it was given by the shell, as `sh` itself splits the line.
fn sh(line: &str) -> Vec<String> {
    let script = format!("f() {{ for word; do printf '%s\\0' \"$word\"; done; }}\nf {}", line.trim_matches('\n'));
    let output = std::process::Command::new("sh").args(["-c", &script]).env("LC_ALL", "C.UTF-8").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{line:?}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn words_are_those_of_the_shell() {
    for line in PLAIN {
        assert_eq!(words(line).unwrap(), sh(line), "{line:?}");
    }
}

#[test]
fn what_takes_a_shell_is_told_with_its_place() {
    use Special::*;
    for (line, what, at) in [
        ("a | b", Operator('|'), 2),
        ("a && b", Operator('&'), 2),
        ("a;b", Operator(';'), 1),
        ("a 2>/dev/null", Operator('>'), 3),
        ("a <b", Operator('<'), 2),
        ("(a)", Operator('('), 0),
        ("a\nb", LineBreak, 1),
        ("\n\n a\nb", LineBreak, 4),
        ("! a", Operator('!'), 0),
        ("A=1 ! a", Operator('!'), 4),
        ("a $B", Expansion('$'), 2),
        ("a \"b $1\"", Expansion('$'), 5),
        ("a ${B:-x}", Expansion('$'), 2),
        ("a $'x'", Expansion('$'), 2),
        ("a `b`", Expansion('`'), 2),
        ("a \"`b`\"", Expansion('`'), 3),
        ("a # b", Comment, 2),
        ("#", Comment, 0),
        ("a 'b", Unclosed('\''), 2),
        ("é \"b\\\"", Unclosed('"'), 3),
        ("a \"b\\", Unclosed('"'), 2),
        ("a \\", TrailingBackslash, 2),
        ("a ~/b", Pattern('~'), 2),
        ("a ~", Pattern('~'), 2),
        ("a *.txt", Pattern('*'), 2),
        ("a x?", Pattern('?'), 3),
        ("a [ab]", Pattern('['), 2),
        ("A=1 b", Assignment, 0),
        ("A= b *", Assignment, 0),
        ("A=~/x b", Assignment, 0),
        ("* A=1", Pattern('*'), 0),
    ] {
        assert_eq!(words(line), Err(NotWords { what, at }), "{line:?}");
    }
}

#[test]
fn what_a_word_may_mean_is_told() {
    let split = |line: &str| {
        let words = split(line).unwrap().into_iter();
        words.map(|word| (word.text, word.assigns, word.expands)).collect::<Vec<_>>()
    };
    let word = |text: &str, assigns, expands| (text.to_owned(), assigns, expands);
    assert_eq!(
        split("A=1 B='x y' C=~/z:~ python3 'D'=2 --e=~ *.py"),
        [
            word("A=1", true, None),
            word("B=x y", true, None),
            word("C=~/z:~", true, Some(('~', 14))),
            word("python3", false, None),
            word("D=2", false, None),
            word("--e=~", false, None),
            word("*.py", false, Some(('*', 40))),
        ]
    );
}

proptest::proptest! {
    /// What is quoted for a shell comes back, and no line whatever makes it fall over.
    #[test]
    fn any_words_come_back(list in proptest::collection::vec("[ -~\\n\\té]{0,8}", 0..5), line in "[ -~\\n\\té]{0,40}") {
        let quoted: Vec<String> = list.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        proptest::prop_assert_eq!(words(&quoted.join(" ")), Ok(list));
        if let Err(NotWords { at, .. }) = words(&line) {
            proptest::prop_assert!(line.is_char_boundary(at) && at < line.len());
        }
    }
}

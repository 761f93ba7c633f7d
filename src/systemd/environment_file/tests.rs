//! Each rule by itself. That the rules are systemd's own is seen in the booted tests.

use std::path::Path;

use super::*;

/// What systemd 254 and later set.
fn set(content: &str) -> Vec<(String, String)> {
    assignments(content.as_bytes()).unwrap()
}

#[track_caller]
fn sets(content: &str, wanted: &[(&str, &str)]) {
    let wanted: Vec<(String, String)> = wanted.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    assert_eq!(set(content), wanted, "{content:?}");
}

/// The findings, without the path.
fn told(content: impl AsRef<[u8]>) -> Vec<String> {
    let findings = read(content.as_ref(), Comments::EndWithTheirLine).findings;
    grouped(Path::new("F"), &findings).iter().map(|text| text.trim_start_matches("`F` ").to_owned()).collect()
}

/// The only finding begins like this.
#[track_caller]
fn tells(content: impl AsRef<[u8]>, wanted: impl AsRef<str>) {
    let content = content.as_ref();
    let told = told(content);
    assert_eq!(told.len(), 1, "{}: {told:?}", content.escape_ascii());
    assert!(told[0].starts_with(wanted.as_ref()), "{}: {told:?}", content.escape_ascii());
}

#[test]
fn plain_files() {
    sets("", &[]);
    sets("# a\n ; b\n\nX=1\n  Y=a b\t\nZ=", &[("X", "1"), ("Y", "a b"), ("Z", "")]);
    sets("X \t= \t1 \nY==", &[("X", "1"), ("Y", "=")]);
    sets("X=1\r\nY=\"a\"\r\nZ=2\rW=3", &[("X", "1"), ("Y", "a"), ("Z", "2"), ("W", "3")]);
    sets("X=1\nY=2\nX=3", &[("X", "3"), ("Y", "2")]);
    sets("X=a#b;c\nY=#\nZ=%h $X", &[("X", "a#b;c"), ("Y", "#"), ("Z", "%h $X")]);
}

#[test]
fn what_is_no_assignment_is_dropped() {
    sets("X\nexport Y=1\n1a=2\na.b=3\na-b=4\n\"Q\"=5\n=6\n=G=7\n_=8", &[("_", "8")]);
    sets("\u{feff}X=1\nY=2", &[("Y", "2")]);
    sets("X\\\nY=1\n{\\\r\nZ=2", &[("Y", "1"), ("Z", "2")]);
    // A quote is special anyway.
    sets("a.b='\nX=1\n'\nY=2", &[("Y", "2")]);
}

#[test]
fn quotes() {
    sets("X='a\"\\'\nY=\"b'\\\"\\\\\\`\\$\\n\"", &[("X", "a\"\\"), ("Y", "b'\"\\`$\\n")]);
    sets("X=\"a\nb\"\nY='c\r\nd'", &[("X", "a\nb"), ("Y", "c\r\nd")]);
    sets("X=\"a\" 'b'  c \nY=a\"b c\"", &[("X", "abc"), ("Y", "a\"b c\"")]);
    sets("X='a'\\''b'", &[("X", "a''b'")]);
    sets("X=\" a \" ", &[("X", " a ")]);
    sets("X=\"a\nY=1\n", &[("X", "a\nY=1\n")]);
    sets("X='a\\", &[("X", "a\\")]);
    sets("X=\"a\\", &[("X", "a")]);
}

#[test]
fn backslashes() {
    sets("X=a\\nb\\\\\\ \nY=a \\\n  b\nZ=a \\", &[("X", "anb\\ "), ("Y", "a   b"), ("Z", "a ")]);
    sets("X=\"a\\\nb\"\nY='a\\\nb'", &[("X", "ab"), ("Y", "a\\\nb")]);
    // After a joined line quotes are characters, and what was before the backslash is kept.
    sets("X=\\\n \"b\"\nY=a \\\n  \nZ=1", &[("X", " \"b\""), ("Y", "a "), ("Z", "1")]);
    // The carriage return takes the backslash, and the line ends.
    sets("X=a\\\r\nb\nY=1", &[("X", "a"), ("Y", "1")]);
}

#[test]
fn comments_that_end_in_a_backslash() {
    let names = |comments| {
        let reading = read(b"#\\\nX=1\n;\\\\\nY=2\n", comments);
        reading.assignments.into_iter().map(|each| each.name).collect::<Vec<_>>()
    };
    assert_eq!(names(Comments::of_version(254)), ["X", "Y"]);
    assert_eq!(names(Comments::of_version(253)), ["Y"]);
    assert!(told("# a\\\n# b\\\n\n").is_empty());
    tells("# a\\\nX=1\n", "line 1: before systemd 254, a comment that ends in a backslash includes the next line");
}

#[test]
fn what_systemd_does_not_load() {
    let refusal = |content: &[u8]| read(content, Comments::EndWithTheirLine).refusal;
    assert_eq!(refusal(b"X=1\nY=\0"), Some(Refusal::Nul { line: 2, utf16: false }));
    assert_eq!(refusal(b"\xff\xfeX\0=\0"), Some(Refusal::Nul { line: 1, utf16: true }));
    for bad in [&b"\xff"[..], b"\xed\xa0\x80", b"\xef\xbf\xbf", b"\xef\xb7\x90", b"\xc3"] {
        let name = [b"\nX", bad, b"=1"].concat();
        assert_eq!(refusal(&name), Some(Refusal::NotText { line: 2 }), "{bad:?}");
        assert!(matches!(refusal(&[b"X='", bad, b"'"].concat()), Some(Refusal::NotText { line: 1 })), "{bad:?}");
        // Where nothing is read, anything may stand.
        assert_eq!(refusal(&[b"#", bad, b"\n", bad, b"\n"].concat()), None, "{bad:?}");
    }
    assert_eq!(refusal(b"X='a\n\xff'"), Some(Refusal::NotText { line: 2 }));
    let long = |length: usize| [b"Y=1\nX=".to_vec(), vec![b'x'; length]].concat();
    assert_eq!(refusal(&long(ARGUMENT_MAX - 2)), None);
    assert_eq!(refusal(&long(ARGUMENT_MAX - 1)), Some(Refusal::TooLong { line: 2, name: "X".into() }));
    assert!(assignments(b"X=\xff\nY=1").is_err());
    assert_eq!(read(b"Y=1\nX=\xff\n", Comments::Continue).assignments, []);
}

#[test]
fn nothing_is_told_of_what_everybody_reads_alike() {
    for plain in [
        "X=1\nY=\"a b\"\nZ='$HOME `x` \\n #'\n",
        "X=a#b\nY=#fff\nZ=\"a\"#b",
        "X=pa$$word$\nY=a$1\nZ=\\$HOME\nW=\"\\$HOME \\`x\\`\"",
        "JSON={\"a\": \"b c\"}\nLIST=[\"a\", 'b']",
        "X=it's\nY=5\"",
        "X=\"\\d+\\.\\w\"\nY=a\\ b\\\"c\\\\d",
        "KEY=\"-----BEGIN-----\nMIIabc+/\nabcd12==\nabcd=\n-----END-----\"\n",
        "X=a \\\n  b\nY=\"a\\\nb\"",
        "X=~user\nY=a~/b\nZ='~/x'",
        "X=\nY= \n",
        "X=\"a\"'b'\nY=\"a\"b",
        // Nothing is lost.
        "X = 1\nY= 2\nZ =3\nW = \"a b\"",
        // One value, whose parts are assignments for another reader.
        "DSN=host=db port=5432 user=app\nCONNECTION=Server=db;Database=shop;User=app\nCOOKIE=a=1; b=2",
        "JAVA_OPTS=-Xmx1g -Da=b C=d\nKERNEL=quiet console=ttyS0\nTEXT='a B=2'\nURL=http://a/?b=1&C=2",
    ] {
        assert!(told(plain).is_empty(), "{plain:?}: {:?}", told(plain));
    }
}

#[test]
fn habits_of_the_shell_are_told() {
    tells("A=1\n export X=1\n", "line 2: `export` is a shell keyword: systemd ignores the line; use X=…");
    tells("export X", "line 1: `export` is a shell keyword: systemd ignores the line; use X=…");
    tells("declare -x X=1", "line 1: `declare` is a shell keyword");
    tells("X=1 # note", "line 1: systemd has no inline comments: `X` would include the `#`");
    tells("X=\"1\" # note", "line 1: systemd has no inline comments");
    tells("X= # note", "line 1: systemd has no inline comments");
    tells("X=1\nY=a/$X", "line 2: systemd does not expand `$X` in `Y`");
    tells("Y=\"${HOME}/a\"", "line 1: systemd does not expand `${HOME}`");
    tells("Y=${A:-b}", "line 1: systemd does not expand `${…}`");
    tells("Y=$(id)", "line 1: systemd does not expand `$(…)`");
    tells("Y=\"`id`\"", "line 1: systemd does not expand a command in backticks");
    tells("Y=~/x", "line 1: systemd does not expand `~`");
    for line in ["X=1; export X", "X=1;export X", "X=\"a b\"; export X", "X=1 && export X", "X='a'b ;  export X Y"] {
        tells(line, "line 1: systemd runs no shell: `X` includes the command after its value");
    }
    for line in
        ["X=1 Y=2", "X=\"1\" Y=\"2 3\"", "X=1\tY='2'", "x=a y=b z=c", "X=1; Y=2", "X=1 && Y=2", "X=1 Y=2 node a.js"]
    {
        let line = line.replace('\t', "  ");
        tells(
            &line,
            "line 1: systemd reads one assignment a line: `X` includes those after it".replace('X', &line[..1]),
        );
    }
    tells("X=a\"b c\"", "line 1: quotes are only special at the start of a value");
    tells("X='a'\\''b'", "line 1: quotes are only special at the start of a value");
    tells("X=\"a\" \"b\"", "line 1: systemd drops white space after a closing quote");
    tells("X=\"a\" b", "line 1: systemd drops white space after a closing quote");
}

#[test]
fn habits_of_other_readers_are_told() {
    tells("X=\"a\\nb\"", "line 1: `\\n` is not an escape: `X` includes the backslash; use a literal line break");
    tells("X=C:\\new", "line 1: systemd removes a backslash outside of quotes");
    tells("X: 1", "line 1: no `=`: systemd ignores the line; use X=…");
    tells("nothing", "line 1: no `=`: systemd ignores the line; use NAME=VALUE");
    tells("a.b-c=1", "line 1: `a.b-c` is not a valid variable name (ASCII letters, digits and `_`)");
    assert!(told("a.b-c=1")[0].ends_with("use a_b_c=…"));
    tells("=1", "line 1: no name before `=`");
    tells("=1=2", "line 1: no name before `=`");
    tells("X=1\nX=2\nX=3", "line 1: `X` is set again in line 3, which overrides this one");
    tells("\u{feff}X=1", "line 1: byte order mark before the first line");
    tells("\u{feff}# note", "line 1: byte order mark before the first line");
}

#[test]
fn what_is_swallowed_is_told() {
    tells(
        "A=1\nX=\"a\nY=1\n",
        "line 2: unclosed \" in `X`: the value includes everything after it, until line 3; close the quote",
    );
    tells("X='a\n", "line 1: unclosed ' in `X`");
    tells("X='a\nY=1\nZ='\n", "line 1: the ' in `X` does not close before line 3");
    tells("X=C:\\\\a\\\nY=1\n", "line 1: the trailing backslash makes the next line a part of `X`");
    tells("X=a\\\n", "line 1: the trailing backslash makes the next line");
}

#[test]
fn line_ends_of_windows_are_told() {
    tells("X=1\r\nY=2\r\n", "line 1: lines end in CR LF, as on Windows: systemd drops the CR");
    assert!(told("X=1\r\n")[0].contains("; remove them: sed -i 's/\\r$//' F"));
    tells("X=1\nY=1\rZ=2\n", "line 2: a carriage return ends the line");
    let both = told("X=\"a\r\nb\"\r\n");
    assert!(both.iter().any(|text| text.contains("they become a part of `X`")), "{both:?}");
    let both = told("X=a\\\r\nb\r\n");
    assert!(both.iter().any(|text| text.contains("the backslash does not append the next line to `X`")), "{both:?}");
}

#[test]
fn one_kind_is_told_once() {
    tells("export A=1\nexport B=1\n", "line 1: `export`");
    assert!(told("export A=1\nexport B=1\n")[0].ends_with("use A=… (the same in line 2)"));
    assert!(told("export A=1\n".repeat(3))[0].ends_with("(the same in lines 2 and 3)"));
    assert!(told("export A=1\n".repeat(100))[0].ends_with("(the same in lines 2, 3, 4, 5, 6 and 94 more)"));
}

#[test]
fn no_value_is_ever_told() {
    // Whatever is found, the pieces of this secret stay where they are.
    const SECRET: &str = "hunter2";
    for content in [
        "X=$hunter2",
        "X=\"${hunter2",
        "X=a #hunter2",
        "X=$(hunter2)",
        "X=`hunter2`",
        "X=~/hunter2",
        "hunter2",
        "hunter2+hunter2=",
        "\"hunter2/",
        "X=hunter2; export X",
        "X=hunter2 Y=hunter2",
        "X=\"a\" hunter2",
        "X=a\"hunter2\"",
        "X=\"hunter2\\n\"",
        "X=\\hunter2",
        "X=\"hunter2\nY=1",
        "X=hunter2\\\nY=1",
        "X=hunter2\nX=hunter2",
        "X=\"hunter2\r\n\"\r\nX=1",
        "a.b=hunter2",
        "X: hunter2",
        "export X=hunter2",
        "hunter2/=\"",
        "hunter2+='\nX=1\n'",
        "hunter2+=a\\\nX=1",
    ] {
        let told = told(content);
        assert!(!told.is_empty(), "{content:?}");
        assert!(!told.concat().contains(SECRET), "{content:?}: {told:?}");
        let reading = read(content.as_bytes(), Comments::Continue);
        assert!(!format!("{reading:?}").contains(SECRET), "{content:?}: {reading:?}");
    }
}

//! Environment files: a service gets what mkservice's parser reads, and surprises are reported.

use std::collections::BTreeMap;
use std::fs;

use mkservice::systemd::environment_file::{self, Comments};
use mkservice::systemd::text::ARGUMENT_MAX;

use crate::host::{Host, Inside};
use crate::scope::Scope;
use crate::setup::{booted, done, fails, file, ran, traces};

type Environment = BTreeMap<Vec<u8>, Vec<u8>>;

/// Pieces of awkward files: everything with a meaning, and its neighbors.
const PIECES: &[&[u8]] = &[
    b"A",
    b"B",
    b"C",
    b"A=",
    b"B=",
    b"C=",
    b"\nA=",
    b"\nB=",
    b"\nC=",
    b"_d9",
    b"9",
    b"=",
    b"=",
    b"\n",
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b" ",
    b"  ",
    b"\t",
    b"\"",
    b"\"",
    b"'",
    b"'",
    b"\\",
    b"\\",
    b"\\\n",
    b"\\\r\n",
    b"\\\"",
    b"\\'",
    b"\\n",
    b"\\$",
    b"\\`",
    b"#",
    b";",
    b" #",
    b"\n#",
    b"\n;",
    b"\n #",
    b"#\\\n",
    b"export ",
    b"$A",
    b"${B}",
    b"$(x)",
    b"`",
    b"%h",
    b".",
    b"-",
    b"{",
    b"x",
    b"yz",
    "é".as_bytes(),
    "\u{85}".as_bytes(),
    b"\x01",
    b"\x0b",
    b"\x0c",
    b"\x1b",
    b"\x7f",
    b"\"\"",
    b"''",
    b"\" \"",
    b"' '",
];

/// Pieces that make systemd refuse a file, depending on their position.
const RARE: &[&[u8]] =
    &[b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xb7\x90", b"\xef\xbf\xbf", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf"];

/// Pseudorandom numbers, the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    fn file(&mut self) -> Vec<u8> {
        let mut content = if self.below(4) == 0 { Vec::new() } else { b"A=".to_vec() };
        for _ in 0..self.below(24) + 1 {
            let pieces = if self.below(150) == 0 { RARE } else { PIECES };
            content.extend_from_slice(pieces[self.below(pieces.len())]);
        }
        content
    }
}

/// What services get from these files, one file each; `None` for services that do not start.
fn given_by_systemd(host: &Host, files: &[Vec<u8>]) -> Vec<Option<Environment>> {
    let directory = host.path("/run/files");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir(&directory).unwrap();
    for (number, content) in files.iter().enumerate() {
        fs::write(directory.join(format!("{number}.env")), content).unwrap();
    }
    fs::write(directory.join("none.env"), "").unwrap();
    let unit = "[Unit]\nCollectMode=inactive-or-failed\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\n\
                EnvironmentFile=/run/files/%i.env\nStandardOutput=file:/run/files/%i.out\nExecStart=/usr/bin/env -0\n";
    file(host, "root", "/run/systemd/system/reads@.service", unit);
    host.root("systemctl").arg("daemon-reload").text();
    let names: Vec<String> = (0..files.len()).map(|number| number.to_string()).chain(["none".into()]).collect();
    for names in names.chunks(60) {
        // Refused files make this job fail.
        ran(host.root("systemctl").arg("start").args(names.iter().map(|name| format!("reads@{name}"))));
    }
    let environment = |name: &String| Some(pairs(&fs::read(directory.join(format!("{name}.out"))).ok()?));
    let usual = environment(names.last().unwrap()).expect("a service with an empty file starts");
    let given = names[..files.len()].iter().map(environment);
    given
        .map(|given| given.map(|given| given.into_iter().filter(|(name, _)| !usual.contains_key(name)).collect()))
        .collect()
}

/// Parses the output of `env -0`.
fn pairs(output: &[u8]) -> Environment {
    let pairs = output.split(|byte| *byte == 0).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=').expect("a pair");
            (pair[..equals].to_vec(), pair[equals + 1..].to_vec())
        })
        .collect()
}

/// The same with mkservice's parser.
fn given_by_us(content: &[u8], comments: Comments) -> Option<Environment> {
    let reading = environment_file::read(content, comments);
    let effective = environment_file::effective(reading.assignments);
    let pairs = effective.into_iter().map(|(name, value)| (name.into_bytes(), value.into_bytes()));
    reading.refusal.is_none().then(|| pairs.collect())
}

#[apply(booted_test)]
fn files_are_parsed_as_systemd_parses_them() {
    let host = booted();
    let comments = Comments::of_version(host.systemd_version());
    let mut numbers = Numbers(252);
    let files: Vec<Vec<u8>> = (0..900).map(|_| numbers.file()).collect();
    let given = given_by_systemd(&host, &files);
    for (content, given) in files.iter().zip(&given) {
        assert_eq!(&given_by_us(content, comments), given, "{}", content.escape_ascii());
    }
    // Every outcome occurs.
    let counted = |what: fn(&Option<Environment>) -> bool| given.iter().filter(|given| what(given)).count();
    assert!(counted(Option::is_none) >= 20, "{}", counted(Option::is_none));
    assert!(counted(|given| given.as_ref().is_some_and(|given| !given.is_empty())) >= 400);
}

/// The size limit: one byte less, and the service gets its variable; one byte more, and it does not. Later releases
/// read larger files, but none refuses these.
#[apply(booted_test)]
fn size_limits_match_systemd() {
    let host = booted();
    let comment = |length: u64| {
        let head = b"A=1\n#".to_vec();
        let rest = length as usize - head.len();
        [head, vec![b'x'; rest]].concat()
    };
    let variable = |length: usize| [b"A=".to_vec(), vec![b'x'; length - 2]].concat();
    let files = [
        comment(environment_file::SIZE_MAX),
        comment(environment_file::SIZE_MAX + 1),
        variable(ARGUMENT_MAX),
        variable(ARGUMENT_MAX + 1),
    ];
    let given = given_by_systemd(&host, &files);
    let starts = |place: usize| given[place].as_ref().is_some_and(|given| given.contains_key(&b"A"[..]));
    assert!(starts(0) && starts(2) && !starts(3));
    assert_eq!(starts(1), host.systemd_version() > 247);
    let comments = Comments::of_version(host.systemd_version());
    assert!(given_by_us(&files[2], comments).is_some() && given_by_us(&files[3], comments).is_none());
}

/// A directory for the files of a test that the caller can read.
fn place(scope: &Scope<'_>, name: &str, content: &[u8]) -> String {
    let directory = if scope.session.is_some() { "/home/ann/app" } else { "/srv/app" };
    let owner = if scope.session.is_some() { "ann" } else { "root" };
    let path = format!("{directory}/{name}");
    file(scope.host, owner, &path, "");
    fs::write(scope.host.path(&path), content).unwrap();
    scope.host.root("chmod").args(["600", &path]).text();
    path
}

/// The environment that a service wrote.
fn environment(scope: &Scope<'_>, words: &[&str]) -> (String, Environment) {
    let out = if scope.session.is_some() { "/home/ann/out" } else { "/tmp/out" };
    let script = format!("exec env -0 > {out}");
    let head = ["--force", "--name", "s", "--service-type", "oneshot"];
    let line = [&head[..], words, &["--", "/bin/sh", "-c", &script]].concat();
    let said = ran(&mut scope.mkservice(&line));
    assert_eq!(said.code, 0, "{said:?}");
    let output = fs::read(scope.host.path(out)).unwrap();
    scope.host.root("rm").arg(out).text();
    (said.stderr, pairs(&output))
}

#[apply(booted_test)]
fn misleading_lines_are_warned_of(scope: &Scope<'_>) {
    let content = b"# settings\nAPI_URL=https://example.org # the old one\nexport LOST=1\nGREETING=\"$API_URL\"\n\
                    TYPED=from the file\nmy-name=1\n";
    let path = place(scope, "app [1] 100%.env", content);
    let (told, given) = environment(scope, &["--environment-file", &path, "-E", "TYPED=by hand", "-E", "OWN=1"]);
    let wanted = [
        "line 2: systemd has no inline comments: `API_URL` would include the `#`; put the comment on a line \
         of its own",
        "line 3: `export` is a shell keyword: systemd ignores the line; use LOST=…",
        "line 4: systemd does not expand `$API_URL` in `GREETING`; write the expanded value",
        "line 6: `my-name` is not a valid variable name (ASCII letters, digits and `_`): systemd ignores the line; use \
         my_name=…",
        "line 5: `TYPED` is set here too, which overrides --setenv",
    ];
    let wanted: String = wanted.iter().map(|words| format!("warning: `{path}` {words}\n")).collect();
    assert_eq!(told, wanted);
    // The service gets what the warnings and the parser say.
    let ours = environment_file::assignments(content).unwrap();
    assert_eq!(ours.len(), 3);
    for (name, value) in ours {
        assert_eq!(given.get(name.as_bytes()), Some(&value.into_bytes()), "{name}");
    }
    assert!(!given.contains_key(&b"LOST"[..]) && !given.contains_key(&b"my-name"[..]));
    assert_eq!(given[&b"OWN"[..]], b"1");
    // The second of two files takes precedence, and both are clean.
    let other = place(scope, "other.env", b"API_URL=http://localhost\n");
    let plain = place(scope, "plain.env", b"API_URL=https://example.org\nB='two\nlines'\n");
    let missing = "-/srv/none.env";
    let files = [&plain, &other, missing].map(|path| ["--environment-file", path]).concat();
    let (told, given) = environment(scope, &files);
    assert_eq!(told, "");
    assert_eq!(
        (given[&b"API_URL"[..]].as_slice(), given[&b"B"[..]].as_slice()),
        (&b"http://localhost"[..], &b"two\nlines"[..])
    );
}

#[apply(booted_test)]
fn unloadable_files_are_refused(scope: &Scope<'_>) {
    let too_long = [b"A=".to_vec(), vec![b'x'; ARGUMENT_MAX - 1]].concat();
    for (content, why) in [
        (&b"A=1\nB=\xe4\n"[..], "line 2 is not valid UTF-8 for systemd"),
        (b"A=\xef\xbf\xbf", "line 1 is not valid UTF-8 for systemd"),
        (b"A=1\0", "line 1 contains a NUL byte"),
        (&too_long, "`A` in line 1 is longer than 131071 bytes, the kernel's limit"),
    ] {
        let path = place(scope, "app.env", content);
        let before = traces(scope.host);
        let line = ["--name", "s", "--environment-file", &path, "--", "sleep", "1000"];
        let said = fails(2, &mut scope.mkservice(&line));
        assert!(
            said.starts_with(&format!("error: systemd cannot load the environment file `{path}`: {why}\n")),
            "{said}"
        );
        assert_eq!(traces(scope.host), before);
        // It would have failed.
        let said = ran(&mut scope.mkservice(&[&["--force", "--no-rollback"], &line[..]].concat()));
        assert_eq!(said.code, 3, "{said:?}");
        assert!(
            said.stderr.starts_with(&format!("warning: `{path}`: {why}: the service cannot start with it\n")),
            "{said:?}"
        );
        done(&mut scope.verb(&["remove", "s"]));
    }
    // Before systemd 254, the comment includes the line that is not UTF-8.
    let path = place(scope, "app.env", b"A=1\n# note \\\nB=\xe4\n");
    if scope.host.systemd_version() < 254 {
        let (told, given) = environment(scope, &["--environment-file", &path]);
        let wanted = "before systemd 254, a comment that ends in a backslash includes the next line";
        assert!(told.contains(wanted), "{told}");
        assert_eq!(given[&b"A"[..]], b"1");
    } else {
        let said = fails(2, &mut scope.mkservice(&["--name", "s", "--environment-file", &path, "--", "sleep", "9"]));
        assert!(said.contains("line 3 is not valid UTF-8 for systemd"), "{said}");
    }
    // An optional file is skipped as a whole.
    let path = place(scope, "app.env", b"A=1\nB=\xe4\n");
    let (told, given) = environment(scope, &["--environment-file", &format!("-{path}")]);
    assert!(told.ends_with("systemd ignores the whole file, as it is optional\n"), "{told}");
    assert!(!given.contains_key(&b"A"[..]));
}

/// systemd reads them before it changes the user.
#[apply(booted_test)]
fn root_only_files_are_read_by_root() {
    let host = booted();
    let scope = Scope { host: &host, session: None };
    let path = place(&scope, "secret.env", b"A=1\n");
    let (told, given) = environment(&scope, &["--environment-file", &path]);
    assert_eq!((told.as_str(), given[&b"A"[..]].as_slice()), ("", &b"1"[..]));
    let session = host.open_session("ann");
    let line = ["--system", "--uid", "daemon", "--dry-run", "--name", "t", "--environment-file", &path, "sleep", "9"];
    let said = ran(session.run("mkservice").args(line));
    let wanted = format!("warning: `{path}` was not checked: permission denied; systemd reads it as root\n");
    assert_eq!((said.code, said.stderr), (0, wanted));
    let said = fails(2, session.run("mkservice").args(["--name", "t", "--environment-file", &path, "sleep", "9"]));
    assert_eq!(said, format!("error: cannot read the environment file `{path}`: permission denied\n"));
}

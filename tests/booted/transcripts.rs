//! README.md and `docs/`: the commands of each page run on a fresh host and print what the page shows.
//!
//! The commands of a page run in order in one shell of the user alice, who can use sudo without a password:
//!
//! * A block marked `console` is a transcript: `$ ` starts a command, `> ` continues it, and the rest is its output.
//! * A block with a file name after its language (`toml mkservice.toml`) is written to that file.
//! * `<!-- console` … `-->` is a hidden transcript; it prepares what the page does not explain.
//! * `console no-run` is not run. The line before has the reason: `<!-- not run: REASON -->`.
//!
//! Times, dates, process IDs, and checksums can differ. `SNAPSHOTS=overwrite` writes the output to the pages;
//! `docs/picture` draws the picture.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::iter::Peekable;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::str::Lines;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use crate::host::{Host, Inside as _, Session};
use crate::setup::{booted, file};

/// A test for each page.
macro_rules! pages {
    ($($test:ident: $page:literal,)*) => {
        const PAGES: &[&str] = &[$($page),*];
        $(
            #[apply(booted_test)]
            fn $test() {
                check($page);
            }
        )*
    };
}

pages! {
    readme: "README.md",
    adopt: "docs/adopt.md",
    ansible: "docs/ansible.md",
    command_line: "docs/command-line.md",
    comparison: "docs/comparison.md",
    directives: "docs/directives.md",
    environment: "docs/environment.md",
    faq: "docs/faq.md",
    hardening: "docs/hardening.md",
    images: "docs/images.md",
    import: "docs/import.md",
    install: "docs/install.md",
    json: "docs/json.md",
    manage: "docs/manage.md",
    manifest: "docs/manifest.md",
    options: "docs/options.md",
    performance: "docs/performance.md",
    runtimes: "docs/runtimes.md",
    scopes: "docs/scopes.md",
    security: "docs/security.md",
    summary: "docs/SUMMARY.md",
    systemd_run: "docs/systemd-run.md",
    triggers: "docs/triggers.md",
}

/// Commands that only read. Their result can lag behind the previous command, so they are repeated.
const READERS: [&str; 6] = ["cat", "curl", "journalctl", "mkservice list", "mkservice logs", "mkservice status"];

/// How long a reader is repeated; shorter if the expected text is about to be overwritten.
fn lag() -> Duration {
    Duration::from_secs(if std::env::var_os("SNAPSHOTS").is_some() { 2 } else { 30 })
}

/// How long a command can take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(120);

#[apply(booted_test)]
fn every_page_has_a_test() {
    let files = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let pages = files.map(|name| format!("docs/{}", name.to_str().unwrap())).filter(|page| page.ends_with(".md"));
    let missing: Vec<String> = pages.filter(|page| !PAGES.contains(&page.as_str())).collect();
    assert!(missing.is_empty(), "not in PAGES: {missing:?}");
}

#[apply(booted_test)]
fn the_readme_is_short_and_links_lead_somewhere() {
    for page in PAGES {
        let path = root().join(page);
        let text = fs::read_to_string(&path).unwrap();
        assert!(*page != "README.md" || text.lines().count() <= 250, "README.md has more than 250 lines");
        for link in text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)) {
            let target = path.with_file_name(link.split('#').next().unwrap());
            assert!(link.contains("://") || target.exists(), "{page}: no such file: {link}");
        }
    }
}

#[apply(booted_test)]
fn only_times_and_numbers_of_a_run_can_differ() {
    let same = [
        ("web is running (user service, for 8s)", "web is running (user service, for 1min 2s)"),
        ("next run: Mon 2026-11-30 18:30:00 UTC, in 1 day 21h", "next run: Wed 2027-01-06 18:30:00 UTC, in 50min"),
        ("web  running  8s     0", "web  running  12min  0"),
        ("  process   96", "  process   1234"),
        ("[28/Nov/2026 21:14:33] 200", "[01/Jan/2027 00:00:00] 200"),
        ("Nov 28 21:14:33 host python3[96]: Hello", "Dec 1 01:00:00 host python3[7]: Hello"),
    ];
    for (one, other) in same {
        assert_eq!(masked(one), masked(other));
    }
    let different = [
        ("[28/Nov/2026 21:14:33] 200", "[28/Nov/2026 21:14:33] 404"),
        ("RestartSec=5s", "RestartSec=6s"),
        ("web is running", "web  is stopped"),
        ("  indented", "indented"),
        ("exposure 9.8 of 10", "exposure 9.2 of 10"),
        ("restarts 1", "restarts 2"),
        ("one\ntwo", "one two"),
    ];
    for (one, other) in different {
        assert_ne!(masked(one), masked(other));
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a page and compares it with what was printed.
fn check(page: &str) {
    let path = root().join(page);
    let printed = run(&fs::read_to_string(&path).unwrap());
    snapbox::assert_data_eq!(printed, snapbox::Data::read_from(&path, None).raw());
}

/// `docs/picture` draws the picture; its lines are a transcript as well.
#[apply(booted_test)]
fn picture() {
    let page = page_of(&fs::read_to_string(root().join("docs/terminal.svg")).unwrap());
    let printed = run(&page);
    assert!(printed == page, "docs/terminal.svg is out of date, draw it with docs/picture: {printed}");
}

/// The lines of a picture, and the hidden commands in it.
fn page_of(svg: &str) -> String {
    let (_, setup) = svg.split_once("<!-- console\n").expect("a set-up");
    let (setup, _) = setup.split_once("-->").unwrap();
    let mut page = format!("<!-- console\n{setup}-->\n```console\n");
    for line in svg.lines().filter(|line| line.starts_with("<text ")) {
        // Each part ends a tag and is followed by text.
        let text: String = line.split('<').filter_map(|part| Some(part.split_once('>')?.1)).collect();
        page.push_str(&text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
        page.push('\n');
    }
    page + "```\n"
}

/// Runs a page, and returns it with the actual output.
fn run(page: &str) -> String {
    let host = booted();
    prepare(&host);
    let session = host.open_session("alice");
    Run { shell: Shell::open(&session), lines: page.lines().peekable(), printed: String::new() }.page()
}

fn prepare(host: &Host) {
    // Not every machine can account for the memory of services.
    for manager in ["system", "user"] {
        let path = format!("/etc/systemd/{manager}.conf.d/memory.conf");
        file(host, "root", &path, "[Manager]\nDefaultMemoryAccounting=no\n");
    }
    host.root("systemctl").arg("daemon-reload").text();
    host.add_user("alice");
    file(host, "root", "/etc/sudoers.d/alice", "alice ALL=(ALL) NOPASSWD: ALL\n");
    // sudo warns if the host name has no address.
    let script = "chmod 440 /etc/sudoers.d/alice; echo 127.0.0.1 $(hostname) >> /etc/hosts; ln -sf /usr/share/zoneinfo/UTC /etc/localtime";
    host.root("sh").args(["-ec", script]).text();
    let examples = host.path("/home/alice/examples");
    copy(&root().join("examples"), &examples);
    host.root("chown").args(["-R", "alice:", "/home/alice/examples"]).text();
}

/// Copies a directory into a host.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A page that is being run.
struct Run<'a> {
    shell: Shell,
    lines: Peekable<Lines<'a>>,
    /// The page so far, with the actual output.
    printed: String,
}

impl<'a> Run<'a> {
    fn page(mut self) -> String {
        let mut before = "";
        while let Some(line) = self.keep() {
            if let Some(info) = line.strip_prefix("```") {
                self.block(info, before);
            } else if line == "<!-- console" {
                self.transcript("-->");
            }
            before = line;
        }
        self.printed
    }

    /// Keeps the next line.
    fn keep(&mut self) -> Option<&'a str> {
        let line = self.lines.next()?;
        self.printed.push_str(line);
        self.printed.push('\n');
        Some(line)
    }

    fn block(&mut self, info: &str, before: &str) {
        match info.split_once(' ') {
            None if info == "console" => self.transcript("```"),
            Some(("console", "no-run")) => {
                assert!(before.starts_with("<!-- not run: "), "a `no-run` block without a reason");
                self.rest();
            }
            Some((_, name)) => {
                let text = self.rest();
                self.shell.run(&format!("cat > {} <<'END OF FILE'\n{text}END OF FILE", quoted(name)));
            }
            None => {
                let text = self.rest();
                assert!(!text.lines().any(|line| line.starts_with("$ ")), "a transcript without `console`:\n{text}");
            }
        }
    }

    /// Keeps the rest of a block, and returns its text.
    fn rest(&mut self) -> String {
        let start = self.printed.len();
        while self.lines.peek().is_some_and(|line| *line != "```") {
            self.keep();
        }
        let text = self.printed[start..].to_owned();
        self.keep().expect("the block has an end");
        text
    }

    fn transcript(&mut self, end: &str) {
        while let Some(line) = self.keep() {
            if line == end {
                return;
            }
            let command = line.strip_prefix("$ ").unwrap_or_else(|| panic!("output without a command: {line}"));
            let mut command = command.to_owned();
            while let Some(more) = self.lines.peek().and_then(|line| line.strip_prefix('>')) {
                command.push('\n');
                command.push_str(more.strip_prefix(' ').unwrap_or(more));
                self.keep();
            }
            let mut expected = String::new();
            while let Some(line) = self.lines.next_if(|line| *line != end && !line.starts_with("$ ")) {
                expected.push_str(line);
                expected.push('\n');
            }
            let printed = self.shell.run_until(&command, &expected);
            self.printed.push_str(if masked(&printed) == masked(&expected) { &expected } else { &printed });
        }
        panic!("a transcript without an end");
    }
}

/// A shell in which commands run one after another.
struct Shell {
    child: Child,
    commands: ChildStdin,
    output: Receiver<String>,
}

/// What the shell prints after the output of a command.
const MARK: u8 = 0x1e;

impl Shell {
    fn open(session: &Session<'_>) -> Shell {
        let mut child = session.run("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut commands = child.stdin.take().unwrap();
        writeln!(commands, "exec 2>&1").unwrap();
        let (sender, output) = mpsc::channel();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            while stdout.read_until(MARK, &mut bytes).is_ok() && bytes.pop() == Some(MARK) {
                if sender.send(String::from_utf8_lossy(&bytes).into_owned()).is_err() {
                    break;
                }
                bytes.clear();
            }
        });
        Shell { child, commands, output }
    }

    /// Runs a command, and returns its output on both streams.
    fn run(&mut self, command: &str) -> String {
        writeln!(self.commands, "eval {} </dev/null; printf '\\036'", quoted(command)).unwrap();
        let mut printed = self
            .output
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|why| panic!("the shell is stuck or gone ({why}): {command}"));
        if !printed.is_empty() && !printed.ends_with('\n') {
            printed.push('\n');
        }
        printed
    }

    /// The same; a command that only reads is repeated until it prints what is expected.
    fn run_until(&mut self, command: &str, expected: &str) -> String {
        let is_reader = READERS.iter().any(|reader| command.starts_with(&format!("{reader} ")) || command == *reader);
        let deadline = Instant::now() + lag();
        loop {
            let printed = self.run(command);
            if !is_reader || masked(&printed) == masked(expected) || Instant::now() > deadline {
                return printed;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The text without parts that vary from run to run, and without the column widths that depend on them.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines() {
        let mut words = line.split_whitespace().peekable();
        let (mut before, mut last) = ("", "");
        masked.push_str(&line[..line.len() - line.trim_start().len()]);
        while let Some(word) = words.next() {
            // A duration of one unit: `1 day 21 h`.
            let has_unit = is_number(word) && words.next_if(|next| UNITS.contains(&bare(next))).is_some();
            let mask = if has_unit { DURATION } else { mask(word, before) };
            if mask != DURATION || last != DURATION {
                masked.push_str(mask);
                masked.push(' ');
            }
            (before, last) = (word, mask);
        }
        masked.push('\n');
    }
    masked
}

const DURATION: &str = "[duration]";

const UNITS: [&str; 14] =
    ["ms", "s", "min", "h", "d", "day", "days", "w", "week", "weeks", "month", "months", "y", "years"];

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The word before a number that varies from run to run.
const BEFORE_NUMBERS: [&str; 5] = ["process", "PID", "\"pid\":", "\"since\":", "\"cpu\":"];

fn bare(word: &str) -> &str {
    word.trim_end_matches([',', ')', ';', ':'])
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text matches these characters; `0` stands for any digit.
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(byte, kind): (u8, u8)| if kind == b'0' { byte.is_ascii_digit() } else { byte == kind };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

/// What a word is compared as.
fn mask<'a>(word: &'a str, before: &str) -> &'a str {
    const CHECKSUM: usize = "sha256:".len() + 64;
    let text = bare(word);
    let is_duration = UNITS.iter().any(|unit| text.strip_suffix(unit).is_some_and(is_number));
    let in_brackets = text.trim_matches(['[', ']']);
    let is_date = WEEKDAYS.contains(&text)
        || MONTHS.contains(&text)
        || has_shape(text, "0000-00-00")
        || MONTHS.iter().any(|month| has_shape(in_brackets, &format!("00/{month}/0000")));
    if is_duration {
        DURATION
    } else if is_date || has_shape(in_brackets, "00:00:00") || MONTHS.contains(&before) && is_number(text) {
        "[time]"
    } else if is_number(&text.replacen('.', "", 1)) && BEFORE_NUMBERS.contains(&before) {
        "[number]"
    } else if before == "\"invocation_id\":" && text.len() == 34 {
        "[id]"
    } else if let Some(at) = word.find("sha256:").filter(|at| word.len() == at + CHECKSUM) {
        &word[..at]
    } else if let Some((program, pid)) = text.split_once('[')
        && pid.strip_suffix(']').is_some_and(is_number)
    {
        program
    } else {
        word
    }
}

//! Other releases of systemd than this machine's: which tests run on them as well, and what their hosts are made of.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

/// A release of systemd, and where it is to be had.
pub struct Release {
    /// What the names of its tests begin with: systemd's version where that stays, else Debian's name.
    pub name: &'static str,
    /// The release of Debian that has it.
    suite: &'static str,
    /// The environment variable that asks for it, for one that is not always run on.
    variable: Option<&'static str>,
}

const RELEASES: [Release; 4] = [
    Release { name: "247", suite: "bullseye", variable: None },
    Release { name: "252", suite: "bookworm", variable: None },
    Release { name: "257", suite: "trixie", variable: None },
    Release { name: "sid", suite: "sid", variable: Some("MKSERVICE_TEST_SID") },
];

/// The tests that run on other releases as well: the beginning of their names, and the releases.
pub const CHOSEN: &[(&str, &[&str])] = &[
    // What is written, and what it means, depends on the release.
    ("harden::presets_use_only_what_the_manager_supports", EVERY),
    ("harden::max_exposure_is_enforced", EVERY),
    ("harden::explicit_settings_are_kept", EVERY),
    ("directives::", EVERY),
    ("instances::", EVERY),
    ("activation::", EVERY),
    // Jobs that follow from others are told, and numbered, by the manager.
    ("bulk_start::each_result_is_reported_as_for_a_single_service", EVERY),
    ("lifecycle::", EVERY),
    ("lingering::", EVERY),
    ("start_results::service_that_exits_is_reported_as_failed", EVERY),
    ("offline::", EVERY),
    ("start_results::system_service_failures_are_explained", &["247", "sid"]),
    ("rollback::failed_update_rolls_back", &["257"]),
    ("remove::any_part_is_already_deleted", &["257"]),
    ("rename::rename_keeps_everything_else", &["247"]),
    // What is encrypted where, and how it is handed over, depends on the release.
    ("secrets::only_the_service_can_read_a_secret", EVERY),
    ("secrets::rename_keeps_the_secret", EVERY),
    ("timers::", EVERY),
    // What may be asked of a scope, and who may put a process into one.
    ("interpreter_trial::what_it_leaves_behind", &["247", "257"]),
    (ONLY.0, &[ONLY.1]),
];
const EVERY: &[&str] = &["247", "257", "sid"];

/// The beginning of the names of tests that run on one release only, and that release: the pages show what it prints.
pub const ONLY: (&str, &str) = ("transcripts::", "252");

/// What the hosts of a release are made of.
pub struct Parts {
    /// The root folder of a Debian of that release.
    pub root: PathBuf,
    /// The program under test, as it runs there.
    program: PathBuf,
}

thread_local! {
    static NOW: RefCell<Option<Arc<Parts>>> = const { RefCell::new(None) };
}

/// The other releases to run on; none if `MKSERVICE_TEST_ROOT` says what to run on instead of this machine's root folder.
pub fn wanted() -> impl Iterator<Item = &'static Release> {
    let elsewhere = std::env::var_os("MKSERVICE_TEST_ROOT").is_some();
    let is_asked_for = |release: &&Release| release.variable.is_none_or(|name| std::env::var_os(name).is_some());
    let is_other = |release: &&Release| own_version() != Some(release.name);
    RELEASES.iter().filter(move |_| !elsewhere).filter(is_asked_for).filter(is_other)
}

/// The version of systemd that tests run on unless they are on another release.
pub fn own_version() -> Option<&'static str> {
    static VERSION: OnceLock<Option<String>> = OnceLock::new();
    let ask = || {
        let root = std::env::var_os("MKSERVICE_TEST_ROOT").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        version(&root).ok()
    };
    VERSION.get_or_init(ask).as_deref()
}

fn version(root: &Path) -> Result<String, String> {
    let text = said(Command::new("chroot").arg(root).args(["systemctl", "--version"]))?;
    text.split_whitespace().nth(1).map(str::to_owned).ok_or_else(|| "systemctl prints no version".to_owned())
}

/// The root folder of the hosts that this thread starts, where it is not that of all tests.
pub fn root() -> Option<PathBuf> {
    NOW.with_borrow(|now| now.as_ref().map(|parts| parts.root.clone()))
}

/// The program under test for the hosts that this thread starts, where it is not that of all tests.
pub fn program() -> Option<PathBuf> {
    NOW.with_borrow(|now| now.as_ref().map(|parts| parts.program.clone()))
}

impl Release {
    /// Whether a test runs on this release as well.
    pub fn has(&self, test: &str) -> bool {
        CHOSEN.iter().any(|(beginning, releases)| test.starts_with(beginning) && releases.contains(&self.name))
    }

    /// Gets ready what its hosts are made of, or tells why that cannot be had. The first time takes minutes.
    pub fn parts(&self) -> Result<Parts, String> {
        let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/root");
        let root = said(Command::new(recipe).arg(self.suite))
            .map_err(|why| format!("there is no root folder of Debian {}: {why}", self.suite))?;
        let root = PathBuf::from(root.trim_end());
        let version = version(&root)?;
        if self.name != self.suite && self.name != version {
            return Err(format!("Debian {} has systemd {version}", self.suite));
        }
        Ok(Parts { root, program: static_program()? })
    }
}

impl Parts {
    /// Runs a test whose hosts are made of these.
    pub fn run(self: &Arc<Parts>, test: fn()) {
        /// Ends it also when the test panics.
        struct Ends;
        impl Drop for Ends {
            fn drop(&mut self) {
                NOW.set(None);
            }
        }
        NOW.set(Some(Arc::clone(self)));
        let _ends = Ends;
        test();
    }
}

/// The program under test without the C library of this machine, which older releases do not have.
fn static_program() -> Result<PathBuf, String> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let build = || {
        if let Some(program) = std::env::var_os("MKSERVICE_TEST_BINARY") {
            return Ok(program.into());
        }
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
        cargo.args(["rustc", "--quiet", "--locked", "--message-format=json-render-diagnostics", "--bin=mkservice"]);
        cargo.arg(concat!("--manifest-path=", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        // Made of the libraries that are there already, but not in the place of the program that other tests run.
        // A cargo that does not know the variable (before 1.91) builds everything in the folder of its own.
        cargo.arg(concat!("--target-dir=", env!("CARGO_TARGET_TMPDIR"), "/static"));
        let this = std::env::current_exe().map_err(|error| error.to_string())?;
        cargo.envs(this.ancestors().nth(3).map(|folder| ("CARGO_BUILD_BUILD_DIR", folder)));
        cargo.args(["--", "-Ctarget-feature=+crt-static"]);
        let messages = said(&mut cargo)?;
        let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let programs: Vec<String> = messages.filter_map(|said| Some(said["executable"].as_str()?.to_owned())).collect();
        programs.last().map(PathBuf::from).ok_or_else(|| "cargo names no static program".to_owned())
    };
    PROGRAM.get_or_init(build).clone()
}

/// What a program prints that has to succeed. Why it does not, it tells on the standard error of the tests.
fn said(program: &mut Command) -> Result<String, String> {
    let output = program.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{program:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{:?} failed ({})", program.get_program(), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

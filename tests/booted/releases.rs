//! Other releases of systemd: which tests run on them, and how their hosts are created.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

/// A release of systemd, and where it is available.
pub struct Release {
    /// The prefix of its test names: the version of systemd if it is fixed, else Debian's name.
    pub name: &'static str,
    /// The Debian release with this systemd.
    suite: &'static str,
    /// The environment variable that enables an optional release.
    variable: Option<&'static str>,
}

const RELEASES: [Release; 4] = [
    Release { name: "247", suite: "bullseye", variable: None },
    Release { name: "252", suite: "bookworm", variable: None },
    Release { name: "257", suite: "trixie", variable: None },
    Release { name: "sid", suite: "sid", variable: Some("MKSERVICE_TEST_SID") },
];

/// The tests that run on other releases as well: the prefix of their names, and the releases.
pub const CHOSEN: &[(&str, &[&str])] = &[
    // What is written, and its meaning, depends on the release.
    ("harden::presets_use_only_what_the_manager_supports", EVERY),
    ("harden::max_exposure_is_enforced", EVERY),
    ("harden::explicit_settings_are_kept", EVERY),
    ("directives::", EVERY),
    ("instances::", EVERY),
    ("activation::", EVERY),
    // systemd reports and numbers dependent jobs differently.
    ("bulk_start::each_result_is_reported_as_for_a_single_service", EVERY),
    ("lifecycle::", EVERY),
    ("lingering::", EVERY),
    ("start_results::service_that_exits_is_reported_as_failed", EVERY),
    ("offline::", EVERY),
    ("start_results::system_service_failures_are_explained", &["247", "sid"]),
    ("rollback::failed_update_rolls_back", &["257"]),
    ("remove::any_part_is_already_deleted", &["257"]),
    ("rename::rename_keeps_everything_else", &["247"]),
    // What is encrypted, and how it is passed, depends on the release.
    ("secrets::only_the_service_can_read_a_secret", EVERY),
    ("secrets::rename_keeps_the_secret", EVERY),
    // What it logs about restarts depends on the release.
    ("status::", EVERY),
    ("timers::", EVERY),
    // What a scope can be asked for, and who can put a process into one.
    ("interpreter_trial::what_it_leaves_behind", &["247", "257"]),
    (ONLY.0, &[ONLY.1]),
];
const EVERY: &[&str] = &["247", "257", "sid"];

/// The prefix of tests that run on one release only, and that release: the pages show its output.
pub const ONLY: (&str, &str) = ("transcripts::", "252");

/// What the hosts of a release consist of.
pub struct Parts {
    /// The root directory of a Debian of that release.
    pub root: PathBuf,
    /// The program under test for that release.
    program: PathBuf,
}

thread_local! {
    static NOW: RefCell<Option<Arc<Parts>>> = const { RefCell::new(None) };
}

/// The other releases to run on; none if `MKSERVICE_TEST_ROOT` replaces the root directory of this machine.
pub fn wanted() -> impl Iterator<Item = &'static Release> {
    let elsewhere = std::env::var_os("MKSERVICE_TEST_ROOT").is_some();
    let is_asked_for = |release: &&Release| release.variable.is_none_or(|name| std::env::var_os(name).is_some());
    let is_other = |release: &&Release| own_version() != Some(release.name);
    RELEASES.iter().filter(move |_| !elsewhere).filter(is_asked_for).filter(is_other)
}

/// The version of systemd that tests run on by default.
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

/// The root directory of hosts started by this thread, if it differs.
pub fn root() -> Option<PathBuf> {
    NOW.with_borrow(|now| now.as_ref().map(|parts| parts.root.clone()))
}

/// The program under test for hosts started by this thread, if it differs.
pub fn program() -> Option<PathBuf> {
    NOW.with_borrow(|now| now.as_ref().map(|parts| parts.program.clone()))
}

impl Release {
    /// Whether a test runs on this release as well.
    pub fn has(&self, test: &str) -> bool {
        CHOSEN.iter().any(|(beginning, releases)| test.starts_with(beginning) && releases.contains(&self.name))
    }

    /// Prepares what its hosts consist of, or says why that is not possible. The first time takes minutes.
    pub fn parts(&self) -> Result<Parts, String> {
        let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/root");
        let root = said(Command::new(recipe).arg(self.suite))
            .map_err(|why| format!("there is no root directory of Debian {}: {why}", self.suite))?;
        let root = PathBuf::from(root.trim_end());
        let version = version(&root)?;
        if self.name != self.suite && self.name != version {
            return Err(format!("Debian {} has systemd {version}", self.suite));
        }
        Ok(Parts { root, program: static_program()? })
    }
}

impl Parts {
    /// Runs a test on such hosts.
    pub fn run(self: &Arc<Parts>, test: fn()) {
        /// Resets it even if the test panics.
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

/// The program under test, statically linked: older releases lack the C library of this machine.
fn static_program() -> Result<PathBuf, String> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let build = || {
        if let Some(program) = std::env::var_os("MKSERVICE_TEST_BINARY") {
            return Ok(program.into());
        }
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
        cargo.args(["rustc", "--quiet", "--locked", "--message-format=json-render-diagnostics", "--bin=mkservice"]);
        cargo.arg(concat!("--manifest-path=", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        // Uses the libraries already built, but does not replace the program that other tests run. A cargo that does
        // not know the variable (before 1.91) builds everything in its own directory.
        cargo.arg(concat!("--target-dir=", env!("CARGO_TARGET_TMPDIR"), "/static"));
        let this = std::env::current_exe().map_err(|error| error.to_string())?;
        cargo.envs(this.ancestors().nth(3).map(|directory| ("CARGO_BUILD_BUILD_DIR", directory)));
        cargo.args(["--", "-Ctarget-feature=+crt-static"]);
        let messages = said(&mut cargo)?;
        let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let programs: Vec<String> = messages.filter_map(|said| Some(said["executable"].as_str()?.to_owned())).collect();
        programs.last().map(PathBuf::from).ok_or_else(|| "cargo names no static program".to_owned())
    };
    PROGRAM.get_or_init(build).clone()
}

/// The output of a program that must succeed. On failure, the reason goes to stderr of the tests.
fn said(program: &mut Command) -> Result<String, String> {
    let output = program.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{program:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{:?} failed ({})", program.get_program(), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

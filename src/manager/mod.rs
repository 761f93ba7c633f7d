//! systemd over D-Bus: the system manager or a user manager (org.freedesktop.systemd1(5)).

pub mod analyze;
pub mod bus;
pub mod confined;
pub mod creds;
pub mod exit;
pub mod history;
mod jobs;
pub mod journal;
pub mod lint;
pub mod login;
mod many;
pub mod peer;
mod run;
pub mod security;
mod snapshot;
pub mod state;

use std::cell::Cell;
use std::pin::pin;

use futures_util::future::try_join;
use futures_util::{Stream, StreamExt as _};
use zbus::OwnedObjectPath;

use crate::host::Host;
use crate::manager::bus::{CALL, RELOAD, within};
use crate::manager::peer::Peer;
use crate::model::diagnostic::Result;
use crate::model::wait;
use crate::spec::Scope;

pub use jobs::JobKind;
pub use many::{AskedUnit, ListedUnit};
pub use snapshot::Snapshot;

pub struct Manager {
    peer: Peer,
    version: u32,
    unit_path: Vec<String>,
    subscribed: Cell<bool>,
}

/// A listed unit: name, description, load state, active state, sub state, followed unit, object, and its job's number,
/// type and object.
type Listed = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// Created links: what was done, where, and the target.
type Links = Vec<(String, String, String)>;

/// The number at the start of a version: 252.
fn number(version: &str) -> u32 {
    let digits: String = version.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

impl Manager {
    /// Connects to the manager of a scope.
    pub async fn connect(scope: Scope, host: &Host) -> Result<Manager> {
        let connection = match scope {
            Scope::System => bus::system(host).await?,
            Scope::User => bus::user(host).await?,
        };
        let peer = Peer::new(connection);
        let version = peer.property::<String>(peer::MANAGER_PATH, peer::MANAGER, "Version");
        let unit_path = peer.property(peer::MANAGER_PATH, peer::MANAGER, "UnitPath");
        let (version, unit_path) = try_join(
            within("reading systemd's version", CALL, version),
            within("reading the manager's unit path", CALL, unit_path),
        )
        .await?;
        Ok(Manager { peer, version: number(&version), unit_path, subscribed: Cell::new(false) })
    }

    pub fn version(&self) -> u32 {
        self.version
    }

    /// Directories of units, in order of precedence.
    pub fn unit_path(&self) -> &[String] {
        &self.unit_path
    }

    /// The environment of all services, as `NAME=value`.
    pub async fn environment(&self) -> Result<Vec<String>> {
        let environment = self.peer.property(peer::MANAGER_PATH, peer::MANAGER, "Environment");
        within("reading the manager's environment", CALL, environment).await
    }

    /// Returns when the reload is done.
    pub async fn reload(&self) -> Result<()> {
        within("reloading the manager", RELOAD, self.peer.call("Reload", &())).await
    }

    /// Returns when the reload has begun: until it is done, systemd does not answer.
    pub async fn begin_reload(&self) -> Result<()> {
        const DOING: &str = "reloading the manager";
        let signals = self.peer.signals(peer::MANAGER_PATH, peer::MANAGER, "Reloading");
        // Only subscribers receive it.
        let (signals, ()) = try_join(within(DOING, CALL, signals), self.subscribe()).await?;
        let mut signals = pin!(signals);
        let begun = async {
            while let Some(signal) = signals.next().await {
                if signal.body().deserialize::<bool>().is_ok_and(|begins| begins) {
                    return Ok(());
                }
            }
            std::future::pending().await
        };
        within(DOING, RELOAD, wait::first(self.peer.call("Reload", &()), begun)).await
    }

    /// Keeps a unit loaded while this connection is open: systemd would unload a unit that has exited and is not
    /// needed.
    pub async fn hold(&self, unit: &str) -> Result<()> {
        let held = async {
            match self.peer.call("RefUnit", &unit).await {
                Err(error) if bus::is_refusal(&error) => Ok(()),
                other => other,
            }
        };
        within(format!("holding {unit}"), CALL, held).await
    }

    /// Yields an item for each change of a unit.
    pub async fn changes(&self, unit: &str) -> Result<impl Stream<Item = ()> + use<'_>> {
        // An alias is another object that does not send signals.
        let object = async {
            let path: OwnedObjectPath = self.peer.call("LoadUnit", &unit).await?;
            self.peer.changes(path.as_str()).await
        };
        let watched = within(format!("watching {unit}"), CALL, object);
        let (changed, ()) = try_join(watched, self.subscribe()).await?;
        Ok(changed.map(drop))
    }

    /// Subscribes to signals of jobs and changes.
    async fn subscribe(&self) -> Result<()> {
        if !self.subscribed.replace(true) {
            within("subscribing to the manager", CALL, self.peer.call::<_, ()>("Subscribe", &())).await?;
        }
        Ok(())
    }

    /// All services that are loaded or could be, in order; without templates, which cannot run.
    pub async fn services(&self) -> Result<Vec<String>> {
        let mut names = self.names("*.service").await?;
        // Without suffixes: `a` sorts before `a-b`.
        names.sort_unstable_by(|one, other| one.trim_end_matches(".service").cmp(other.trim_end_matches(".service")));
        names.dedup();
        Ok(names)
    }

    /// All units that are loaded or could be, unordered.
    pub async fn unit_names(&self) -> Result<Vec<String>> {
        self.names("*").await
    }

    /// The loaded units that match a pattern.
    pub async fn loaded(&self, pattern: &str) -> Result<Vec<String>> {
        Ok(self.listed(pattern).await?.into_iter().map(|unit| unit.0).collect())
    }

    async fn listed(&self, pattern: &str) -> Result<Vec<Listed>> {
        let listed = async { self.peer.call("ListUnitsByPatterns", &(&[""; 0][..], &[pattern][..])).await };
        within("listing units", CALL, listed).await
    }

    async fn names(&self, pattern: &str) -> Result<Vec<String>> {
        let files = async {
            let patterns = (&[""; 0][..], &[pattern][..]);
            self.peer.call::<_, Vec<(String, String)>>("ListUnitFilesByPatterns", &patterns).await
        };
        let (loaded, files) = try_join(self.listed(pattern), within("listing unit files", CALL, files)).await?;
        let loaded = loaded.into_iter().filter(|unit| unit.2 != "not-found").map(|unit| unit.0);
        let files = files.into_iter().filter_map(|(path, _)| path.rsplit('/').next().map(str::to_owned));
        Ok(loaded.chain(files).filter(|name| !name.contains("@.")).collect())
    }
}

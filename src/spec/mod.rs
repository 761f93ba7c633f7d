//! What a service is meant to be: [`ServiceSpec`] and the value types it is made of.
//!
//! Each value type can only hold what systemd can take: it is made by a `parse` that refuses
//! everything else, so nothing after this module has to check again. Nothing here knows how a
//! value is written in a file; that is [`crate::systemd`] and [`crate::unit`].

mod command_line;
mod dependency;
mod hardening;
mod instances;
mod limits;
mod log_file;
pub mod looks_secret;
mod name;
mod network;
mod property;
mod restart;
mod secret;
mod socket;
mod timer;
mod units;
mod value;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::runtime::table::Prelude;
use crate::systemd::directives::value::boolean;

pub use crate::model::Scope;
pub use command_line::{CommandLine, WordError};
pub use dependency::{Dependencies, OtherUnit, OtherUnitError, has_suffix, names_unit};
pub use hardening::{Hardening, Preset};
pub use instances::{INSTANCES_MAX, InstanceName, Instances, InstancesError};
pub use limits::{Amount, CpuQuota, Limits, MemoryMax, Nice, NotALimit, PORTS_CAPABILITY, TasksMax};
pub use log_file::{LogFile, Opener};
pub use name::{NameError, UnitName};
pub use network::waits_for_network;
pub use property::{Property, PropertyError};
pub use restart::{Restart, RestartPolicy, ServiceType};
pub use secret::{
    CredentialsFolder, HandedSecret, Keeping, SECRET_MAX, Secret, SecretName, SecretNameError, Sensitive,
};
pub use socket::{Address, AddressError, Socket};
pub use timer::{Timer, TimerEvent};
pub use units::UnitKind;
pub use value::{Description, EnvironmentFile, Variable, VariableError, WorkingDirectory};
pub use watch::{PathEvent, Watch, WatchedPath};

/// Everything that is written into the unit of one service, decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSpec {
    /// The name of the unit.
    pub name: UnitName,
    /// The manager it is for.
    pub scope: Scope,
    /// The release of that manager, 252: nothing newer is written. `None` where it is not known; then
    /// nothing is written that is newer than the oldest one.
    pub release: Option<u32>,
    /// `Description=`.
    pub description: Description,
    /// `ExecStart=`.
    pub command: CommandLine,
    /// `WorkingDirectory=`.
    pub working_directory: WorkingDirectory,
    /// `Environment=`, in order.
    pub environment: Vec<Variable>,
    /// `EnvironmentFile=`, in order.
    pub environment_files: Vec<EnvironmentFile>,
    /// `LoadCredential=`, `LoadCredentialEncrypted=` and the variables that name their files, in order.
    pub secrets: Vec<Secret>,
    /// How those variables name the folder of credentials.
    pub credentials: CredentialsFolder,
    /// `User=`: an account that exists. `None` is root in system scope, the account itself in
    /// user scope.
    pub account: Option<String>,
    /// `Group=`: a group that exists. `None` is the account's own.
    pub group: Option<String>,
    /// `Type=`.
    pub service_type: ServiceType,
    /// `Restart=` and what goes with it.
    pub restart: Restart,
    /// Its instances, in whose values `%i` stands for their names; `None` is the service itself, once.
    pub instances: Option<Instances>,
    /// The timer that starts it; without any trigger it is started itself.
    pub timer: Option<Timer>,
    /// The socket that starts it on the first connection.
    pub socket: Option<Socket>,
    /// The paths that start it.
    pub watch: Option<Watch>,
    /// Directives of `[Service]` that its runtime needs: name and value.
    pub needs: Vec<(&'static str, &'static str)>,
    /// A file that its runtime reads first.
    pub prelude: Option<&'static Prelude>,
    /// `Requires=`, `Wants=`, `After=` and `PartOf=`, besides those that every service has.
    pub dependencies: Dependencies,
    /// The command that a companion of it runs when it has failed.
    pub failure: Option<CommandLine>,
    /// `StandardOutput=` and `StandardError=`: a file that they are appended to.
    pub log_file: Option<LogFile>,
    /// `MemoryMax=`, `CPUQuota=`, `TasksMax=` and `Nice=`.
    pub limits: Limits,
    /// It may listen on ports below 1024 without being root (`AmbientCapabilities=`).
    pub privileged_ports: bool,
    pub hardening: Option<Hardening>,
    /// What `-p` said, in order.
    pub properties: Vec<Property>,
    /// The words that were typed after `mkservice`, kept in the unit file.
    pub typed: Vec<OsString>,
    /// The file of services that it was made from, kept there as well.
    pub applied_from: Option<PathBuf>,
}

impl ServiceSpec {
    /// The kinds of units that it is made of; the one in which its program runs stands in front.
    pub fn units(&self) -> Vec<UnitKind> {
        let failure = self.failure.iter().map(|_| UnitKind::Failure);
        match self.instances {
            Some(_) => vec![UnitKind::Template, UnitKind::Target],
            None => std::iter::once(UnitKind::Service).chain(self.triggers()).chain(failure).collect(),
        }
    }

    /// Those of them that are enabled and started: its triggers, what groups its instances, or itself.
    pub fn entries(&self) -> Vec<UnitKind> {
        let triggers = self.triggers();
        match self.instances {
            Some(_) => vec![UnitKind::Target],
            None if triggers.is_empty() => vec![UnitKind::Service],
            None => triggers,
        }
    }

    /// The kind of the unit in which its program runs.
    pub fn main_kind(&self) -> UnitKind {
        if self.instances.is_some() { UnitKind::Template } else { UnitKind::Service }
    }

    fn triggers(&self) -> Vec<UnitKind> {
        let kinds = [
            self.timer.as_ref().map(|_| UnitKind::Timer),
            self.socket.as_ref().map(|_| UnitKind::Socket),
            self.watch.as_ref().map(|_| UnitKind::Path),
        ];
        kinds.into_iter().flatten().collect()
    }

    /// Whether it starts only once the network is there (`network-online.target`): services of the machine do, but for
    /// those that have to be there before it.
    pub fn waits_for_network(&self) -> bool {
        let settings = self.properties.iter().map(|property| (property.name(), property.value()));
        self.scope == Scope::System && waits_for_network(settings)
    }

    /// True when the manager is known to be of this release or a newer one.
    pub fn is_for(&self, release: u32) -> bool {
        self.release.is_some_and(|ours| ours >= release)
    }

    /// True when `-p` sets this directive, so that our own value gives way.
    pub fn property_sets(&self, directive: &str) -> bool {
        self.properties.iter().any(|property| property.name() == directive)
    }

    /// The value that `-p` gives a directive last.
    pub fn typed_property(&self, directive: &str) -> Option<&str> {
        self.properties.iter().rev().find(|property| property.name() == directive).map(Property::value)
    }

    /// True when `-p` switches a directive on, whose value is a boolean.
    pub fn property_is_on(&self, directive: &str) -> bool {
        self.typed_property(directive).and_then(boolean) == Some(true)
    }

    /// The type that systemd will take: that of `-p Type=`, else [`ServiceSpec::service_type`].
    pub fn effective_type(&self) -> &str {
        self.typed_property("Type").map_or(self.service_type.as_str(), str::trim)
    }

    /// The account that it runs as in system scope: that of `-p User=`, else
    /// [`ServiceSpec::account`]; `None` is root.
    pub fn effective_account(&self) -> Option<&str> {
        self.typed_property("User").filter(|name| !name.is_empty()).or(self.account.as_deref())
    }
}

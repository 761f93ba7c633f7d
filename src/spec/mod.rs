//! [`ServiceSpec`] and its value types, which can only hold what systemd accepts: nothing above this layer validates
//! again. How a value is written in a file belongs in [`crate::systemd`] and [`crate::unit`].

mod command_line;
mod dependency;
pub mod directive_option;
mod hardening;
mod instances;
mod log_file;
pub mod looks_secret;
mod manifest_id;
mod name;
mod network;
mod property;
mod restart;
mod secret;
mod serialized;
mod socket;
mod timer;
mod units;
mod value;
mod watch;

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use crate::runtime::table::Prelude;
use crate::systemd::directives::value::boolean;

pub use crate::model::Scope;
pub use command_line::{CommandLine, ExecOptions, WordError};
pub use dependency::{Dependencies, OtherUnit, OtherUnitError, has_suffix, names_unit};
pub use directive_option::{DIRECTIVE_OPTIONS, DirectiveOption, DirectiveValues, PORTS_CAPABILITY};
pub use hardening::{Hardening, Preset};
pub use instances::{INSTANCES_MAX, InstanceName, Instances, InstancesError};
pub use log_file::{LogFile, Opener};
pub use manifest_id::{ManifestId, ManifestIdError};
pub use name::{NameError, UnitName};
pub use network::waits_for_network;
pub use property::{Property, PropertyError};
pub use restart::{Restart, RestartPolicy, ServiceType};
pub use secret::{CredentialsDir, HandedSecret, Keeping, SECRET_MAX, Secret, SecretName, SecretNameError, Sensitive};
pub use serialized::path;
pub(crate) use serialized::serialized;
pub use socket::{Address, AddressError, Socket};
pub use timer::{Timer, TimerEvent};
pub use units::UnitKind;
pub use value::{Description, EnvironmentFile, Variable, VariableError, WorkingDirectory};
pub use watch::{PathEvent, Watch, WatchedPath};

/// Everything that is written into the units of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSpec {
    pub name: UnitName,
    /// Root is only handed system services.
    #[serde(skip, default = "serialized::system")]
    pub scope: Scope,
    /// systemd's version, such as 252; nothing newer is written. If unknown, nothing newer than the oldest supported
    /// version is written.
    #[serde(skip)]
    pub release: Option<u32>,
    pub description: Description,
    pub command: CommandLine,
    pub exec_options: ExecOptions,
    pub working_directory: WorkingDirectory,
    /// In order.
    pub environment: Vec<Variable>,
    /// In order.
    pub environment_files: Vec<EnvironmentFile>,
    /// `LoadCredential=`, `LoadCredentialEncrypted=` and the variables that name their files, in order.
    #[serde(skip)]
    pub secrets: Vec<Secret>,
    /// How those variables name the credentials directory.
    #[serde(skip)]
    pub credentials: CredentialsDir,
    /// `User=`, which exists. `None` is root in system scope, and the user in user scope.
    pub account: Option<String>,
    /// `Group=`, which exists. `None` is the user's primary group.
    pub group: Option<String>,
    pub service_type: ServiceType,
    /// `Restart=` and related directives.
    pub restart: Restart,
    /// With `%i` in values for the name of the instance.
    pub instances: Option<Instances>,
    /// Without a trigger, the service itself is enabled and started.
    pub timer: Option<Timer>,
    pub socket: Option<Socket>,
    /// The paths that trigger it.
    pub watch: Option<Watch>,
    /// Names and values of directives of `[Service]` that the runtime needs.
    #[serde(deserialize_with = "serialized::needs")]
    pub needs: Vec<(&'static str, &'static str)>,
    /// A file that the runtime reads first.
    pub prelude: Option<&'static Prelude>,
    /// Besides the dependencies that every service has.
    pub dependencies: Dependencies,
    /// The command that a companion runs when the service failed.
    pub failure: Option<CommandLine>,
    /// `StandardOutput=` and `StandardError=`
    pub log_file: Option<LogFile>,
    /// Of options that set one directive.
    pub directives: DirectiveValues,
    /// `AmbientCapabilities=`: allows ports below 1024 without root.
    pub privileged_ports: bool,
    pub hardening: Option<Hardening>,
    /// `-p`, in order.
    pub properties: Vec<Property>,
    /// The arguments of mkservice, kept in the unit file.
    pub typed: Vec<OsString>,
    /// The manifest it was created from, kept there as well.
    pub applied_from: Option<ManifestId>,
}

impl ServiceSpec {
    /// The main unit is first.
    pub fn units(&self) -> Vec<UnitKind> {
        let failure = self.failure.iter().map(|_| UnitKind::Failure);
        match self.instances {
            Some(_) => vec![UnitKind::Template, UnitKind::Target],
            None => std::iter::once(UnitKind::Service).chain(self.triggers()).chain(failure).collect(),
        }
    }

    /// The units that are enabled and started: triggers, the target of instances, or the service itself.
    pub fn entries(&self) -> Vec<UnitKind> {
        let triggers = self.triggers();
        match self.instances {
            Some(_) => vec![UnitKind::Target],
            None if triggers.is_empty() => vec![UnitKind::Service],
            None => triggers,
        }
    }

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

    /// Whether it starts after `network-online.target`, as system services do unless they must start before it.
    pub fn waits_for_network(&self) -> bool {
        let settings = self.properties.iter().map(|property| (property.name(), property.value()));
        self.scope == Scope::System && waits_for_network(settings)
    }

    /// True if `-p` sets this directive, which overrides mkservice's own value.
    pub fn property_sets(&self, directive: &str) -> bool {
        self.properties.iter().any(|property| property.name() == directive)
    }

    /// Removes the properties that drop-ins set already, given as section and name, and value.
    pub fn leave_out(&mut self, set: &[((String, String), String)]) {
        let key = |property: &Property| (property.section().name().to_owned(), property.name().to_owned());
        for (name, _) in set {
            let values: Vec<&String> = set.iter().filter(|(of, _)| of == name).map(|(_, value)| value).collect();
            let all = 0..self.properties.len();
            let given: Vec<usize> = all.filter(|at| key(&self.properties[*at]) == *name).collect();
            let Some(first) = given.len().checked_sub(values.len()) else { continue };
            if given[first..].iter().zip(&values).all(|(at, value)| self.properties[*at].value() == value.as_str()) {
                given[first..].iter().rev().for_each(|at| drop(self.properties.remove(*at)));
            }
        }
    }

    /// The last value that `-p` gives a directive.
    pub fn typed_property(&self, directive: &str) -> Option<&str> {
        self.properties.iter().rev().find(|property| property.name() == directive).map(Property::value)
    }

    /// The value of an option that sets only this directive, or of `-p`.
    pub fn typed_directive(&self, directive: &str) -> Option<&str> {
        self.typed_property(directive).or_else(|| self.directives.get(directive))
    }

    /// True if `-p` enables a boolean directive.
    pub fn property_is_on(&self, directive: &str) -> bool {
        self.typed_property(directive).and_then(boolean) == Some(true)
    }

    /// `-p Type=`, or else [`ServiceSpec::service_type`].
    pub fn effective_type(&self) -> &str {
        self.typed_property("Type").map_or(self.service_type.as_str(), str::trim)
    }

    /// `-p User=`, or else [`ServiceSpec::account`]; `None` is root.
    pub fn effective_account(&self) -> Option<&str> {
        self.typed_property("User").filter(|name| !name.is_empty()).or(self.account.as_deref())
    }
}

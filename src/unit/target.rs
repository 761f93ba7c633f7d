//! The target that groups the instances of a service.

use askama::Template;
use askama::filters::Safe;

use super::install;
use super::service::written_description;
use crate::spec::{Instances, ServiceSpec, UnitKind, UnitName};

/// The values of `templates/unit.target`. What is `Safe` was written by its own rules.
#[derive(Template)]
#[template(path = "unit.target")]
struct TargetFile<'a> {
    description: Safe<String>,
    instances: String,
    wanted_by: Option<&'a str>,
    install_properties: Vec<Safe<String>>,
}

/// What systemd reads of it. The instances stand in the file itself: to have others takes another file and a reload,
/// and enabling is one link however many there are.
pub(super) fn directives(spec: &ServiceSpec, instances: &Instances) -> String {
    let file = TargetFile {
        description: Safe(written_description(&format!("All instances of {}", spec.name))),
        instances: wants(&spec.name, instances),
        wanted_by: install::default_target(spec, UnitKind::Target),
        install_properties: install::lines(spec, UnitKind::Target),
    };
    file.render().expect("every value was made to be written")
}

/// The value of its `Wants=`.
pub(super) fn wants(name: &UnitName, instances: &Instances) -> String {
    instances.names().iter().map(|one| name.instance(one).unit()).collect::<Vec<_>>().join(" ")
}

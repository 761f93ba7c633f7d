//! The target that groups the instances of a service.

use askama::Template;
use askama::filters::Safe;

use super::install;
use super::service::written_description;
use crate::spec::{Instances, ServiceSpec, UnitKind, UnitName};

/// The values of `templates/unit.target`; `Safe` values are escaped already.
#[derive(Template)]
#[template(path = "unit.target")]
struct TargetFile<'a> {
    description: Safe<String>,
    instances: String,
    wanted_by: Option<&'a str>,
    install_properties: Vec<Safe<String>>,
}

/// The instances are listed in the file itself: enabling them takes one link, however many there are.
pub(super) fn directives(spec: &ServiceSpec, instances: &Instances) -> String {
    let file = TargetFile {
        description: Safe(written_description(&format!("All instances of {}", spec.name))),
        instances: wants(&spec.name, instances),
        wanted_by: install::default_target(spec, UnitKind::Target),
        install_properties: install::lines(spec, UnitKind::Target),
    };
    file.render().expect("every value was made to be written")
}

/// The value of `Wants=`.
pub(super) fn wants(name: &UnitName, instances: &Instances) -> String {
    instances.names().iter().map(|one| name.instance(one).unit()).collect::<Vec<_>>().join(" ")
}

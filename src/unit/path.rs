//! The path unit that triggers a service.

use askama::Template;
use askama::filters::Safe;

use super::service::written_description;
use super::{install, lines};
use crate::spec::{ServiceSpec, UnitKind, Watch};
use crate::systemd::directives::Section;

/// The values of `templates/unit.path`; `Safe` values are escaped already.
#[derive(Template)]
#[template(path = "unit.path")]
struct PathFile<'a> {
    description: Safe<String>,
    paths: Vec<(&'static str, Safe<&'a str>)>,
    wanted_by: Option<&'a str>,
    path_properties: Vec<Safe<String>>,
    install_properties: Vec<Safe<String>>,
}

pub(super) fn directives(spec: &ServiceSpec, watch: &Watch) -> String {
    let file = PathFile {
        description: Safe(written_description(&format!("Path trigger of {}", spec.name))),
        paths: watch.paths.iter().map(|path| (path.event().directive(), Safe(path.written()))).collect(),
        wanted_by: install::default_target(spec, UnitKind::Path),
        path_properties: lines(spec, Section::Path),
        install_properties: install::lines(spec, UnitKind::Path),
    };
    file.render().expect("every value was made to be written")
}

//! The socket that triggers a service.

use askama::Template;
use askama::filters::Safe;

use super::service::written_description;
use super::{install, lines};
use crate::spec::{Address, Scope, ServiceSpec, Socket, UnitKind};
use crate::systemd::directives::Section;

/// The values of `templates/unit.socket`; `Safe` values are escaped already.
#[derive(Template)]
#[template(path = "unit.socket")]
struct SocketFile<'a> {
    description: Safe<String>,
    addresses: Vec<(&'static str, Safe<String>)>,
    free_bind: bool,
    user: Option<&'a str>,
    group: Option<&'a str>,
    mode: Option<&'static str>,
    remove_on_stop: bool,
    wanted_by: Option<&'a str>,
    socket_properties: Vec<Safe<String>>,
    install_properties: Vec<Safe<String>>,
}

/// Only the socket's user and group can connect; systemd's default is 0666.
const MODE: &str = "0660";

pub(super) fn directives(spec: &ServiceSpec, socket: &Socket) -> String {
    let unless_typed = |directive: &str| !spec.property_sets(directive);
    let has_path = socket.addresses.iter().any(|address| address.path().is_some());
    // A user manager can only create sockets owned by its user.
    let owned = has_path && spec.scope == Scope::System;
    let file = SocketFile {
        description: Safe(written_description(&format!("Socket of {}", spec.name))),
        addresses: socket.addresses.iter().map(|it| (it.directive(), Safe(it.written()))).collect(),
        // At boot, sockets are created before the network is up (systemd.socket(5)).
        free_bind: socket.addresses.iter().any(Address::is_of_interface) && unless_typed("FreeBind"),
        user: spec.effective_account().filter(|_| owned && unless_typed("SocketUser")),
        group: spec.group.as_deref().filter(|_| owned && unless_typed("SocketGroup")),
        mode: (has_path && unless_typed("SocketMode")).then_some(MODE),
        remove_on_stop: has_path && unless_typed("RemoveOnStop"),
        wanted_by: install::default_target(spec, UnitKind::Socket),
        socket_properties: lines(spec, Section::Socket),
        install_properties: install::lines(spec, UnitKind::Socket),
    };
    file.render().expect("every value was made to be written")
}

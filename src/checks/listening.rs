//! What systemd would delete to listen: it deletes any file at the path of a socket, even a socket on which another
//! program listens (tested on 247, 252, and 257).

use std::path::Path;

use crate::host::{Host, listen, sockets};
use crate::manager::state::UnitState;
use crate::model::command::run;
use crate::model::diagnostic::{Error, Result};
use crate::model::message::{message, opt, quoted};
use crate::resolve::Resolved;
use crate::spec::{Address, UnitKind};
use crate::state::service::Service;
use crate::systemd::unit_file;

/// Refuses a socket at the path of a file, or of another program's socket.
pub fn refuse_what_would_be_lost(resolved: &Resolved, there: &Service, host: &Host) -> Result<()> {
    let addresses = resolved.spec.socket.iter().flat_map(|socket| &socket.addresses);
    for (address, path) in addresses.filter_map(|address| Some((address, address.path()?))) {
        let refuse =
            |why: &str| Error::invalid(message!("{}: {} {}", opt("listen"), quoted(path), why)).about_option("listen");
        if let Some(obstacle) = listen::obstacle(path) {
            return Err(refuse(obstacle));
        }
        // Nobody listens in an image.
        if host.image().is_some()
            || resolved.install.changing.force
            || is_own(address, there)
            || !is_served(path, there)
        {
            continue;
        }
        let find = run("ss").args(["-lxp", "src"]).arg(path);
        let error = refuse("is in use by another program, whose socket systemd would replace");
        return Err(error.hint(message!("find the program: {}", find)));
    }
    Ok(())
}

/// Whether the service's own socket is there, according to systemd.
fn is_own(address: &Address, there: &Service) -> bool {
    let Some(unit) = there.present.unit(UnitKind::Socket).filter(|unit| unit.is_managed()) else { return false };
    let text = unit.text();
    let mut settings = unit_file::settings(&text).into_iter();
    there.state_of(&unit.unit).is_some_and(UnitState::is_up)
        && settings.any(|it| it.section == "Socket" && it.name == address.directive() && it.value == address.written())
}

/// Whether another process is listening there: an abandoned socket is no loss. The service's own program that listens
/// itself is stopped first.
fn is_served(path: &Path, there: &Service) -> bool {
    let is_plain = there.is_managed() && there.state.as_ref().is_some_and(UnitState::is_up);
    sockets::is_served(path) && !is_plain
}

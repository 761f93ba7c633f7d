//! Users and groups given with `-p`, which systemd looks up at the start.

use crate::host::Host;
use crate::host::account::{self, Kind};
use crate::model::diagnostic::Result;
use crate::model::message::{message, opt};
use crate::resolve::properties;
use crate::spec::{Scope, ServiceSpec};
use crate::systemd::words::{Style, split};

/// Refuses users and groups that do not exist on this machine: the service would not start. Those of an image can be
/// created when it boots.
pub fn refuse_missing(spec: &ServiceSpec, host: &Host) -> Result<()> {
    const ELSEWHERE: [&str; 2] = ["RootDirectory", "RootImage"];
    let unknown_here = spec.property_is_on("DynamicUser") || ELSEWHERE.into_iter().any(|name| spec.property_sets(name));
    if spec.scope == Scope::User || host.image().is_some() || unknown_here {
        return Ok(());
    }
    for (directive, kind) in [("User", Kind::User), ("Group", Kind::Group), ("SupplementaryGroups", Kind::Group)] {
        let value = spec.typed_property(directive).unwrap_or_default();
        let names = match directive {
            "SupplementaryGroups" => split(value, Style::PLAIN).unwrap_or_default(),
            _ => vec![value.to_owned()],
        };
        // A number needs no entry, and a specifier is only known to systemd.
        let is_plain = |name: &&String| !name.is_empty() && !name.contains('%') && name.parse::<u32>().is_err();
        for name in names.iter().filter(is_plain) {
            let exists = match kind {
                Kind::User => account::by_name(name).is_some(),
                Kind::Group => account::group(name).is_some(),
            };
            if !exists {
                let error = account::not_found(kind, name).about(properties::subject(spec, directive));
                return Err(error.hint(message!("use {} to install it anyway", opt("force"))));
            }
        }
    }
    Ok(())
}

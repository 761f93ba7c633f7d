//! systemd on a bus: calls to it, and its signals (org.freedesktop.systemd1(5)). What they mean is for
//! [`super::manager`] to know.
//!
//! Objects are called by the paths that their names give, without asking for the paths first: systemd loads a unit
//! that is asked for by its path.

use std::cell::RefCell;
use std::num::NonZeroUsize;

use super::bus::BUS;
use futures_util::future::try_join;
use futures_util::{Stream, StreamExt as _};
use serde::Serialize;
use zbus::message::{Message, Type as Kind};
use zbus::names::OwnedUniqueName;
use zbus::wire::{DynamicDeserialize, DynamicType};
use zbus::{Connection, MatchRule, MessageStream, OwnedVariant};

/// Its name on the bus.
pub const NAME: &str = "org.freedesktop.systemd1";

/// The object that the manager itself is.
pub const MANAGER_PATH: &str = "/org/freedesktop/systemd1";

/// The interface of the manager itself.
pub const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// How many signals may wait to be read. A queue that is full holds up the answers behind it.
const QUEUE: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// systemd, at the other end of a connection.
pub struct Peer {
    connection: Connection,
    /// Who had the name when that was last looked at.
    owner: RefCell<Option<OwnedUniqueName>>,
}

impl Peer {
    /// systemd on a bus.
    pub fn new(connection: Connection) -> Peer {
        Peer { connection, owner: RefCell::default() }
    }

    /// Calls a method of the manager.
    pub async fn call<B, R>(&self, method: &str, arguments: &B) -> zbus::Result<R>
    where
        B: Serialize + DynamicType,
        R: for<'d> DynamicDeserialize<'d>,
    {
        let called = self.connection.call_method(Some(NAME), MANAGER_PATH, Some(MANAGER), method, arguments);
        called.await?.body().deserialize()
    }

    /// A property of an object.
    pub async fn property<T>(&self, path: &str, interface: &str, name: &str) -> zbus::Result<T>
    where
        T: TryFrom<OwnedVariant>,
        T::Error: Into<zbus::Error>,
    {
        let answer = self.connection.call_method(Some(NAME), path, Some(PROPERTIES), "Get", &(interface, name)).await?;
        let value: OwnedVariant = answer.body().deserialize()?;
        value.try_into().map_err(Into::into)
    }

    /// The answer to a question for all properties of an interface of an object; of all interfaces, where none is named.
    pub async fn get_all(&self, path: &str, interface: &str) -> zbus::Result<Message> {
        self.connection.call_method(Some(NAME), path, Some(PROPERTIES), "GetAll", &interface).await
    }

    /// The signals of an object from here on.
    pub async fn signals(
        &self,
        path: &str,
        interface: &str,
        name: &str,
    ) -> zbus::Result<impl Stream<Item = Message> + use<'_>> {
        let rule = MatchRule::builder().msg_type(Kind::Signal).sender(NAME).path(path).interface(interface);
        let rule = rule.member(name).build()?.into_owned();
        let stream = MessageStream::for_match_rule(rule, &self.connection, Some(QUEUE));
        // Asked now and not at the first signal, which would have to wait for it.
        let (stream, ()) = try_join(stream, self.know_owner()).await?;
        let of_systemd = async |signal: zbus::Result<Message>| {
            let signal = signal.ok()?;
            self.is_of_systemd(&signal).await.then_some(signal)
        };
        Ok(stream.filter_map(of_systemd))
    }

    /// The manager's signal for each job that is over.
    pub async fn removed_jobs(&self) -> zbus::Result<impl Stream<Item = Message> + use<'_>> {
        self.signals(MANAGER_PATH, MANAGER, "JobRemoved").await
    }

    /// The signal that a unit's properties have changed.
    pub async fn changes(&self, path: &str) -> zbus::Result<impl Stream<Item = Message> + use<'_>> {
        self.signals(path, PROPERTIES, "PropertiesChanged").await
    }

    /// Anybody on a bus can send us signals, also such as look like systemd's. One that executes itself anew
    /// comes back under another name.
    async fn is_of_systemd(&self, signal: &Message) -> bool {
        let header = signal.header();
        let Some(sender) = header.sender() else { return false };
        let is_known = self.owner.borrow().as_ref().is_some_and(|owner| owner == sender);
        if is_known {
            return true;
        }
        match self.ask_owner().await {
            Ok(owner) => owner.is_some_and(|owner| owner == *sender),
            // Where the line breaks it is better to look for nothing than to miss what one waits for.
            Err(_) => true,
        }
    }

    async fn know_owner(&self) -> zbus::Result<()> {
        if self.owner.borrow().is_none() {
            self.ask_owner().await?;
        }
        Ok(())
    }

    /// Who has the name; `None` while nobody has.
    async fn ask_owner(&self) -> zbus::Result<Option<OwnedUniqueName>> {
        let asked = self.connection.call_method(Some(BUS), "/org/freedesktop/DBus", Some(BUS), "GetNameOwner", &NAME);
        let owner: Option<OwnedUniqueName> = match asked.await {
            Ok(answer) => Some(answer.body().deserialize()?),
            Err(zbus::Error::FDO(_) | zbus::Error::MethodError(..)) => None,
            Err(error) => return Err(error),
        };
        self.owner.replace(owner.clone());
        Ok(owner)
    }
}

/// The object that a unit is, by its name: as systemd does, with everything but letters and digits as `_xx`.
pub fn unit_path(unit: &str) -> String {
    let mut path = format!("{MANAGER_PATH}/unit/");
    for (at, byte) in unit.bytes().enumerate() {
        if byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit()) {
            path.push(byte.into());
        } else {
            path.push_str(&format!("_{byte:02x}"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_objects_by_their_names() {
        for (unit, object) in [
            ("web.service", "web_2eservice"),
            ("1a-b_c@x\\x2d.timer", "_31a_2db_5fc_40x_5cx2d_2etimer"),
            ("ä.service", "_c3_a4_2eservice"),
        ] {
            assert_eq!(unit_path(unit), format!("/org/freedesktop/systemd1/unit/{object}"), "{unit}");
        }
    }
}

//! Calls to systemd and its signals (org.freedesktop.systemd1(5)).
//!
//! Object paths are derived from unit names instead of asking for them: systemd loads a unit when its path is used.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::task::{Context as TaskContext, Poll, Waker};

use super::bus::BUS;
use futures_util::future::try_join;
use futures_util::{Stream, StreamExt as _};
use serde::Serialize;
use zbus::message::{Message, Type as Kind};
use zbus::names::OwnedUniqueName;
use zbus::wire::{DynamicDeserialize, DynamicType};
use zbus::{Connection, MatchRule, MessageStream, OwnedVariant};

pub const NAME: &str = "org.freedesktop.systemd1";

/// The object of the manager itself.
pub const MANAGER_PATH: &str = "/org/freedesktop/systemd1";

/// The interface of the manager itself.
pub const MANAGER: &str = "org.freedesktop.systemd1.Manager";

/// The interface of all units.
pub const UNIT: &str = "org.freedesktop.systemd1.Unit";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// The number of unread signals. A full queue blocks the answers after it.
const QUEUE: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// systemd at the other end of a connection.
pub struct Peer {
    connection: Connection,
    /// The last known owner of the name.
    owner: RefCell<Option<OwnedUniqueName>>,
    calls: Calls,
}

impl Peer {
    pub fn new(connection: Connection) -> Peer {
        Peer { connection, owner: RefCell::default(), calls: Calls::default() }
    }

    pub async fn call<B, R>(&self, method: &str, arguments: &B) -> zbus::Result<R>
    where
        B: Serialize + DynamicType,
        R: for<'d> DynamicDeserialize<'d>,
    {
        let _under_way = self.calls.pass().await;
        let called = self.connection.call_method(Some(NAME), MANAGER_PATH, Some(MANAGER), method, arguments);
        called.await?.body().deserialize()
    }

    pub async fn property<T>(&self, path: &str, interface: &str, name: &str) -> zbus::Result<T>
    where
        T: TryFrom<OwnedVariant>,
        T::Error: Into<zbus::Error>,
    {
        let _under_way = self.calls.pass().await;
        let answer = self.connection.call_method(Some(NAME), path, Some(PROPERTIES), "Get", &(interface, name)).await?;
        let value: OwnedVariant = answer.body().deserialize()?;
        value.try_into().map_err(Into::into)
    }

    /// All properties of an interface of an object, or of all interfaces if it is empty.
    pub async fn get_all(&self, path: &str, interface: &str) -> zbus::Result<Message> {
        let _under_way = self.calls.pass().await;
        self.connection.call_method(Some(NAME), path, Some(PROPERTIES), "GetAll", &interface).await
    }

    /// Subscribes to signals of an object.
    pub async fn signals(
        &self,
        path: &str,
        interface: &str,
        name: &str,
    ) -> zbus::Result<impl Stream<Item = Message> + use<'_>> {
        let rule = MatchRule::builder().msg_type(Kind::Signal).sender(NAME).path(path).interface(interface);
        let rule = rule.member(name).build()?.into_owned();
        let stream = MessageStream::for_match_rule(rule, &self.connection, Some(QUEUE));
        // Asked now, since at the first signal it would have to wait.
        let (stream, ()) = try_join(stream, self.know_owner()).await?;
        let of_systemd = async |signal: zbus::Result<Message>| {
            let signal = signal.ok()?;
            self.is_of_systemd(&signal).await.then_some(signal)
        };
        Ok(stream.filter_map(of_systemd))
    }

    /// Subscribes to the manager's signal for finished jobs.
    pub async fn removed_jobs(&self) -> zbus::Result<impl Stream<Item = Message> + use<'_>> {
        self.signals(MANAGER_PATH, MANAGER, "JobRemoved").await
    }

    /// Subscribes to changes of a unit's properties.
    pub async fn changes(&self, path: &str) -> zbus::Result<impl Stream<Item = Message> + use<'_>> {
        self.signals(path, PROPERTIES, "PropertiesChanged").await
    }

    /// Any client can send signals that look like systemd's. When systemd re-executes itself, it gets another unique
    /// name.
    async fn is_of_systemd(&self, signal: &Message) -> bool {
        let header = signal.header();
        let Some(sender) = header.sender() else { return false };
        let is_known = self.owner.borrow().as_ref().is_some_and(|owner| owner == sender);
        if is_known {
            return true;
        }
        match self.ask_owner().await {
            Ok(owner) => owner.is_some_and(|owner| owner == *sender),
            // If the connection breaks, checking again is better than missing a signal.
            Err(_) => true,
        }
    }

    async fn know_owner(&self) -> zbus::Result<()> {
        if self.owner.borrow().is_none() {
            self.ask_owner().await?;
        }
        Ok(())
    }

    /// `None` while the name has no owner.
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

/// The number of pending calls: dbus-daemon refuses more than 128 (`max_replies_per_connection`).
const CALLS: usize = 100;

#[derive(Default)]
struct Calls {
    count: Cell<usize>,
    waiting: RefCell<Vec<Waker>>,
}

/// A pending call, until this is dropped.
struct PendingCall<'a>(&'a Calls);

impl Calls {
    /// Waits until another call is allowed.
    async fn pass(&self) -> PendingCall<'_> {
        let turn = |context: &mut TaskContext<'_>| {
            if self.count.get() >= CALLS {
                self.waiting.borrow_mut().push(context.waker().clone());
                return Poll::Pending;
            }
            self.count.set(self.count.get() + 1);
            Poll::Ready(PendingCall(self))
        };
        poll_fn(turn).await
    }
}

impl Drop for PendingCall<'_> {
    fn drop(&mut self) {
        self.0.count.set(self.0.count.get() - 1);
        // All of them: the next one may have been dropped.
        self.0.waiting.take().into_iter().for_each(Waker::wake);
    }
}

/// Escaped as systemd does: everything but letters and digits as `_xx`.
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
    fn no_more_calls_are_under_way_than_the_bus_bears() {
        let (calls, most) = (Calls::default(), Cell::new(0));
        let call = async || {
            let _under_way = calls.pass().await;
            most.set(calls.count.get().max(most.get()));
            crate::model::wait::yield_now().await;
        };
        let all = (0..3 * CALLS).map(|_| call()).collect::<futures_util::stream::FuturesUnordered<_>>();
        let done = zbus::block_on(all.count());
        assert_eq!((done, most.get(), calls.count.get()), (3 * CALLS, CALLS, 0));
    }

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

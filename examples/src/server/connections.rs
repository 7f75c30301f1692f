//! Which connections are open. There is room for a few hundred: who opens more makes room for himself by losing his oldest
//! one that has sent nothing whole yet, so a sender that is done at once always gets through.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How many may be open, and how many of them from one address: each is a file, of which a process usually has 1024, and
/// what asks NetBox and Proxmox needs some, too.
const MOST: usize = 256;
const MOST_OF_PEER: usize = 192;

/// The open connections. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    next: u64,
    /// By their number, the oldest first.
    connections: BTreeMap<u64, Connection>,
}

#[derive(Debug)]
struct Connection {
    peer: IpAddr,
    /// A whole request came, and is not answered yet.
    works: bool,
    close: Arc<Notify>,
}

impl Open {
    /// Closes the oldest connection that waits for its sender; none if all work.
    fn make_room(&mut self, of: impl Fn(&Connection) -> bool) -> Option<()> {
        let oldest = self.connections.iter().find(|(_, it)| !it.works && of(it)).map(|(number, _)| *number)?;
        self.connections.remove(&oldest)?.close.notify_one();
        Some(())
    }
}

impl Connections {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection from this address; none where all there are work.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Place> {
        let mut open = self.open();
        let of_peer = |connection: &Connection| connection.peer == peer;
        if open.connections.values().filter(|it| of_peer(it)).count() >= MOST_OF_PEER {
            open.make_room(of_peer)?;
        } else if open.connections.len() >= MOST {
            open.make_room(|_| true)?;
        }
        let (number, close) = (open.next, Arc::new(Notify::new()));
        open.next += 1;
        open.connections.insert(number, Connection { peer, works: false, close: Arc::clone(&close) });
        Some(Place(Arc::new(Held { connections: self.clone(), number, close })))
    }
}

/// The place of one connection, until the last clone of it goes.
#[derive(Debug, Clone)]
pub(super) struct Place(Arc<Held>);

#[derive(Debug)]
struct Held {
    connections: Connections,
    number: u64,
    close: Arc<Notify>,
}

impl Place {
    /// Whether a whole request came and is not answered yet: such a connection is not closed for another one.
    pub(super) fn works(&self, works: bool) {
        if let Some(connection) = self.0.connections.open().connections.get_mut(&self.0.number) {
            connection.works = works;
        }
    }

    /// Waits until the connection must make room.
    pub(super) async fn lost(&self) {
        self.0.close.notified().await;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.connections.open().connections.remove(&self.number);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn peer(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    fn is_lost(place: &Place) -> bool {
        place.lost().now_or_never().is_some()
    }

    #[test]
    fn who_opens_too_many_loses_his_own_oldest_that_waits() {
        let connections = Connections::default();
        let other = connections.admit(peer(2)).unwrap();
        let places: Vec<Place> = (0..MOST_OF_PEER).map(|_| connections.admit(peer(1)).unwrap()).collect();
        places[0].works(true);
        let more = connections.admit(peer(1)).unwrap();
        let lost: Vec<usize> = (0..places.len()).filter(|number| is_lost(&places[*number])).collect();
        assert_eq!((lost, is_lost(&other), is_lost(&more)), (vec![1], false, false));
        assert_eq!(connections.open().connections.len(), MOST_OF_PEER + 1);
    }

    #[test]
    fn there_is_room_for_so_many_of_all_and_none_where_all_work() {
        let connections = Connections::default();
        let places: Vec<Place> =
            (0..MOST).map(|number| connections.admit(peer(u8::try_from(number).unwrap())).unwrap()).collect();
        places.iter().for_each(|place| place.works(true));
        assert!(connections.admit(peer(7)).is_none());
        places[200].works(false);
        assert!(connections.admit(peer(7)).is_some() && is_lost(&places[200]));
    }

    #[test]
    fn a_place_is_free_again_once_its_connection_ended() {
        let connections = Connections::default();
        let place = connections.admit(peer(1)).unwrap();
        let clone = place.clone();
        drop(place);
        assert_eq!(connections.open().connections.len(), 1);
        drop(clone);
        assert!(connections.open().connections.is_empty());
    }
}

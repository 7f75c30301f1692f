//! Objects of any type, made and changed in bulk: what NetBox refuses is told, and the rest is written.

use std::collections::{BTreeMap, BTreeSet};

use netbox_api::client::Writable;
use netbox_api::{Endpoint, ErrorKind, Item};
use proxmox_api::Vmid;
use serde_json::Value;

use super::{Remark, RemarkKind, WRITTEN_AT_ONCE};
use crate::executor::Failure;
use crate::guest::RecordId;
use crate::live::bridge::Bridge;

/// What NetBox's change log says of the writes.
const MESSAGE: &str = "discovered in Proxmox";

/// What was written.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// How many objects were made or changed, by their kinds.
    pub made: BTreeMap<&'static str, usize>,
    /// The same of those that were changed.
    pub changed: BTreeMap<&'static str, usize>,
    /// The guests that are records now, and that carry no marker of theirs.
    pub records: Vec<(Vmid, RecordId)>,
    /// What NetBox refused.
    pub refused: Vec<Remark>,
    /// Why it ended early, if it did.
    pub failed: Option<Failure>,
}

/// What an object that is written is of.
pub(super) trait Place {
    /// The place of its guest, if it is a guest's.
    fn guest(&self) -> Option<usize>;
}

/// Of no guest: a tag, a device.
impl Place for String {
    fn guest(&self) -> Option<usize> {
        None
    }
}

impl Place for () {
    fn guest(&self) -> Option<usize> {
        None
    }
}

/// The guest itself.
impl Place for usize {
    fn guest(&self) -> Option<usize> {
        Some(*self)
    }
}

/// Something of the guest.
impl<T> Place for (usize, T) {
    fn guest(&self) -> Option<usize> {
        Some(self.0)
    }
}

/// Writes objects of any type in bulk, and counts them.
pub(super) struct Writer<'a> {
    pub(super) bridge: &'a Bridge,
    pub(super) written: Written,
    /// The places of guests of which NetBox refused something.
    pub(super) refused: BTreeSet<usize>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(bridge: &'a Bridge) -> Self {
        Self { bridge, written: Written::default(), refused: BTreeSet::new() }
    }

    /// Makes an object of a type that is not modelled; gives its id.
    pub(super) async fn create_other(
        &mut self,
        kind: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<Option<u64>, Failure> {
        let answer = self.bridge.netbox.post(path, body).await?;
        self.own(answer.request_id).await?;
        *self.written.made.entry(kind).or_default() += 1;
        Ok(answer.body["id"].as_u64())
    }

    /// Makes objects; gives those that were made with their keys. One that NetBox refuses is told.
    pub(super) async fn create<T: Writable, Key: Place>(
        &mut self,
        endpoint: Endpoint<T>,
        kind: &'static str,
        items: Vec<(Key, String, T::New)>,
    ) -> Result<Vec<(Key, T)>, Failure> {
        let mut made = Vec::new();
        self.create_into(&mut made, endpoint, kind, items).await?;
        Ok(made)
    }

    /// The same, with those that were made also where it is cut short.
    pub(super) async fn create_into<T: Writable, Key: Place>(
        &mut self,
        made: &mut Vec<(Key, T)>,
        endpoint: Endpoint<T>,
        kind: &'static str,
        items: Vec<(Key, String, T::New)>,
    ) -> Result<(), Failure> {
        let endpoint = endpoint.changelog_message(MESSAGE);
        let mut groups = grouped(items);
        while let Some(group) = groups.pop() {
            let (rest, bodies): (Vec<_>, Vec<_>) =
                group.into_iter().map(|(key, about, new)| ((key, about), new)).unzip();
            match endpoint.create_all(&bodies).await {
                Ok(written) => {
                    self.own(written.request_id).await?;
                    *self.written.made.entry(kind).or_default() += written.value.len();
                    made.extend(rest.into_iter().map(|(key, _)| key).zip(written.value));
                }
                Err(error) if error.kind() == ErrorKind::Validation => {
                    let group = rest.into_iter().zip(bodies).map(|((key, about), new)| (key, about, new)).collect();
                    let which = |index: usize, _: &(Key, String, T::New)| Item::Index(index);
                    groups.extend(self.without_refused(group, &error, which));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// As [`Self::create`], of objects that are changed.
    pub(super) async fn change<T: Writable, Key: Place>(
        &mut self,
        endpoint: Endpoint<T>,
        kind: &'static str,
        items: Vec<(Key, String, u64, T::Patch)>,
    ) -> Result<Vec<(Key, T)>, Failure> {
        let mut changed = Vec::new();
        self.change_into(&mut changed, endpoint, kind, items).await?;
        Ok(changed)
    }

    /// As [`Self::create_into`], of objects that are changed.
    pub(super) async fn change_into<T: Writable, Key: Place>(
        &mut self,
        changed: &mut Vec<(Key, T)>,
        endpoint: Endpoint<T>,
        kind: &'static str,
        items: Vec<(Key, String, u64, T::Patch)>,
    ) -> Result<(), Failure> {
        let endpoint = endpoint.changelog_message(MESSAGE);
        let items = items.into_iter().map(|(key, about, id, patch)| (key, about, (id, patch))).collect();
        let mut groups = grouped(items);
        while let Some(group) = groups.pop() {
            let (rest, bodies): (Vec<_>, Vec<_>) = group.into_iter().map(|(key, about, it)| ((key, about), it)).unzip();
            match endpoint.update_all(&bodies).await {
                Ok(written) => {
                    self.own(written.request_id).await?;
                    *self.written.changed.entry(kind).or_default() += written.value.len();
                    changed.extend(rest.into_iter().map(|(key, _)| key).zip(written.value));
                }
                Err(error) if error.kind() == ErrorKind::Validation => {
                    let group = rest.into_iter().zip(bodies).map(|((key, about), it)| (key, about, it)).collect();
                    let which = |_: usize, item: &(Key, String, (u64, T::Patch))| Item::Id(item.2.0);
                    groups.extend(self.without_refused(group, &error, which));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// What is left of a group once what NetBox refuses was told: where it does not say which, each one alone.
    fn without_refused<Key: Place, Body>(
        &mut self,
        group: Vec<(Key, String, Body)>,
        error: &netbox_api::Error,
        which: impl Fn(usize, &(Key, String, Body)) -> Item,
    ) -> Vec<Vec<(Key, String, Body)>> {
        let alone = group.len() == 1;
        let said = |index: usize, item: &(Key, String, Body)| {
            error.items().iter().find(|it| it.item == which(index, item) || it.item == Item::Index(index))
        };
        let mut left = Vec::new();
        let mut refused = 0;
        for (index, item) in group.into_iter().enumerate() {
            let why = said(index, &item).map(ToString::to_string);
            match why.or_else(|| alone.then(|| error.message().to_owned())) {
                Some(why) => {
                    refused += 1;
                    self.refused.extend(item.0.guest());
                    let text = format!("not written, everything else was: NetBox does not take it: {why}");
                    self.written.refused.push(Remark::new(RemarkKind::Left, item.1, text));
                }
                None => left.push(item),
            }
        }
        match (left.is_empty(), refused) {
            (true, _) => Vec::new(),
            (false, 0) => left.into_iter().map(|item| vec![item]).collect(),
            (false, _) => vec![left],
        }
    }

    async fn own(&self, request: Option<String>) -> Result<(), Failure> {
        match request {
            Some(request) => Ok(self.bridge.inbox.put_own_request(&request).await?),
            None => Ok(()),
        }
    }
}

/// In the order in which they are taken from the end.
fn grouped<Item>(items: Vec<Item>) -> Vec<Vec<Item>> {
    let mut groups: Vec<Vec<Item>> = Vec::new();
    for item in items {
        match groups.last_mut() {
            Some(group) if group.len() < WRITTEN_AT_ONCE => group.push(item),
            _ => groups.push(vec![item]),
        }
    }
    groups.reverse();
    groups
}

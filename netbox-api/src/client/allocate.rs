//! The next free address, prefix or VLAN.
//!
//! NetBox takes it and makes the record in one request under a lock, so two who ask at once get different ones. Several at once are
//! taken all or none. None left is an error of kind `Exhausted` (409). Not repeated if it may have been done.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::endpoint::{unwritable, written};
use super::{Endpoint, IpAddressPatch, IpRange, PrefixPatch, Resource, VlanGroup, VlanPatch, Written};
use crate::error::{Error, ErrorKind};
use crate::{IpAddress, Prefix, Vlan};

/// What is free, as NetBox tells it: an address or prefix with its mask, or the number of a VLAN.
#[derive(serde::Deserialize)]
struct Free {
    address: Option<String>,
    prefix: Option<String>,
    vid: Option<u64>,
}

const IPS: &str = "available-ips";
const PREFIXES: &str = "available-prefixes";
const VLANS: &str = "available-vlans";

impl Endpoint<Prefix> {
    /// The first addresses of a prefix that are free, with their mask; at most `limit`. Nothing is taken.
    ///
    /// # Errors
    /// Any [`Error`] of a request.
    pub async fn available_ips(&self, id: u64, limit: u32) -> Result<Vec<String>, Error> {
        Ok(self.free(id, IPS, limit).await?.into_iter().filter_map(|free| free.address).collect())
    }

    /// Takes the next free address of a prefix; `fields` are those of the new record, without its address.
    ///
    /// # Errors
    /// Of kind `Exhausted` if there is none, else as creating one.
    pub async fn allocate_ip(&self, id: u64, fields: &IpAddressPatch) -> Result<Written<IpAddress>, Error> {
        self.take(id, IPS, fields).await
    }

    /// Takes as many addresses as there are `fields`.
    ///
    /// # Errors
    /// As [`allocate_ip`](Self::allocate_ip).
    pub async fn allocate_ips(&self, id: u64, fields: &[IpAddressPatch]) -> Result<Written<Vec<IpAddress>>, Error> {
        self.take(id, IPS, fields).await
    }

    /// The parts of a prefix that are free. Nothing is taken.
    ///
    /// # Errors
    /// Any [`Error`] of a request.
    pub async fn available_prefixes(&self, id: u64) -> Result<Vec<String>, Error> {
        Ok(self.free(id, PREFIXES, 0).await?.into_iter().filter_map(|free| free.prefix).collect())
    }

    /// Takes the next free prefix of this length; `fields` are those of the new record, without its prefix.
    ///
    /// # Errors
    /// As [`allocate_ip`](Self::allocate_ip).
    pub async fn allocate_prefix(&self, id: u64, length: u8, fields: &PrefixPatch) -> Result<Written<Prefix>, Error> {
        #[derive(Serialize)]
        struct New<'a> {
            prefix_length: u8,
            #[serde(flatten)]
            fields: &'a PrefixPatch,
        }
        self.take(id, PREFIXES, &New { prefix_length: length, fields }).await
    }
}

impl Endpoint<IpRange> {
    /// As [`Endpoint::<Prefix>::available_ips`].
    ///
    /// # Errors
    /// Any [`Error`] of a request.
    pub async fn available_ips(&self, id: u64, limit: u32) -> Result<Vec<String>, Error> {
        Ok(self.free(id, IPS, limit).await?.into_iter().filter_map(|free| free.address).collect())
    }

    /// As [`Endpoint::<Prefix>::allocate_ip`].
    ///
    /// # Errors
    /// Of kind `Exhausted` if there is none, else as creating one.
    pub async fn allocate_ip(&self, id: u64, fields: &IpAddressPatch) -> Result<Written<IpAddress>, Error> {
        self.take(id, IPS, fields).await
    }
}

impl Endpoint<VlanGroup> {
    /// The first numbers of a group that are free; at most `limit`. Nothing is taken.
    ///
    /// # Errors
    /// Any [`Error`] of a request.
    pub async fn available_vlans(&self, id: u64, limit: u32) -> Result<Vec<u64>, Error> {
        Ok(self.free(id, VLANS, limit).await?.into_iter().filter_map(|free| free.vid).collect())
    }

    /// Takes the next free number of a group for a VLAN of this name; `fields` are its others.
    ///
    /// # Errors
    /// Of kind `Exhausted` if there is none, else as creating one.
    pub async fn allocate_vlan(&self, id: u64, name: &str, fields: &VlanPatch) -> Result<Written<Vlan>, Error> {
        let named = VlanPatch { name: name.into(), ..fields.clone() };
        self.take(id, VLANS, &named).await
    }
}

impl<T: Resource> Endpoint<T> {
    /// A `limit` of 0 is none.
    async fn free(&self, id: u64, what: &str, limit: u32) -> Result<Vec<Free>, Error> {
        let limit = (limit > 0).then(|| ("limit", limit.to_string()));
        self.client.send(self.below("GET", id, what)?.query(limit)).await?.decode()
    }

    async fn take<R: DeserializeOwned>(
        &self,
        id: u64,
        what: &str,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<Written<R>, Error> {
        let call = self.below("POST", id, what)?;
        let mut body = serde_json::to_value(fields).map_err(|error| unwritable(&call.attempt, &error))?;
        if let Some(message) = self.message() {
            let each = match &mut body {
                Value::Array(items) => items.as_mut_slice(),
                one => std::slice::from_mut(one),
            };
            each.iter_mut().for_each(|fields| fields["changelog_message"] = json!(message));
        }
        match self.client.send(call.body(body)).await {
            Ok(reply) => written(&reply),
            // NetBox answers 409 here for nothing else (source: 4.7.3).
            Err(error) if error.kind() == ErrorKind::Conflict => Err(error.with_kind(ErrorKind::Exhausted)),
            Err(error) => Err(error),
        }
    }
}

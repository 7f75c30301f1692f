//! Keys and values, as a form or a query carries them.

use std::fmt;

use crate::property::{BootOrder, Drive, IpConfig, NetDevice, PropertyString};
use crate::types::{DriveSlot, MiB, NodeName, StorageId, Upid, Vmid};

/// The parameters of one request, in order, each key once but for those that were [added](Self::add).
///
/// `Debug` hides the values of passwords.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// A value as Proxmox reads it from a form. Booleans are `1` and `0`: anything else is refused (Proxmox VE 9.1).
pub trait ParamValue {
    /// The text to send.
    fn to_param_value(&self) -> String;
}

macro_rules! displayed {
    ($($type:ty),*) => {
        $(impl ParamValue for $type {
            fn to_param_value(&self) -> String {
                self.to_string()
            }
        })*
    };
}

displayed!(
    f64,
    str,
    String,
    u8,
    u16,
    u32,
    u64,
    usize,
    i32,
    i64,
    Vmid,
    NodeName,
    StorageId,
    Upid,
    DriveSlot,
    Drive,
    IpConfig,
    NetDevice,
    BootOrder,
    PropertyString
);

impl ParamValue for bool {
    fn to_param_value(&self) -> String {
        if *self { "1" } else { "0" }.to_owned()
    }
}

/// A number of mebibytes, as `memory` and `balloon` want it. The size of a disk is written by its own types.
impl ParamValue for MiB {
    fn to_param_value(&self) -> String {
        self.0.to_string()
    }
}

impl<T: ParamValue + ?Sized> ParamValue for &T {
    fn to_param_value(&self) -> String {
        (**self).to_param_value()
    }
}

impl Params {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key; a value it had before is replaced.
    pub fn set(&mut self, key: impl Into<String>, value: impl ParamValue) -> &mut Self {
        let (key, value) = (key.into(), value.to_param_value());
        match self.0.iter_mut().find(|(k, _)| *k == key) {
            Some(pair) => pair.1 = value,
            None => self.0.push((key, value)),
        }
        self
    }

    /// Adds a value to those that a key has: it is sent several times, which Proxmox reads as an array.
    pub fn add(&mut self, key: impl Into<String>, value: impl ParamValue) -> &mut Self {
        self.0.push((key.into(), value.to_param_value()));
        self
    }

    /// Sets a key if there is a value.
    pub fn set_opt(&mut self, key: &str, value: &Option<impl ParamValue>) -> &mut Self {
        if let Some(value) = value {
            self.set(key, value);
        }
        self
    }

    /// The same with a key set.
    pub fn with(mut self, key: impl Into<String>, value: impl ParamValue) -> Self {
        self.set(key, value);
        self
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(k, _)| k != key);
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// The values that must not be shown.
    #[cfg_attr(not(feature = "client"), allow(dead_code))]
    pub(crate) fn passwords(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(key, _)| is_password(key)).map(|(_, value)| value)
    }
}

/// Whether the parameter of this name holds a secret: passwords, and the keys and tokens of the schema (9.1).
fn is_password(key: &str) -> bool {
    const SECRETS: [&str; 15] = [
        "authorization",
        "certkey",
        "client-key",
        "eab-hmac-key",
        "encryption-key",
        "key",
        "keyring",
        "otp",
        "proxmox-remote",
        "secret",
        "target-endpoint",
        "ticket",
        "token",
        "totp",
        "vncticket",
    ];
    key.contains("password") || SECRETS.contains(&key)
}

impl<K: Into<String>, V: ParamValue, const N: usize> From<[(K, V); N]> for Params {
    fn from(pairs: [(K, V); N]) -> Self {
        let mut params = Self::new();
        for (key, value) in pairs {
            params.set(key, value);
        }
        params
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().map(|(key, value)| (key, if is_password(key) { "[hidden]" } else { value }));
        f.debug_map().entries(shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_proxmox_reads_them() {
        let mut params = Params::new();
        params
            .set("full", true)
            .set("onboot", false)
            .set("cores", 4_u32)
            .set("memory", MiB::from_gib(2))
            .set("name", "a");
        params.set("name", "b").set_opt("pool", &None::<String>).add("command", "ls").add("command", "/");
        let sent: Vec<_> = params.iter().collect();
        let once = [("full", "1"), ("onboot", "0"), ("cores", "4"), ("memory", "2048"), ("name", "b")];
        assert_eq!(sent[..5], once);
        assert_eq!(sent[5..], [("command", "ls"), ("command", "/")]);
    }

    #[test]
    fn passwords_are_not_shown() {
        let params = Params::from([("cipassword", "hunter2"), ("name", "web")]);
        let shown = format!("{params:?}");
        assert!(shown.contains("web") && !shown.contains("hunter2"), "{shown}");
    }
}

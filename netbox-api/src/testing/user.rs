//! Somebody who works with this NetBox: a person at its web interface, another program, an administrator in its shell.

use serde_json::{Value, json};

use super::FakeNetBox;
use super::answer::Answer;
use super::paging::Query;
use super::request::{Identity, Request, Way};

const MACHINES: &str = "virtualization/virtual-machines";
const DISKS: &str = "virtualization/virtual-disks";
const INTERFACES: &str = "virtualization/interfaces";
const ADDRESSES: &str = "ipam/ip-addresses";
const MACS: &str = "dcim/mac-addresses";

/// Works as one user. Requests take the same way as those over HTTP, with the same checks, events and change log, only that no fault strikes
/// them and nobody counts them.
///
/// Methods that return a record panic with NetBox's answer when it refuses: in a test that is a mistake. [`User::request`] does not.
#[derive(Clone, Debug)]
pub struct User<'a> {
    pub(super) netbox: &'a FakeNetBox,
    pub(super) identity: Identity,
    pub(super) way: Way,
}

impl<'a> User<'a> {
    pub(super) fn new(netbox: &'a FakeNetBox, identity: Identity) -> Self {
        Self { netbox, identity, way: Way::Plain }
    }

    /// Any request. The path is what follows `/api/`, with a query if there is one.
    pub fn request(&self, method: &str, path: &str, body: Value) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path = path.trim_start_matches("/api/").trim_matches('/');
        let query: Query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let path = format!("/api/{path}/");
        let request = Request {
            method: method.to_owned(),
            path,
            query,
            headers: Vec::new(),
            body,
            identity: self.identity.clone(),
            way: self.way.clone(),
        };
        self.netbox.shared().execute(&request)
    }

    /// Creates an object, or several from a list, of any type ("extras/tags").
    #[track_caller]
    pub fn create(&self, path: &str, fields: Value) -> Value {
        self.expect("POST", path, fields)
    }

    /// Changes the given fields of an object.
    #[track_caller]
    pub fn update(&self, path: &str, id: u64, fields: Value) -> Value {
        self.expect("PATCH", &format!("{path}/{id}"), fields)
    }

    /// Deletes an object.
    #[track_caller]
    pub fn delete(&self, path: &str, id: u64) {
        self.expect("DELETE", &format!("{path}/{id}"), Value::Null);
    }

    #[track_caller]
    fn expect(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.request(method, path, body);
        assert!(
            (200..300).contains(&answer.status),
            "NetBox answered {method} {path} with {}: {}",
            answer.status,
            answer.body
        );
        answer.body
    }

    /// Creates a virtual machine, in the first cluster if no place is given.
    #[track_caller]
    pub fn create_vm(&self, mut fields: Value) -> Value {
        if ["cluster", "site", "device"].iter().all(|place| fields.get(place).is_none()) {
            fields["cluster"] = json!(1);
        }
        self.create(MACHINES, fields)
    }

    /// Changes a virtual machine.
    #[track_caller]
    pub fn update_vm(&self, id: u64, fields: Value) -> Value {
        self.update(MACHINES, id, fields)
    }

    /// Deletes a virtual machine with all that is its own.
    #[track_caller]
    pub fn delete_vm(&self, id: u64) {
        self.delete(MACHINES, id);
    }

    /// Creates a virtual disk: `virtual_machine`, `name`, `size` (MB).
    #[track_caller]
    pub fn create_disk(&self, fields: Value) -> Value {
        self.create(DISKS, fields)
    }

    /// Changes a virtual disk.
    #[track_caller]
    pub fn update_disk(&self, id: u64, fields: Value) -> Value {
        self.update(DISKS, id, fields)
    }

    /// Deletes a virtual disk.
    #[track_caller]
    pub fn delete_disk(&self, id: u64) {
        self.delete(DISKS, id);
    }

    /// Creates an interface: `virtual_machine`, `name`, and perhaps `mac_address`.
    #[track_caller]
    pub fn create_interface(&self, fields: Value) -> Value {
        self.create(INTERFACES, fields)
    }

    /// Changes an interface.
    #[track_caller]
    pub fn update_interface(&self, id: u64, fields: Value) -> Value {
        self.update(INTERFACES, id, fields)
    }

    /// Deletes an interface with its addresses.
    #[track_caller]
    pub fn delete_interface(&self, id: u64) {
        self.delete(INTERFACES, id);
    }

    /// Creates an IP address.
    #[track_caller]
    pub fn create_ip(&self, fields: Value) -> Value {
        self.create(ADDRESSES, fields)
    }

    /// Changes an IP address.
    #[track_caller]
    pub fn update_ip(&self, id: u64, fields: Value) -> Value {
        self.update(ADDRESSES, id, fields)
    }

    /// Deletes an IP address.
    #[track_caller]
    pub fn delete_ip(&self, id: u64) {
        self.delete(ADDRESSES, id);
    }

    /// Creates a MAC address.
    #[track_caller]
    pub fn create_mac(&self, fields: Value) -> Value {
        self.create(MACS, fields)
    }

    /// Gives a virtual machine an address as its primary one, on its first interface (`eth0` if it has none). Up to three requests.
    #[track_caller]
    pub fn give_address(&self, vm: u64, address: &str) -> Value {
        let interfaces = self.netbox.interfaces(vm);
        let interface = interfaces
            .into_iter()
            .next()
            .unwrap_or_else(|| self.create_interface(json!({"virtual_machine": vm, "name": "eth0"})));
        let ip = self.create_ip(json!({"address": address, "assigned_object_type": "virtualization.vminterface", "assigned_object_id": interface["id"]}));
        let column = if address.contains(':') { "primary_ip6" } else { "primary_ip4" };
        self.update_vm(vm, json!({column: ip["id"]}));
        ip
    }
}

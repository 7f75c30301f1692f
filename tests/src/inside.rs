//! What people do within a branch of NetBox.

use netbox_api::Client;
use netbox_api::client::Branch;
use serde_json::Value;

/// Where virtual machines are.
pub const MACHINES: &str = "virtualization/virtual-machines/";

/// Where their disks are.
pub const DISKS: &str = "virtualization/virtual-disks/";

/// NetBox as a branch has it.
pub struct Inside(pub Client);

impl Inside {
    /// Of a branch that is ready.
    pub fn of(netbox: &Client, branch: &Branch) -> Self {
        Self(netbox.branch(&branch.schema_id).unwrap())
    }

    /// Makes an object; gives its id.
    pub async fn make(&self, path: &str, body: Value) -> u64 {
        self.0.post(path, &body).await.unwrap().body["id"].as_u64().unwrap()
    }

    /// Changes an object.
    pub async fn change(&self, path: &str, id: u64, body: Value) {
        self.0.patch(&format!("{path}{id}/"), &body, None).await.unwrap();
    }

    /// Deletes an object.
    pub async fn delete(&self, path: &str, id: u64) {
        self.0.delete(&format!("{path}{id}/"), None).await.unwrap();
    }
}

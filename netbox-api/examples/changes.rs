//! Follows the change log from where it was last read.

use netbox_api::Client;
use netbox_api::client::ObjectChangeFilter;
use netbox_api::testing::FakeNetBox;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), netbox_api::Error> {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
    let client = Client::builder(netbox.url()).token(netbox.token().into()).build()?;
    let newest = client.object_changes().newest(&ObjectChangeFilter::default()).await?;
    let seen = newest.map_or(0, |entry| entry.id);
    netbox.create_vm(json!({"name": "web01"}));
    netbox.delete_vm(1);
    for entry in client.object_changes().all(&ObjectChangeFilter::default()).await? {
        if entry.id > seen {
            println!("{} {} {} by {}", entry.time, entry.action, entry.object_repr, entry.user_name);
        }
    }
    Ok(())
}

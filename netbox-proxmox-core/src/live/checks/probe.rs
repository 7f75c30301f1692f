//! A test delivery: a change in NetBox that concerns no guest must be heard of by the server.
//!
//! A virtual machine without a type is saved without a change. NetBox tells of that (4.2 to 4.7) and writes no entry into its
//! change log, so what is heard of can only have been delivered; and as the record has no type, nothing follows.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use netbox_api::{Client, Error, ErrorKind};
use serde_json::{Value, json};

use super::{Check, Fault};
use crate::live::inbox::Inbox;
use crate::record::FieldNames;

const MACHINES: &str = "virtualization/virtual-machines";

/// The record that is made where there is none that can be saved.
const NAME: &str = "netbox-proxmox-probe";

/// How many records are looked through.
const LOOKED_AT: &str = "200";

/// How often it is looked whether the delivery came.
const EVERY: Duration = Duration::from_millis(200);

/// Where it is seen which deliveries came.
#[async_trait]
pub trait Arrivals: Send + Sync {
    /// Whether one came of this request of NetBox's; or why that is not known.
    async fn came(&self, request: &str) -> Result<bool, String>;
}

#[async_trait]
impl Arrivals for Inbox {
    async fn came(&self, request: &str) -> Result<bool, String> {
        let newest = self.store().events(None, 100).await.map_err(|error| error.to_string())?;
        Ok(newest.iter().any(|event| event.change.request.as_deref() == Some(request)))
    }
}

/// The record that is saved, and whether it was made for that.
struct Probed {
    id: u64,
    name: String,
    made: bool,
}

/// Saves a record that is none of ours, and waits until the server has heard of it.
pub async fn probe(netbox: &Client, fields: &FieldNames, arrivals: &dyn Arrivals, within: Duration) -> Check {
    let what = "test delivery";
    let probed = match find(netbox, fields).await {
        Ok(Some(found)) => found,
        Ok(None) => match make(netbox).await {
            Ok(made) => made,
            Err(error) if error.kind() == ErrorKind::Permission => {
                let detail = "NetBox has no virtual machine without a type, which could be saved without anything to follow, and \
                              the token may not make and delete one";
                let advice = "Run this once with an administrator's NETBOX_TOKEN, or save any managed virtual machine in NetBox \
                              by hand: `netbox-proxmox events` must show it at once";
                return Check::warning(what, detail, advice);
            }
            Err(error) => return Check::unanswered(what, error),
        },
        Err(error) => return Check::unanswered(what, error),
    };
    let check = match save(netbox, &probed).await {
        Ok(Some(request)) => wait(what, &probed, &request, arrivals, within).await,
        Ok(None) => Check::warning(
            what,
            "NetBox does not name the request, so its delivery cannot be known",
            "Look at the server's log",
        ),
        Err(error) if error.kind() == ErrorKind::Permission => {
            let detail = format!("the token may not save {}", probed.name);
            Check::failure(what, Fault::Denied, detail, "See the rights of NETBOX_TOKEN")
        }
        Err(error) => Check::unanswered(what, error),
    };
    if probed.made
        && let Err(error) = netbox.delete(&format!("{MACHINES}/{}", probed.id), None).await
    {
        let detail = format!("{}; {NAME} (id {}) cannot be deleted again: {error}", check.detail, probed.id);
        return Check::warning(what, detail, "Delete it in NetBox: it has no type, so nothing follows");
    }
    check
}

/// A virtual machine that has neither type nor VMID.
async fn find(netbox: &Client, fields: &FieldNames) -> Result<Option<Probed>, Error> {
    let query = [("limit", LOOKED_AT), ("fields", "id,name,custom_fields")];
    let listed = netbox.get(MACHINES, &query).await?;
    let none = |machine: &Value, field: &str| match &machine["custom_fields"][field] {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    let machines = listed.body["results"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = machines.iter().find(|machine| none(machine, &fields.vm_type) && none(machine, &fields.vmid));
    Ok(found.and_then(|machine| {
        let name = machine["name"].as_str().unwrap_or_default().to_owned();
        Some(Probed { id: machine["id"].as_u64()?, name, made: false })
    }))
}

/// Makes one, if it may be deleted again.
async fn make(netbox: &Client) -> Result<Probed, Error> {
    match netbox.delete(&format!("{MACHINES}/0"), None).await {
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    let clusters = netbox.get("virtualization/clusters", &[("limit", "1"), ("fields", "id")]).await?;
    let new = json!({"name": NAME, "status": "planned", "cluster": clusters.body["results"][0]["id"]});
    let made = netbox.post(MACHINES, &new).await?;
    Ok(Probed { id: made.body["id"].as_u64().unwrap_or_default(), name: NAME.to_owned(), made: true })
}

/// Saves it as it is; the id of the request.
async fn save(netbox: &Client, probed: &Probed) -> Result<Option<String>, Error> {
    Ok(netbox.patch(&format!("{MACHINES}/{}", probed.id), &json!({}), None).await?.request_id)
}

async fn wait(what: &str, probed: &Probed, request: &str, arrivals: &dyn Arrivals, within: Duration) -> Check {
    let begun = Instant::now();
    loop {
        match arrivals.came(request).await {
            Ok(true) => {
                let detail = format!(
                    "a save of {} (id {}) without a change was heard of after {:.1} s",
                    probed.name,
                    probed.id,
                    begun.elapsed().as_secs_f64()
                );
                return Check::ok(what, detail);
            }
            Ok(false) if begun.elapsed() >= within => {
                let detail = format!(
                    "a save of {} (id {}) in NetBox was not heard of within {} s",
                    probed.name,
                    probed.id,
                    within.as_secs()
                );
                let advice = "Look at each part of its way: an event rule that is enabled, NetBox's worker, the webhook's URL as seen \
                              from NetBox (a firewall, a name that only resolves here), its secret, the server. NetBox's failed jobs \
                              say what became of it";
                return Check::failure(what, Fault::Wrong, detail, advice);
            }
            Ok(false) => tokio::time::sleep(EVERY).await,
            Err(why) => {
                let detail = format!("it cannot be seen whether it came: {why}");
                return Check::failure(
                    what,
                    Fault::Unreachable,
                    detail,
                    "Run this where the server's inbox is, or name it with --server",
                );
            }
        }
    }
}

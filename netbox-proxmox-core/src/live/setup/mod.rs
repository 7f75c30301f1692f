//! Sets NetBox up for the bridge: cluster, custom fields with their choices, tag, webhook and event rule, the server's own
//! user. A set-up looks at both sides, says what it would write, and writes it; what is there already is repaired, not
//! doubled, and what a person chose stays.

pub mod access;
pub mod branching;
mod choices;
pub mod delivery;
mod difference;
pub mod fields;
mod look;
mod make;
mod object;
mod offered;
mod pages;
mod plan;
mod random;
mod refusal;
mod remove;
mod script;
mod server;

use std::collections::BTreeMap;

pub use difference::Write;
pub use make::Made;
use object::{Kind, Present};
use offered::Offered;
pub use plan::{Options, Plan, Remark};

use super::offer::Offer;
use super::proposed::Proposed;
use crate::executor::Failure;

/// A Proxmox cluster, and how the settings name the NetBox cluster that it is.
#[derive(Debug, Clone)]
pub struct SetupCluster {
    /// The name, or the id of one that is there.
    pub setting: String,
    /// The client of its API.
    pub client: proxmox_api::Client,
}

/// Both sides, looked at.
#[derive(Debug)]
pub struct Setup {
    netbox: netbox_api::Client,
    present: Present,
    plan: Plan,
}

impl Setup {
    /// Looks at both sides, and says what NetBox should have.
    ///
    /// # Errors
    /// A side cannot be read.
    pub async fn look(
        netbox: &netbox_api::Client,
        clusters: &[SetupCluster],
        options: &Options,
    ) -> Result<Self, Failure> {
        let (mut offered, mut remarks) = (Offered::fixed(), Vec::new());
        for cluster in clusters {
            let offer = Offer::of(&cluster.client).await?;
            offered.add_all(&offer);
            remarks.extend(offer.unread.iter().map(|(of, unread)| {
                Remark::said(format!(
                    "not all {} of {} could be listed, and those that are missing are no choices yet ({}). Run this again \
                     once they can be",
                    of.words(),
                    cluster.setting,
                    unread.join("; ")
                ))
            }));
        }
        let settings: Vec<String> = clusters.iter().map(|cluster| cluster.setting.clone()).collect();
        let present = look::present(netbox, options).await?;
        let meant = look::clusters(netbox, &settings).await?;
        let address = |cluster: &SetupCluster| {
            let (address, _) = cluster.client.at_each_endpoint().into_iter().next()?;
            Some((cluster.setting.clone(), address))
        };
        let addresses: Vec<_> = clusters.iter().filter_map(address).collect();
        let mut options = options.clone();
        if options.branching && !branching::is_there(netbox).await? {
            options.branching = false;
            let text = "NetBox has no netbox-branching, so no field of branches is made: install the plugin first";
            remarks.push(Remark::problem(text));
        }
        let mut plan = plan::plan(&options, &meant, &addresses, &offered, &present, random::secret()?);
        plan.remarks.splice(0..0, remarks);
        Ok(Self { netbox: netbox.clone(), present, plan })
    }

    /// Looks at what a set-up made, to take it away. A field in which an object has a value goes only `with_values`.
    ///
    /// # Errors
    /// NetBox cannot be read.
    pub async fn look_to_remove(netbox: &netbox_api::Client, with_values: bool) -> Result<Self, Failure> {
        let mut remarks = Vec::new();
        let present = look::all_present(netbox, &mut remarks).await?;
        let mut values = BTreeMap::new();
        for field in present.all(Kind::CustomField).filter(|field| field.is_ours()) {
            // What only we write is nobody's loss.
            let values_of = match field.text("ui_editable") {
                fields::READ_ONLY => 0,
                _ => look::values(netbox, &field.list("object_types"), field.name()).await?,
            };
            values.insert(field.id, values_of);
        }
        let mut plan = remove::removal(&present, &values, with_values);
        plan.remarks.splice(0..0, remarks);
        Ok(Self { netbox: netbox.clone(), present, plan })
    }

    /// What it would write and say.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Writes it, and stops at the first write that NetBox refuses. `wrote` is told of each.
    ///
    /// # Errors
    /// What NetBox refused, and what to do.
    pub async fn make(&self, wrote: impl FnMut(&Proposed)) -> Result<Made, Failure> {
        make::make(&self.netbox, &self.present, &self.plan.writes, wrote).await
    }
}

//! Software-defined networks. What is changed is there after [`SdnHandle::apply`].

use super::scope::{Scope, collection};
use super::{Error, Task};
use crate::answers::{SdnSubnet, SdnVnet, SdnZone};
use crate::params::{SdnSubnetParams, SdnVnetParams, SdnZoneParams};

/// Requests under `/cluster/sdn`.
#[derive(Clone, Debug)]
pub struct SdnHandle {
    pub(super) at: Scope,
}

impl SdnHandle {
    /// The zones.
    pub fn zones(&self) -> SdnZonesHandle {
        SdnZonesHandle { at: self.at.below("/zones", &[]) }
    }

    /// The networks.
    pub fn vnets(&self) -> SdnVnetsHandle {
        SdnVnetsHandle { at: self.at.below("/vnets", &[]) }
    }

    /// The subnets of a network.
    pub fn subnets(&self, vnet: &str) -> SdnSubnetsHandle {
        SdnSubnetsHandle { at: self.at.below("/vnets/{vnet}/subnets", &[vnet]) }
    }

    /// Applies what was changed, on all nodes.
    ///
    /// # Errors
    /// As every request.
    pub async fn apply(&self) -> Result<Task, Error> {
        self.at.put("", &[]).task().await
    }
}

collection! {
    /// Requests under `/cluster/sdn/zones`.
    SdnZonesHandle, "/{zone}": SdnZone, SdnZoneParams
}

collection! {
    /// Requests under `/cluster/sdn/vnets`.
    SdnVnetsHandle, "/{vnet}": SdnVnet, SdnVnetParams
}

collection! {
    /// Requests under `/cluster/sdn/vnets/{vnet}/subnets`. A subnet is known as `zone-10.0.0.0-24`.
    SdnSubnetsHandle, "/{subnet}": SdnSubnet, SdnSubnetParams
}

//! Moves a guest to another resource pool, or out of its own.

use proxmox_api::Params;

use crate::action::Target;
use crate::executor::{Failure, Outcome};
use crate::live::execute::step::Step;
use crate::live::look_up::listing::Listing;
use crate::option::GuestOption;
use crate::settings::Settings;

impl Step<'_> {
    pub(super) async fn pool(&self, guest: &Target, set: &Settings) -> Result<Outcome, Failure> {
        let Some(wanted) = set.options.get(&GuestOption::Pool) else { return Ok(Outcome::Unchanged) };
        let listing = Listing::of_guests(self.client()).await?;
        let vmid = self.ours(guest).await?.vmid;
        let found = listing.guest(vmid).and_then(|resource| resource.pool.as_ref());
        let params = match (wanted, found) {
            (Some(pool), Some(found)) if pool == found => return Ok(Outcome::Unchanged),
            (Some(pool), _) => Params::new().with("poolid", pool.as_str()).with("allow-move", true),
            (None, Some(pool)) => Params::new().with("poolid", pool.as_str()).with("delete", true),
            (None, None) => return Ok(Outcome::Unchanged),
        };
        self.client().put::<()>("/pools", &params.with("vms", vmid)).await?;
        Ok(Outcome::Done)
    }
}

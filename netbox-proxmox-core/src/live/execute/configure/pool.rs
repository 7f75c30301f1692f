//! Moves a guest to another resource pool, or out of its own.

use proxmox_api::{Params, Resource};

use crate::action::Target;
use crate::executor::{Failure, Outcome};
use crate::live::execute::step::Step;
use crate::live::guests::Observed;
use crate::live::listing::Listing;
use crate::option::GuestOption;
use crate::settings::Settings;

impl Step<'_> {
    pub(super) async fn pool(&self, guest: &Target, set: &Settings, observed: &Observed) -> Result<Outcome, Failure> {
        let Some(wanted) = set.options.get(&GuestOption::Pool) else { return Ok(Outcome::Unchanged) };
        let listing = Listing::of_guests(self.client()).await?;
        let found = listing.guest(observed.vmid).and_then(|resource: &Resource| resource.pool.clone());
        if found == *wanted {
            return Ok(Outcome::Unchanged);
        }
        let params = Params::new().with("vms", observed.vmid);
        let params = match (wanted, &found) {
            (Some(pool), _) => params.with("poolid", pool.as_str()).with("allow-move", true),
            (None, Some(pool)) => params.with("poolid", pool.as_str()).with("delete", true),
            (None, None) => return Ok(Outcome::Unchanged),
        };
        self.ours(guest).await?;
        self.client().put::<()>("/pools", &params).await?;
        Ok(Outcome::Done)
    }
}

//! One record, compared with its guest.

use netbox_api::VirtualMachine;

use super::{Found, Reconcile};
use crate::executor::{Failure, FailureKind};
use crate::live::bridge::ProxmoxCluster;
use crate::live::look_up::listing::Listing;
use crate::live::look_up::{Described, LookUp, Looked, Power};
use crate::plan::plan_with;
use crate::state::{Said, Standing};

impl Reconcile<'_> {
    /// A page of records with what belongs to them, without those that were deleted meanwhile.
    pub(super) async fn described(&self, machines: Vec<VirtualMachine>) -> Result<Vec<Described>, Failure> {
        match Described::all(self.bridge, machines.clone()).await {
            Err(failure) if failure.kind == FailureKind::Conflict => {}
            all => return all,
        }
        let mut described = Vec::new();
        for machine in machines {
            match Described::all(self.bridge, vec![machine]).await {
                Ok(one) => described.extend(one),
                Err(failure) if failure.kind == FailureKind::Conflict => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(described)
    }

    /// One record; nothing while it is being worked on, nor of one that is left to people. What seems to differ is looked up
    /// again: a page and a listing are of some time ago.
    pub(super) async fn compare(
        &self,
        described: Described,
        cluster: &ProxmoxCluster,
        listing: &Listing,
    ) -> Result<Option<Found>, Failure> {
        let look_up = LookUp::new(self.bridge);
        let guest = described.guest(self.bridge);
        let (record, name) = (guest.record, guest.name.clone());
        let Some(owner) = guest.owner() else {
            let why = format!("NetBox does not say when {name} was created");
            return Err(Failure::new(FailureKind::Refused, why));
        };
        // A removal that waits is none of what is under way: the record is there again.
        let waits = self.bridge.inbox.removal(owner).await?.is_some();
        if !waits && !self.bridge.inbox.store().pending(record).await?.is_empty() {
            return Ok(None);
        }
        let said = Said::of(&described.machine.custom_fields, &self.bridge.fields);
        let same = |standing: Standing| {
            let stands = said.clone().map(|said| (standing, said));
            Ok(Some(Found::Same { owner, name: name.clone(), stands }))
        };
        let cause = self.cause(record, &name);
        let untouched = look_up.untouched(&described.machine, &cause).await?;
        if !guest.status.wants_guest() {
            return match untouched {
                true => Ok(Some(Found::Same { owner, name, stands: None })),
                false => same(Standing::left_alone(&guest.status)),
            };
        }
        // A guest that was made since the listing fails here, and is found below.
        let event = look_up.event(guest, cause.clone(), cluster, listing, Power::Listed).await;
        if let Ok(mut event) = event {
            event.context.untouched = untouched;
            if plan_with(&event, &self.bridge.policy).is_empty() {
                return if untouched { Ok(None) } else { same(Standing::compared(&[])) };
            }
        }
        // What cannot be judged is neither alike nor over.
        let Looked::Event { event, .. } = look_up.record(record, cause).await? else { return Ok(None) };
        let plan = plan_with(&event, &self.bridge.policy);
        if plan.is_empty() {
            return same(Standing::compared(&[]));
        }
        Ok(Some(Found::Difference { owner, name, said, event, plan }))
    }
}

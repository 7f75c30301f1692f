//! Firewalls: of the cluster, of a node, of a guest.

use super::Error;
use super::scope::{Scope, collection};
use crate::answers::{
    FirewallAlias, FirewallGroup, FirewallMacro, FirewallOptions, FirewallRef, FirewallRule, FirewallSet,
    FirewallSetEntry, LogLine,
};
use crate::params::{
    ConfigUpdate, FirewallAliasParams, FirewallGroupParams, FirewallRuleParams, FirewallSetEntryParams,
    FirewallSetParams, Params,
};

/// Requests under `…/firewall` that every place has: rules and options.
#[derive(Clone, Debug)]
pub struct FirewallHandle {
    pub(super) at: Scope,
}

impl FirewallHandle {
    /// The rules.
    pub fn rules(&self) -> FirewallRulesHandle {
        FirewallRulesHandle { at: self.at.below("/rules", &[]) }
    }

    /// The options.
    ///
    /// # Errors
    /// As every request.
    pub async fn options(&self) -> Result<FirewallOptions, Error> {
        self.at.get("/options", &[]).read().await
    }

    /// Sets and deletes options, such as `enable`, `policy_in`.
    ///
    /// # Errors
    /// As every request.
    pub async fn set_options(&self, update: &ConfigUpdate) -> Result<(), Error> {
        self.at.put("/options", &[]).with(update.to_params()).run().await
    }

    /// Lines of the log, from one on; the cluster has none.
    ///
    /// # Errors
    /// As every request.
    pub async fn log(&self, start: u64, limit: u64) -> Result<Vec<LogLine>, Error> {
        self.at.get("/log", &[]).with(Params::from([("start", start), ("limit", limit)])).list().await
    }

    /// The aliases of the cluster or a guest.
    pub fn aliases(&self) -> FirewallAliasesHandle {
        FirewallAliasesHandle { at: self.at.below("/aliases", &[]) }
    }

    /// The sets of the cluster or a guest.
    pub fn sets(&self) -> FirewallSetsHandle {
        FirewallSetsHandle { at: self.at.below("/ipset", &[]) }
    }

    /// What rules of the cluster or a guest may name.
    ///
    /// # Errors
    /// As every request.
    pub async fn refs(&self) -> Result<Vec<FirewallRef>, Error> {
        self.at.get("/refs", &[]).list().await
    }

    /// The security groups of the cluster.
    pub fn groups(&self) -> FirewallGroupsHandle {
        FirewallGroupsHandle { at: self.at.below("/groups", &[]) }
    }

    /// The macros that rules may use; asked of the cluster.
    ///
    /// # Errors
    /// As every request.
    pub async fn macros(&self) -> Result<Vec<FirewallMacro>, Error> {
        self.at.get("/macros", &[]).list().await
    }
}

/// Rules, in the order in which they are looked at. A rule is known by its position: read the rules just before, and give
/// their digest.
#[derive(Clone, Debug)]
pub struct FirewallRulesHandle {
    at: Scope,
}

impl FirewallRulesHandle {
    /// The rules.
    ///
    /// # Errors
    /// As every request.
    pub async fn list(&self) -> Result<Vec<FirewallRule>, Error> {
        self.at.get("", &[]).list().await
    }

    /// One of them.
    ///
    /// # Errors
    /// As every request.
    pub async fn get(&self, pos: u64) -> Result<FirewallRule, Error> {
        self.at.get("/{pos}", &[&pos.to_string()]).read().await
    }

    /// Adds one, at the top unless it says where.
    ///
    /// # Errors
    /// As every request.
    pub async fn create(&self, rule: &FirewallRuleParams) -> Result<(), Error> {
        self.at.post("", &[]).with(rule.to_params()).run().await
    }

    /// Sets and deletes parts of one; `moveto` is its new position.
    ///
    /// # Errors
    /// [`DigestMismatch`](super::ErrorKind::DigestMismatch) if a digest was given.
    pub async fn update(&self, pos: u64, update: &ConfigUpdate) -> Result<(), Error> {
        self.at.put("/{pos}", &[&pos.to_string()]).with(update.to_params()).run().await
    }

    /// Removes one, if the rules still have this digest.
    ///
    /// # Errors
    /// [`DigestMismatch`](super::ErrorKind::DigestMismatch) if a digest was given.
    pub async fn delete(&self, pos: u64, digest: Option<&str>) -> Result<(), Error> {
        let mut params = Params::new();
        params.set_opt("digest", &digest);
        self.at.delete("/{pos}", &[&pos.to_string()]).with(params).run().await
    }
}

collection! {
    /// Requests under `…/firewall/aliases`. A change says the `cidr` again; `rename` is the new name.
    FirewallAliasesHandle, "/{name}": FirewallAlias, FirewallAliasParams
}

/// Requests under `…/firewall/ipset`: sets of addresses.
#[derive(Clone, Debug)]
pub struct FirewallSetsHandle {
    at: Scope,
}

impl FirewallSetsHandle {
    /// The sets, without their members.
    ///
    /// # Errors
    /// As every request.
    pub async fn list(&self) -> Result<Vec<FirewallSet>, Error> {
        self.at.get("", &[]).list().await
    }

    /// Makes an empty one.
    ///
    /// # Errors
    /// As every request.
    pub async fn create(&self, params: &FirewallSetParams) -> Result<(), Error> {
        self.at.post("", &[]).with(params.to_params()).run().await
    }

    /// Removes one; with `force` also when it has members.
    ///
    /// # Errors
    /// As every request.
    pub async fn delete(&self, name: &str, force: bool) -> Result<(), Error> {
        let params = if force { Params::from([("force", true)]) } else { Params::new() };
        self.at.delete("/{name}", &[name]).with(params).run().await
    }

    /// Its members.
    ///
    /// # Errors
    /// As every request.
    pub async fn entries(&self, name: &str) -> Result<Vec<FirewallSetEntry>, Error> {
        self.at.get("/{name}", &[name]).list().await
    }

    /// Adds a member.
    ///
    /// # Errors
    /// As every request.
    pub async fn add(&self, name: &str, entry: &FirewallSetEntryParams) -> Result<(), Error> {
        self.at.post("/{name}", &[name]).with(entry.to_params()).run().await
    }

    /// Takes a member out.
    ///
    /// # Errors
    /// As every request.
    pub async fn remove(&self, name: &str, cidr: &str) -> Result<(), Error> {
        self.at.delete("/{name}/{cidr}", &[name, cidr]).run().await
    }
}

/// Requests under `/cluster/firewall/groups`: groups of rules that a rule names as its action.
#[derive(Clone, Debug)]
pub struct FirewallGroupsHandle {
    at: Scope,
}

impl FirewallGroupsHandle {
    /// The groups.
    ///
    /// # Errors
    /// As every request.
    pub async fn list(&self) -> Result<Vec<FirewallGroup>, Error> {
        self.at.get("", &[]).list().await
    }

    /// Makes one without rules.
    ///
    /// # Errors
    /// As every request.
    pub async fn create(&self, params: &FirewallGroupParams) -> Result<(), Error> {
        self.at.post("", &[]).with(params.to_params()).run().await
    }

    /// Removes one that has no rules.
    ///
    /// # Errors
    /// As every request.
    pub async fn delete(&self, group: &str) -> Result<(), Error> {
        self.at.delete("/{group}", &[group]).run().await
    }

    /// The rules of one.
    pub fn rules(&self, group: &str) -> FirewallRulesHandle {
        FirewallRulesHandle { at: self.at.below("/{group}", &[group]) }
    }
}

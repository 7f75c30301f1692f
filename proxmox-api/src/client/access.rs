//! Users, groups, roles, rights and tokens.

use super::Error;
use super::scope::{Scope, collection};
use crate::answers::{AclEntry, Group, NewToken, Role, Token, User};
use crate::params::{AclParams, ConfigUpdate, GroupParams, Params, RoleParams, TokenParams, UserParams};

/// Requests under `/access`.
#[derive(Clone, Debug)]
pub struct AccessHandle {
    pub(super) at: Scope,
}

impl AccessHandle {
    /// The users.
    pub fn users(&self) -> UsersHandle {
        UsersHandle { at: self.at.below("/users", &[]) }
    }

    /// The groups.
    pub fn groups(&self) -> GroupsHandle {
        GroupsHandle { at: self.at.below("/groups", &[]) }
    }

    /// The roles.
    pub fn roles(&self) -> RolesHandle {
        RolesHandle { at: self.at.below("/roles", &[]) }
    }

    /// The tokens of a user.
    pub fn tokens(&self, userid: &str) -> TokensHandle {
        TokensHandle { at: self.at.below("/users/{userid}/token", &[userid]) }
    }

    /// Who has which role on what.
    ///
    /// # Errors
    /// As every request.
    pub async fn acl(&self) -> Result<Vec<AclEntry>, Error> {
        self.at.get("/acl", &[]).list().await
    }

    /// Gives roles, or takes them away. Doing it twice does nothing more.
    ///
    /// # Errors
    /// As every request.
    pub async fn set_acl(&self, params: &AclParams) -> Result<(), Error> {
        self.at.put("/acl", &[]).with(params.to_params()).run().await
    }

    /// Sets the password of a user.
    ///
    /// # Errors
    /// As every request.
    pub async fn set_password(&self, userid: &str, password: &str) -> Result<(), Error> {
        self.at.put("/password", &[]).with(Params::from([("userid", userid), ("password", password)])).run().await
    }
}

collection! {
    /// Requests under `/access/users`.
    UsersHandle, "/{userid}": User, UserParams
}

collection! {
    /// Requests under `/access/groups`.
    GroupsHandle, "/{groupid}": Group, GroupParams
}

/// Requests under `/access/roles`.
#[derive(Clone, Debug)]
pub struct RolesHandle {
    at: Scope,
}

impl RolesHandle {
    /// The roles.
    ///
    /// # Errors
    /// As every request.
    pub async fn list(&self) -> Result<Vec<Role>, Error> {
        self.at.get("", &[]).list().await
    }

    /// The privileges of one.
    ///
    /// # Errors
    /// As every request.
    pub async fn privileges(&self, roleid: &str) -> Result<Vec<String>, Error> {
        let answer: std::collections::BTreeMap<String, serde_json::Value> =
            self.at.get("/{roleid}", &[roleid]).read().await?;
        let given = answer.into_iter().filter(|(_, given)| crate::types::scalar::boolean(given) == Some(true));
        Ok(given.map(|(privilege, _)| privilege).collect())
    }

    /// Makes one.
    ///
    /// # Errors
    /// [`AlreadyExists`](super::ErrorKind::AlreadyExists) …
    pub async fn create(&self, params: &RoleParams) -> Result<(), Error> {
        self.at.post("", &[]).with(params.to_params()).run().await
    }

    /// Gives it these privileges, separated by commas, in place of those it has.
    ///
    /// # Errors
    /// As every request.
    pub async fn update(&self, roleid: &str, privs: &str) -> Result<(), Error> {
        self.at.put("/{roleid}", &[roleid]).with(Params::from([("privs", privs)])).run().await
    }

    /// Removes one.
    ///
    /// # Errors
    /// As every request.
    pub async fn delete(&self, roleid: &str) -> Result<(), Error> {
        self.at.delete("/{roleid}", &[roleid]).run().await
    }
}

/// Requests under `/access/users/{userid}/token`.
#[derive(Clone, Debug)]
pub struct TokensHandle {
    at: Scope,
}

impl TokensHandle {
    /// The tokens.
    ///
    /// # Errors
    /// As every request.
    pub async fn list(&self) -> Result<Vec<Token>, Error> {
        self.at.get("", &[]).list().await
    }

    /// One of them.
    ///
    /// # Errors
    /// As every request.
    pub async fn get(&self, tokenid: &str) -> Result<Token, Error> {
        self.at.get("/{tokenid}", &[tokenid]).read().await
    }

    /// Makes one. Its secret is in this answer only: one that is lost is made anew.
    ///
    /// # Errors
    /// As every request.
    pub async fn create(&self, tokenid: &str, params: &TokenParams) -> Result<NewToken, Error> {
        self.at.post("/{tokenid}", &[tokenid]).with(params.to_params()).read().await
    }

    /// Sets comment, expiry and separation.
    ///
    /// # Errors
    /// As every request.
    pub async fn update(&self, tokenid: &str, update: &ConfigUpdate) -> Result<(), Error> {
        self.at.put("/{tokenid}", &[tokenid]).with(update.to_params()).run().await
    }

    /// Removes one.
    ///
    /// # Errors
    /// As every request.
    pub async fn delete(&self, tokenid: &str) -> Result<(), Error> {
        self.at.delete("/{tokenid}", &[tokenid]).run().await
    }
}

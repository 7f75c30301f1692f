//! The bridge's access to Proxmox: a role with what it needs and no more, a user, where the role holds, and a token. As
//! commands for an administrator, or made with an administrator's ticket.

use std::collections::BTreeMap;
use std::fmt;

use proxmox_api::{Client, Params, ResourceType};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::executor::{Failure, FailureKind};
use crate::live::privileges::{GUEST_AGENT, PROXMOX, PROXMOX_NAME, of_proxmox};
use crate::live::proposed::{Attribute, Proposed, Verb};

/// The role for guests, storages and bridges.
const ROLE: &str = "NetBox";
/// The role with which the cluster's name is asked for.
const NAME_ROLE: &str = "NetBoxClusterName";
/// The role on templates that are in no pool of ours.
const TEMPLATE_ROLE: &str = "NetBoxTemplate";
const TEMPLATE_PRIVILEGES: [&str; 2] = ["VM.Audit", "VM.Clone"];

/// What an operator chose.
#[derive(Debug, Clone)]
pub struct Access {
    /// The user, `netbox@pve`.
    pub user: String,
    /// The name of its token.
    pub token: String,
    /// The pool that all new guests are in (`[policy] pool`): rights on that are enough.
    pub pool: Option<String>,
    /// Whether the settings say which NetBox cluster it is: then nobody asks Proxmox for its name.
    pub named: bool,
    /// Whether guest agents may be asked, too, for discovering guests.
    pub discover: bool,
    /// Whether guests are backed up before they are destroyed (`[policy] destroy = { backup = … }`).
    pub backup: bool,
}

/// One step of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A role is made, or gets the privileges that it lacks.
    Role {
        /// Its name.
        name: &'static str,
        /// All of its privileges.
        privileges: Vec<String>,
        /// What it has, where it is there.
        had: Option<Vec<String>>,
    },
    /// The pool is made.
    Pool(String),
    /// The user is made.
    User(String),
    /// A role holds on a path and all below it.
    Acl {
        /// The path.
        path: String,
        /// The user or, where its rights are separated from the user's, the token.
        holder: String,
        /// The role.
        role: &'static str,
    },
    /// The token is made, with all rights of its user.
    Token {
        /// The user.
        user: String,
        /// Its name.
        token: String,
    },
}

/// As an administrator types it on a node.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role { name, privileges, had } => {
                let verb = if had.is_some() { "modify" } else { "add" };
                write!(f, "pveum role {verb} {name} --privs \"{}\"", privileges.join(" "))
            }
            Self::Pool(pool) => write!(f, "pveum pool add {pool}"),
            Self::User(user) => write!(f, "pveum user add {user} --comment \"{COMMENT}\""),
            Self::Acl { path, holder, role } => {
                write!(f, "pveum acl modify {path} --{} {holder} --roles {role}", holders(holder))
            }
            Self::Token { user, token } => write!(f, "pveum user token add {user} {token} --privsep 0"),
        }
    }
}

/// What Proxmox calls holders of this kind: a token has a `!` in its id.
fn holders(holder: &str) -> &'static str {
    if holder.contains('!') { "tokens" } else { "users" }
}

const COMMENT: &str = "NetBox to Proxmox VE";

impl Step {
    /// The same as a write that is shown.
    pub fn proposed(&self) -> Proposed {
        let new = |name: &str, new: Value| Attribute { name: name.to_owned(), old: Value::Null, new };
        let (kind, name, attributes) = match self {
            Self::Role { name, privileges, had } => {
                let old = had.as_ref().map_or(Value::Null, |had| json!(had.join(" ")));
                let privileges = Attribute { name: "privs".to_owned(), old, new: json!(privileges.join(" ")) };
                ("role", (*name).to_owned(), vec![privileges])
            }
            Self::Pool(pool) => ("pool", pool.clone(), vec![]),
            Self::User(user) => ("user", user.clone(), vec![]),
            Self::Acl { path, holder, role } => {
                let kind = if holder.contains('!') { "token" } else { "user" };
                ("permission", path.clone(), vec![new(kind, json!(holder)), new("role", json!(role))])
            }
            Self::Token { user, token } => ("token", format!("{user}!{token}"), vec![new("privsep", json!(0))]),
        };
        let changes = matches!(self, Self::Role { had: Some(_), .. });
        let verb = if changes { Verb::Change } else { Verb::Create };
        Proposed { verb, kind: format!("Proxmox {kind}"), name, attributes }
    }
}

/// What Proxmox has of it.
#[derive(Debug, Clone, Default)]
pub struct Present {
    /// Privileges by role.
    roles: BTreeMap<String, Vec<String>>,
    users: Vec<String>,
    /// Holder, path and role, of what holds for all below it.
    acl: Vec<(String, String, String)>,
    /// The user's tokens, and whether their rights are separated from its.
    tokens: BTreeMap<String, bool>,
    /// Whether it is older than Proxmox VE 9.
    before_9: bool,
    pools: Vec<String>,
    /// Guests that are templates and in no pool of ours.
    templates: Vec<String>,
}

impl Access {
    /// All steps that are missing.
    pub fn steps(&self, present: &Present) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut acl = Vec::new();
        let all = of_proxmox(self.backup).flat_map(|it| it.privileges).copied();
        let [now, before] = GUEST_AGENT;
        let agent = self.discover.then_some(if present.before_9 { before } else { now });
        steps.extend(role(ROLE, &all.chain(agent).collect::<Vec<_>>(), present));
        for right in PROXMOX {
            let pool = self.pool.as_ref().filter(|_| right.in_pool);
            acl.push((pool.map_or_else(|| right.path.to_owned(), |pool| format!("/pool/{pool}")), ROLE));
        }
        if !self.named {
            steps.extend(role(NAME_ROLE, &[PROXMOX_NAME], present));
            acl.push(("/".to_owned(), NAME_ROLE));
        }
        if let Some(pool) = &self.pool {
            steps.extend((!present.pools.contains(pool)).then(|| Step::Pool(pool.clone())));
            if !present.templates.is_empty() {
                steps.extend(role(TEMPLATE_ROLE, &TEMPLATE_PRIVILEGES, present));
            }
            acl.extend(present.templates.iter().map(|vmid| (format!("/vms/{vmid}"), TEMPLATE_ROLE)));
        }
        steps.extend((!present.users.contains(&self.user)).then(|| Step::User(self.user.clone())));
        // A token whose rights are separated has what both it and its user have.
        let separated = present.tokens.get(&self.token).is_some_and(|separated| *separated);
        let token = separated.then(|| format!("{}!{}", self.user, self.token));
        for holder in std::iter::once(self.user.clone()).chain(token) {
            let held = |path: &str, role: &str| {
                present.acl.iter().any(|(by, on, it)| *by == holder && on == path && it == role)
            };
            let missing = acl.iter().filter(|(path, role)| !held(path, role));
            steps.extend(missing.map(|(path, role)| Step::Acl { path: path.clone(), holder: holder.clone(), role }));
        }
        if !present.tokens.contains_key(&self.token) {
            steps.push(Step::Token { user: self.user.clone(), token: self.token.clone() });
        }
        steps
    }

    /// What Proxmox has of it, as an administrator sees it.
    ///
    /// # Errors
    /// Proxmox did not answer, or refused.
    pub async fn look(&self, proxmox: &Client) -> Result<Present, Failure> {
        #[derive(Deserialize)]
        struct Role {
            roleid: String,
            #[serde(default)]
            privs: Option<String>,
        }
        #[derive(Deserialize)]
        struct User {
            userid: String,
        }
        #[derive(Deserialize)]
        struct Acl {
            path: String,
            roleid: String,
            ugid: String,
            #[serde(default)]
            propagate: Option<Value>,
        }
        #[derive(Deserialize)]
        struct Token {
            tokenid: String,
            #[serde(default)]
            privsep: Option<Value>,
        }
        #[derive(Deserialize)]
        struct Pool {
            poolid: String,
        }
        let none = Params::new();
        let words = |text: Option<String>| {
            let text = text.unwrap_or_default();
            text.split([',', ' ', ';']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        let roles: Vec<Role> = proxmox.get("/access/roles", &none).await?;
        let users: Vec<User> = proxmox.get("/access/users", &none).await?;
        let users: Vec<String> = users.into_iter().map(|user| user.userid).collect();
        let acl: Vec<Acl> = proxmox.get("/access/acl", &none).await?;
        let tokens: Vec<Token> = match users.contains(&self.user) {
            true => proxmox.get(&format!("/access/users/{}/token", self.user), &none).await?,
            false => Vec::new(),
        };
        let pools: Vec<Pool> = proxmox.get("/pools", &none).await?;
        let before_9 = proxmox.version().await?.major().is_some_and(|major| major < 9);
        let guests = proxmox.cluster().resources(Some(ResourceType::Vm)).await?;
        let templates = guests.iter().filter(|guest| guest.template && guest.pool != self.pool);
        Ok(Present {
            roles: roles.into_iter().map(|role| (role.roleid, words(role.privs))).collect(),
            users,
            acl: acl.into_iter().filter(|it| is_on(&it.propagate)).map(|it| (it.ugid, it.path, it.roleid)).collect(),
            tokens: tokens.into_iter().map(|token| (token.tokenid, is_on(&token.privsep))).collect(),
            before_9,
            pools: pools.into_iter().map(|pool| pool.poolid).collect(),
            templates: templates.filter_map(|guest| guest.vmid).map(|vmid| vmid.to_string()).collect(),
        })
    }
}

/// A flag of Proxmox's, as a number or as its text. Those that are asked here are on where it does not say (its schema).
fn is_on(flag: &Option<Value>) -> bool {
    flag.as_ref().is_none_or(|flag| *flag == json!(1) || *flag == json!("1") || *flag == json!(true))
}

/// A role that is missing, or lacks privileges: what somebody added to it stays.
fn role(name: &'static str, privileges: &[&str], present: &Present) -> Option<Step> {
    let had = present.roles.get(name).cloned();
    let mut all = had.clone().unwrap_or_default();
    let lacking: Vec<String> =
        privileges.iter().filter(|it| !all.iter().any(|held| held == **it)).map(|it| (*it).to_owned()).collect();
    if lacking.is_empty() && had.is_some() {
        return None;
    }
    all.extend(lacking);
    Some(Step::Role { name, privileges: all, had })
}

/// Makes the steps in their order, and stops at the first that fails. Gives the token, if one was made: Proxmox never shows
/// it again.
///
/// # Errors
/// What Proxmox refused.
pub async fn make(
    proxmox: &Client,
    steps: &[Step],
    mut wrote: impl FnMut(&Step),
) -> Result<Option<SecretString>, Failure> {
    let mut made = None;
    for step in steps {
        let mut params = Params::new();
        let answer: Result<Value, proxmox_api::Error> = match step {
            Step::Role { name, privileges, had } => {
                params.set("privs", privileges.join(" "));
                match had {
                    Some(_) => proxmox.put(&format!("/access/roles/{name}"), &params).await,
                    None => proxmox.post("/access/roles", params.set("roleid", *name)).await,
                }
            }
            Step::Pool(pool) => proxmox.post("/pools", params.set("poolid", pool)).await,
            Step::User(user) => proxmox.post("/access/users", params.set("userid", user).set("comment", COMMENT)).await,
            Step::Acl { path, holder, role } => {
                params.set("path", path).set(holders(holder), holder).set("roles", *role).set("propagate", true);
                proxmox.put("/access/acl", &params).await
            }
            Step::Token { user, token } => {
                params.set("privsep", false);
                proxmox.post(&format!("/access/users/{user}/token/{token}"), &params).await
            }
        };
        let answer = answer.map_err(|error| {
            let failure = Failure::from(error);
            let more = if failure.kind == FailureKind::Permission { ". Use an administrator's login" } else { "" };
            Failure::new(failure.kind, format!("{} failed: {}{more}", step.proposed(), failure.why))
        })?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        if let (Some(id), Some(value)) = (text("full-tokenid"), text("value")) {
            made = Some(format!("{id}={value}").into());
        }
        wrote(step);
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(pool: Option<&str>, named: bool) -> Access {
        Access {
            user: "netbox@pve".into(),
            token: "bridge".into(),
            pool: pool.map(str::to_owned),
            named,
            discover: false,
            backup: false,
        }
    }

    fn held_by(holder: &str) -> Vec<(String, String, String)> {
        ["/vms", "/storage", "/sdn/zones"].map(|path| (holder.into(), path.into(), "NetBox".into())).into()
    }

    fn lines(steps: &[Step]) -> Vec<String> {
        steps.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_commands_give_what_is_needed_where_it_is_needed() {
        let lines = lines(&access(None, true).steps(&Present::default()));
        assert!(lines[0].starts_with("pveum role add NetBox --privs \"VM.Audit VM.Allocate "), "{lines:?}");
        assert_eq!(
            lines[1..],
            [
                "pveum user add netbox@pve --comment \"NetBox to Proxmox VE\"",
                "pveum acl modify /vms --users netbox@pve --roles NetBox",
                "pveum acl modify /storage --users netbox@pve --roles NetBox",
                "pveum acl modify /sdn/zones --users netbox@pve --roles NetBox",
                "pveum user token add netbox@pve bridge --privsep 0",
            ]
        );
    }

    #[test]
    fn with_a_pool_the_rights_on_guests_are_on_it_and_templates_elsewhere_can_be_cloned_only() {
        let present = Present { templates: vec!["9000".into()], ..Present::default() };
        let lines = lines(&access(Some("web"), false).steps(&present));
        for line in [
            "pveum pool add web",
            "pveum acl modify /pool/web --users netbox@pve --roles NetBox",
            "pveum role add NetBoxTemplate --privs \"VM.Audit VM.Clone\"",
            "pveum acl modify /vms/9000 --users netbox@pve --roles NetBoxTemplate",
            "pveum acl modify / --users netbox@pve --roles NetBoxClusterName",
        ] {
            assert!(lines.contains(&line.to_owned()), "{line}: {lines:?}");
        }
        assert!(!lines.iter().any(|line| line.contains(" /vms ")), "{lines:?}");
    }

    #[test]
    fn what_is_there_is_not_made_again_and_a_role_keeps_what_somebody_added() {
        let access = access(None, true);
        let had = vec!["VM.Audit".to_owned(), "VM.Backup".to_owned()];
        let present = Present {
            roles: [("NetBox".to_owned(), had)].into(),
            users: vec!["netbox@pve".into()],
            acl: held_by("netbox@pve"),
            tokens: [("bridge".to_owned(), false)].into(),
            ..Present::default()
        };
        let steps = access.steps(&present);
        assert!(matches!(&steps[..], [Step::Role { privileges, .. }] if privileges.contains(&"VM.Backup".to_owned())));
        let Some(Step::Role { privileges, .. }) = steps.into_iter().next() else { return };
        let present = Present { roles: [("NetBox".to_owned(), privileges)].into(), ..present };
        assert_eq!(access.steps(&present), []);
    }

    #[test]
    fn a_token_whose_rights_are_separated_gets_those_of_its_user_as_its_own() {
        let access = access(None, true);
        let role = |present: &Present| match &access.steps(present)[..] {
            [Step::Role { privileges, .. }, ..] => privileges.clone(),
            steps => panic!("{steps:?}"),
        };
        let present = Present {
            roles: [("NetBox".to_owned(), role(&Present::default()))].into(),
            users: vec!["netbox@pve".into()],
            acl: held_by("netbox@pve"),
            tokens: [("bridge".to_owned(), true)].into(),
            ..Present::default()
        };
        assert_eq!(
            lines(&access.steps(&present)),
            ["/vms", "/storage", "/sdn/zones"]
                .map(|path| format!("pveum acl modify {path} --tokens netbox@pve!bridge --roles NetBox"))
        );
        let acl = [held_by("netbox@pve"), held_by("netbox@pve!bridge")].concat();
        assert_eq!(access.steps(&Present { acl, ..present }), []);
    }

    #[test]
    fn whoever_backs_guests_up_before_they_go_may() {
        let role = |backup| Access { backup, ..access(None, true) }.steps(&Present::default())[0].to_string();
        assert!(role(true).contains("VM.Backup") && !role(false).contains("VM.Backup"), "{}", role(true));
    }

    #[test]
    fn guest_agents_may_be_asked_by_whoever_discovers() {
        let access = Access { discover: true, ..access(None, true) };
        let first = |before_9| access.steps(&Present { before_9, ..Present::default() })[0].to_string();
        assert!(first(false).contains(" VM.GuestAgent.Audit\""), "{}", first(false));
        assert!(first(true).contains(" VM.Monitor\""), "{}", first(true));
    }
}

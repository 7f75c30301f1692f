//! Who asks: API tokens, tickets with their CSRF token, and what they may do.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;

use super::reply::ApiError;
use super::world::Pool;

/// One privilege on one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) path: String,
    pub(super) privilege: String,
    /// Whether it holds below the path too.
    pub(super) propagates: bool,
}

impl Grant {
    fn covers(&self, path: &str) -> bool {
        let below = || path.strip_prefix(self.path.as_str()).is_some_and(|rest| rest.starts_with('/'));
        path == self.path || self.propagates && (self.path == "/" || below())
    }
}

/// The caller of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// `user@realm`
    pub(super) user: String,
    pub(super) tokenid: Option<String>,
    /// `None` may do everything.
    pub(super) acl: Option<Vec<Grant>>,
}

impl Caller {
    /// `root@pam` itself.
    pub(super) fn root() -> Self {
        Self { user: "root@pam".into(), tokenid: None, acl: None }
    }

    /// Whoever has no credentials.
    pub(super) fn nobody() -> Self {
        Self { user: String::new(), tokenid: None, acl: Some(Vec::new()) }
    }

    /// The same with what rights on pools give on their members: every privilege, on the member's own path only.
    pub(super) fn with_pools(mut self, pools: &BTreeMap<String, Pool>) -> Self {
        let Some(acl) = &mut self.acl else { return self };
        let mut more = Vec::new();
        for (id, pool) in pools {
            let path = format!("/pool/{id}");
            let vms = pool.vms.iter().map(|vmid| format!("/vms/{vmid}"));
            let members: Vec<String> = vms.chain(pool.storages.iter().map(|id| format!("/storage/{id}"))).collect();
            for grant in acl.iter().filter(|grant| grant.path.starts_with("/pool") && grant.covers(&path)) {
                let given = |path| Grant { path, privilege: grant.privilege.clone(), propagates: false };
                more.extend(members.iter().cloned().map(given));
            }
        }
        acl.extend(more);
        self
    }

    /// `user@realm` or `user@realm!token`.
    pub(super) fn full_name(&self) -> String {
        match &self.tokenid {
            Some(token) => format!("{}!{token}", self.user),
            None => self.user.clone(),
        }
    }

    /// Whether it has a privilege on a path.
    pub(super) fn has(&self, path: &str, privilege: &str) -> bool {
        self.acl.as_ref().is_none_or(|acl| acl.iter().any(|g| g.privilege == privilege && g.covers(path)))
    }

    /// Whether a privilege that it has on a path holds below that too.
    pub(super) fn passes_on(&self, path: &str, privilege: &str) -> bool {
        let passes = |g: &Grant| g.privilege == privilege && g.covers(path) && g.propagates;
        self.acl.as_ref().is_none_or(|acl| acl.iter().any(passes))
    }

    /// One of several privileges, or the 403.
    pub(super) fn check(&self, path: &str, any: &[&str]) -> Result<(), ApiError> {
        if any.iter().any(|p| self.has(path, p)) {
            return Ok(());
        }
        Err(ApiError::Plain(403, format!("Permission check failed ({path}, {})", any.join("|"))))
    }
}

/// A token's secret and rights. Without `Debug`: secrets are not for printing.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) secret: String,
    pub(super) rights: Rights,
}

/// What a token may do.
#[derive(Clone)]
pub(super) enum Rights {
    All,
    /// Privileges by path.
    These(Vec<(String, String)>),
    /// What its user may, by the roles that it has on paths: of a token whose privileges are not separated.
    OfUser,
}

/// A role that a user or a token has on a path and below it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) user: String,
    pub(super) role: String,
}

fn granted((path, privilege): &(String, String)) -> Grant {
    Grant { path: path.clone(), privilege: privilege.clone(), propagates: true }
}

/// Tokens by `user@realm!name`, users with passwords, tickets given out.
#[derive(Clone, Default)]
pub(super) struct Identities {
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) users: BTreeMap<String, String>,
    /// Users that have no password.
    pub(super) accounts: BTreeSet<String>,
    /// Privileges by role.
    pub(super) roles: BTreeMap<String, Vec<String>>,
    pub(super) acl: Vec<Entry>,
    /// Ticket to user and CSRF token.
    tickets: BTreeMap<String, (String, String)>,
}

/// The headers that say who asks.
#[derive(Default)]
pub(super) struct Credentials {
    pub(super) authorization: Option<String>,
    pub(super) cookie: Option<String>,
    pub(super) csrf: Option<String>,
}

impl Identities {
    /// Gives out a ticket and its CSRF token. They are counted, not signed.
    pub(super) fn issue(&mut self, user: &str, number: u32) -> (String, String) {
        let ticket = format!("PVE:{user}:{number:08X}::{:0>64}", number);
        let csrf = format!("{number:08X}:{:0>43}", number);
        self.tickets.insert(ticket.clone(), (user.into(), csrf.clone()));
        (ticket, csrf)
    }

    /// What the roles of a user, or of a token alone, give.
    fn grants(&self, user: &str) -> Vec<Grant> {
        let entries = self.acl.iter().filter(|entry| entry.user == user);
        let privileges = entries.flat_map(|entry| {
            let role = self.roles.get(&entry.role).into_iter().flatten();
            role.map(|privilege| granted(&(entry.path.clone(), privilege.clone())))
        });
        privileges.collect()
    }

    pub(super) fn expire_tickets(&mut self) {
        self.tickets.clear();
    }

    /// The caller, or the 401. `write` wants the CSRF token beside a ticket.
    pub(super) fn identify(&self, credentials: &Credentials, write: bool) -> Result<Caller, ApiError> {
        let refuse = |reason: &str| ApiError::Bare(401, reason.into());
        if let Some(header) = credentials.authorization.as_deref()
            && let Some(token) = header.strip_prefix("PVEAPIToken")
        {
            let failed = || refuse("Authentication failed!");
            let token = token.strip_prefix(['=', ' ']).ok_or_else(failed)?;
            let bang = token.find('!').ok_or_else(failed)?;
            let end = bang + token[bang..].find(['=', ':']).ok_or_else(failed)?;
            let known = self.tokens.get(&token[..end]).filter(|t| t.secret == token[end + 1..]).ok_or_else(failed)?;
            return Ok(Caller {
                user: token[..bang].into(),
                tokenid: Some(token[bang + 1..end].into()),
                acl: match &known.rights {
                    Rights::All => None,
                    Rights::These(acl) => {
                        let own = acl.iter().map(granted);
                        Some(own.chain(self.grants(&token[..end])).collect())
                    }
                    Rights::OfUser => Some(self.grants(&token[..bang])),
                },
            });
        }
        let cookie = credentials
            .cookie
            .as_deref()
            .and_then(|cookies| cookies.split(';').find_map(|c| c.trim().strip_prefix("PVEAuthCookie=")));
        let Some(cookie) = cookie else { return Err(refuse("No ticket")) };
        let ticket = percent_decode_str(cookie).decode_utf8_lossy().into_owned();
        let Some((user, csrf)) = self.tickets.get(&ticket) else {
            return Err(refuse("permission denied - invalid PVE ticket"));
        };
        if write && credentials.csrf.as_deref() != Some(csrf) {
            return Err(refuse("Permission denied - invalid csrf token"));
        }
        Ok(Caller { user: user.clone(), tokenid: None, acl: None })
    }
}

/// Every privilege of Proxmox VE 9.1.
pub(super) const PRIVILEGES: &[&str] = &[
    "Datastore.Allocate",
    "Datastore.AllocateSpace",
    "Datastore.AllocateTemplate",
    "Datastore.Audit",
    "Group.Allocate",
    "Mapping.Audit",
    "Mapping.Modify",
    "Mapping.Use",
    "Permissions.Modify",
    "Pool.Allocate",
    "Pool.Audit",
    "Realm.Allocate",
    "Realm.AllocateUser",
    "SDN.Allocate",
    "SDN.Audit",
    "SDN.Use",
    "Sys.AccessNetwork",
    "Sys.Audit",
    "Sys.Console",
    "Sys.Incoming",
    "Sys.Modify",
    "Sys.PowerMgmt",
    "Sys.Syslog",
    "User.Modify",
    "VM.Allocate",
    "VM.Audit",
    "VM.Backup",
    "VM.Clone",
    "VM.Config.CDROM",
    "VM.Config.CPU",
    "VM.Config.Cloudinit",
    "VM.Config.Disk",
    "VM.Config.HWType",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.Console",
    "VM.GuestAgent.Audit",
    "VM.GuestAgent.FileRead",
    "VM.GuestAgent.FileSystemMgmt",
    "VM.GuestAgent.FileWrite",
    "VM.GuestAgent.Unrestricted",
    "VM.Migrate",
    "VM.PowerMgmt",
    "VM.Replicate",
    "VM.Snapshot",
    "VM.Snapshot.Rollback",
];

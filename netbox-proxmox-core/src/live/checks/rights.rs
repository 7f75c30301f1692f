//! Whether both tokens may do what the bridge does, writing included. Nothing is written: NetBox's `OPTIONS` says whether a
//! token may add and change (4.2 to 4.7), Proxmox lists the privileges.

use futures_util::StreamExt;
use futures_util::stream;
use netbox_api::ErrorKind;

use super::{Check, Fault};
use crate::live::advice;
use crate::live::privileges::{self, Deed, Need, NetBoxRight};
use crate::policy::Policy;

/// How many questions are asked at once.
const AT_ONCE: usize = 4;

/// What NetBox's token may do with one type of objects.
struct Held {
    right: &'static NetBoxRight,
    lacks: Vec<Deed>,
}

/// NetBox's token, for the bridge's work and its checks.
pub(super) async fn in_netbox(netbox: &netbox_api::Client) -> Vec<Check> {
    of_token(netbox, "rights of NETBOX_TOKEN", privileges::NETBOX).await
}

/// NetBox's token, for discovering guests.
pub(super) async fn to_discover(netbox: &netbox_api::Client) -> Vec<Check> {
    of_token(netbox, "rights of NETBOX_TOKEN to discover", privileges::NETBOX_DISCOVER).await
}

/// NetBox's token, for planning branches.
pub(super) async fn of_branches(netbox: &netbox_api::Client) -> Vec<Check> {
    of_token(netbox, "rights of NETBOX_TOKEN on branches", privileges::NETBOX_BRANCHES).await
}

async fn of_token(netbox: &netbox_api::Client, what: &str, rights: &'static [NetBoxRight]) -> Vec<Check> {
    let asked: Vec<_> = rights.iter().map(|right| ask(netbox, right)).collect();
    let held: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    let (mut known, mut checks) = (Vec::new(), Vec::new());
    for held in held {
        match held {
            Ok(held) => known.push(held),
            Err(error) => return vec![Check::unanswered(what, error)],
        }
    }
    // Whoever lacks all that a discovery takes besides may write well enough.
    if rights.iter().any(|right| right.need == Need::Work) && writes_nothing(&known) {
        let detail =
            "it may write nothing at all, so no VMID is written back, no guest is made, and nobody is told of anything";
        let advice = "Tick \"write enabled\" of the token in NetBox (Admin, API Tokens); if it is ticked, its user lacks the \
                      permissions to add and change";
        checks.push(Check::failure(what, Fault::Denied, detail, advice).blocking());
        for held in &mut known {
            held.lacks.retain(|deed| *deed == Deed::View);
        }
    }
    for Held { right, lacks } in known.iter().filter(|held| !held.lacks.is_empty()) {
        let may_not = in_words(lacks.iter().map(|deed| deed.as_str()));
        let detail = format!("it may not {may_not} {}: {}", right.name, right.without);
        let advice = format!(
            "Give its user a permission (Admin, Permissions) with the actions {} on the object type {}",
            lacks.iter().map(|deed| deed.as_str()).collect::<Vec<_>>().join(", "),
            right.object_type
        );
        checks.push(match right.need {
            Need::Checks => Check::warning(what, detail, advice),
            Need::Work => {
                let check = Check::failure(what, Fault::Denied, detail, advice);
                if right.object_type == "virtualization.virtualmachine" { check.blocking() } else { check }
            }
            Need::Branches => {
                let advice = format!("{advice}; `netbox-proxmox setup --user NAME --branching` gives all of them");
                Check::failure(what, Fault::Denied, detail, advice)
            }
            Need::Discovery => {
                let advice = format!("{advice}; `netbox-proxmox setup --user NAME --discover` gives all of them");
                Check::failure(what, Fault::Denied, detail, advice)
            }
        });
    }
    if checks.is_empty() {
        checks.push(Check::ok(what, "all that is needed, writing included"));
    }
    checks
}

/// Whether the token is one that only reads: of what it should write, nothing.
fn writes_nothing(known: &[Held]) -> bool {
    let writes = |right: &NetBoxRight| right.deeds.iter().filter(|deed| **deed != Deed::View).count();
    known.iter().all(|held| held.lacks.iter().filter(|deed| **deed != Deed::View).count() == writes(held.right))
}

async fn ask(netbox: &netbox_api::Client, right: &'static NetBoxRight) -> Result<Held, netbox_api::Error> {
    let mut lacks = Vec::new();
    match netbox.get(right.path, &[("limit", "1"), ("brief", "1")]).await {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::Permission => lacks.push(Deed::View),
        Err(error) => return Err(error),
    }
    if right.deeds.iter().any(|deed| *deed != Deed::View) {
        let options = netbox.options(right.path).await?;
        let allowed = |deed: Deed| match deed {
            Deed::View => true,
            Deed::Add => options.body["actions"].get("POST").is_some(),
            Deed::Change => options.body["actions"].get("PUT").is_some(),
        };
        lacks.extend(right.deeds.iter().filter(|deed| !allowed(**deed)));
    }
    Ok(Held { right, lacks })
}

/// Proxmox's token.
pub(super) async fn in_proxmox(label: &str, client: &proxmox_api::Client, policy: &Policy) -> Check {
    let what = format!("privileges in {label}");
    let permissions = match client.permissions().await {
        Ok(permissions) => permissions,
        Err(error) => {
            let advice = advice::on_reaching_proxmox(&error);
            return Check::failure(what, Fault::Unreachable, format!("Proxmox: {error}"), advice);
        }
    };
    if permissions.is_empty() {
        let detail =
            "the token has none at all: its privileges are separated from its user's, and none were given to it";
        let advice = "`pveum user token modify USER@REALM NAME --privsep 0` gives it those of its user";
        return Check::failure(what, Fault::Denied, detail, advice).blocking();
    }
    let lacking = privileges::lacking(&permissions, policy.pool.as_deref(), policy.destroy.backup.is_some());
    let (partly, wholly): (Vec<_>, Vec<_>) =
        lacking.iter().partition(|it| !it.held_below.is_empty() && it.path != "/vms");
    if !wholly.is_empty() {
        let alone = |it: &privileges::Lacking| if it.alone { " and all below (it does not propagate)" } else { "" };
        let lacks: Vec<_> = wholly.iter().map(|it| format!("{} on {}{}", it.privilege, it.path, alone(it))).collect();
        let mut paths: Vec<_> = wholly.iter().map(|it| it.path.as_str()).collect();
        paths.dedup();
        let grants =
            paths.iter().map(|path| format!("`pveum acl modify {path} --users USER@REALM --roles ROLE --propagate 1`"));
        let grants = grants.collect::<Vec<_>>().join(", ");
        let advice = format!(
            "Give the token's user a role with these privileges: {grants}; and the token itself, if its privileges are separated \
             from its user's: the same with --tokens 'USER@REALM!NAME'. `netbox-proxmox setup --proxmox` does both with the login \
             of an administrator"
        );
        let check = Check::failure(what, Fault::Denied, format!("the token lacks {}", lacks.join(", ")), advice);
        return if wholly.iter().any(|it| it.privilege == "VM.Audit") { check.blocking() } else { check };
    }
    if let Some(first) = partly.first() {
        let lacks: Vec<_> =
            partly.iter().map(|it| format!("{} only on {}", it.privilege, it.held_below.join(", "))).collect();
        let detail = format!("the token has {}: elsewhere below {} Proxmox refuses", lacks.join("; "), first.path);
        return Check::warning(what, detail, format!("If it should not be so, give it the role on {}", first.path));
    }
    Check::ok(what, "all that is needed")
}

/// Whether addresses within VMs can be read.
pub(super) async fn guest_agent(label: &str, client: &proxmox_api::Client, policy: &Policy) -> Check {
    let what = format!("guest agents in {label}");
    let permissions = match client.permissions().await {
        Ok(permissions) => permissions,
        Err(error) => return Check::unanswered(what, error),
    };
    let pool = policy.pool.as_ref().map(|pool| format!("/pool/{pool}"));
    let held = |privilege: &&str| {
        let in_pool = pool.as_deref().is_some_and(|pool| permissions.has(pool, privilege));
        in_pool || privileges::is_held_below(&permissions, "/vms", privilege)
    };
    if privileges::GUEST_AGENT.iter().any(held) {
        return Check::ok(what, "may be asked for addresses");
    }
    let [now, before] = privileges::GUEST_AGENT;
    let detail =
        format!("the token lacks {now} on /vms: of running VMs the configured addresses are read, not those within");
    let advice = format!(
        "`pveum role modify NetBox --append 1 --privs {now}` ({before} before Proxmox VE 9), if its role is NetBox; \
         `netbox-proxmox setup --proxmox --discover` does that, too"
    );
    Check::warning(what, detail, advice)
}

fn in_words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(" or ")
}

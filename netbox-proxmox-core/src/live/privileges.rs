//! What the two tokens must be allowed: one list, for whoever grants it and for whoever looks whether it was granted.

use proxmox_api::Permissions;

/// What a right in NetBox is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The bridge's work.
    Work,
    /// The checks alone: without it they say what they cannot look at.
    Checks,
    /// Discovering guests alone.
    Discovery,
    /// Planning branches alone.
    Branches,
}

/// What is done to objects of NetBox's, as its permissions call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// `view`
    View,
    /// `add`
    Add,
    /// `change`
    Change,
}

impl Deed {
    /// NetBox's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Add => "add",
            Self::Change => "change",
        }
    }
}

/// What NetBox's token must be allowed with objects of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetBoxRight {
    /// NetBox's name of the type: `virtualization.virtualmachine`.
    pub object_type: &'static str,
    /// Where the API has them, below `/api/`, without slashes at the ends.
    pub path: &'static str,
    /// What people call them.
    pub name: &'static str,
    /// What must be allowed.
    pub deeds: &'static [Deed],
    /// What does not work without it.
    pub without: &'static str,
    /// What it is needed for.
    pub need: Need,
}

/// What NetBox's token must be allowed.
pub const NETBOX: &[NetBoxRight] = &[
    NetBoxRight {
        object_type: "virtualization.virtualmachine",
        path: "virtualization/virtual-machines",
        name: "virtual machines",
        deeds: &[Deed::View, Deed::Change],
        without: "no guest is made, as its VMID and node cannot be written back",
        need: Need::Work,
    },
    NetBoxRight {
        object_type: "virtualization.virtualdisk",
        path: "virtualization/virtual-disks",
        name: "virtual disks",
        deeds: &[Deed::View, Deed::Add],
        without: "the root disk of a new guest cannot be written back",
        need: Need::Work,
    },
    NetBoxRight {
        object_type: "virtualization.vminterface",
        path: "virtualization/interfaces",
        name: "VM interfaces",
        deeds: &[Deed::View, Deed::Change],
        without: "a card's MAC address cannot be written back",
        need: Need::Work,
    },
    NetBoxRight {
        object_type: "dcim.macaddress",
        path: "dcim/mac-addresses",
        name: "MAC addresses",
        deeds: &[Deed::View, Deed::Add],
        without: "a card's MAC address cannot be written back",
        need: Need::Work,
    },
    NetBoxRight {
        object_type: "virtualization.cluster",
        path: "virtualization/clusters",
        name: "clusters",
        deeds: &[Deed::View],
        without: "it is not known which NetBox cluster the Proxmox cluster is, and nothing is managed",
        need: Need::Work,
    },
    NetBoxRight {
        object_type: "ipam.ipaddress",
        path: "ipam/ip-addresses",
        name: "IP addresses",
        deeds: &[Deed::View],
        without: "guests get no addresses",
        need: Need::Work,
    },
    NetBoxRight {
        object_type: "ipam.vlan",
        path: "ipam/vlans",
        name: "VLANs",
        deeds: &[Deed::View],
        without: "cards get no bridge of their VLAN's group",
        need: Need::Work,
    },
    NetBoxRight {
        object_type: "core.objectchange",
        path: "core/object-changes",
        name: "object changes",
        deeds: &[Deed::View],
        without: "no deletion is believed, and deliveries that were lost are not made up for",
        need: Need::Work,
    },
    NetBoxRight {
        object_type: "extras.journalentry",
        path: "extras/journal-entries",
        name: "journal entries",
        deeds: &[Deed::View, Deed::Add],
        without: "nobody is told what could not be done",
        need: Need::Work,
    },
    NetBoxRight {
        object_type: "extras.customfield",
        path: "extras/custom-fields",
        name: "custom fields",
        deeds: &[Deed::View],
        without: "the custom fields cannot be checked",
        need: Need::Checks,
    },
    NetBoxRight {
        object_type: "extras.customfieldchoiceset",
        path: "extras/custom-field-choice-sets",
        name: "custom field choice sets",
        deeds: &[Deed::View],
        without: "the choices of the custom fields cannot be compared with Proxmox",
        need: Need::Checks,
    },
    NetBoxRight {
        object_type: "extras.webhook",
        path: "extras/webhooks",
        name: "webhooks",
        deeds: &[Deed::View],
        without: "the webhook cannot be checked",
        need: Need::Checks,
    },
    NetBoxRight {
        object_type: "extras.eventrule",
        path: "extras/event-rules",
        name: "event rules",
        deeds: &[Deed::View],
        without: "the event rule cannot be checked",
        need: Need::Checks,
    },
];

/// What discovering guests takes besides.
pub const NETBOX_DISCOVER: &[NetBoxRight] = &[
    NetBoxRight {
        object_type: "virtualization.virtualmachine",
        path: "virtualization/virtual-machines",
        name: "virtual machines",
        deeds: &[Deed::Add],
        without: "no guest becomes a record",
        need: Need::Discovery,
    },
    NetBoxRight {
        object_type: "virtualization.virtualdisk",
        path: "virtualization/virtual-disks",
        name: "virtual disks",
        deeds: &[Deed::Change],
        without: "the storage of a disk that NetBox has is not filled in",
        need: Need::Discovery,
    },
    NetBoxRight {
        object_type: "virtualization.vminterface",
        path: "virtualization/interfaces",
        name: "VM interfaces",
        deeds: &[Deed::Add],
        without: "a guest's cards become no interfaces",
        need: Need::Discovery,
    },
    NetBoxRight {
        object_type: "dcim.macaddress",
        path: "dcim/mac-addresses",
        name: "MAC addresses",
        deeds: &[Deed::Change],
        without: "a MAC address that NetBox has is not given to its card",
        need: Need::Discovery,
    },
    NetBoxRight {
        object_type: "ipam.ipaddress",
        path: "ipam/ip-addresses",
        name: "IP addresses",
        deeds: &[Deed::Add, Deed::Change],
        without: "a guest's addresses are not written",
        need: Need::Discovery,
    },
    NetBoxRight {
        object_type: "extras.tag",
        path: "extras/tags",
        name: "tags",
        deeds: &[Deed::View, Deed::Add],
        without: "a guest's tags are not written",
        need: Need::Discovery,
    },
];

/// What planning NetBox's branches takes besides. What is in a branch takes no right of its own (seen: netbox-branching 1.2.2).
pub const NETBOX_BRANCHES: &[NetBoxRight] = &[
    NetBoxRight {
        object_type: "netbox_branching.branch",
        path: "plugins/branching/branches",
        name: "branches",
        deeds: &[Deed::View, Deed::Change],
        without: "no plan is written onto a branch",
        need: Need::Branches,
    },
    NetBoxRight {
        object_type: "netbox_branching.changediff",
        path: "plugins/branching/changes",
        name: "changes of branches",
        deeds: &[Deed::View],
        without: "no branch is planned, as conflicts with main cannot be seen",
        need: Need::Branches,
    },
];

/// What asking a VM's guest agent for its addresses takes on guests, one of them: since Proxmox VE 9, and before.
pub const GUEST_AGENT: [&str; 2] = ["VM.GuestAgent.Audit", "VM.Monitor"];

/// Whether what is below a path inherits a privilege from it.
pub fn is_held_below(permissions: &Permissions, path: &str, privilege: &str) -> bool {
    // No guest, storage or zone is called so: it has no entry of its own.
    permissions.has(&format!("{path}/-"), privilege)
}

/// What Proxmox's token must be allowed on a path and all below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxmoxRight {
    /// The path.
    pub path: &'static str,
    /// Its privileges there.
    pub privileges: &'static [&'static str],
    /// Whether they may be held on the pool of all guests in place of this path.
    pub in_pool: bool,
}

/// What Proxmox's token must be allowed (the schema of Proxmox VE 9.1.7, and what a real one refused).
pub const PROXMOX: &[ProxmoxRight] = &[
    ProxmoxRight {
        path: "/vms",
        privileges: &[
            "VM.Audit",
            "VM.Allocate",
            "VM.Clone",
            "VM.PowerMgmt",
            "VM.Migrate",
            "VM.Config.CPU",
            "VM.Config.Memory",
            "VM.Config.Disk",
            "VM.Config.Options",
            "VM.Config.Network",
            "VM.Config.Cloudinit",
        ],
        in_pool: true,
    },
    ProxmoxRight { path: "/storage", privileges: &["Datastore.Audit", "Datastore.AllocateSpace"], in_pool: false },
    ProxmoxRight { path: "/sdn/zones", privileges: &["SDN.Use"], in_pool: false },
];

/// What backing guests up before they are destroyed takes besides (the schema of Proxmox VE 9.1.7).
pub const PROXMOX_BACKUP: ProxmoxRight = ProxmoxRight { path: "/vms", privileges: &["VM.Backup"], in_pool: true };

/// What Proxmox's token must be allowed; `backup`: guests are backed up before they are destroyed.
pub fn of_proxmox(backup: bool) -> impl Iterator<Item = &'static ProxmoxRight> {
    PROXMOX.iter().chain(backup.then_some(&PROXMOX_BACKUP))
}

/// What asking Proxmox for the name of its cluster takes, on `/`: only where `NETBOX_CLUSTER` is not set.
pub const PROXMOX_NAME: &str = "Sys.Audit";

/// A privilege that a token lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// The privilege.
    pub privilege: &'static str,
    /// Where it is needed.
    pub path: String,
    /// Paths below that one, on which it is held.
    pub held_below: Vec<String>,
    /// Whether it is held there and, as the permission does not propagate, on nothing below.
    pub alone: bool,
}

/// What a token lacks. `pool`: all new guests are in it, so that rights on that are enough; `backup`: as of [`of_proxmox`].
pub fn lacking(permissions: &Permissions, pool: Option<&str>, backup: bool) -> Vec<Lacking> {
    let pool = pool.map(|pool| format!("/pool/{pool}"));
    let mut lacking = Vec::new();
    for right in of_proxmox(backup) {
        let pool = pool.as_deref().filter(|_| right.in_pool);
        let below = format!("{}/", right.path);
        for privilege in right.privileges {
            if is_held_below(permissions, right.path, privilege)
                || pool.is_some_and(|pool| permissions.has(pool, privilege))
            {
                continue;
            }
            // On the pool alone there is nothing below.
            let paths =
                permissions.iter().map(|(path, _)| path).filter(|path| pool.is_none() && path.starts_with(&below));
            let held_below = paths.filter(|path| permissions.has(path, privilege)).map(str::to_owned).collect();
            let path = pool.unwrap_or(right.path).to_owned();
            let alone = permissions.has(&path, privilege);
            lacking.push(Lacking { privilege, path, held_below, alone });
        }
    }
    lacking
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn held(paths: Value) -> Permissions {
        serde_json::from_value(paths).unwrap()
    }

    fn all_on(path: &str, of: &str) -> (String, Value) {
        let right = PROXMOX.iter().find(|right| right.path == of).unwrap();
        (path.to_owned(), right.privileges.iter().map(|it| ((*it).to_owned(), json!(1))).collect())
    }

    #[test]
    fn rights_on_the_pool_of_all_guests_are_enough() {
        let permissions = held(Value::Object(
            [all_on("/pool/acc", "/vms"), all_on("/storage", "/storage"), all_on("/sdn/zones", "/sdn/zones")]
                .into_iter()
                .collect(),
        ));
        assert_eq!(lacking(&permissions, Some("acc"), false), []);
        assert_eq!(lacking(&permissions, None, false).len(), 11);
        assert_eq!(lacking(&permissions, Some("other"), false)[0].path, "/pool/other");
        let backup = lacking(&permissions, Some("acc"), true);
        assert_eq!(
            backup.iter().map(|it| (it.privilege, it.path.as_str())).collect::<Vec<_>>(),
            [("VM.Backup", "/pool/acc")]
        );
        // What is held on a template says nothing of the pool.
        let template = held(json!({"/vms/9000": {"VM.Audit": 1, "VM.Clone": 1}}));
        assert!(lacking(&template, Some("acc"), false).iter().all(|it| it.held_below.is_empty()));
    }

    #[test]
    fn a_right_that_is_held_further_below_is_told_apart() {
        let permissions = held(json!({"/storage/local": {"Datastore.Audit": 1, "Datastore.AllocateSpace": 1}}));
        let lacking = lacking(&permissions, None, false);
        let audit = lacking.iter().find(|it| it.privilege == "Datastore.Audit").unwrap();
        assert_eq!(
            (audit.path.as_str(), audit.held_below.as_slice()),
            ("/storage", &["/storage/local".to_owned()][..])
        );
        assert!(lacking.iter().find(|it| it.privilege == "SDN.Use").unwrap().held_below.is_empty());
    }

    #[test]
    fn a_right_that_does_not_propagate_is_none_on_what_is_below() {
        let mut paths = serde_json::Map::from_iter([all_on("/vms", "/vms"), all_on("/storage", "/storage")]);
        paths.insert("/sdn/zones".to_owned(), json!({"SDN.Use": 0}));
        let lacking = lacking(&held(Value::Object(paths)), None, false);
        assert_eq!(lacking.len(), 1, "{lacking:?}");
        assert_eq!((lacking[0].path.as_str(), lacking[0].alone), ("/sdn/zones", true));
    }

    #[test]
    fn the_role_has_each_privilege_once() {
        let privileges = of_proxmox(true).flat_map(|right| right.privileges).copied();
        let role: Vec<&str> = privileges.chain([PROXMOX_NAME]).collect();
        let unique: std::collections::BTreeSet<_> = role.iter().collect();
        assert_eq!((role.len(), role.contains(&"Sys.Audit")), (unique.len(), true));
    }
}

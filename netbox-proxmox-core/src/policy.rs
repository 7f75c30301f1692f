//! What an operator may choose. Each choice has a default that keeps the mission's rules.

mod destroy;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use proxmox_api::{MiB, Vmid};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

pub use self::destroy::{Destroy, DestroyWhen};
use crate::address::GatewayRule;
use crate::guest::RecordId;
use crate::option::GuestOption;
use crate::units::DiskBase;

/// The choices that a plan depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// When the configuration of an existing guest is changed.
    pub configure: ConfigureWhen,
    /// When the guest of a deleted record is destroyed, and what comes before.
    pub destroy: Destroy,
    /// How a guest is powered off.
    pub power_off: PowerOff,
    /// What is done about a power state that differs without a cause.
    pub reconcile_power: ReconcilePower,
    /// How a template is cloned.
    pub clone: CloneMode,
    /// How containers are made.
    pub containers: Containers,
    /// Which VMIDs are allocated.
    pub vmids: VmidChoice,
    /// How long the VMID of a guest that is gone rests before another one gets it, in seconds: backups are kept by VMID.
    pub vmid_rest: u64,
    /// Where the gateway is.
    pub gateway: GatewayRule,
    /// How many MB NetBox counts as one GB.
    pub disk_base: DiskBase,
    /// The tag that every guest of ours gets: an index for people, never an identity. Empty for none.
    #[serde(deserialize_with = "text_or_none")]
    pub tag: Option<String>,
    /// Whether the record's tags are set on the guest.
    pub sync_tags: bool,
    /// The bridge of a new network card whose interface names none.
    pub bridge: String,
    /// Bridges of VLAN groups, by the group's name in NetBox: for interfaces that name none themselves.
    pub vlan_group_bridges: BTreeMap<String, String>,
    /// How the names of interfaces begin that are no network cards: what exists within the guest only.
    pub ignored_interfaces: Vec<String>,
    /// How many network cards one plan may add: more are more likely what software has made within a guest.
    pub cards_at_once: usize,
    /// The resource pool of a new guest whose record names none.
    #[serde(deserialize_with = "pool")]
    pub pool: Option<String>,
    /// The DNS servers of a new guest whose record names none, separated by a space.
    #[serde(deserialize_with = "nameserver")]
    pub nameserver: Option<String>,
    /// The DNS search domain of a new guest whose record names none.
    #[serde(deserialize_with = "searchdomain")]
    pub searchdomain: Option<String>,
    /// The user that cloud-init makes in a new VM whose record names none.
    #[serde(deserialize_with = "ci_user")]
    pub ci_user: Option<String>,
    /// The tag that a guest gets which is to be destroyed later. Empty for none.
    #[serde(deserialize_with = "text_or_none")]
    pub removal_tag: Option<String>,
    /// Whether NetBox's journal says that a guest was made.
    pub report_created: bool,
    /// Whether NetBox's journal says that what was reported is over.
    pub report_over: bool,
    /// The users in NetBox with whose names other tools write what they find: their changes are no cause of anything.
    pub importers: Vec<String>,
    /// How many guests of one node are worked on at once, copies apart.
    pub tasks_per_node: NonZeroUsize,
    /// How many copies of disks a node takes part in at once, as source or target: clones, creations and migrations.
    pub copies_per_node: NonZeroUsize,
    /// The same of a storage: Proxmox's lock of one gives up after 10 s (seen on Proxmox VE 9.1).
    pub copies_per_storage: NonZeroUsize,
}

/// As many guests as Proxmox itself starts at once on a node (`max_workers` of its `datacenter.cfg`).
const TASKS: NonZeroUsize = NonZeroUsize::new(4).expect("it is not 0");
const COPIES: NonZeroUsize = NonZeroUsize::new(2).expect("it is not 0");

/// Loopbacks, tunnels, and what software makes within a guest.
const IGNORED_INTERFACES: [&str; 31] = [
    "lo",
    "docker",
    "br-",
    "veth",
    "virbr",
    "bond",
    "dummy",
    "tun",
    "tap",
    "wg",
    "tailscale",
    "cali",
    "flannel",
    "cni",
    "kube",
    "nodelocaldns",
    "vxlan",
    "cilium",
    "lxc",
    "vnet",
    "ip6tnl",
    "sit0",
    "gre0",
    "geneve",
    "ovs-",
    "podman",
    "weave",
    "antrea",
    "macvtap",
    "ipvl",
    "zt",
];

impl Default for Policy {
    fn default() -> Self {
        Self {
            configure: ConfigureWhen::default(),
            destroy: Destroy::default(),
            power_off: PowerOff::default(),
            reconcile_power: ReconcilePower::default(),
            clone: CloneMode::default(),
            containers: Containers::default(),
            vmids: VmidChoice::default(),
            vmid_rest: 30 * 86_400,
            gateway: GatewayRule::default(),
            disk_base: DiskBase::default(),
            tag: Some("netbox".into()),
            sync_tags: true,
            bridge: "vmbr0".into(),
            vlan_group_bridges: BTreeMap::new(),
            ignored_interfaces: IGNORED_INTERFACES.map(String::from).into(),
            cards_at_once: 8,
            pool: None,
            nameserver: None,
            searchdomain: None,
            ci_user: None,
            removal_tag: Some("netbox-deleted".into()),
            report_created: true,
            report_over: true,
            importers: Vec::new(),
            tasks_per_node: TASKS,
            copies_per_node: COPIES,
            copies_per_storage: COPIES,
        }
    }
}

impl Policy {
    /// The choices that are not the default ones, as a person writes them; nothing in a policy is secret.
    pub fn chosen(&self) -> String {
        let as_map = |policy: &Self| serde_json::to_value(policy).unwrap_or_default();
        let (ours, default) = (as_map(self), as_map(&Self::default()));
        let ours = ours.as_object().into_iter().flatten();
        let chosen: Vec<_> = ours
            .filter(|(name, value)| default.get(name) != Some(value))
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        if chosen.is_empty() { "default".to_owned() } else { chosen.join(", ") }
    }

    /// What an option of a new guest is where its record does not say.
    pub fn option(&self, option: GuestOption) -> Option<&str> {
        let value = match option {
            GuestOption::Pool => &self.pool,
            GuestOption::Nameserver => &self.nameserver,
            GuestOption::Searchdomain => &self.searchdomain,
            GuestOption::Ciuser => &self.ci_user,
            GuestOption::Startup | GuestOption::Protection => &None,
        };
        value.as_deref()
    }
}

/// A configuration file has no null.
fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.trim().is_empty()))
}

/// The same of what a field of a record can say, too.
fn option<'de, D: Deserializer<'de>>(option: GuestOption, deserializer: D) -> Result<Option<String>, D::Error> {
    text_or_none(deserializer)?.map(|text| option.read(&text).map_err(D::Error::custom)).transpose()
}

fn pool<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    option(GuestOption::Pool, deserializer)
}

fn nameserver<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    option(GuestOption::Nameserver, deserializer)
}

fn searchdomain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    option(GuestOption::Searchdomain, deserializer)
}

fn ci_user<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    option(GuestOption::Ciuser, deserializer)
}

/// When the configuration of an existing guest is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfigureWhen {
    /// While its record is Staged; otherwise the difference is reported.
    #[default]
    Staged,
    /// In every status in which a guest should exist.
    Always,
}

/// How a guest is powered off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PowerOff {
    /// Ask the guest, and stop it after this many seconds.
    Graceful(u32),
    /// Stop it.
    Hard,
}

impl Default for PowerOff {
    fn default() -> Self {
        Self::Graceful(180)
    }
}

/// What is done about a power state that differs without a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReconcilePower {
    /// It is reported: an administrator may have stopped the guest.
    #[default]
    Report,
    /// It is made so.
    Repair,
}

/// How a template is cloned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloneMode {
    /// All disks are copied.
    #[default]
    Full,
    /// The disks of the template are the base of the guest's; its storage cannot be chosen.
    Linked,
}

/// How containers are made, where NetBox has no field for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Containers {
    /// Whether the root of a container is an ordinary user of the node. A clone keeps its template's. A privileged one is
    /// created without `features`: only a login of root may set them (pve-container's API).
    pub unprivileged: bool,
    /// Proxmox's `features`; empty for none. A token may ask for no other than `nesting=1`, without which the systemd of
    /// today's distributions does not run well. A clone keeps its template's.
    #[serde(deserialize_with = "text_or_none")]
    pub features: Option<String>,
    /// Swap; not given leaves Proxmox's 512 MiB, or the template's.
    pub swap: Option<MiB>,
}

impl Default for Containers {
    fn default() -> Self {
        Self { unprivileged: true, features: Some("nesting=1".into()), swap: None }
    }
}

/// Which VMIDs are allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VmidChoice {
    /// The first free one of a range, both ends included.
    Range {
        /// The first.
        first: Vmid,
        /// The last.
        last: Vmid,
    },
    /// This number plus the record's id.
    BasePlusId(u32),
}

impl Default for VmidChoice {
    fn default() -> Self {
        Self::Range { first: Vmid::MIN, last: Vmid::MAX }
    }
}

impl VmidChoice {
    /// The VMIDs to try for a record, in order.
    pub fn candidates(self, record: RecordId) -> impl Iterator<Item = Vmid> {
        let (first, last) = match self {
            Self::Range { first, last } => (first.get(), last.get()),
            Self::BasePlusId(base) => {
                let vmid = u32::try_from(u64::from(base).saturating_add(record.0)).unwrap_or(u32::MAX);
                (vmid, vmid)
            }
        };
        (first..=last).map_while(|vmid| Vmid::new(vmid).ok())
    }
}

//! Worlds, the causes that are answered in them, and policies: usual ones and odd ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use netbox_api::Decimal;
use netbox_proxmox_core::address::GatewayRule;
use netbox_proxmox_core::event::{DiskFacts, InterfaceFacts, KnownDisk, RecordFacts, StorageFacts};
use netbox_proxmox_core::option::{GuestOption, GuestOptions};
use netbox_proxmox_core::policy::{
    CloneMode, ConfigureWhen, Containers, Destroy, DestroyWhen, PowerOff, ReconcilePower,
};
use netbox_proxmox_core::{
    Change, Changed, Current, CurrentDisk, CurrentInterface, DiskBase, Event, EventKind, Guest, GuestDisk,
    GuestInterface, GuestType, Intent, IpConfig, Marker, MarkerState, Megabytes, MiB, NodeName, Ownership, Part,
    Policy, PowerState, RecordId, Status, Template, Vlans,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::json;

use crate::common::{ALICE, BOB, OWNER, keys, lab, node, slot, storage, vmid};
use crate::world::{NETBOX, RECORD, Record, Vm, World, owner};

/// A world, the causes that are answered in it, and the policy.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) cause: Vec<Change>,
    pub(crate) policy: Policy,
}

/// As the event that a look-up gives: what a failing case is read for.
impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Event { cause, desired, current, context } = self.world.look_up(&self.cause);
        writeln!(f, "cause {}", json!(cause))?;
        writeln!(f, "desired {}", json!(desired))?;
        writeln!(f, "current {}", json!(current))?;
        writeln!(f, "context {}", json!(context))?;
        write!(f, "policy {}", json!(self.policy))
    }
}

fn part<T: std::fmt::Debug + Clone + 'static>(values: Vec<T>) -> impl Strategy<Value = Part<T>> {
    let given = select(values).prop_map(Part::Given);
    prop_oneof![1 => Just(Part::None), 4 => given]
}

fn maybe<T: std::fmt::Debug + Clone + 'static>(values: Vec<T>) -> impl Strategy<Value = Part<T>> {
    let given = select(values).prop_map(Part::Given);
    prop_oneof![1 => Just(Part::Unknown), 4 => given]
}

pub(crate) fn status() -> impl Strategy<Value = Status> {
    let usual = select(vec!["staged", "active", "offline"]);
    prop_oneof![6 => usual, 1 => select(vec!["paused", "planned", "failed", "a-sites-own"])].prop_map(Status::from)
}

fn storages() -> Vec<StorageFacts> {
    let both = || vec![node("pve01"), node("pve02")];
    let facts = |id, shared, nodes, images, rootdir| StorageFacts {
        id: storage(id),
        shared,
        nodes,
        images,
        rootdir,
        files: shared,
    };
    vec![
        facts("local-lvm", false, both(), true, true),
        facts("ceph-pool", true, both(), true, true),
        facts("iso", false, both(), false, false),
        facts("fast01", false, vec![node("pve01")], true, true),
        facts("local", false, both(), false, false),
        facts("ct-store", false, both(), false, true),
        facts("vm-store", false, both(), true, false),
    ]
}

/// The template volumes of containers, and the nodes that have each.
fn volumes() -> BTreeMap<String, Vec<NodeName>> {
    let on = |names: &[&str]| names.iter().map(|name| node(name)).collect();
    BTreeMap::from([
        ("local:vztmpl/debian.tar.zst".into(), on(&["pve01", "pve02"])),
        ("local:vztmpl/alpine.tar.xz".into(), on(&["pve02"])),
        ("ct-store:vztmpl/arch.tar.zst".into(), on(&["pve01"])),
    ])
}

/// What a record has as its template: one of its kind, of the other, or none that can be used.
fn template_of(kind: GuestType) -> BoxedStrategy<Option<Template>> {
    let guest = |number| Just(Some(Template::Guest(vmid(number))));
    let volume = |text: &str| Just(Some(Template::Volume(text.into())));
    let named = |name: &str| Just(Some(Template::Named(name.into())));
    match kind {
        GuestType::Qemu => prop_oneof![
            1 => Just(None), 12 => guest(9000), 1 => guest(9001), 1 => guest(9999), 1 => guest(9100),
            1 => volume("local:vztmpl/debian.tar.zst"), 1 => named("debian-12-cloud"), 1 => named("nosuch"),
        ]
        .boxed(),
        GuestType::Lxc => prop_oneof![
            1 => Just(None), 5 => volume("local:vztmpl/debian.tar.zst"), 2 => volume("local:vztmpl/alpine.tar.xz"),
            2 => volume("ct-store:vztmpl/arch.tar.zst"), 1 => volume("local:vztmpl/nosuch.tar.zst"),
            1 => named("debian-12-cloud"), 1 => named("debian"), 4 => guest(9100), 1 => guest(9101), 1 => guest(9000),
        ]
        .boxed(),
    }
}

/// Sizes of disks in MiB as Proxmox has them, and in MB as NetBox has them: some agree, some are odd.
const MEBIBYTES: [u64; 6] = [4, 2_252, 10_240, 10_241, 20_480, 30_720];
const MEGABYTES: [u64; 7] = [1, 2_200, 10_000, 10_001, 20_000, 30_000, 30_001];

prop_compose! {
    fn disk_sizes(names: &'static [&'static str])(
        names in subsequence(names.to_vec(), 0..=names.len()),
        sizes in prop::collection::vec(select(MEGABYTES.to_vec()), names.len()),
        on in prop::collection::vec(
            prop::option::weighted(0.3, select(vec!["local-lvm", "ceph-pool", "fast01", "ct-store", "vm-store"])),
            names.len(),
        ),
        paths in prop::collection::vec(prop::option::weighted(0.8, select(vec!["/srv", "/var/log"])), names.len()),
    ) -> Vec<GuestDisk> {
        let described = names.iter().zip(sizes).zip(on).zip(paths).enumerate();
        described
            .map(|(index, (((name, size), on), path))| GuestDisk {
                id: 1 + index as u64,
                slot: slot(name),
                size: Megabytes(size),
                storage: on.map(storage),
                path: path.filter(|_| name.starts_with("mp")).map(str::to_owned),
            })
            .collect()
    }
}

const MACS: [&str; 3] = ["BC:24:11:AA:00:01", "BC:24:11:AA:00:02", "BC:24:11:AA:00:03"];

prop_compose! {
    fn card()(
        bridge in select(vec!["vmbr0", "vmbr1"]),
        untagged in prop::option::of(select(vec![5, 20])), mtu in prop::option::weighted(0.3, Just(9000)),
        link_down in prop::bool::weighted(0.2),
    ) -> CurrentInterface {
        let vlans = Vlans { untagged, tagged: vec![] };
        CurrentInterface { name: None, mac: None, bridge: Some(bridge.into()), vlans, mtu, link_down }
    }
}

/// A MAC address is given once, on each side.
fn macs() -> impl Strategy<Value = Vec<&'static str>> {
    Just(MACS.to_vec()).prop_shuffle()
}

fn cards() -> impl Strategy<Value = BTreeMap<u8, CurrentInterface>> {
    (prop::collection::btree_map(0..3u8, card(), 0..3), macs()).prop_map(|(cards, macs)| {
        let given = cards.into_iter().zip(macs);
        given.map(|((index, card), mac)| (index, CurrentInterface { mac: Some(mac.into()), ..card })).collect()
    })
}

prop_compose! {
    fn interfaces()(
        names in subsequence(vec!["eth0", "net1", "ens19", "lo"], 0..=3),
        (macs, has_mac) in (macs(), prop::collection::vec(any::<bool>(), 3)),
        vlans in prop::collection::vec(part(vec![Vlans { untagged: Some(5), tagged: vec![] }, Vlans::default()]), 4),
        bridges in prop::collection::vec(prop::option::of(select(vec!["vmbr0", "vmbr1"])), 4),
        enabled in prop::collection::vec(any::<bool>(), 4),
        addresses in prop::collection::vec(subsequence(vec!["192.0.2.10/24", "198.51.100.7/24", "2001:db8::10/64"], 0..=2), 4),
    ) -> Vec<GuestInterface> {
        let named = names.into_iter().enumerate();
        named.map(|(at, name)| GuestInterface {
            id: at as u64 + 200,
            name: name.into(),
            enabled: Some(enabled[at]),
            mac: has_mac[at].then(|| macs[at].to_owned()),
            mtu: None,
            bridge: bridges[at].map(str::to_owned),
            vlans: vlans[at].clone(),
            addresses: addresses[at].iter().map(|ip| ip.parse().unwrap()).collect(),
        }).collect()
    }
}

prop_compose! {
    fn hardware()(
        sockets in select(vec![1, 1, 2, 4]),
        cores in 1..=8u32,
        memory in select(vec![512, 1024, 2048, 4096]),
        balloon in prop::option::of(select(vec![0, 512, 1024])),
        ssh_keys in part(vec![keys(ALICE), keys(BOB)]),
        ipconfig in select(vec![
            "", "ip=dhcp", "ip=dhcp,ip6=auto", "ip=192.0.2.10/24,gw=192.0.2.1", "ip=192.0.2.9/24",
            "ip=192.0.2.10/24,ip6=2001:db8::10/64,gw6=2001:db8::1", "ip6=2001:db8::9/64",
        ]),
        cloud_init in prop::bool::weighted(0.8),
        protection in prop::bool::weighted(0.2),
        tags in select(vec![vec![], vec!["netbox"], vec!["web", "netbox"]]),
        (cards, onboot, description) in (cards(), any::<bool>(), prop::option::of(select(vec!["shop", "mail"]))),
        root in select(vec!["scsi0", "scsi0", "virtio0"]),
        size in select(MEBIBYTES.to_vec()),
        more in subsequence(vec!["scsi1", "scsi2", "sata0"], 0..=3),
        sizes in prop::collection::vec(select(MEBIBYTES.to_vec()), 3),
        on in prop::collection::vec(select(vec!["local-lvm", "ceph-pool"]), 4),
    ) -> Current {
        let named = std::iter::once(root).chain(more);
        let sized = named.zip(std::iter::once(size).chain(sizes)).zip(on);
        let disks = sized.map(|((name, size), on)| {
            let volume = format!("{on}:volume-{name}");
            (slot(name), CurrentDisk { volume, storage: Some(storage(on)), size: Some(MiB(size)), path: None })
        });
        let ipconfig = if ipconfig.is_empty() { BTreeMap::new() } else { [(0, ipconfig.parse().unwrap())].into() };
        Current {
            sockets: Part::Given(sockets),
            cores: Part::Given(cores),
            memory: Part::Given(MiB(memory)),
            balloon: Part::known(balloon.map(|balloon: u64| MiB(balloon.min(memory)))),
            ssh_keys,
            ipconfig: Part::Given(ipconfig),
            cloud_init: Part::Given(cloud_init),
            protection: Part::Given(protection),
            tags: Part::Given(tags.into_iter().map(str::to_owned).collect()),
            interfaces: Part::Given(cards),
            onboot: Part::Given(onboot),
            description: Part::known(description.map(str::to_owned)),
            root: Part::Given(slot(root)),
            disks: Part::Given(disks.collect()),
            other_drives: vec![slot("ide2")],
            power: Part::Given(PowerState::Stopped),
            ..Current::new(None, GuestType::Qemu)
        }
    }
}

prop_compose! {
    /// A container has the addresses in its cards.
    fn container()(
        cores in prop::option::of(1..=8u32),
        memory in select(vec![512, 1024, 2048]),
        swap in select(vec![0, 512]),
        addresses in select(vec![
            "", "ip=dhcp", "ip=dhcp,ip6=auto", "ip=manual", "ip=192.0.2.10/24,gw=192.0.2.1",
            "ip=192.0.2.10/24,ip6=2001:db8::10/64,gw6=2001:db8::1", "ip6=2001:db8::9/64",
        ]),
        protection in prop::bool::weighted(0.2),
        tags in select(vec![vec![], vec!["netbox"], vec!["web", "netbox"]]),
        (cards, onboot, description) in (cards(), any::<bool>(), prop::option::of(select(vec!["shop", "mail"]))),
        more in subsequence(vec!["mp0", "mp1", "mp2"], 0..=3),
        sizes in prop::collection::vec(select(MEBIBYTES.to_vec()), 4),
        on in prop::collection::vec(select(vec!["local-lvm", "ceph-pool"]), 4),
        unused in prop::option::weighted(0.2, Just("local-lvm:vm-101-somebodys".to_owned())),
    ) -> Current {
        let named = std::iter::once("rootfs").chain(more).zip(sizes).zip(on);
        let disks = named.map(|((name, size), on)| {
            let path = name.starts_with("mp").then(|| if name == "mp2" { "/opt" } else { "/srv" }.to_owned());
            let volume = format!("{on}:volume-{name}");
            (slot(name), CurrentDisk { volume, storage: Some(storage(on)), size: Some(MiB(size)), path })
        });
        let of_card = |index: u8| if index == 0 { addresses.parse().unwrap() } else { IpConfig::default() };
        Current {
            sockets: Part::Given(1),
            cores: Part::known(cores),
            memory: Part::Given(MiB(memory)),
            swap: Part::Given(MiB(swap)),
            ipconfig: Part::Given(cards.keys().map(|index| (*index, of_card(*index))).collect()),
            protection: Part::Given(protection),
            tags: Part::Given(tags.into_iter().map(str::to_owned).collect()),
            interfaces: Part::Given(cards),
            onboot: Part::Given(onboot),
            description: Part::known(description.map(str::to_owned)),
            root: Part::Given(slot("rootfs")),
            disks: Part::Given(disks.collect()),
            unused: unused.into_iter().collect(),
            power: Part::Given(PowerState::Stopped),
            ..Current::new(None, GuestType::Lxc)
        }
    }
}

fn hardware_of(kind: GuestType) -> BoxedStrategy<Current> {
    match kind {
        GuestType::Qemu => hardware().boxed(),
        GuestType::Lxc => container().boxed(),
    }
}

/// Options as Proxmox writes them.
fn options_of(kind: GuestType) -> impl Strategy<Value = GuestOptions> {
    let value = |option: GuestOption| {
        let values = match option {
            GuestOption::Pool => ["acme", "spare"],
            GuestOption::Nameserver => ["192.0.2.53", "192.0.2.53 2001:db8::53"],
            GuestOption::Searchdomain => ["example.org", "example.net"],
            GuestOption::Ciuser => ["ops", "admin"],
            GuestOption::Startup => ["order=1", "order=2,up=30"],
            GuestOption::Protection => ["0", "1"],
        };
        select(values.to_vec()).prop_map(move |value| (option, value.to_owned()))
    };
    let of_kind: Vec<GuestOption> = GuestOption::ALL.into_iter().filter(|option| option.is_of(kind)).collect();
    let some = prop_oneof![3 => Just(vec![]), 2 => subsequence(of_kind.clone(), 0..=of_kind.len())];
    some.prop_flat_map(move |chosen| chosen.into_iter().map(value).collect::<Vec<_>>())
        .prop_map(|options| options.into_iter().collect())
}

/// The same, of a guest: its protection has a part of its own.
fn options_there(kind: GuestType) -> impl Strategy<Value = Part<GuestOptions>> {
    options_of(kind).prop_map(|mut options| {
        options.remove(&GuestOption::Protection);
        Part::Given(options)
    })
}

fn marker(state: MarkerState) -> Option<Marker> {
    Some(Marker { netbox: NETBOX.into(), record: RECORD, birth: Some(OWNER.birth), vmid: vmid(101), state })
}

prop_compose! {
    fn guest_101(kind: GuestType)(
        hardware in hardware_of(kind),
        name in select(vec!["web01", "web01", "old-name"]),
        power in select(match kind {
            GuestType::Qemu => vec!["running", "stopped", "stopped", "paused"],
            GuestType::Lxc => vec!["running", "stopped"],
        }),
        on in select(vec!["pve01", "pve01", "pve02"]),
        lock in prop::option::weighted(0.05, select(vec!["clone", "backup"])),
        options in options_there(kind),
        marker in prop_oneof![
            5 => Just(marker(MarkerState::Ready)),
            3 => Just(marker(MarkerState::Creating)),
            1 => Just(None),
            1 => Just(Some(Marker { birth: Some(OWNER.birth.plus(-3600)), ..marker(MarkerState::Ready).unwrap() })),
            1 => Just(Some(Marker { birth: None, ..marker(MarkerState::Ready).unwrap() })),
            1 => Just(Some(Marker { record: RecordId(7), ..marker(MarkerState::Ready).unwrap() })),
            1 => Just(Some(Marker { vmid: vmid(555), ..marker(MarkerState::Ready).unwrap() })),
            1 => Just(Some(Marker { netbox: "other.example.org".into(), ..marker(MarkerState::Ready).unwrap() })),
        ],
    ) -> Vm {
        let config = Current {
            vmid: Some(vmid(101)),
            name: Part::Given(name.into()),
            power: Part::Given(power.into()),
            node: Part::Given(node(on)),
            lock: lock.map(str::to_owned),
            options,
            ..hardware
        };
        Vm { config, marker, keys: None, pending: vec![] }
    }
}

prop_compose! {
    fn template(number: u32, is: bool, kind: GuestType)(
        hardware in hardware_of(kind),
        on in select(vec!["local-lvm", "ceph-pool"]),
        options in options_there(kind),
    ) -> Vm {
        let mut config = Current {
            vmid: Some(vmid(number)),
            name: Part::Given("debian-12-cloud".into()),
            node: Part::Given(node("pve01")),
            template: is,
            options,
            ..hardware
        };
        if let Part::Given(disks) = &mut config.disks {
            for (slot, disk) in disks {
                *disk = CurrentDisk {
                    volume: format!("{on}:base-{number}-{slot}"),
                    storage: Some(storage(on)),
                    size: disk.size,
                    path: disk.path.take(),
                };
            }
        }
        Vm { config, marker: None, keys: None, pending: vec![] }
    }
}

prop_compose! {
    fn desired(kind: GuestType)(
        status in status(),
        vmid in prop_oneof![2 => Just(None), 5 => Just(Some(101)), 1 => Just(Some(106))],
        name in prop_oneof![9 => Just("web01"), 1 => Just("web02")],
        template in template_of(kind),
        on in prop_oneof![1 => Just(None), 6 => Just(Some("pve01")), 2 => Just(Some("pve02")), 1 => Just(Some("pve09"))],
        stored in prop_oneof![
            2 => Just(None), 5 => Just(Some("local-lvm")), 3 => Just(Some("ceph-pool")), 1 => Just(Some("iso")),
            1 => Just(Some("ct-store")), 1 => Just(Some("vm-store")),
        ],
        vcpus in maybe(vec![1, 2, 3, 4, 8]),
        memory in maybe(vec![MiB(256), MiB(1024), MiB(2048), MiB(8192)]),
        ssh_keys in maybe(vec![keys(ALICE), keys(&format!("{ALICE}\n{BOB}"))]),
        ipv4 in part(vec!["192.0.2.10/24".parse().unwrap(), "10.0.0.5/31".parse().unwrap()]),
        ipv6 in part(vec!["2001:db8::10/64".parse().unwrap()]),
        (gateway, interfaces) in (
            prop::option::weighted(0.2, select(vec![GatewayRule::First, GatewayRule::Last, GatewayRule::None])),
            interfaces().boxed(),
        ),
        options in options_of(kind),
        (tags, description, onboot) in (
            select(vec![vec![], vec!["web"], vec!["db", "web"]]),
            prop::option::of(select(vec!["shop", "mail"])),
            prop::option::of(any::<bool>()),
        ),
    ) -> Guest {
        Guest {
            birth: Some(OWNER.birth),
            cluster: Some(lab()),
            vmid: Part::known(vmid.map(crate::common::vmid)),
            node: Part::known(on.map(node)),
            storage: Part::known(stored.map(storage)),
            kind: Some(kind),
            template: Part::known(template),
            vcpus,
            memory,
            ssh_keys,
            ipv4,
            ipv6,
            gateway,
            interfaces: Part::Given(interfaces),
            tags: Part::Given(tags.into_iter().map(str::to_owned).collect()),
            description: Part::known(description.map(str::to_owned)),
            onboot: Part::maybe(onboot),
            options,
            ..Guest::new(RECORD, name, status)
        }
    }
}

pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    let configure = select(vec![ConfigureWhen::Staged, ConfigureWhen::Staged, ConfigureWhen::Always]);
    let destroy = select(vec![DestroyWhen::Now, DestroyWhen::After(86_400), DestroyWhen::Never]);
    let power_off = select(vec![PowerOff::Graceful(180), PowerOff::Hard]);
    let reconcile = select(vec![ReconcilePower::Report, ReconcilePower::Repair]);
    let clone = prop_oneof![4 => Just(CloneMode::Full), 1 => Just(CloneMode::Linked)];
    let gateway = select(vec![GatewayRule::First, GatewayRule::Last, GatewayRule::None]);
    let base = select(vec![DiskBase::Decimal, DiskBase::Binary]);
    let tag = select(vec![Some("netbox".to_owned()), None]);
    let features = select(vec![Some("nesting=1".to_owned()), None]);
    let swap = select(vec![None, Some(MiB(0)), Some(MiB(512))]);
    let containers = (any::<bool>(), features, swap).prop_map(|(unprivileged, features, swap)| Containers {
        unprivileged,
        features,
        swap,
    });
    let removal = (destroy, select(vec![None, Some("pbs".parse().unwrap())]), any::<bool>());
    (configure, removal, power_off, reconcile, clone, gateway, base, tag, containers).prop_map(
        |(configure, removal, power_off, reconcile_power, clone, gateway, disk_base, tag, containers)| Policy {
            destroy: Destroy { when: removal.0, backup: removal.1, approve: removal.2 },
            containers,
            configure,
            power_off,
            reconcile_power,
            clone,
            gateway,
            disk_base,
            tag,
            ..Policy::default()
        },
    )
}

fn change(object: u64, event: EventKind, what: Changed) -> Change {
    let (user, request, time, confirmed, status) = (None, None, None, false, None);
    Change { record: RECORD, name: "web01".into(), object, event, user, request, time, confirmed, status, what }
}

fn facts(record: &Record) -> RecordFacts {
    RecordFacts {
        birth: record.guest.birth,
        status: record.guest.status.clone(),
        kind: record.guest.kind,
        untyped: false,
        cluster: record.guest.cluster.as_ref().map(|cluster| cluster.id),
        vmid: record.guest.vmid.given().map(ToString::to_string),
        node: record.guest.node.given().map(ToString::to_string),
        ssh_keys: record.guest.ssh_keys.given().map(|keys| keys.keys().join("\n")),
        vcpus: record.guest.vcpus.given().map(|vcpus| Decimal::from_hundredths(i64::from(*vcpus) * 100)),
        memory: record.guest.memory.given().map(|memory| memory.0),
        primary: [record.guest.ipv4.given().map(|_| 1), record.guest.ipv6.given().map(|_| 2)],
        root_size: if record.disks.is_empty() { record.disk } else { None },
        tags: record.guest.tags.given().cloned().unwrap_or_default(),
        onboot: record.guest.onboot.given().copied(),
        options: record.guest.options.clone(),
    }
}

/// One change that led to the record as it is: an index chooses which, `other` the status before.
fn cause(record: &Record, index: u8, other: &Status, size: Option<u64>) -> Change {
    let now = facts(record);
    let updated = |before: RecordFacts| {
        change(RECORD.0, EventKind::Updated, Changed::Record { before: Some(before), after: Some(now.clone()) })
    };
    let disk = |name: &str| DiskFacts { name: name.into(), record: Some(RECORD), storage: None, size: None };
    let first = record.disks.last();
    let (second, root) = match record.guest.kind {
        Some(GuestType::Lxc) => ("mp1", "rootfs"),
        _ => ("scsi1", "scsi0"),
    };
    match index {
        0 => {
            let after = RecordFacts { root_size: now.root_size.or(size.map(Megabytes)), ..now };
            change(RECORD.0, EventKind::Created, Changed::Record { before: None, after: Some(after) })
        }
        1 => updated(RecordFacts { status: other.clone(), ..now.clone() }),
        2 => updated(RecordFacts { vmid: None, ..now.clone() }),
        // Which keys a container was created with nobody knows afterwards: a change of them that is answered once more, or
        // late, is told of as if it came after. So only of VMs.
        3 if record.guest.kind == Some(GuestType::Qemu) => {
            updated(RecordFacts { ssh_keys: Some("ssh-ed25519 another".into()), ..now.clone() })
        }
        4 => updated(now.clone()),
        5 => first.map_or_else(
            || updated(now.clone()),
            |created| {
                let after = Some(disk(&created.slot.to_string()));
                change(created.id, EventKind::Created, Changed::Disk { before: None, after })
            },
        ),
        6 => change(70, EventKind::Deleted, Changed::Disk { before: Some(disk(second)), after: None }),
        7 => change(71, EventKind::Deleted, Changed::Disk { before: Some(disk(root)), after: None }),
        8 => change(RECORD.0, EventKind::Updated, Changed::Address),
        9 => {
            let before = InterfaceFacts { name: "net1".into(), record: Some(RECORD), mac: Part::None };
            change(72, EventKind::Deleted, Changed::Interface { before: Some(before), after: None })
        }
        10 => updated(RecordFacts { tags: vec!["db".into()], onboot: Some(true), ..now.clone() }),
        _ => updated(RecordFacts { node: Some("pve03".into()), ..now.clone() }),
    }
}

/// How many kinds of changes [`cause`] knows.
const CAUSES: u8 = 12;

prop_compose! {
    fn intent()(number in select(vec![101, 101, 106, 107]), root_size in prop::option::of(select(MEGABYTES.to_vec())))
        -> Intent
    {
        Intent { owner: OWNER, vmid: vmid(number), allocated: true, upid: None, root_size: root_size.map(Megabytes) }
    }
}

fn disks_of(kind: GuestType) -> BoxedStrategy<Vec<GuestDisk>> {
    let (many, root): (&'static [&'static str], &'static [&'static str]) = match kind {
        GuestType::Qemu => (&["scsi0", "scsi1", "scsi2", "virtio0", "ide2"], &["scsi0"]),
        GuestType::Lxc => (&["rootfs", "mp0", "mp1", "mp2", "mp7"], &["rootfs"]),
    };
    prop_oneof![1 => Just(vec![]), 3 => disk_sizes(many), 2 => disk_sizes(root)].boxed()
}

/// A disk was deleted, and the container has given its volume up, or does so when it stops.
fn begin_removal(vm: &mut Vm, at: &str, given_up: bool) -> KnownDisk {
    let volume = "local-lvm:vm-101-deleted".to_owned();
    let stopped = vm.config.power == Part::Given(PowerState::Stopped);
    let waits = if stopped || given_up { &mut vm.config.unused } else { &mut vm.pending };
    waits.push(volume.clone());
    KnownDisk { id: 70, slot: slot(at), volume }
}

/// A record that NetBox has.
pub(crate) fn scene() -> impl Strategy<Value = Scene> {
    prop_oneof![scene_of(GuestType::Qemu).boxed(), scene_of(GuestType::Lxc).boxed()]
}

prop_compose! {
    fn scene_of(kind: GuestType)(
        guest in desired(kind).boxed(),
        disk in prop::option::of(select(MEGABYTES.to_vec())),
        disks in disks_of(kind),
        there in prop::option::weighted(
            0.7,
            prop_oneof![12 => guest_101(kind).boxed(), 1 => guest_101(GuestType::Qemu), 1 => guest_101(GuestType::Lxc)],
        ),
        begun in prop::option::weighted(0.3, (select(vec!["mp1", "mp3"]), any::<bool>())),
        templates in (
            template(9000, true, GuestType::Qemu).boxed(),
            template(9001, false, GuestType::Qemu).boxed(),
            template(9100, true, GuestType::Lxc).boxed(),
            template(9101, false, GuestType::Lxc).boxed(),
        ),
        namesake in prop::option::weighted(0.05, guest_101(kind).boxed()),
        intent in prop::option::weighted(0.3, intent()),
        causes in prop::collection::vec((0..CAUSES, status(), prop::option::of(select(MEGABYTES.to_vec()))), 0..4),
        policy in policy().boxed(),
    ) -> Scene {
        let record = Record { guest, disk: disk.map(Megabytes), disks };
        // A guest whose creation was reached has its root disk recorded: nobody needs the size of the creating cause.
        let created = there.as_ref().and_then(|vm| vm.marker.as_ref()).is_some_and(|it| it.state == MarkerState::Ready);
        let cause = causes.iter().map(|(index, other, size)| cause(&record, *index, other, size.filter(|_| !created)));
        let cause = cause.collect();
        let (machine, no_machine, container, no_container) = templates;
        let numbered = [(9000, machine), (9001, no_machine), (9100, container), (9101, no_container)];
        let mut guests = BTreeMap::from(numbered.map(|(number, vm)| (vmid(number), vm)));
        guests.extend(there.map(|vm| (vmid(101), vm)));
        let mut removals = Vec::new();
        if let (Some((at, given_up)), Some(vm)) = (begun, guests.get_mut(&vmid(101)))
            && vm.config.kind == GuestType::Lxc
            && matches!(owner(vm), Ownership::Ours { .. })
        {
            removals.push(begin_removal(vm, at, given_up));
        }
        guests.extend(namesake.map(|vm| {
            let config = Current { vmid: Some(vmid(140)), ..vm.config.clone() };
            let marker = vm.marker.clone().map(|marker| Marker { vmid: vmid(140), ..marker });
            (vmid(140), Vm { config, marker, ..vm })
        }));
        let world = World {
            record: Some(record),
            guests,
            storages: storages(),
            nodes: vec![node("pve01"), node("pve02")],
            volumes: volumes(),
            base: policy.disk_base,
            intent,
            removal_due: None,
            removals,
            agreed_node: Part::Unknown,
            told: BTreeSet::new(),
            now: 1_800_000_000,
        };
        Scene { world, cause, policy }
    }
}

prop_compose! {
    /// A record that was deleted.
    pub(crate) fn deleted_scene()(scene in scene().boxed(), other in 0..CAUSES, template in prop::bool::weighted(0.1)) -> Scene {
        let Scene { mut world, policy, .. } = scene;
        let record = world.record.take().unwrap();
        if let Some(vm) = world.guests.get_mut(&vmid(101)) {
            vm.config.template = template;
        }
        let before = Some(facts(&record));
        let deleted = change(RECORD.0, EventKind::Deleted, Changed::Record { before, after: None });
        let cause = vec![cause(&record, other, &Status::Staged, None), deleted];
        Scene { world, cause, policy }
    }
}

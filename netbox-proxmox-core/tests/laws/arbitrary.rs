//! Events with every field at random, also such as no look-up gives: a plan is made of any of them, without a panic.

use std::collections::BTreeMap;

use ipnet::IpNet;
use netbox_proxmox_core::address::GatewayRule;
use netbox_proxmox_core::event::{Deletion, DiskFacts, InterfaceFacts, KnownDisk, RecordFacts, StorageFacts};
use netbox_proxmox_core::guest::{Blocks, Problem};
use netbox_proxmox_core::{
    Action, Change, Changed, Cluster, Context, Current, CurrentDisk, CurrentInterface, Event, EventKind, Guest,
    GuestDisk, GuestInterface, GuestOption, GuestOptions, GuestType, Intent, MarkerState, Megabytes, MiB, NodeName,
    Owner, Ownership, Part, PowerState, RecordId, Status, StorageId, Template, TemplateFacts, Vlans, Vmid, plan_with,
};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use proxmox_api::{Bus, DiskSlot, IpConfig, MountSlot, SshKeys};

use crate::common::{ALICE, BOB, OWNER, keys, node, storage};
use crate::forbidden::check;
use crate::generate::policy;

fn part<T: std::fmt::Debug + Clone + 'static>(value: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Part<T>> {
    prop_oneof![1 => Just(Part::Unknown), 1 => Just(Part::None), 3 => value.prop_map(Part::Given)].boxed()
}

/// Few values, so that they meet, and now and then any.
fn number(few: std::ops::Range<u64>) -> BoxedStrategy<u64> {
    prop_oneof![8 => few, 1 => any::<u64>()].boxed()
}

fn vmid() -> impl Strategy<Value = Vmid> + 'static {
    prop_oneof![8 => 100..104u32, 1 => 100..=999_999_999u32].prop_map(crate::common::vmid)
}

fn record() -> impl Strategy<Value = RecordId> + 'static {
    prop_oneof![8 => Just(42), 1 => 40..44u64].prop_map(RecordId)
}

fn a_node() -> impl Strategy<Value = NodeName> + 'static {
    select(vec!["pve01", "pve02", "pve03"]).prop_map(node)
}

fn a_storage() -> impl Strategy<Value = StorageId> + 'static {
    select(vec!["local-lvm", "ceph-pool", "iso"]).prop_map(storage)
}

fn a_slot() -> impl Strategy<Value = DiskSlot> + 'static {
    let few = select(vec!["scsi0", "scsi1", "virtio0", "ide2", "rootfs", "mp0", "mp1", "mp2"]);
    prop_oneof![8 => few.prop_map(crate::common::slot), 1 => select(all_drives()), 1 => select(all_mounts())]
}

fn all_drives() -> Vec<DiskSlot> {
    Bus::ALL.into_iter().flat_map(Bus::slots).map(DiskSlot::from).collect()
}

fn all_mounts() -> Vec<DiskSlot> {
    let points = (0..=u8::MAX).map(MountSlot::Mp);
    std::iter::once(MountSlot::Rootfs).chain(points).map(DiskSlot::from).collect()
}

/// Few volumes, so that they meet.
fn a_volume() -> impl Strategy<Value = String> + 'static {
    prop_oneof![3 => select(vec!["a:vm-1", "b:vm-1"]).prop_map(str::to_owned), 1 => "[a-z]{1,4}:vm-1"]
}

fn a_path() -> impl Strategy<Value = Option<String>> + 'static {
    of(select(vec!["/srv", "/mnt", ""]).prop_map(str::to_owned))
}

fn some_keys() -> impl Strategy<Value = SshKeys> + 'static {
    select(vec![String::new(), ALICE.into(), BOB.into(), format!("{ALICE}\n{BOB}")]).prop_map(|text| keys(&text))
}

fn mebibytes() -> impl Strategy<Value = MiB> + 'static {
    number(0..40).prop_map(|size| MiB(size.saturating_mul(512)))
}

fn megabytes() -> impl Strategy<Value = Megabytes> + 'static {
    number(0..40).prop_map(|size| Megabytes(size.saturating_mul(500)))
}

fn status() -> impl Strategy<Value = Status> + 'static {
    select(vec!["staged", "active", "offline", "paused", "planned", ""]).prop_map(Status::from)
}

fn kind() -> impl Strategy<Value = GuestType> + 'static {
    select(vec![GuestType::Qemu, GuestType::Lxc])
}

fn ipv4() -> impl Strategy<Value = IpNet> + 'static {
    (any::<u32>(), 0..=32u8)
        .prop_map(|(address, length)| IpNet::new(std::net::Ipv4Addr::from(address).into(), length).unwrap())
}

fn ipv6() -> impl Strategy<Value = IpNet> + 'static {
    (any::<u128>(), 0..=128u8)
        .prop_map(|(address, length)| IpNet::new(std::net::Ipv6Addr::from(address).into(), length).unwrap())
}

fn ipconfig() -> impl Strategy<Value = IpConfig> + 'static {
    let texts = vec![
        "ip=dhcp",
        "ip=dhcp,ip6=auto",
        "ip=192.0.2.10/24,gw=192.0.2.1",
        "ip=manual",
        "gw=192.0.2.1",
        "ip6=2001:db8::1/64",
        "ip=nonsense,gw=none",
        "future=1",
    ];
    select(texts).prop_map(|text| text.parse().unwrap())
}

fn power() -> impl Strategy<Value = PowerState> + 'static {
    select(vec!["running", "stopped", "paused", "prelaunch"]).prop_map(PowerState::from)
}

prop_compose! {
    fn current_disk()(volume in a_volume(), on in of(a_storage()), size in of(mebibytes()), path in a_path()) -> CurrentDisk {
        CurrentDisk { volume, storage: on, size, path }
    }
}

prop_compose! {
    fn card()(mac in of("[0-9a-f:]{0,5}"), bridge in of("[a-z]{0,3}"), untagged in of(any::<u16>()), link_down in any::<bool>())
        -> CurrentInterface
    {
        CurrentInterface { name: None, mac, bridge, vlans: Vlans { untagged, tagged: vec![] }, mtu: None, link_down }
    }
}

prop_compose! {
    fn interface()(
        id in 0..5u64, name in "(net|eth|lo|ens)[0-9]{0,3}", mac in of("[0-9a-f:]{0,5}"), enabled in of(any::<bool>()),
        vlans in part(of(any::<u16>()).prop_map(|untagged| Vlans { untagged, tagged: vec![] })),
        addresses in prop::collection::vec(prop_oneof![ipv4(), ipv6()], 0..3),
    ) -> GuestInterface {
        GuestInterface { id, name, mac, enabled, vlans, addresses, mtu: None, bridge: None }
    }
}

fn options() -> impl Strategy<Value = GuestOptions> + 'static {
    prop::collection::btree_map(select(GuestOption::ALL.to_vec()), select(vec!["0".to_owned(), "1".to_owned()]), 0..3)
}

prop_compose! {
    fn current()(
        identity in (of(vmid()), kind(), part(a_node()), part("[a-z]{0,5}"), part(power()), any::<bool>(), part(any::<bool>())),
        lock in of(select(vec!["clone", "create", "backup", ""])),
        // looked_up: configure::cpus_of_any_number_give_a_plan, which fails for larger numbers
        cpus in (part(0..=5_000u32), part(0..=5_000u32)),
        memory in (part(mebibytes()), part(mebibytes()), part(mebibytes())),
        unused in prop::collection::vec(a_volume(), 0..2),
        cloud_init in (part(some_keys()), part(prop::collection::btree_map(0..4u8, ipconfig(), 0..3)), part(any::<bool>())),
        // looked_up: disks::a_slot_that_a_cdrom_has_is_reported_where_there_is_no_disk_at_all
        disks in prop_oneof![
            1 => Just(Part::Unknown),
            3 => prop::collection::btree_map(a_slot(), current_disk(), 0..4).prop_map(Part::Given),
        ],
        other_drives in prop::collection::vec(a_slot(), 0..2),
        root in part(a_slot()),
        tags in part(prop::collection::vec("[a-z]{1,6}", 0..3)),
        (interfaces, options) in (part(prop::collection::btree_map(any::<u8>(), card(), 0..3)), part(options())),
    ) -> Current {
        let (vmid, kind, node, name, power, template, protection) = identity;
        let (ssh_keys, ipconfig, cloud_init) = cloud_init;
        Current {
            interfaces,
            options,
            description: Part::Unknown,
            onboot: Part::Unknown,
            vmid, kind, node, name, power, template, protection,
            lock: lock.map(str::to_owned),
            sockets: cpus.0,
            cores: cpus.1,
            memory: memory.0,
            balloon: memory.1,
            ssh_keys, ipconfig, cloud_init, disks, other_drives, root, tags,
            swap: memory.2,
            cicustom: vec![],
            unused,
        }
    }
}

prop_compose! {
    fn guest_disk()(id in 0..5u64, slot in a_slot(), size in megabytes(), on in of(a_storage()), path in a_path()) -> GuestDisk {
        GuestDisk { id, slot, size, storage: on, path }
    }
}

fn problem() -> impl Strategy<Value = Problem> + 'static {
    let blocks = select(vec![Blocks::Part, Blocks::Creation, Blocks::Everything]);
    ("[a-z_]{1,8}", "\\PC{0,8}", blocks).prop_map(|(field, found, blocks)| Problem {
        field,
        found,
        why: "no".into(),
        blocks,
    })
}

fn gateway() -> impl Strategy<Value = GatewayRule> + 'static {
    select(vec![GatewayRule::First, GatewayRule::Last, GatewayRule::None])
}

prop_compose! {
    fn guest()(
        identity in (record(), prop_oneof![Just("web01".to_owned()), "\\PC{0,8}"], of("[a-z]{1,4}"), status(), of(kind())),
        place in (part(vmid()), part(a_node()), part(a_storage())),
        template in part(prop_oneof![
            vmid().prop_map(Template::Guest),
            "[a-z]{1,4}".prop_map(Template::Named),
            select(vec!["iso:vztmpl/a.tar.zst", "ceph-pool:vztmpl/a.tar.zst"])
                .prop_map(|volume| Template::Volume(volume.into())),
        ]),
        vcpus in part(any::<u32>()),
        memory in part(mebibytes()),
        ssh_keys in part(some_keys()),
        addresses in (part(ipv4()), part(ipv6()), of(gateway()), part(prop::collection::vec(interface(), 0..4))),
        tags in part(prop::collection::vec("[a-z]{1,6}", 0..3)),
        (onboot, options) in (part(any::<bool>()), options()),
        root_size in part(megabytes()),
        disks in part(prop::collection::vec(guest_disk(), 0..4)),
        problems in prop_oneof![5 => Just(vec![]), 1 => prop::collection::vec(problem(), 1..3)],
    ) -> Guest {
        // NetBox has one disk of a name.
        let mut slots = std::collections::BTreeSet::new();
        let disks = match disks {
            Part::Given(disks) => Part::Given(disks.into_iter().filter(|disk| slots.insert(disk.slot)).collect()),
            other => other,
        };
        let (record, name, cluster, status, kind) = identity;
        let (vmid, node, storage) = place;
        let (ipv4, ipv6, gateway, interfaces) = addresses;
        Guest {
            birth: Some(OWNER.birth),
            record, name, cluster: cluster.map(|name| Cluster { id: 1, name }), status, kind, vmid, node, storage, template, vcpus, memory, ssh_keys,
            ipv4, ipv6, gateway, interfaces, root_size, disks, tags, onboot, options, problems,
            description: Part::Unknown,
        }
    }
}

prop_compose! {
    fn record_facts()(
        status in status(), kind in of(kind()), cluster in of(0..3u64), vmid in of("[0-9a-z]{0,4}"),
        node in of("[a-z0-9]{0,5}"), ssh_keys in of(select(vec![String::new(), ALICE.to_owned()])), root_size in of(megabytes()),
        tags in prop::collection::vec("[a-z]{1,6}", 0..3), onboot in of(any::<bool>()), memory in of(0..3u64),
        (primary, options, untyped) in (of(0..2u64), options(), any::<bool>()),
    ) -> RecordFacts {
        let (birth, vcpus, primary) = (Some(OWNER.birth), None, [primary, None]);
        RecordFacts { birth, status, kind, untyped, cluster, vmid, node, ssh_keys, vcpus, memory, primary, root_size, tags, onboot, options }
    }
}

prop_compose! {
    fn disk_facts()(
        name in prop_oneof![a_slot().prop_map(|slot| slot.to_string()), "\\PC{0,6}"],
        record in of(record()),
        storage in of("[a-z]{0,5}"),
    ) -> DiskFacts {
        DiskFacts { name, record, storage, size: None }
    }
}

prop_compose! {
    fn interface_facts()(name in "(net|eth|ens)[0-9]{0,3}", record in of(record())) -> InterfaceFacts {
        InterfaceFacts { name, record, mac: Part::None }
    }
}

prop_compose! {
    fn change()(
        record in record(),
        object in 0..5u64,
        event in select(vec![EventKind::Created, EventKind::Updated, EventKind::Deleted]),
        what in prop_oneof![
            (of(record_facts()), of(record_facts())).prop_map(|(before, after)| Changed::Record { before, after }),
            (of(disk_facts()), of(disk_facts())).prop_map(|(before, after)| Changed::Disk { before, after }),
            (of(interface_facts()), of(interface_facts()))
                .prop_map(|(before, after)| Changed::Interface { before, after }),
            Just(Changed::MacAddress),
            Just(Changed::Address),
            Just(Changed::Asked),
        ],
        time in of(0..5i64), status in of(status()), confirmed in any::<bool>(),
    ) -> Change {
        let (name, user, request, time) = ("web01".into(), None, None, time.map(|at| OWNER.birth.plus(at)));
        Change { record, name, object, event, user, request, time, confirmed, status, what }
    }
}

fn known_disk() -> impl Strategy<Value = KnownDisk> + 'static {
    (0..5u64, a_slot(), a_volume()).prop_map(|(id, slot, volume)| KnownDisk { id, slot, volume })
}

prop_compose! {
    fn context()(
        looked_up in any::<bool>(),
        managed in of(any::<bool>()),
        ownership in prop_oneof![
            Just(Ownership::Unknown),
            Just(Ownership::Unmarked),
            Just(Ownership::Undated),
            Just(Ownership::Another { whose: "record 7".into(), record: None }),
            Just(Ownership::Ours { state: MarkerState::Creating }),
            Just(Ownership::Ours { state: MarkerState::Ready }),
        ],
        template in part((vmid(), a_node(), current().boxed(), prop::collection::vec(a_storage(), 0..2))
            .prop_map(|(vmid, node, config, storages)| TemplateFacts { vmid, node, config, storages })),
        storages in part(prop::collection::vec(
            (a_storage(), any::<bool>(), prop::collection::vec(a_node(), 0..3), any::<[bool; 3]>())
                .prop_map(|(id, shared, nodes, [images, rootdir, files])| StorageFacts {
                    id,
                    shared,
                    nodes,
                    images,
                    rootdir,
                    files,
                }),
            0..3,
        )),
        nodes in part(prop::collection::vec(a_node(), 0..3)),
        intent in of((record(), vmid(), any::<bool>(), of(megabytes()))
            .prop_map(|(record, vmid, allocated, root_size)| {
                Intent { owner: Owner { record, ..OWNER }, vmid, allocated, upid: None, root_size }
            })),
        others in (prop_oneof![4 => Just(vec![]), 1 => prop::collection::vec(vmid(), 1..3)], prop::option::weighted(0.1, vmid())),
        deletion in of(select(vec![Deletion::Confirmed, Deletion::NotInChangeLog])),
        known_disks in prop::collection::vec(known_disk(), 0..3),
        (removals, volume_nodes) in (
            prop::collection::vec(known_disk(), 0..3),
            part(prop::collection::vec(a_node(), 0..3)),
        ),
        times in (of(any::<u64>()), of(any::<u64>())),
    ) -> Context {
        Context {
            agreed_node: Part::Unknown,
            untouched: false,
            imported: false,
            known_interfaces: vec![],
            former_cluster: None,
            keys_at_creation: None,
            wanted_disks: vec![],
            claimed: None,
            takes_over: None,
            unmanaged: None,
            lost_vmid: None,
            fields: netbox_proxmox_core::FieldNames::default(),
            looked_up, managed, ownership, template, storages, nodes, intent,
            same_template: others.0.clone(),
            same_name: others.0,
            elsewhere: others.1,
            deletion, known_disks,
            removals,
            volume_nodes,
            removal_due: times.0,
            now: times.1,
        }
    }
}

fn event() -> impl Strategy<Value = Event> {
    let desired = prop_oneof![4 => guest().boxed().prop_map(Some), 1 => Just(None)];
    let current = prop_oneof![3 => current().boxed().prop_map(Some), 2 => Just(None)];
    let causes = prop::collection::vec(change().boxed(), 0..4);
    (causes, desired.boxed(), current.boxed(), context().boxed()).prop_map(|(cause, desired, current, context)| Event {
        cause,
        desired,
        current,
        context,
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, max_local_rejects: 1_000_000, ..ProptestConfig::with_cases(1_000)
    })]

    #[test]
    fn any_event_gives_a_plan_that_does_nothing_forbidden(
        event in event(),
        policy in policy(),
    ) {
        check(&event, &policy)?;
    }

    #[test]
    fn any_event_and_its_plan_survive_json(event in event(), policy in policy()) {
        let json = serde_json::to_string(&event).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Event>(&json).unwrap(), &event);
        let plan = plan_with(&event, &policy);
        let json = serde_json::to_value(&plan).unwrap();
        for (action, json) in plan.iter().zip(json.as_array().unwrap()) {
            prop_assert_eq!(json["action"].as_str(), Some(action.name()));
        }
        prop_assert_eq!(serde_json::from_value::<Vec<Action>>(json).unwrap(), plan);
    }
}

/// The maps of an event are small; a map with every slot is no trouble either.
#[test]
fn a_guest_with_every_disk_that_proxmox_allows_gives_a_plan() {
    for (kind, all) in [(GuestType::Qemu, all_drives()), (GuestType::Lxc, all_mounts())] {
        let volume = |slot: &DiskSlot| CurrentDisk {
            volume: format!("local-lvm:{slot}"),
            storage: None,
            size: Some(MiB(4)),
            path: None,
        };
        let disks: BTreeMap<_, _> = all.iter().map(|slot| (*slot, volume(slot))).collect();
        let current = Current { disks: Part::Given(disks), ..Current::new(Some(crate::common::vmid(101)), kind) };
        let wanted =
            all.iter().map(|slot| GuestDisk { id: 1, slot: *slot, size: Megabytes(1_000), storage: None, path: None });
        let desired = Guest {
            kind: Some(kind),
            disks: Part::Given(wanted.collect()),
            ..Guest::new(RecordId(42), "web01", Status::Staged)
        };
        let event =
            Event { cause: vec![], desired: Some(desired), current: Some(current), context: Context::default() };
        let grown = plan_with(&event, &Default::default());
        assert_eq!(grown.iter().filter(|action| action.name() == "resize-disk").count(), all.len());
    }
}

//! The pure part: both sides in, writes out.

use netbox_api::{CustomField, CustomFieldChoiceSet, IpAddress, Tag, Vlan, VmInterface};
use proxmox_api::{Configuration, InnerInterface, PowerState, QemuConfig};
use serde_json::{Value, json};

use super::*;
use crate::guest::Cluster;
use crate::live::guests::Observed;
use crate::policy::Policy;
use crate::record::FieldNames;

/// Both sides, to be changed by a test.
struct Case {
    found: Vec<Found>,
    known: Known,
    policy: Policy,
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn guest(vmid: u32, config: Value, power: PowerState, inner: Inner) -> Found {
    let config: QemuConfig = read(config);
    let (vmid, node) = (vmid.to_string().parse().unwrap(), "pve01".parse().unwrap());
    Found::new(Observed { vmid, node, config: Configuration::Qemu(config) }, power, inner)
}

/// A definition of a custom field, on virtual machines.
fn field(name: &str, kind: &str, choice_set: Option<u64>) -> CustomField {
    let object = match name {
        "proxmox_bridge" => "virtualization.vminterface",
        "proxmox_disk_storage_volume" => "virtualization.virtualdisk",
        _ => "virtualization.virtualmachine",
    };
    let set = choice_set.map(|id| json!({"id": id, "name": "set"}));
    read(json!({"id": 1, "name": name, "type": {"value": kind}, "object_types": [object], "choice_set": set}))
}

fn fields(definitions: &[CustomField]) -> Fields {
    let set: CustomFieldChoiceSet = read(json!({"id": 5, "extra_choices": [["pve02", "pve02"]], "choices_count": 1}));
    let mut all = vec![field("proxmox_vmid", "text", None), field("proxmox_vm_type", "select", None)];
    all.extend_from_slice(definitions);
    Fields::new(&FieldNames::default(), &all, &[set])
}

/// web01, which NetBox does not know.
fn case(config: Value) -> Case {
    let mut whole = json!({"name": "web01", "memory": "1024", "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0"});
    whole.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    let found = vec![guest(500, whole, PowerState::Stopped, Inner::NotAsked)];
    Case { found, known: Known { fields: fields(&[]), ..Known::default() }, policy: Policy::default() }
}

impl Case {
    fn plan(&self) -> Plan {
        let cluster = Cluster { id: 1, name: "pve".into() };
        let Self { found, known, policy } = self;
        plan(&World { cluster: &cluster, found, known, policy, identities: &["netbox.example.org".to_owned()] })
    }

    fn shown(&self) -> String {
        self.plan().proposed().map(|it| format!("{it}\n")).collect()
    }

    fn said(&self) -> String {
        self.plan().remarks.iter().map(|it| format!("{:?} {}: {}\n", it.kind, it.about, it.text)).collect()
    }

    #[track_caller]
    fn shows(&self, words: &str) {
        assert!(self.shown().contains(words), "no {words:?} in:\n{}{}", self.shown(), self.said());
    }

    #[track_caller]
    fn says(&self, words: &str) {
        assert!(self.said().contains(words), "no {words:?} in:\n{}{}", self.said(), self.shown());
    }
}

#[test]
fn equal_sides_give_equal_plans() {
    let case = case(json!({"tags": "b;a", "scsi0": "ceph:vm-500-disk-0,size=4G"}));
    assert_eq!((case.shown(), case.said()), (case.shown(), String::new()));
    case.shows("create tag a: slug \"a\"\ncreate tag b");
    case.shows("create virtual disk scsi0 of web01: size 4000\n");
}

#[test]
fn a_field_is_written_in_the_type_that_it_has() {
    let mut case = case(json!({}));
    case.known.fields = Fields::new(
        &FieldNames::default(),
        &[
            field("proxmox_vmid", "integer", None),
            field("proxmox_vm_type", "select", None),
            field("proxmox_node", "object", None),
            field("proxmox_bridge", "multiselect", None),
        ],
        &[],
    );
    let plan = case.plan();
    let Write::Create(new) = &plan.guests[0].machine else { panic!("{plan:?}") };
    let written = serde_json::to_value(&new.custom_fields).unwrap();
    assert_eq!(written, json!({"proxmox_vmid": 500, "proxmox_vm_type": "vm", "proxmox_node": {"name": "pve01"}}));
    let Write::Create(new) = &plan.guests[0].interfaces[0].write else { panic!("{plan:?}") };
    assert_eq!(serde_json::to_value(&new.custom_fields).unwrap(), json!({"proxmox_bridge": ["vmbr0"]}));
}

#[test]
fn a_choice_that_netbox_lacks_is_left_out_and_said_once() {
    let mut case = case(json!({}));
    case.known.fields = fields(&[field("proxmox_node", "select", Some(5))]);
    let mut second = case.found[0].clone();
    second.observed.vmid = "501".parse().unwrap();
    second.observed.config = Configuration::Qemu(read(json!({"name": "web02"})));
    case.found.push(second);
    assert_eq!(
        case.said(),
        "Left NetBox: proxmox_node has no choice pve01 in NetBox: add it (`netbox-proxmox setup`)\n"
    );
    assert!(!case.shown().contains("proxmox_node"), "{}", case.shown());
    // The kind may be called otherwise, but must be said.
    let set = |values: Value| read(json!({"id": 6, "extra_choices": values, "choices_count": 1}));
    let of_type = |set: CustomFieldChoiceSet| {
        let definitions = [field("proxmox_vmid", "text", None), field("proxmox_vm_type", "select", Some(6))];
        Fields::new(&FieldNames::default(), &definitions, &[set])
    };
    case.known.fields = of_type(set(json!([["qemu", "QEMU"]])));
    case.shows("proxmox_vm_type \"qemu\"");
    case.known.fields = of_type(set(json!([["kvm", "KVM"]])));
    case.says("proxmox_vm_type has no choice vm in NetBox");
    assert_eq!(case.shown(), "");
}

#[test]
fn a_vlan_is_the_one_that_can_be_on_the_bridge() {
    let mut case = case(json!({"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr1,tag=20"}));
    let vlan = |id: u64, group: Option<&str>| -> Vlan {
        let group = group.map(|name| json!({"id": id, "name": name}));
        read(json!({"id": id, "vid": 20, "name": "shop", "group": group}))
    };
    case.says("Left guest 500 (web01): net0: NetBox has no VLAN 20 for it");
    assert!(case.shown().contains("create interface net0"), "the interface is made all the same");
    case.known.vlans = vec![vlan(1, None)];
    case.shows("mode \"access\", untagged_vlan 20");
    case.known.vlans.push(vlan(2, None));
    case.says("NetBox has several VLANs 20");
    case.known.vlans.push(vlan(3, Some("DMZ")));
    case.policy.vlan_group_bridges = [("DMZ".to_owned(), "vmbr1".to_owned())].into();
    let plan = case.plan();
    let Write::Create(new) = &plan.guests[0].interfaces[0].write else { panic!("{plan:?}") };
    assert_eq!(new.untagged_vlan, Some(3));
    case.policy.vlan_group_bridges = [("DMZ".to_owned(), "vmbr2".to_owned())].into();
    case.known.vlans.remove(0);
    case.known.vlans.remove(0);
    case.says("NetBox has no VLAN 20 for it");
}

#[test]
fn addresses_are_those_of_the_cards() {
    let inner = |name: &str, mac: &str, addresses: &[&str]| InnerInterface {
        name: name.into(),
        mac: Some(mac.into()),
        addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
    };
    let mac = "bc:24:11:00:00:01";
    let mut case = case(json!({"ipconfig0": "ip=192.0.2.7/24,gw=192.0.2.9"}));
    case.shows("create IP address 192.0.2.7/24: assigned_object \"net0 of web01\", status \"active\"");
    let all = [
        inner("lo", "00:00:00:00:00:00", &["127.0.0.1/8", "::1/128"]),
        inner("br0", mac, &["192.0.2.7/24", "169.254.1.1/16", "fe80::1/64", "2001:db8::7/64"]),
        inner("br0.30", mac, &["198.51.100.1/24"]),
        inner("docker0", mac, &["172.17.0.1/16"]),
        inner("eth7", "bc:24:11:00:00:77", &["203.0.113.1/24"]),
    ];
    case.found[0].inner = Inner::Told(all.to_vec());
    let shown = case.shown();
    let addresses: Vec<&str> = shown.lines().filter(|line| line.contains("IP address")).collect();
    assert_eq!(addresses.len(), 2, "{addresses:#?}");
    assert!(addresses[1].contains("2001:db8::7/64"), "{addresses:#?}");
    // Nothing on the card yet: what it is configured with.
    case.found[0].inner = Inner::Told(all[..1].to_vec());
    case.shows("create IP address 192.0.2.7/24");
    case.found[0].inner = Inner::Silent("QEMU guest agent is not running".into());
    case.says("Note guest 500 (web01): its addresses are those of its configuration");
}

#[test]
fn a_gateway_is_written_where_the_policy_would_give_another() {
    for (config, expected) in [
        ("ip=192.0.2.7/24,gw=192.0.2.1", None),
        ("ip=192.0.2.7/24,gw=192.0.2.254", Some("proxmox_gateway \"192.0.2.254\"")),
        ("ip=192.0.2.7/24", Some("proxmox_gateway \"none\"")),
        ("ip=dhcp", None),
        ("ip=192.0.2.7/24,gw=192.0.2.254,ip6=2001:db8::7/64,gw6=fe80::1", Some("\"192.0.2.254 fe80::1\"")),
        ("ip=192.0.2.7/24,gw=192.0.2.254,ip6=2001:db8::7/64", None),
    ] {
        let mut case = case(json!({"ipconfig0": config}));
        case.known.fields = fields(&[field("proxmox_gateway", "text", None)]);
        match expected {
            Some(words) => case.shows(words),
            None => assert!(!case.shown().contains("proxmox_gateway"), "{config}: {}", case.shown()),
        }
    }
}

#[test]
fn tags_are_known_by_what_they_are_in_proxmox() {
    let mut case = case(json!({"tags": "netbox;web-shop;w.s;netbox-deleted"}));
    let tag = |id: u64, name: &str, slug: &str| -> Tag { read(json!({"id": id, "name": name, "slug": slug})) };
    case.known.tags = vec![tag(1, "Web Shop", "web-shop"), tag(2, "other", "w-s")];
    case.says("tag w.s was left out, as another one in NetBox has its slug w-s");
    let plan = case.plan();
    let Write::Create(new) = &plan.guests[0].machine else { panic!("{plan:?}") };
    assert_eq!(serde_json::to_value(&new.tags).unwrap(), json!([1]));
    case.policy.sync_tags = false;
    assert!(!case.shown().contains("tags"), "{}", case.shown());
}

#[test]
fn an_interface_is_known_by_its_mac_address_before_its_name() {
    let mut case = case(json!({"net1": "virtio=BC:24:11:00:00:02,bridge=vmbr1"}));
    let interface = |id: u64, name: &str, mac: &str| -> VmInterface {
        read(json!({"id": id, "name": name, "virtual_machine": {"id": 7}, "enabled": true, "mac_address": mac,
            "mac_addresses": [{"id": id * 10, "mac_address": mac}]}))
    };
    let fields = json!({"proxmox_vmid": "500", "proxmox_vm_type": "vm"});
    let machine = read(
        json!({"id": 7, "name": "WEB01", "status": {"value": "offline"}, "vcpus": 1.0, "memory": 1024, "custom_fields": fields}),
    );
    // People have named them the other way round.
    let interfaces = vec![interface(1, "net1", "BC:24:11:00:00:01"), interface(2, "net0", "BC:24:11:00:00:02")];
    case.known.records = vec![Record { machine, disks: Vec::new(), interfaces }];
    assert_eq!((case.shown(), case.said()), Default::default());
    // Of one whose address is another it is the name.
    case.known.records[0].interfaces = vec![interface(1, "net0", "BC:24:11:00:00:99")];
    case.shows("change interface net0 of web01: mac_address \"BC:24:11:00:00:99\" → \"BC:24:11:00:00:01\"\n");
    case.shows("create interface net1 of web01");
}

#[test]
fn an_address_of_a_devices_interface_with_the_same_id_is_not_ours() {
    let mut case = case(json!({"ipconfig0": "ip=192.0.2.7/24"}));
    let on = json!({"id": 1, "name": "eth0", "device": {"id": 3, "name": "switch"}});
    let address: IpAddress = read(
        json!({"id": 9, "address": "192.0.2.7/24", "assigned_object_type": "dcim.interface", "assigned_object_id": 1, "assigned_object": on}),
    );
    case.known.addresses = vec![address];
    case.says("192.0.2.7/24 is on interface eth0 of device switch in NetBox, and was left there");
}

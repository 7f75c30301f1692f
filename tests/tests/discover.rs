//! Guests that Proxmox has become records in NetBox.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use netbox_api::testing::{FakeNetBox, Fault};
use netbox_proxmox_core::live::discover::{Discover, Plan, RemarkKind, Written, apply};
use netbox_proxmox_core::live::{Bridge, adopt};
use netbox_proxmox_core::{Policy, Related};
use netbox_proxmox_tests::{CLUSTER, Lab, described};
use proxmox_api::testing::{FakeProxmox, Power};
use serde_json::{Value, json};

/// Both sides without a guest, and every custom field that is optional.
async fn lab() -> Lab {
    between(described().token("bridge@pve!lab", "proxmox-secret").start().await).await
}

async fn between(proxmox: FakeProxmox) -> Lab {
    let netbox = FakeNetBox::builder().token("nbt_labkey000000.lab-secret").cluster(CLUSTER);
    let netbox = netbox
        .custom_field("proxmox_mount_path", "virtualization.virtualdisk", "text")
        .custom_field("proxmox_bridge", "virtualization.vminterface", "text")
        .custom_field("proxmox_gateway", "virtualization.virtualmachine", "text")
        .start()
        .await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/webhook", Some("hook"));
    Lab::between(netbox, proxmox, Policy::default())
}

fn bridge(lab: &Lab) -> &Bridge {
    lab.dispatcher.bridge()
}

async fn planned(lab: &Lab) -> Plan {
    Discover::new(bridge(lab), 8).plan().await.unwrap()
}

/// What is said of guests, by them.
fn said(plan: &Plan) -> BTreeMap<String, String> {
    plan.remarks.iter().map(|remark| (remark.about.clone(), format!("{:?}: {}", remark.kind, remark.text))).collect()
}

async fn discovered(lab: &Lab) -> Written {
    let written = apply(bridge(lab), planned(lab).await).await;
    assert_eq!(written.failed, None);
    written
}

/// The requests that wrote something.
fn writes(lab: &Lab) -> Vec<String> {
    let requests = lab.netbox.requests();
    requests.iter().filter(|it| it.method != "GET").map(|it| format!("{} {}", it.method, it.path)).collect()
}

/// Nothing differs for another run, nor for a comparison, and nothing is told in NetBox.
async fn is_settled(lab: &Lab) {
    lab.settle().await;
    lab.netbox.forget_requests();
    let again = planned(lab).await;
    let shown: Vec<String> = again.proposed().map(ToString::to_string).collect();
    assert_eq!(shown, Vec::<String>::new());
    apply(bridge(lab), again).await;
    lab.dispatcher.reconcile(8).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(writes(lab), Vec::<String>::new(), "{:?}", lab.journal());
    assert_eq!(lab.proxmox.writes().len(), 0);
}

fn custom(record: &Value, field: &str) -> Value {
    let value = &record["custom_fields"][field];
    value.get("value").unwrap_or(value).clone()
}

#[tokio::test]
async fn a_guest_becomes_a_record_with_all_that_belongs_to_it() {
    let lab = lab().await;
    let vlan = lab.netbox.user("alice").create("ipam/vlans", json!({"vid": 20, "name": "shop"}));
    lab.netbox.user("alice").create("extras/tags", json!({"name": "Shop", "slug": "shop"}));
    lab.proxmox.add_guest(500, "web01", |guest| {
        guest
            .node("pve02")
            .disk("scsi0", "local-lvm", 20_480)
            .disk("scsi1", "ceph", 1_024)
            .cloudinit("ide2", "local-lvm")
            .net("net0", "virtio=BC:24:11:00:05:00,bridge=vmbr0,tag=20")
            .net("net1", "virtio=BC:24:11:00:05:01,bridge=vmbr0,link_down=1,mtu=1400")
            .option("ipconfig0", "ip=192.0.2.10/24,gw=192.0.2.254")
            .option("ipconfig1", "ip=dhcp,ip6=auto")
            .option("sockets", "2")
            .option("onboot", "1")
            .cores(2)
            .memory(4096)
            .tags("netbox;shop;new.one")
            .description("ask Ops\nnetbox-description: the shop")
            .running()
            .inner("lo", "00:00:00:00:00:00", &["127.0.0.1/8", "::1/128"])
            .inner("ens18", "net0", &["192.0.2.10/24", "fe80::1/64", "2001:db8::10/64"])
            .inner("docker0", "02:42:00:00:00:01", &["172.17.0.1/16"])
            .inner("ens19", "net1", &["198.51.100.7/24"])
    });
    let plan = planned(&lab).await;
    assert_eq!(said(&plan), BTreeMap::new());
    assert_eq!(writes(&lab), Vec::<String>::new());
    let shown: Vec<String> = plan.proposed().map(ToString::to_string).collect();
    let expected = [
        r#"create tag new.one: slug "new-one""#,
        r#"create virtual machine web01: status "active", vcpus 4, memory 4096, start_on_boot "on", description "the shop", proxmox_vm_type "vm", proxmox_vmid "500", proxmox_node "pve02", proxmox_gateway "192.0.2.254", tags ["new.one","Shop"], primary_ip4 "192.0.2.10/24", primary_ip6 "2001:db8::10/64""#,
        r#"create virtual disk scsi0 of web01: size 20000, proxmox_disk_storage_volume "local-lvm""#,
        r#"create virtual disk scsi1 of web01: size 1000, proxmox_disk_storage_volume "ceph""#,
        r#"create interface net0 of web01: enabled true, proxmox_bridge "vmbr0", mac_address "BC:24:11:00:05:00", mode "access", untagged_vlan 20"#,
        r#"create interface net1 of web01: enabled false, mtu 1400, proxmox_bridge "vmbr0", mac_address "BC:24:11:00:05:01""#,
        r#"create IP address 192.0.2.10/24: assigned_object "net0 of web01", status "active""#,
        r#"create IP address 2001:db8::10/64: assigned_object "net0 of web01", status "active""#,
        r#"create IP address 198.51.100.7/24: assigned_object "net1 of web01", status "dhcp""#,
    ];
    assert_eq!(shown, expected);
    let written = apply(bridge(&lab), plan).await;
    assert_eq!((written.failed, written.refused.len(), written.records.len()), (None, 0, 1));

    let record = lab.netbox.vm_named("web01").unwrap();
    let id = record["id"].as_u64().unwrap();
    for (field, value) in [("vcpus", json!(4.0)), ("memory", json!(4096)), ("description", json!("the shop"))] {
        assert_eq!(record[field], value);
    }
    assert_eq!((&record["status"]["value"], &record["start_on_boot"]["value"]), (&json!("active"), &json!("on")));
    for (field, value) in [("proxmox_vm_type", "vm"), ("proxmox_vmid", "500"), ("proxmox_node", "pve02")] {
        assert_eq!(custom(&record, field), value);
    }
    assert_eq!(record["primary_ip4"]["address"], "192.0.2.10/24");
    assert_eq!(record["disk"], 21_000);
    let interfaces = lab.netbox.interfaces(id);
    let macs: Vec<&Value> = interfaces.iter().map(|it| &it["mac_address"]).collect();
    assert_eq!(macs, ["BC:24:11:00:05:00", "BC:24:11:00:05:01"]);
    assert_eq!(
        (&interfaces[0]["untagged_vlan"]["id"], &interfaces[0]["mode"]["value"]),
        (&vlan["id"], &json!("access"))
    );
    assert_eq!((&interfaces[1]["enabled"], &interfaces[1]["mtu"]), (&json!(false), &json!(1400)));
    is_settled(&lab).await;
}

#[tokio::test]
async fn a_container_and_a_stopped_guest_are_read_as_they_are() {
    let lab = lab().await;
    lab.proxmox.add_container(600, "ct01", |guest| {
        guest
            .disk("rootfs", "local-lvm", 4_096)
            .disk("mp0", "ceph", 8_192)
            .net("net0", "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:06:00,ip=dhcp,trunks=5;7")
            .cores(2)
            .memory(512)
            .running()
            .inner("eth0", "net0", &["203.0.113.9/24"])
    });
    lab.proxmox.add_guest(601, "off", |guest| {
        guest
            .disk("virtio0", "ceph", 2_048)
            .net("net0", "virtio=BC:24:11:00:06:01,bridge=vmbr0")
            .option("ipconfig0", "ip=203.0.113.10/24,gw=203.0.113.1")
    });
    lab.proxmox.add_guest(602, "asleep", |guest| guest.running());
    lab.proxmox.set_power(602, Power::Paused);
    let plan = planned(&lab).await;
    let expected = BTreeMap::from([(
        "guest 600 (ct01)".to_owned(),
        "Left: net0: NetBox has no VLAN 5 for it: make it, then discover again".to_owned(),
    )]);
    assert_eq!(said(&plan), expected);
    apply(bridge(&lab), plan).await;
    let [container, off, asleep] = ["ct01", "off", "asleep"].map(|name| lab.netbox.vm_named(name).unwrap());
    assert_eq!(
        (custom(&container, "proxmox_vm_type"), &container["status"]["value"]),
        (json!("lxc"), &json!("active"))
    );
    let disks = lab.netbox.disks(container["id"].as_u64().unwrap());
    let names: Vec<(&Value, Value)> = disks.iter().map(|it| (&it["name"], custom(it, "proxmox_mount_path"))).collect();
    assert_eq!(names, [(&json!("rootfs"), Value::Null), (&json!("mp0"), json!("/mp0"))]);
    assert_eq!(lab.netbox.interfaces(container["id"].as_u64().unwrap())[0]["name"], "eth0");
    assert_eq!(
        (&off["status"]["value"], &off["primary_ip4"]["address"]),
        (&json!("offline"), &json!("203.0.113.10/24"))
    );
    assert_eq!(asleep["status"]["value"], "paused");

    // The VLANs are made.
    for vid in [5, 7] {
        lab.netbox.user("alice").create("ipam/vlans", json!({"vid": vid, "name": format!("v{vid}")}));
    }
    discovered(&lab).await;
    let interface = &lab.netbox.interfaces(container["id"].as_u64().unwrap())[0];
    assert_eq!(
        (&interface["mode"]["value"], interface["tagged_vlans"].as_array().unwrap().len()),
        (&json!("tagged"), 2)
    );
    is_settled(&lab).await;
}

/// The number of requests to NetBox grows with pages and bulks.
#[tokio::test]
async fn a_thousand_guests_cost_pages() {
    const GUESTS: u32 = 1_000;
    let lab = lab().await;
    for number in 0..GUESTS {
        let (vmid, third, last) = (10_000 + number, number / 250, number % 250 + 2);
        let net = format!("virtio=BC:24:11:00:{:02X}:{:02X},bridge=vmbr0", number / 256, number % 256);
        let address = format!("ip=10.0.{third}.{last}/22,gw=10.0.0.1");
        lab.proxmox.add_guest(vmid, &format!("guest-{vmid}"), |guest| {
            guest.disk("scsi0", "ceph", 1_024).net("net0", &net).option("ipconfig0", &address).tags("bulk")
        });
    }
    let (netbox, proxmox) = (lab.netbox.requests().len(), lab.proxmox.requests().len());
    let written = discovered(&lab).await;
    let made: Vec<usize> = written.made.values().copied().collect();
    assert_eq!((made, written.refused.len()), (vec![1000, 1000, 1000, 1, 1000, 1000], 0), "{:?}", written.made);
    let calls = lab.netbox.requests().len() - netbox;
    let bulks = 7 * 20; // records, disks, interfaces, MAC addresses, and which is primary; addresses, and which is primary
    let read = 10 + 8; // whose addresses they are; version, fields, choices, records, tags
    assert!(calls <= bulks + read, "{calls}");
    assert_eq!(lab.proxmox.requests().len() - proxmox, 1 + 1_000, "the listing, and each configuration");

    lab.netbox.forget_requests();
    assert!(planned(&lab).await.is_empty());
    let calls = lab.netbox.requests().len();
    let pages = 6 + 10 * 2 + 10; // of records, their disks and interfaces, addresses
    assert!(calls <= pages + 8, "{calls}");
    assert_eq!(writes(&lab), Vec::<String>::new());
}

#[tokio::test]
async fn a_guest_is_a_record_by_its_vmid_and_never_by_its_name() {
    let lab = lab().await;
    let record = |name: &str, vmid: Option<&str>, kind: Option<&str>| {
        let fields = json!({"proxmox_vmid": vmid, "proxmox_vm_type": kind});
        lab.netbox.create_vm(json!({"name": name, "cluster": {"name": CLUSTER}, "custom_fields": fields}))
    };
    record("Web01", None, None);
    record("web02", Some("777"), Some("vm"));
    record("other", Some("503"), Some("vm"));
    record("ct04", Some("504"), Some("vm"));
    record("twin-a", Some("505"), Some("vm"));
    record("twin-b", Some("505"), Some("vm"));
    record("web06", Some("506"), None);
    for (vmid, name) in
        [(501, "web01"), (502, "web02"), (503, "web03"), (505, "twin-a"), (506, "web06"), (507, "same"), (508, "same")]
    {
        lab.proxmox.add_guest(vmid, name, |guest| guest);
    }
    lab.proxmox.add_container(504, "ct04", |guest| guest);
    let before = lab.netbox.all("virtualization/virtual-machines");
    let plan = planned(&lab).await;
    let said = said(&plan);
    for (about, words) in [
        (
            "guest 501 (web01)",
            "virtual machine Web01 (id 1) has its name and no VMID. If it is the one, write 501 into proxmox_vmid there",
        ),
        ("guest 502 (web02)", "virtual machine web02 (id 2) has its name and VMID 777"),
        ("guest 503 (web03)", "virtual machine other (id 3) says its VMID and has another name"),
        ("guest 504 (ct04)", "another proxmox_vm_type, and it is a container"),
        ("guest 505 (twin-a)", "virtual machine twin-a (id 5) and virtual machine twin-b (id 6) say VMID 505"),
        ("guest 508 (same)", "guest 507 has the same name"),
    ] {
        assert!(
            said.get(about).is_some_and(|text| text.starts_with("Left: ") && text.contains(words)),
            "{about}: {said:#?}"
        );
    }
    assert_eq!(said.len(), 6, "{said:#?}");
    apply(bridge(&lab), plan).await;
    let after = lab.netbox.all("virtualization/virtual-machines");
    assert_eq!(after[..6], before[..6]);
    assert_eq!(custom(&after[6], "proxmox_vm_type"), "vm", "what is empty is filled");
    assert_eq!((after.len(), &after[7]["name"]), (8, &json!("same")));
}

#[tokio::test]
async fn what_a_record_has_is_changed_only_where_it_differs() {
    let lab = lab().await;
    lab.proxmox.add_guest(500, "web01", |guest| {
        guest
            .disk("scsi0", "ceph", 10_240)
            .net("net0", "virtio=BC:24:11:00:05:00,bridge=vmbr0")
            .tags("a")
            .cores(2)
            .memory(1024)
    });
    discovered(&lab).await;
    let id = lab.netbox.vm_named("web01").unwrap()["id"].as_u64().unwrap();
    // A person adds what is theirs, and the guest changes.
    lab.netbox.user("alice").create("extras/tags", json!({"name": "theirs", "slug": "theirs"}));
    lab.netbox.update_vm(id, json!({"comments": "mine", "tags": [{"name": "a"}, {"name": "theirs"}]}));
    lab.proxmox.edit(500, |guest| {
        guest.set("memory", "2048");
        guest.set("scsi0", "ceph:vm-500-disk-0,size=20G");
        guest.set("net0", "virtio=BC:24:11:00:05:99,bridge=vmbr0");
    });
    lab.proxmox.set_power(500, Power::Running);
    let shown: Vec<String> = planned(&lab).await.proposed().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            r#"change virtual machine web01: status "offline" → "active", memory 1024 → 2048"#,
            "change virtual disk scsi0 of web01: size 10000 → 20000",
            r#"change interface net0 of web01: mac_address "BC:24:11:00:05:00" → "BC:24:11:00:05:99""#,
        ]
    );
    discovered(&lab).await;
    let record = lab.netbox.vm(id).unwrap();
    assert_eq!((&record["comments"], record["tags"].as_array().unwrap().len()), (&json!("mine"), 2));
    assert_eq!(lab.netbox.interfaces(id)[0]["mac_address"], "BC:24:11:00:05:99");
    assert!(planned(&lab).await.is_empty());

    // Staged is a person's.
    lab.netbox.update_vm(id, json!({"status": "staged"}));
    assert!(planned(&lab).await.is_empty());
}

#[tokio::test]
async fn of_a_guest_that_follows_netbox_only_what_is_empty_is_filled() {
    let lab = lab().await;
    let id = lab.create(json!({"name": "web01", "status": "active"})).await;
    let owned = lab.vmid(id).unwrap();
    lab.proxmox.edit(owned, |guest| guest.set("memory", "3000"));
    lab.netbox.update_vm(id, json!({"vcpus": 4}));
    lab.settle().await;
    let plan = planned(&lab).await;
    let shown: Vec<String> = plan.proposed().map(ToString::to_string).collect();
    assert_eq!(shown, ["change virtual machine web01: memory 3000"]);
    let said = said(&plan);
    let text = &said[&format!("guest {owned} (web01)")];
    assert_eq!(text, "Differs: vcpus 4 in NetBox, 1 in Proxmox");
    let written = apply(bridge(&lab), plan).await;
    assert_eq!(written.records, [], "it needs no adoption");
    assert_eq!(lab.netbox.vm(id).unwrap()["vcpus"], json!(4.0));
}

#[tokio::test]
async fn an_address_that_is_elsewhere_is_not_stolen() {
    let lab = lab().await;
    let theirs = lab.netbox.create_vm(json!({"name": "theirs", "cluster": {"name": CLUSTER}}))["id"].as_u64().unwrap();
    let address = lab.netbox.give_address(theirs, "192.0.2.10/24");
    lab.netbox.create_ip(json!({"address": "192.0.2.11/24"}));
    lab.netbox.create_ip(json!({"address": "192.0.2.12/32"}));
    for (vmid, host) in [(500, 10), (501, 11), (502, 12), (503, 13), (504, 13)] {
        lab.proxmox.add_guest(vmid, &format!("web{vmid}"), |guest| {
            let net = format!("virtio=BC:24:11:00:05:{:02},bridge=vmbr0", vmid - 500);
            guest.net("net0", &net).option("ipconfig0", &format!("ip=192.0.2.{host}/24,gw=192.0.2.1"))
        });
    }
    let plan = planned(&lab).await;
    let said = said(&plan);
    for (about, words) in [
        ("guest 500 (web500)", "192.0.2.10/24 is on interface"),
        ("guest 500 (web500)", "of virtual machine theirs in NetBox, and was left there"),
        ("guest 502 (web502)", "NetBox has 192.0.2.12/32 with another prefix length"),
        ("guest 504 (web504)", "192.0.2.13/24 is guest 503's, too"),
    ] {
        assert!(
            said.get(about).is_some_and(|text| text.starts_with("Left: ") && text.contains(words)),
            "{about}: {said:#?}"
        );
    }
    assert_eq!(said.len(), 3, "{said:#?}");
    apply(bridge(&lab), plan).await;
    let all = lab.netbox.all("ipam/ip-addresses");
    assert_eq!(all[0]["assigned_object_id"], address["assigned_object_id"]);
    let primary = |name: &str| lab.netbox.vm_named(name).unwrap()["primary_ip4"]["address"].clone();
    assert_eq!(
        [primary("web500"), primary("web501"), primary("web502")],
        [Value::Null, json!("192.0.2.11/24"), Value::Null]
    );
    assert_eq!((all.len(), primary("web503")), (4, json!("192.0.2.13/24")), "the free one was taken, one was made");
}

#[tokio::test]
async fn what_netbox_refuses_of_many_costs_nothing_else() {
    let lab = lab().await;
    for vmid in 500..510 {
        lab.proxmox.add_guest(vmid, &format!("web{vmid}"), |guest| guest.disk("scsi0", "ceph", 1_024));
    }
    let plan = planned(&lab).await;
    // Somebody is faster with two names.
    for name in ["web503", "WEB507"] {
        lab.netbox.create_vm(json!({"name": name, "cluster": {"name": CLUSTER}}));
    }
    let written = apply(bridge(&lab), plan).await;
    assert_eq!(written.failed, None);
    let refused: Vec<&str> = written.refused.iter().map(|it| it.about.as_str()).collect();
    assert_eq!(refused, ["virtual machine web503", "virtual machine web507"]);
    assert!(written.refused[0].text.contains("must be unique per cluster and tenant"), "{:?}", written.refused);
    assert_eq!((written.made["virtual machines"], written.made["virtual disks"]), (8, 8));
}

#[tokio::test]
async fn a_run_that_is_cut_short_goes_on_with_the_next() {
    for path in ["virtualization/virtual-disks", "virtualization/interfaces", "dcim/mac-addresses", "ipam/ip-addresses"]
    {
        let lab = lab().await;
        for vmid in 500..503 {
            let net = format!("virtio=BC:24:11:00:05:{:02},bridge=vmbr0", vmid - 500);
            let address = format!("ip=192.0.2.{}/24,gw=192.0.2.1", vmid - 490);
            lab.proxmox.add_guest(vmid, &format!("web{vmid}"), |guest| {
                guest.disk("scsi0", "ceph", 1_024).net("net0", &net).option("ipconfig0", &address)
            });
        }
        let plan = planned(&lab).await;
        lab.netbox.fault(Fault::on("POST", &format!("*/{path}/")).drop_after());
        let written = apply(bridge(&lab), plan).await;
        assert!(written.failed.is_some(), "{path}");
        assert_eq!(written.records.len(), 3);
        discovered(&lab).await;
        assert_eq!(lab.netbox.all("virtualization/virtual-machines").len(), 3);
        for path in
            ["virtualization/virtual-disks", "virtualization/interfaces", "dcim/mac-addresses", "ipam/ip-addresses"]
        {
            assert_eq!(lab.netbox.all(path).len(), 3, "{path}");
        }
        lab.settle().await;
        assert!(planned(&lab).await.is_empty());
    }
}

#[tokio::test]
async fn an_agent_that_does_not_answer_costs_the_addresses_within_only() {
    let lab = lab().await;
    lab.proxmox.add_guest(500, "web01", |guest| {
        guest
            .option("agent", "enabled=1")
            .net("net0", "virtio=BC:24:11:00:05:00,bridge=vmbr0")
            .option("ipconfig0", "ip=192.0.2.10/24")
            .running()
    });
    let plan = planned(&lab).await;
    let [remark] = &plan.remarks[..] else { panic!("{:?}", plan.remarks) };
    assert_eq!((remark.kind, remark.about.as_str()), (RemarkKind::Note, "guest 500 (web01)"));
    assert!(remark.text.contains("agent is not running"), "{}", remark.text);
    apply(bridge(&lab), plan).await;
    assert_eq!(lab.netbox.vm_named("web01").unwrap()["primary_ip4"]["address"], "192.0.2.10/24");
}

#[tokio::test]
async fn guests_that_are_being_made_or_removed_and_those_of_other_records_are_left() {
    let lab =
        Lab::with(Policy { destroy: netbox_proxmox_core::policy::DestroyWhen::After(3_600), ..Policy::default() })
            .await;
    let removed = lab.create(json!({"name": "removed"})).await;
    let moved = lab.create(json!({"name": "moved"})).await;
    let vmids = [lab.vmid(removed).unwrap(), lab.vmid(moved).unwrap()];
    lab.delete(removed).await;
    lab.netbox.update_vm(moved, json!({"custom_fields": {"proxmox_vmid": "999"}}));
    lab.settle().await;
    lab.proxmox.add_guest(500, "half", |guest| guest.option("lock", "clone"));
    let plan = planned(&lab).await;
    assert!(plan.is_empty(), "{:?}", plan.proposed().map(ToString::to_string).collect::<Vec<_>>());
    let said = said(&plan);
    for (about, words) in [
        (format!("guest {} (removed)", vmids[0]), "or its removal, wait to be answered"),
        (format!("guest {} (moved)", vmids[1]), "it belongs to virtual machine moved"),
        ("guest 500 (half)".to_owned(), "still being created (lock: clone)"),
    ] {
        assert!(said.get(&about).is_some_and(|text| text.contains(words)), "{about}: {said:#?}");
    }
}

#[tokio::test]
async fn a_discovered_record_sets_nothing_off_until_a_person_saves_it() {
    let lab = lab().await;
    // What NetBox would have set differs: the guest has no cloud-init drive.
    lab.proxmox.add_guest(500, "web01", |guest| {
        guest.net("net0", "virtio=BC:24:11:00:05:00,bridge=vmbr0").running().inner("ens18", "net0", &["192.0.2.10/24"])
    });
    discovered(&lab).await;
    assert_eq!(lab.netbox.vm_named("web01").unwrap()["primary_ip4"]["address"], "192.0.2.10/24");
    is_settled(&lab).await;
    assert_eq!(lab.journal(), Vec::<String>::new());
    // It is off in Proxmox, and found so.
    lab.proxmox.set_power(500, Power::Stopped);
    discovered(&lab).await;
    is_settled(&lab).await;
    assert_eq!(lab.journal(), Vec::<String>::new());
    let id = lab.netbox.vm_named("web01").unwrap()["id"].as_u64().unwrap();
    lab.update(id, json!({"comments": "mine"})).await;
    let [said] = &lab.journal()[..] else { panic!("{:?}", lab.journal()) };
    assert!(said.contains("adopt"), "{said}");
}

#[tokio::test]
async fn a_discovered_guest_is_adopted_where_that_is_asked() {
    let lab = lab().await;
    lab.proxmox.add_guest(500, "web01", |guest| {
        guest
            .disk("scsi0", "ceph", 1_024)
            .net("net0", "virtio=BC:24:11:00:05:00,bridge=vmbr0")
            .option("onboot", "1")
            .running()
    });
    let written = discovered(&lab).await;
    let [(vmid, record)] = written.records[..] else { panic!("{:?}", written.records) };
    let machine = bridge(&lab).netbox.virtual_machines().get(record.0).await.unwrap().value;
    let guest = bridge(&lab).fields.guest(&machine, &Related::default());
    adopt::adopt(bridge(&lab), lab.cluster(), &guest).await.unwrap();
    assert_eq!(lab.guest(record.0).description(), Some(lab.marker(record.0, vmid.get()).as_str()));
    lab.settle().await;
    lab.dispatcher.reconcile(8).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.journal(), Vec::<String>::new());
    assert!(planned(&lab).await.is_empty());
    assert_eq!(lab.guest(record.0).get("onboot"), Some("1"));
    // From then on NetBox is the master.
    lab.update(record.0, json!({"status": "offline"})).await;
    assert_eq!(lab.guest(record.0).power, Power::Stopped);
}

#[tokio::test]
async fn without_the_fields_that_name_a_guest_nothing_is_begun() {
    let netbox = FakeNetBox::builder()
        .token("nbt_labkey000000.lab-secret")
        .without_custom_fields()
        .cluster(CLUSTER)
        .start()
        .await;
    let proxmox = described().token("bridge@pve!lab", "proxmox-secret").start().await;
    let lab = Lab::between(netbox, proxmox, Policy::default());
    let failure = Discover::new(bridge(&lab), 8).plan().await.unwrap_err();
    assert!(
        failure.why.contains("NetBox has no custom field proxmox_vmid") && failure.why.contains("setup"),
        "{}",
        failure.why
    );
}

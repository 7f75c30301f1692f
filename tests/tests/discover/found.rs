//! What of a guest becomes what in NetBox, and what that costs.

use super::*;

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
    let written = apply(between_them(&lab), plan).await;
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
    apply(between_them(&lab), plan).await;
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

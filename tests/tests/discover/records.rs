//! Which record a guest is, and what of it is changed.

use super::*;

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
    apply(between_them(&lab), plan).await;
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
    let written = apply(between_them(&lab), plan).await;
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
    apply(between_them(&lab), plan).await;
    let all = lab.netbox.all("ipam/ip-addresses");
    assert_eq!(all[0]["assigned_object_id"], address["assigned_object_id"]);
    let primary = |name: &str| lab.netbox.vm_named(name).unwrap()["primary_ip4"]["address"].clone();
    assert_eq!(
        [primary("web500"), primary("web501"), primary("web502")],
        [Value::Null, json!("192.0.2.11/24"), Value::Null]
    );
    assert_eq!((all.len(), primary("web503")), (4, json!("192.0.2.13/24")), "the free one was taken, one was made");
}

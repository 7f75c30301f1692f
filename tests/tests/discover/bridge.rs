//! What the bridge makes of discovered records, and which guests are its own affair.

use super::*;

#[tokio::test]
async fn guests_that_are_being_made_or_removed_and_those_of_other_records_are_left() {
    let lab = Lab::with(Policy {
        destroy: netbox_proxmox_core::policy::DestroyWhen::After(3_600).into(),
        ..Policy::default()
    })
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
    let machine = between_them(&lab).netbox.virtual_machines().get(record.0).await.unwrap().value;
    let guest = between_them(&lab).fields.guest(&machine, &Related::default());
    adopt::adopt(between_them(&lab), lab.cluster(), &guest).await.unwrap();
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

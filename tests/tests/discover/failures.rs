//! What is refused, cut short, or does not answer.

use super::*;

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
    let written = apply(between_them(&lab), plan).await;
    assert_eq!(written.failed, None);
    let refused: Vec<&str> = written.refused.iter().map(|it| it.about.as_str()).collect();
    assert_eq!(refused, ["virtual machine web503", "virtual machine web507"]);
    assert!(written.refused[0].text.contains("must be unique per cluster and tenant"), "{:?}", written.refused);
    assert_eq!((written.made["virtual machines"], written.made["virtual disks"]), (8, 8));
}

/// What is adopted is as its guest: a record that lacks a disk would take it for one too many.
#[tokio::test]
async fn a_guest_of_which_something_was_refused_is_not_to_be_adopted() {
    let lab = lab().await;
    for vmid in [500, 501] {
        lab.proxmox.add_guest(vmid, &format!("web{vmid}"), |guest| guest.disk("scsi0", "ceph", 1_024));
    }
    let plan = planned(&lab).await;
    lab.netbox
        .fault(Fault::on("POST", "*/virtualization/virtual-disks/").answer(400, json!([{}, {"size": ["too large"]}])));
    let written = apply(between_them(&lab), plan).await;
    assert_eq!((written.failed, written.refused.len(), written.made["virtual disks"]), (None, 1, 1));
    let kept: Vec<u32> = written.records.iter().map(|(vmid, _)| vmid.get()).collect();
    let refused = if written.refused[0].about.ends_with("web500") { 500 } else { 501 };
    assert_eq!(kept, [if refused == 500 { 501 } else { 500 }], "{:?}", written.refused);
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
        let written = apply(between_them(&lab), plan).await;
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

/// What we wrote is nobody's wish, also where nothing else followed: a record that a person had saved would be asked to be
/// adopted, or be reported.
#[tokio::test]
async fn records_that_were_made_before_it_was_cut_short_are_left_to_people() {
    let lab = lab().await;
    for vmid in 500..560 {
        lab.proxmox.add_guest(vmid, &format!("web{vmid}"), |guest| guest.disk("scsi0", "ceph", 1_024).memory(512));
    }
    let plan = planned(&lab).await;
    // They are written fifty at a time.
    lab.netbox.fault(Fault::on("POST", "*/virtualization/virtual-machines/").drop_before().skip(1).always());
    let written = apply(between_them(&lab), plan).await;
    assert!(written.failed.is_some());
    let made = lab.netbox.all("virtualization/virtual-machines");
    assert_eq!(made.len(), 50);
    for record in &made {
        let owner = lab.owner(record["id"].as_u64().unwrap());
        assert!(between_them(&lab).inbox.discovered(owner).await.unwrap().is_some(), "{record}");
    }
    lab.settle().await;
    lab.dispatcher.reconcile(8).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!(lab.journal(), Vec::<String>::new());
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
    apply(between_them(&lab), plan).await;
    assert_eq!(lab.netbox.vm_named("web01").unwrap()["primary_ip4"]["address"], "192.0.2.10/24");
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
    let failure = Discover::new(between_them(&lab), 8).plan().await.unwrap_err();
    assert!(
        failure.why.contains("NetBox has no custom field proxmox_vmid") && failure.why.contains("setup"),
        "{}",
        failure.why
    );
}

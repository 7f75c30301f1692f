//! What people write in NetBox, taken as they mean it: each case is one that a real user has met.
#![allow(clippy::unwrap_used)]

use netbox_api::testing::FakeNetBox;
use netbox_proxmox_core::live::privileges::{PROXMOX, ProxmoxRight};
use netbox_proxmox_core::{FieldNames, Policy};
use netbox_proxmox_tests::{KINDS, Lab, described, netbox};
use proxmox_api::testing::{Fault, GuestKind, Storage};
use serde_json::{Value, json};

async fn add_address(lab: &Lab, interface: u64, address: &str) -> u64 {
    let id = lab.netbox.create_ip(json!({
        "address": address, "assigned_object_type": "virtualization.vminterface", "assigned_object_id": interface,
    }))["id"]
        .as_u64()
        .unwrap();
    lab.settle().await;
    id
}

/// The one text of the journal.
fn told(lab: &Lab) -> String {
    let journal = lab.journal();
    assert_eq!(journal.len(), 1, "{journal:#?}");
    journal[0].clone()
}

/// The creation is complete: the marker says so, NetBox has the node and the disk.
fn complete(lab: &Lab, id: u64) {
    lab.must_have_applied();
    assert!(lab.guest(id).description().unwrap().contains(" ready "), "{:?}", lab.guest(id).description());
    assert_eq!(lab.guest(id).get("tags").map(|tags| tags.contains("netbox")), Some(true));
    assert!(!lab.netbox.vm(id).unwrap()["custom_fields"]["proxmox_node"].is_null());
    assert_eq!(lab.netbox.all("virtualization/virtual-disks").len(), 1);
}

#[tokio::test]
async fn the_disks_of_the_firmware_are_not_advised_to_be_renamed() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    lab.add_disk(id, "efidisk0", 4).await;
    lab.add_disk(id, "tpmstate0", 4).await;
    let journal = lab.journal();
    assert_eq!(journal.len(), 2, "{journal:#?}");
    assert!(journal.iter().all(|text| !text.to_lowercase().contains("rename")), "{journal:#?}");
}

#[tokio::test]
async fn a_gateway_in_the_middle_of_its_prefix_is_the_one_that_is_set() {
    let netbox = netbox().await;
    netbox.user("admin").create(
        "extras/custom-fields",
        json!({"name": "proxmox_gateway", "type": "text", "object_types": ["virtualization.virtualmachine"]}),
    );
    let lab = Lab::between(netbox, netbox_proxmox_tests::proxmox().await, Policy::default());
    let id = lab.create(json!({"custom_fields": {"proxmox_gateway": "10.73.3.253"}})).await;
    let interface = lab.add_interface(id, "eth0", json!({})).await;
    let ip = add_address(&lab, interface, "10.73.0.52/22").await;
    lab.update(id, json!({"primary_ip4": ip})).await;
    assert_eq!(lab.guest(id).get("ipconfig0"), Some("ip=10.73.0.52/22,gw=10.73.3.253"));
    assert!(lab.journal().is_empty(), "{:#?}", lab.journal());
}

#[tokio::test]
async fn cores_are_not_fewer_than_the_vcpus_that_a_template_has_plugged() {
    let template = described().token("bridge@pve!lab", "proxmox-secret").template(9014, "hot-plugged", |template| {
        template.node("pve01").disk("scsi0", "local-lvm", 10_240).cores(4).memory(1024).option("vcpus", "2")
    });
    let lab = Lab::between(netbox().await, template.start().await, Policy::default());
    let id = lab.create(json!({"vcpus": 1, "custom_fields": {"proxmox_vm_templates": "9014"}})).await;
    let guest = lab.guest(id);
    assert_eq!((guest.get("cores"), guest.get("vcpus")), (Some("1"), None));
    lab.update(id, json!({"status": "active"})).await;
    lab.must_have_applied();
    assert_eq!(lab.guest(id).power, proxmox_api::testing::Power::Running);
}

#[tokio::test]
async fn what_kubernetes_makes_within_a_guest_is_no_card() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let within = ["lo", "tunl0", "cali3f1a2b4c5d6", "cali9a8b7c6d5e4", "flannel.1", "cni0", "kube-ipvs0"];
    for name in ["ens18"].iter().chain(&within).chain(&["nodelocaldns", "vxlan.calico"]) {
        lab.add_interface(id, name, json!({})).await;
    }
    let guest = lab.guest(id);
    let cards: Vec<_> = (0..10).filter(|index| guest.get(&format!("net{index}")).is_some()).collect();
    assert_eq!(cards, [0]);
    complete(&lab, id);
}

#[tokio::test]
async fn too_little_memory_is_told_and_everything_else_is_done() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"memory": 15, "vcpus": 2})).await;
    assert!(
        told(&lab).contains("memory is \"15 MB\"") && told(&lab).contains("16 MB of memory or more"),
        "{}",
        told(&lab)
    );
    assert_eq!(lab.guest(id).get("cores"), Some("2"));
    complete(&lab, id);
}

#[tokio::test]
async fn a_multicast_mac_address_is_told_and_everything_else_is_done() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    lab.add_interface(id, "net0", json!({"mac_address": "A3:E9:3D:22:FC:AE", "mtu": 1400})).await;
    assert!(told(&lab).contains("interface net0") && told(&lab).contains("A3:E9:3D:22:FC:AE"), "{}", told(&lab));
    assert!(lab.guest(id).get("net0").unwrap().ends_with("mtu=1400"), "{:?}", lab.guest(id).get("net0"));
    lab.update(id, json!({"comments": "saved again"})).await;
    let plan = lab.last_plan();
    assert!(
        plan.iter().all(|action| action.starts_with("report")),
        "that of the card is not written over it: {plan:?}"
    );
    complete(&lab, id);
}

/// What the planner does not know to be wrong: each parameter that Proxmox names is left out, and told in NetBox's words.
#[tokio::test]
async fn what_only_proxmox_refuses_is_told_and_everything_else_is_done() {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOGD3+/aBsIlUQvNXmXanrvAT2MSi0pOKrG7HapJzzwQ someone";
    let parameters = [("memory", "memory"), ("cores", "vcpus"), ("tags", "tags"), ("sshkeys", "SSH keys")];
    for (parameter, field) in parameters {
        let lab = Lab::new().await;
        lab.proxmox.fault(Fault::refuse_parameter(parameter, "not on this machine\n").on("PUT /nodes/*/qemu/*/config"));
        let keys = json!({"proxmox_public_ssh_key": key, "proxmox_vm_templates": "9000", "proxmox_vm_type": "vm"});
        let id = lab.create(json!({"memory": 2048, "vcpus": 2, "description": "web", "custom_fields": keys})).await;
        assert!(told(&lab).contains(&format!("web01: {field}")), "{}", told(&lab));
        assert!(told(&lab).ends_with("Correct it in NetBox. not on this machine"), "{}", told(&lab));
        assert!(!told(&lab).contains("AAAAC3"), "{}", told(&lab));
        let guest = lab.guest(id);
        assert_eq!(guest.get("memory"), Some(if parameter == "memory" { "1024" } else { "2048" }));
        assert_eq!(guest.get("cores"), Some(if parameter == "cores" { "1" } else { "2" }));
        assert_eq!(guest.get("sshkeys").is_some(), parameter != "sshkeys");
        assert!(guest.description().unwrap().contains("netbox-description: web"));
        assert!(guest.description().unwrap().contains(" ready "));
        lab.must_have_applied();
    }
}

#[tokio::test]
async fn a_container_is_created_without_what_only_proxmox_refuses() {
    let lab = Lab::new().await;
    let id = lab.create_container(json!({"memory": 2048, "vcpus": 9000})).await;
    assert!(told(&lab).contains("ct01: vcpus \"9000\": not set, everything else was"), "{}", told(&lab));
    assert_eq!((lab.guest(id).get("memory"), lab.guest(id).get("cores")), (Some("2048"), None));
    complete(&lab, id);
}

#[tokio::test]
async fn the_field_for_a_path_is_called_as_it_is_called_here() {
    let (netbox, proxmox) = (netbox().await, netbox_proxmox_tests::proxmox().await);
    let mut bridge = netbox_proxmox_tests::bridge(&netbox, &proxmox, netbox_proxmox_core::live::MemoryStore::default());
    bridge.fields = FieldNames { mount_path: "cases_mount_path".into(), ..FieldNames::default() };
    let lab = Lab::over(netbox.into(), proxmox.into(), bridge);
    let id = lab.create_container(json!({})).await;
    lab.add_disk(id, "mp0", 1000).await;
    assert!(told(&lab).contains("cases_mount_path") && !told(&lab).contains("proxmox_mount_path"), "{}", told(&lab));
}

#[tokio::test]
async fn the_only_address_of_the_only_interface_is_set_without_being_primary() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let interface = lab.add_interface(id, "eth0", json!({})).await;
    add_address(&lab, interface, "10.72.0.3/24").await;
    assert_eq!(lab.guest(id).get("ipconfig0"), Some("ip=10.72.0.3/24,gw=10.72.0.1"));
}

#[tokio::test]
async fn a_private_key_is_told_without_its_text() {
    let lab = Lab::new().await;
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----";
    let id = lab.create(json!({"custom_fields": {"proxmox_public_ssh_key": key}})).await;
    assert!(told(&lab).contains("line 1") && told(&lab).contains("private key"), "{}", told(&lab));
    assert!(!told(&lab).contains("b3Blbn"), "{}", told(&lab));
    complete(&lab, id);
}

#[tokio::test]
async fn a_tag_that_proxmox_cannot_have_is_its_slug() {
    let lab = Lab::new().await;
    lab.netbox.user("admin").create("extras/tags", json!({"name": "Größe XL", "slug": "groesse-xl"}));
    let id = lab.create(json!({"tags": [{"name": "Größe XL"}]})).await;
    assert_eq!(lab.guest(id).get("tags"), Some("golden;groesse-xl;netbox"));
    assert!(lab.journal().is_empty(), "{:#?}", lab.journal());
}

/// A NetBox with the optional fields, and a Proxmox with two pools.
async fn with_options(policy: Policy) -> Lab {
    let netbox = netbox().await;
    let fields = ["pool", "nameserver", "searchdomain", "ci_user", "startup"].map(|field| (field, "text"));
    for (field, kind) in fields.into_iter().chain([("protection", "boolean")]) {
        netbox.user("admin").create(
            "extras/custom-fields",
            json!({
                "name": format!("proxmox_{field}"), "type": kind, "object_types": ["virtualization.virtualmachine"],
            }),
        );
    }
    let proxmox = described().pool("acme").pool("spare").token("bridge@pve!lab", "proxmox-secret").start();
    Lab::between(netbox, proxmox.await, policy)
}

#[tokio::test]
async fn pool_dns_user_start_order_and_protection_follow_their_fields() {
    for kind in KINDS {
        let lab = with_options(Policy { nameserver: Some("192.0.2.1".into()), ..Policy::default() }).await;
        let user = if kind == GuestKind::Qemu { json!("ops") } else { Value::Null };
        let custom = json!({
            "proxmox_pool": "acme", "proxmox_searchdomain": "example.org", "proxmox_ci_user": user,
            "proxmox_startup": "2", "proxmox_protection": true,
        });
        let id = lab.create_of(kind, json!({"custom_fields": custom})).await;
        let vmid = lab.vmid(id).unwrap();
        let options = |options: [&str; 5]| options.map(|option| lab.guest(id).get(option).map(str::to_owned));
        let all = ["nameserver", "searchdomain", "ciuser", "startup", "protection"];
        let some = |text: &str| Some(text.to_owned());
        let ciuser = user.as_str().map(str::to_owned);
        let expected = [some("192.0.2.1"), some("example.org"), ciuser.clone(), some("order=2"), some("1")];
        assert_eq!(options(all), expected, "{kind:?}: {:?}", lab.journal());
        assert_eq!(lab.proxmox.pool_of(vmid).as_deref(), Some("acme"));
        complete(&lab, id);

        let custom = json!({
            "proxmox_pool": "spare", "proxmox_nameserver": "192.0.2.53, 2001:db8::53", "proxmox_searchdomain": null,
        });
        lab.update(id, json!({"custom_fields": custom})).await;
        let expected = [some("192.0.2.53 2001:db8::53"), None, ciuser, some("order=2"), some("1")];
        assert_eq!(options(all), expected, "{kind:?}: {:?}", lab.journal());
        assert_eq!(lab.proxmox.pool_of(vmid).as_deref(), Some("spare"));
        lab.update(id, json!({"custom_fields": {"proxmox_pool": null}})).await;
        assert_eq!(lab.proxmox.pool_of(vmid), None);
        assert!(lab.journal().is_empty(), "{:#?}", lab.journal());

        lab.delete(id).await;
        assert_eq!(lab.guests(), [vmid], "{kind:?}: it is protected");
        assert!(told(&lab).contains("it is protected"), "{}", told(&lab));
    }
}

#[tokio::test]
async fn an_option_that_cannot_be_read_is_told_by_its_field() {
    let lab = with_options(Policy::default()).await;
    let custom = json!({"proxmox_nameserver": "dns.example.org", "proxmox_startup": "second"});
    let id = lab.create(json!({"custom_fields": custom})).await;
    let journal = lab.journal();
    assert_eq!(journal.len(), 2, "{journal:#?}");
    for words in ["proxmox_nameserver is \"dns.example.org\"", "proxmox_startup is \"second\""] {
        assert!(journal.iter().any(|text| text.contains(words)), "{words}: {journal:#?}");
    }
    complete(&lab, id);
}

/// A guest whose record names another pool, and more that differs.
async fn to_pool(pool: &str) -> (Lab, u64) {
    let lab = with_options(Policy::default()).await;
    let id = lab.create(json!({"custom_fields": {"proxmox_pool": "acme"}})).await;
    lab.netbox.update_vm(id, json!({"description": "moved", "custom_fields": {"proxmox_pool": pool}}));
    (lab, id)
}

#[tokio::test]
async fn a_pool_that_is_refused_costs_nothing_else() {
    let (lab, id) = to_pool("nosuch").await;
    lab.settle().await;
    assert!(lab.guest(id).description().unwrap().contains("netbox-description: moved"));
    assert_eq!(lab.proxmox.pool_of(lab.vmid(id).unwrap()).as_deref(), Some("acme"));
    assert!(told(&lab).contains("nosuch"), "{}", told(&lab));
}

#[tokio::test]
async fn a_guest_that_became_anothers_meanwhile_is_not_moved() {
    let (lab, id) = to_pool("spare").await;
    let vmid = lab.vmid(id).unwrap();
    lab.proxmox.after("PUT /nodes/*/qemu/*/config", move |proxmox, _| {
        proxmox.edit(vmid, |guest| guest.set("description", "somebody's"));
    });
    lab.settle().await;
    assert_eq!(lab.proxmox.pool_of(vmid).as_deref(), Some("acme"), "{:?}", lab.proxmox.writes());
    assert_eq!(lab.proxmox.count("PUT /pools"), 0);
}

/// Nobody is told that everything else was done before it was.
#[tokio::test]
async fn what_was_refused_is_told_once_the_rest_was_done() {
    let lab = with_options(Policy::default()).await;
    let id = lab.create(json!({})).await;
    let path = "PUT /nodes/*/qemu/*/config";
    lab.proxmox.fault(Fault::refuse_parameter("nameserver", "not here").on(path));
    lab.proxmox.fault(Fault::answer(500, "the disk is full").on(path).after(1));
    lab.update(id, json!({"vcpus": 2, "custom_fields": {"proxmox_nameserver": "192.0.2.53"}})).await;
    assert!(lab.journal().iter().all(|text| !text.contains("everything else was")), "{:#?}", lab.journal());
    lab.proxmox.fault(Fault::refuse_parameter("nameserver", "not here").on(path));
    lab.update(id, json!({"comments": "saved again"})).await;
    let text = lab.journal().pop().unwrap();
    assert!(text.contains("proxmox_nameserver \"192.0.2.53\": not set, everything else was"), "{text}");
    assert_eq!(lab.guest(id).get("cores"), Some("2"));
}

#[tokio::test]
async fn what_the_policy_wants_is_told_as_its_wish() {
    let template = described()
        .token("bridge@pve!lab", "proxmox-secret")
        .template(9002, "plain", |template| template.node("pve01").disk("scsi0", "local-lvm", 10_240));
    let policy = Policy { nameserver: Some("192.0.2.53".into()), ..Policy::default() };
    let lab = Lab::between(netbox().await, template.start().await, policy);
    lab.create(json!({"custom_fields": {"proxmox_vm_templates": "9002"}})).await;
    assert!(told(&lab).contains("proxmox_nameserver (by `[policy]`)"), "{}", told(&lab));
}

/// A token with rights in one pool, beside those on storage and bridges: the template is in the pool.
#[tokio::test]
async fn a_token_with_rights_in_one_pool_is_enough() {
    let place = |right: &ProxmoxRight| if right.in_pool { "/pool/acme" } else { right.path };
    let rights: Vec<_> = PROXMOX.iter().map(|right| (place(right), right.privileges)).collect();
    let proxmox = described().pool("acme").template(9001, "in-the-pool", |template| {
        template.node("pve01").disk("scsi0", "local-lvm", 10_240).cloudinit("ide2", "local-lvm").pool("acme")
    });
    let proxmox = proxmox.limited_token("bridge@pve!limited", "proxmox-secret", &rights).start().await;
    let policy = Policy { pool: Some("acme".into()), ..Policy::default() };
    let lab = Lab::between(netbox().await, proxmox, policy);
    let id = lab.create(json!({"status": "active", "custom_fields": {"proxmox_vm_templates": "9001"}})).await;
    lab.must_have_applied();
    assert_eq!(lab.proxmox.pool_of(lab.vmid(id).unwrap()).as_deref(), Some("acme"), "{:?}", lab.journal());
    lab.update(id, json!({"status": "offline"})).await;
    lab.add_disk(id, "scsi1", 2000).await;
    lab.delete(id).await;
    lab.must_have_applied();
    assert!(lab.guests().is_empty() && lab.journal().is_empty(), "{:?}", lab.journal());
}

#[tokio::test]
async fn an_address_that_is_not_for_the_card_is_told_and_a_primary_one_is_set_whatever_it_is_called() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let interface = lab.add_interface(id, "eth0", json!({})).await;
    let ip = add_address(&lab, interface, "192.0.2.70/24").await;
    assert_eq!(lab.guest(id).get("ipconfig0"), Some("ip=192.0.2.70/24,gw=192.0.2.1"));
    for fields in [json!({"status": "deprecated"}), json!({"status": "active", "role": "vip"})] {
        lab.netbox.user("admin").update("ipam/ip-addresses", ip, fields.clone());
        lab.settle().await;
        let is = if fields["role"].is_null() { "deprecated" } else { "vip" };
        let words = format!("\"192.0.2.70/24 ({is})\"");
        assert!(lab.journal().last().unwrap().contains(&words), "{fields}: {:?}", lab.journal());
    }
    let inside = lab.netbox.create_ip(json!({"address": "10.0.0.70/24"}))["id"].clone();
    lab.netbox.user("admin").update("ipam/ip-addresses", ip, json!({"role": null, "nat_inside": inside}));
    lab.settle().await;
    assert!(lab.journal().last().unwrap().contains("translated to 10.0.0.70/24 (NAT)"), "{:?}", lab.journal());
    let told = lab.journal().len();
    lab.update(id, json!({"primary_ip4": ip})).await;
    assert_eq!(lab.guest(id).get("ipconfig0"), Some("ip=192.0.2.70/24,gw=192.0.2.1"));
    assert_eq!(lab.journal().len(), told, "{:?}", lab.journal());
}

/// Makes a field of virtual machines anew, with these attributes.
fn field_as(netbox: &FakeNetBox, name: &str, attributes: Value) {
    let admin = netbox.user("admin");
    let id = |field: &Value| field["id"].as_u64().unwrap();
    let old = netbox.all("extras/custom-fields").iter().find(|field| field["name"] == name).map(id).unwrap();
    admin.delete("extras/custom-fields", old);
    let mut field = json!({"name": name, "object_types": ["virtualization.virtualmachine"]});
    field.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    admin.create("extras/custom-fields", field);
}

#[tokio::test]
async fn what_is_written_back_has_the_type_of_its_field() {
    let netbox = netbox().await;
    field_as(&netbox, "proxmox_vmid", json!({"type": "integer"}));
    field_as(&netbox, "proxmox_node", json!({"type": "object", "related_object_type": "virtualization.clustertype"}));
    let admin = netbox.user("admin");
    let node = admin.create("virtualization/cluster-types", json!({"name": "pve01", "slug": "pve01"}))["id"].clone();
    let lab = Lab::between(netbox, netbox_proxmox_tests::proxmox().await, Policy::default());
    let id = lab.create(json!({"status": "active"})).await;
    complete(&lab, id);
    let fields = lab.netbox.vm(id).unwrap()["custom_fields"].clone();
    assert_eq!((&fields["proxmox_vmid"], &fields["proxmox_node"]["id"]), (&json!(100), &node), "{fields}");
    // What was written is what was read.
    lab.update(id, json!({"status": "offline"})).await;
    assert!(!lab.guest(id).is_running());
    assert!(lab.journal().is_empty(), "{:#?}", lab.journal());
}

#[tokio::test]
async fn a_template_may_be_given_by_its_name() {
    let proxmox = described().template(9001, "two", |it| it.node("pve01").disk("scsi0", "local-lvm", 1_024));
    let proxmox = proxmox.template(9002, "two", |it| it.node("pve02").disk("scsi0", "local-lvm", 1_024));
    let proxmox = proxmox.token("bridge@pve!lab", "proxmox-secret").start().await;
    let lab = Lab::between(netbox().await, proxmox, Policy::default());
    let named = |template: &str, node: Value| json!({"proxmox_vm_templates": template, "proxmox_node": node});
    let id = lab.create(json!({"custom_fields": named("debian-12-cloud", Value::Null)})).await;
    assert!(lab.guest(id).get("tags").unwrap().contains("golden"), "it is a copy of 9000");
    let there = lab.create(json!({"name": "there", "custom_fields": named("two", json!("pve02"))})).await;
    assert!(lab.last_plan().iter().any(|step| step.contains("from template 9002")), "{:?}", lab.last_plan());
    assert_eq!(lab.guest(there).node, "pve02");
    assert!(lab.journal().is_empty(), "{:#?}", lab.journal());
    let any = lab.create(json!({"name": "any", "custom_fields": named("two", Value::Null)})).await;
    assert_eq!(lab.vmid(any), None);
    assert!(told(&lab).contains("several templates have the name \"two\": 9001, 9002"), "{}", told(&lab));
}

#[tokio::test]
async fn a_further_disk_has_the_format_of_the_root_disk() {
    let files = |id: &str| Storage::dir(id).content("images");
    let proxmox =
        described()
            .storage(files("nas").format("qcow2"))
            .storage(files("spare"))
            .template(9001, "of-files", |it| it.node("pve01").disk("scsi0", "nas", 1_024));
    let proxmox = proxmox.token("bridge@pve!lab", "proxmox-secret").start().await;
    let lab = Lab::between(netbox().await, proxmox, Policy::default());
    let id = lab.create(json!({"custom_fields": {"proxmox_vm_templates": "of-files"}})).await;
    let root = lab.guest(id).get("scsi0").unwrap().to_owned();
    lab.netbox.create_disk(json!({
        "virtual_machine": id, "name": "scsi1", "size": 5_000, "custom_fields": {"proxmox_disk_storage_volume": "spare"},
    }));
    lab.settle().await;
    let guest = lab.guest(id);
    let format = |drive: &str| drive.parse::<proxmox_api::Drive>().unwrap().format();
    assert_eq!((format(&root), format(guest.get("scsi1").unwrap())), ("qcow2".into(), "qcow2".into()), "{guest:?}");
}

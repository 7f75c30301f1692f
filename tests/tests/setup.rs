//! A set-up of NetBox: what it makes, that it makes it once, what of others it keeps, and that what it makes is enough.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::sync::Arc;

use netbox_api::testing::{Access, FakeNetBox};
use netbox_proxmox_core::FailureKind;
use netbox_proxmox_core::live::discover::{self, Discover};
use netbox_proxmox_core::live::setup::access::{self, Access as ProxmoxAccess};
use netbox_proxmox_core::live::setup::{Made, Options, Plan};
use netbox_proxmox_core::live::{MemoryStore, Setup, SetupCluster};
use netbox_proxmox_tests::{CLUSTER, Lab, VZTMPL, bridge, described, proxmox};
use proxmox_api::testing::{FakeProxmox, Fault, GuestKind, Power};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

const RECEIVER: &str = "http://127.0.0.1:9/webhook";
const ADMIN: &str = "nbt_adminadmin00.admin-secret";

/// A NetBox in which nobody has done anything yet, but for a cluster of other machines.
async fn empty() -> FakeNetBox {
    let netbox = FakeNetBox::builder().token(ADMIN).cluster("elsewhere").without_custom_fields().start().await;
    netbox.hold();
    netbox
}

fn client(netbox: &FakeNetBox, token: &str) -> netbox_api::Client {
    netbox_api::Client::builder(netbox.url()).token(token.to_owned().into()).build().unwrap()
}

fn side(proxmox: &FakeProxmox) -> SetupCluster {
    let client = proxmox_api::Client::builder(proxmox.url()).token(proxmox.token_string()).build().unwrap();
    SetupCluster { setting: CLUSTER.into(), client }
}

fn options() -> Options {
    Options { tag: Some("netbox".into()), receiver: Some(RECEIVER.into()), ..Options::default() }
}

async fn look(netbox: &FakeNetBox, proxmox: &FakeProxmox, options: &Options) -> Setup {
    Setup::look(&client(netbox, ADMIN), &[side(proxmox)], options).await.unwrap()
}

async fn set_up(netbox: &FakeNetBox, proxmox: &FakeProxmox, options: &Options) -> (Plan, Made) {
    let setup = look(netbox, proxmox, options).await;
    let made = setup.make(|_| ()).await.unwrap();
    (setup.plan().clone(), made)
}

/// The writes that a set-up would make.
fn shown(plan: &Plan) -> Vec<String> {
    plan.writes.iter().map(|write| write.proposed().to_string()).collect()
}

fn writes(netbox: &FakeNetBox) -> Vec<String> {
    let writes = netbox.requests().into_iter().filter(|request| request.method != "GET");
    writes.map(|request| format!("{} {}", request.method, request.path)).collect()
}

fn named(netbox: &FakeNetBox, path: &str, name: &str) -> Value {
    let all = netbox.all(path);
    all.into_iter().find(|it| it["name"] == name || it["username"] == name).unwrap_or(Value::Null)
}

fn choices(netbox: &FakeNetBox, set: &str) -> Vec<(String, String)> {
    serde_json::from_value(named(netbox, "extras/custom-field-choice-sets", set)["extra_choices"].clone()).unwrap()
}

fn values(netbox: &FakeNetBox, set: &str) -> Vec<String> {
    choices(netbox, set).into_iter().map(|(value, _)| value).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_netbox_is_set_up_once_and_a_machine_made_in_it_runs() {
    let (netbox, proxmox) = (empty().await, proxmox().await);
    let (plan, made) = set_up(&netbox, &proxmox, &Options { user: Some("bridge".into()), ..options() }).await;
    assert!(plan.remarks.iter().all(|remark| !remark.problem), "{:?}", plan.remarks);
    assert_eq!(made.writes, plan.writes.len());
    assert_eq!(values(&netbox, "proxmox-cluster-nodes"), ["pve01", "pve02"]);
    assert_eq!(values(&netbox, "proxmox-vm-storage"), ["ceph", "local-lvm"]);
    let templates = [("9000".to_owned(), "debian-12-cloud (9000 on pve01)".to_owned())];
    assert_eq!(choices(&netbox, "proxmox-vm-templates"), templates);
    assert_eq!(
        choices(&netbox, "proxmox-lxc-templates"),
        [
            (VZTMPL.to_owned(), "debian-12-standard 12.7-1 (local)".to_owned()),
            ("9100".to_owned(), "debian-12-ct (9100 on pve01)".to_owned())
        ]
    );
    let node = named(&netbox, "extras/custom-fields", "proxmox_node");
    assert_eq!((&node["group_name"], &node["type"]["value"]), (&json!("Proxmox"), &json!("select")));
    let hook = named(&netbox, "extras/webhooks", "netbox-proxmox");
    let secret = plan.secret.clone().unwrap();
    assert_eq!((&hook["payload_url"], &hook["secret"]), (&json!(RECEIVER), &json!(secret.expose_secret())));
    let rules = netbox.all("extras/event-rules");
    assert_eq!((rules.len(), &rules[0]["conditions"], &rules[0]["action_object_id"]), (1, &Value::Null, &hook["id"]));
    assert_eq!(rules[0]["object_types"].as_array().unwrap().len(), 5);

    // A second time there is nothing to write.
    netbox.forget_requests();
    let (plan, made) = set_up(&netbox, &proxmox, &Options { user: Some("bridge".into()), ..options() }).await;
    assert_eq!((shown(&plan), made.writes), (Vec::<String>::new(), 0));
    assert_eq!(writes(&netbox), Vec::<String>::new());

    // Every delivery comes by the webhook that it made, and the fields are enough to make a guest.
    let store = MemoryStore::default();
    let bridge = bridge(&netbox, &proxmox, store);
    let lab = Lab::over(Arc::new(netbox), Arc::new(proxmox), bridge);
    let fields = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000", "proxmox_node": "pve02"});
    let cluster = named(&lab.netbox, "virtualization/clusters", CLUSTER)["id"].clone();
    lab.netbox.create_vm(json!({"name": "web01", "status": "active", "cluster": cluster, "memory": 2048,
        "custom_fields": fields}));
    lab.settle().await;
    let guest = lab.proxmox.guest(100).unwrap();
    assert_eq!((guest.kind, guest.node.as_str(), guest.power), (GuestKind::Qemu, "pve02", Power::Running));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_permissions_that_it_gives_are_enough_for_the_servers_work_and_for_no_more() {
    let (netbox, proxmox) = (empty().await, proxmox().await);
    let (_, made) = set_up(&netbox, &proxmox, &Options { user: Some("bridge".into()), ..options() }).await;
    let token = made.token.unwrap();
    let mut bridge = bridge(&netbox, &proxmox, MemoryStore::default());
    bridge.netbox = client(&netbox, token.expose_secret());
    let refused = bridge.netbox.clone();
    let lab = Lab::over(Arc::new(netbox), Arc::new(proxmox), bridge);
    let cluster = named(&lab.netbox, "virtualization/clusters", CLUSTER)["id"].clone();
    let fields = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000"});
    let vm = lab.netbox.create_vm(json!({"name": "web01", "status": "active", "cluster": cluster, "memory": 2048,
        "custom_fields": fields}));
    let id = vm["id"].as_u64().unwrap();
    lab.netbox.create_interface(json!({"virtual_machine": id, "name": "net0"}));
    lab.netbox.give_address(id, "192.0.2.10/24");
    lab.settle().await;
    let disks = lab.netbox.disks(id);
    assert_eq!(disks.len(), 1, "the root disk is written back");
    assert!(!lab.netbox.interfaces(id)[0]["primary_mac_address"].is_null(), "so is the MAC address");
    lab.netbox.update_disk(disks[0]["id"].as_u64().unwrap(), json!({"size": 1}));
    lab.settle().await;
    assert!(!lab.netbox.journal().is_empty(), "a report is written");
    lab.netbox.delete_vm(id);
    lab.settle().await;
    assert_eq!(lab.proxmox.guest(100).map(|guest| guest.vmid), None, "the change log is read");
    let denied: Vec<_> = lab.netbox.requests().into_iter().filter(|request| request.status == Some(403)).collect();
    assert!(denied.is_empty(), "{denied:?}");

    for (path, body) in
        [("extras/tags", json!({"name": "x", "slug": "x"})), ("virtualization/virtual-machines", json!({"name": "x"}))]
    {
        let error = refused.post(path, &body).await.unwrap_err();
        assert_eq!(error.kind(), netbox_api::ErrorKind::Permission, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_with_what_a_discovery_needs_the_servers_user_discovers() {
    for discover in [true, false] {
        let (netbox, proxmox) = (empty().await, proxmox().await);
        proxmox.add_guest(500, "shop", |guest| {
            let guest = guest.disk("scsi0", "ceph", 1_024).net("net0", "virtio=BC:24:11:00:05:00,bridge=vmbr0");
            guest.option("ipconfig0", "ip=192.0.2.10/24").tags("prod")
        });
        let wanted = Options { user: Some("bridge".into()), discover, ..options() };
        let (_, made) = set_up(&netbox, &proxmox, &wanted).await;
        let mut bridge = bridge(&netbox, &proxmox, MemoryStore::default());
        bridge.netbox = client(&netbox, made.token.unwrap().expose_secret());
        netbox.forget_requests();
        if let Ok(plan) = Discover::new(&bridge, 1).plan().await {
            discover::apply(&bridge, plan).await;
        }
        let denied: Vec<_> = netbox.requests().into_iter().filter(|request| request.status == Some(403)).collect();
        assert_eq!(denied.is_empty(), discover, "{denied:?}");
        assert_eq!(netbox.vm_named("shop").is_some(), discover);
        assert_eq!(look(&netbox, &proxmox, &wanted).await.plan().writes.len(), 0, "a second time: nothing to write");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_no_set_up_made_is_told_of() {
    let (netbox, proxmox) = (empty().await, proxmox().await);
    let wanted = Options { user: Some("alice".into()), ..options() };
    let told = async || {
        let setup = look(&netbox, &proxmox, &wanted).await;
        setup.plan().remarks.iter().any(|remark| remark.text.contains("the user alice is there already"))
    };
    assert!(!told().await);
    netbox.user("admin").create(
        "users/users",
        json!({"username": "alice", "password": "Correct-horse-9-battery", "first_name": "Alice", "is_active": true}),
    );
    assert!(told().await);
    let (netbox, wanted) = (empty().await, Options { user: Some("bridge".into()), ..options() });
    set_up(&netbox, &proxmox, &wanted).await;
    let again = look(&netbox, &proxmox, &wanted).await;
    assert!(again.plan().remarks.iter().all(|remark| !remark.text.contains("is there already")), "it is its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_does_not_answer_costs_its_own_templates_only_and_is_told_of() {
    let (netbox, proxmox) = (empty().await, proxmox().await);
    proxmox
        .fault(Fault::answer(500, "storage 'local' is not online").on("GET /nodes/*/storage/local/content").always());
    let (plan, _) = set_up(&netbox, &proxmox, &options()).await;
    let told: Vec<_> = plan.remarks.iter().filter(|it| it.text.starts_with("not all container templates")).collect();
    assert!(told.len() == 1 && told[0].text.contains("storage local on pve01"), "{:#?}", plan.remarks);
    assert_eq!(values(&netbox, "proxmox-lxc-templates"), ["9100"]);
    assert_eq!(values(&netbox, "proxmox-vm-storage"), ["ceph", "local-lvm"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_down_is_offered_to_nobody() {
    let (netbox, proxmox) = (empty().await, proxmox().await);
    proxmox.node_down("pve02");
    set_up(&netbox, &proxmox, &options()).await;
    assert_eq!(values(&netbox, "proxmox-cluster-nodes"), ["pve01"]);
}

/// What `fields.py` and `rules.py` of the predecessor leave behind.
async fn of_the_predecessor() -> FakeNetBox {
    let netbox = FakeNetBox::builder()
        .token(ADMIN)
        .cluster(CLUSTER)
        .labelled_choices("proxmox_node", [("pve01", "pve01"), ("pve09", "pve09")])
        .labelled_choices("proxmox_vm_templates", [("9000", "debian-12-cloud")])
        .labelled_choices("proxmox_vm_storage", [("local-lvm", "The fast one")])
        .labelled_choices("proxmox_lxc_templates", [(VZTMPL, "debian-12-standard_12.7-1_amd64.tar.zst")])
        .start()
        .await;
    netbox.hold();
    let shell = netbox.shell();
    let field = |name: &str| named(&netbox, "extras/custom-fields", name)["id"].as_u64().unwrap();
    shell.update("extras/custom-fields", field("proxmox_vmid"), json!({"filter_logic": "disabled"}));
    shell.update("extras/custom-fields", field("proxmox_node"), json!({"label": "Where it runs"}));
    let name = "netbox-proxmox-flask-application";
    let hook = shell.create("extras/webhooks", json!({"name": name, "payload_url": format!("{RECEIVER}/")}));
    for (rule, kind) in [("proxmox-start-vm", "virtualmachine"), ("proxmox-add-vm-disk", "virtualdisk")] {
        shell.create(
            "extras/event-rules",
            json!({"name": format!("{rule}-flask-application"), "object_types": [format!("virtualization.{kind}")],
                "event_types": ["object_updated"], "conditions": {"attr": "status.value", "value": "active"},
                "action_type": "webhook", "action_object_type": "extras.webhook", "action_object_id": hook["id"]}),
        );
    }
    let fields = json!({"proxmox_vm_type": "vm", "proxmox_node": "pve09"});
    netbox.create_vm(json!({"name": "old", "status": "active", "custom_fields": fields}));
    netbox
}

#[tokio::test(flavor = "multi_thread")]
async fn a_predecessors_set_up_is_repaired_not_doubled() {
    let proxmox = proxmox().await;
    let netbox = of_the_predecessor().await;
    let (plan, _) = set_up(&netbox, &proxmox, &options()).await;
    let shown = shown(&plan);
    for kind in ["create webhook", "create event rule", "create cluster", "create custom field choice set"] {
        assert!(!shown.iter().any(|write| write.starts_with(kind)), "{kind}: {shown:#?}");
    }
    assert_eq!((netbox.all("extras/webhooks").len(), netbox.all("extras/event-rules").len()), (1, 2));
    let rules = netbox.all("extras/event-rules");
    let enabled: Vec<&Value> = rules.iter().filter(|rule| rule["enabled"] == true).collect();
    assert_eq!((enabled.len(), &enabled[0]["conditions"]), (1, &Value::Null), "one rule, without conditions");
    assert_eq!(enabled[0]["object_types"].as_array().unwrap().len(), 5);
    assert_eq!(values(&netbox, "proxmox-cluster-nodes"), ["pve01", "pve09", "pve02"], "merged, in use or not");
    assert_eq!(choices(&netbox, "proxmox-vm-templates")[0].1, "debian-12-cloud (9000 on pve01)");
    assert_eq!(choices(&netbox, "proxmox-vm-storage")[0].1, "The fast one", "a person's label stays");
    let node = named(&netbox, "extras/custom-fields", "proxmox_node");
    assert_eq!((&node["label"], &node["group_name"]), (&json!("Where it runs"), &json!("Proxmox")));
    let vmid = named(&netbox, "extras/custom-fields", "proxmox_vmid");
    assert_eq!(vmid["filter_logic"]["value"], "exact");
    assert!(plan.is_new_secret, "the predecessor's webhook has none");
    assert_eq!(netbox.vm_named("old").unwrap()["custom_fields"]["proxmox_node"]["value"], "pve09");

    let again = look(&netbox, &proxmox, &options()).await;
    assert_eq!(self::shown(again.plan()), Vec::<String>::new());

    // What it found is not its own to remove.
    let removal = Setup::look_to_remove(&client(&netbox, ADMIN), true).await.unwrap();
    let kinds: BTreeSet<&str> = removal.plan().writes.iter().map(|write| write.proposed().kind.as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["custom field", "tag"]));
    let gone = self::shown(removal.plan());
    assert!(!gone.iter().any(|write| write.contains("proxmox_node")), "{gone:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_another_type_is_kept_where_it_works_and_named_where_it_does_not() {
    let (netbox, proxmox) = (empty().await, proxmox().await);
    let field =
        |name: &str, kind: &str| json!({"name": name, "type": kind, "object_types": ["virtualization.virtualmachine"]});
    netbox.shell().create("extras/custom-fields", field("proxmox_vmid", "integer"));
    netbox.shell().create("extras/custom-fields", field("proxmox_node", "json"));
    let (plan, _) = set_up(&netbox, &proxmox, &options()).await;
    let said = |problem: bool| {
        let said = plan.remarks.iter().filter(move |remark| remark.problem == problem);
        said.map(|remark| remark.text.clone()).collect::<Vec<_>>()
    };
    assert!(said(true)[0].starts_with("custom field proxmox_node exists with the type json"), "{:?}", said(true));
    assert!(said(false).iter().any(|text| text.starts_with("custom field proxmox_vmid keeps its type integer")));
    assert_eq!(named(&netbox, "extras/custom-fields", "proxmox_vmid")["label"], "Proxmox VMID");
    assert_eq!(named(&netbox, "extras/custom-fields", "proxmox_node")["label"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_takes_what_it_made_and_leaves_what_is_used() {
    let (netbox, proxmox) = (empty().await, proxmox().await);
    set_up(&netbox, &proxmox, &Options { user: Some("bridge".into()), ..options() }).await;
    let cluster = named(&netbox, "virtualization/clusters", CLUSTER)["id"].clone();
    let machine = netbox.create_vm(json!({"name": "web01", "status": "planned", "cluster": cluster,
        "custom_fields": {"proxmox_node": "pve01"}}));
    let remove = async |with_values: bool| {
        let setup = Setup::look_to_remove(&client(&netbox, ADMIN), with_values).await.unwrap();
        setup.make(|_| ()).await.unwrap();
        setup.plan().remarks.iter().map(|remark| remark.text.clone()).collect::<Vec<_>>()
    };
    let remarks = remove(false).await;
    assert_eq!(remarks.len(), 3, "{remarks:#?}");
    let fields: Vec<Value> = netbox.all("extras/custom-fields").into_iter().map(|it| it["name"].clone()).collect();
    assert_eq!(fields, ["proxmox_node"]);
    for path in ["extras/webhooks", "extras/event-rules", "users/tokens", "users/permissions", "extras/tags"] {
        assert_eq!(netbox.all(path), Vec::<Value>::new(), "{path}");
    }
    assert_eq!(named(&netbox, "users/users", "bridge"), Value::Null);

    netbox.delete_vm(machine["id"].as_u64().unwrap());
    assert_eq!(remove(true).await, Vec::<String>::new());
    assert!(netbox.all("extras/custom-fields").is_empty() && netbox.all("extras/custom-field-choice-sets").is_empty());
    let clusters = netbox.all("virtualization/clusters");
    assert_eq!(clusters.iter().map(|it| it["name"].as_str().unwrap()).collect::<Vec<_>>(), ["elsewhere"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clusters_share_one_set_of_choices() {
    let netbox = empty().await;
    let (one, two) = (proxmox().await, FakeProxmox::builder().cluster("second").node("other1").start().await);
    two.add_guest(9000, "ubuntu", |guest| guest.template());
    set_up(&netbox, &one, &options()).await;
    let second = SetupCluster { setting: "second".into(), ..side(&two) };
    let setup = Setup::look(&client(&netbox, ADMIN), std::slice::from_ref(&second), &options()).await.unwrap();
    setup.make(|_| ()).await.unwrap();
    assert_eq!(values(&netbox, "proxmox-cluster-nodes"), ["pve01", "pve02", "other1"]);
    let label = "debian-12-cloud (9000 on pve01), ubuntu (9000 on other1)";
    assert_eq!(choices(&netbox, "proxmox-vm-templates"), [("9000".to_owned(), label.to_owned())]);
    // Whichever of them looks again, or both: nothing to write.
    let both = [side(&one), second.clone()];
    let setup = Setup::look(&client(&netbox, ADMIN), &both, &options()).await.unwrap();
    assert_eq!(shown(setup.plan()), Vec::<String>::new());
    assert_eq!(shown(look(&netbox, &one, &options()).await.plan()), Vec::<String>::new());
    let setup = Setup::look(&client(&netbox, ADMIN), &[second], &options()).await.unwrap();
    assert_eq!(shown(setup.plan()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_which_permission_is_missing() {
    let proxmox = proxmox().await;
    let reader = "nbt_readreadread.reader";
    let netbox =
        FakeNetBox::builder().token(ADMIN).token_of("reader", reader, Access::ReadOnly).without_custom_fields();
    let netbox = Arc::new(netbox.start().await);
    let setup = Setup::look(&client(&netbox, reader), &[side(&proxmox)], &options()).await.unwrap();
    let failure = setup.make(|_| ()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Permission);
    assert!(failure.why.contains("extras.add_customfieldchoiceset"), "{}", failure.why);
    let blind = "nbt_nobodynobody.nobody";
    let netbox = FakeNetBox::builder().token(ADMIN).token_of("nobody", blind, Access::None).start().await;
    let failure = Setup::look(&client(&netbox, blind), &[side(&proxmox)], &options()).await.unwrap_err();
    assert!(failure.why.contains("virtualization.view_clustertype"), "{}", failure.why);
}

#[tokio::test(flavor = "multi_thread")]
async fn older_releases_are_set_up_and_their_token_works() {
    for minor in [2, 4, 5, 6] {
        let version = netbox_api::testing::Version::new(4, minor);
        let builder = FakeNetBox::builder().token(ADMIN).cluster("elsewhere").without_custom_fields().version(version);
        // Version 1 before 4.5.
        let (netbox, proxmox) =
            (builder.start().await, described().token("bridge@pve!lab", "proxmox-secret").start().await);
        let wanted = Options { user: Some("bridge".into()), ..options() };
        let (_, made) = set_up(&netbox, &proxmox, &wanted).await;
        assert_eq!(shown(look(&netbox, &proxmox, &wanted).await.plan()), Vec::<String>::new(), "4.{minor}");
        let token = made.token.unwrap();
        assert_eq!(token.expose_secret().starts_with("nbt_"), minor >= 5, "4.{minor}");
        let server = client(&netbox, token.expose_secret());
        server.virtual_machines().all(&Default::default()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_access_to_proxmox_that_it_makes_is_enough_for_a_guests_life() {
    for pool in [None, Some("web".to_owned())] {
        let proxmox =
            described().token("bridge@pve!lab", "proxmox-secret").user("root@pam", "admin-password").start().await;
        let admin = proxmox_api::Client::builder(proxmox.url()).ticket("root@pam", "admin-password").build().unwrap();
        let wanted = ProxmoxAccess {
            user: "netbox@pve".into(),
            token: "bridge".into(),
            pool: pool.clone(),
            named: true,
            discover: false,
            backup: false,
        };
        let steps = wanted.steps(&wanted.look(&admin).await.unwrap());
        let token = access::make(&admin, &steps, |_| ()).await.unwrap().unwrap();
        assert_eq!(wanted.steps(&wanted.look(&admin).await.unwrap()), [], "a second time there is nothing to make");

        let netbox = FakeNetBox::builder().token(ADMIN).cluster(CLUSTER).start().await;
        netbox.hold();
        netbox.webhook(RECEIVER, None);
        let mut bridge = bridge(&netbox, &proxmox, MemoryStore::default());
        bridge.clusters[0].client = proxmox_api::Client::builder(proxmox.url()).token(token).build().unwrap();
        bridge.policy.pool = pool.clone();
        let lab = Lab::over(netbox.into(), proxmox.into(), bridge);
        let id = lab.create(json!({"status": "active", "memory": 2048})).await;
        assert_eq!(lab.guest(id).power, Power::Running, "{pool:?}: {:?}", lab.journal());
        assert_eq!(lab.proxmox.pool_of(100), pool);
        lab.update(id, json!({"status": "offline"})).await;
        assert_eq!(lab.guest(id).power, Power::Stopped);
        lab.delete(id).await;
        assert!(lab.proxmox.guest(100).is_none());
    }
}

#[tokio::test]
async fn whoever_is_no_administrator_of_proxmox_is_told_so() {
    let proxmox =
        described().limited_token("some@pve!body", "secret", &[("/", &["VM.Audit", "Pool.Audit"])]).start().await;
    let client = proxmox_api::Client::builder(proxmox.url()).token("some@pve!body=secret").build().unwrap();
    let wanted = ProxmoxAccess {
        user: "netbox@pve".into(),
        token: "bridge".into(),
        pool: None,
        named: true,
        discover: false,
        backup: false,
    };
    let steps = wanted.steps(&wanted.look(&client).await.unwrap());
    let failure = access::make(&client, &steps, |_| ()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Permission);
    assert!(failure.why.starts_with("create Proxmox role NetBox"), "{}", failure.why);
    assert!(failure.why.ends_with("Use an administrator's login"), "{}", failure.why);
}

fn with_state() -> Options {
    Options { status_field: true, ..options() }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_records_stand_has_fields_filters_links_and_a_list_once() {
    let (netbox, proxmox) = (empty().await, proxmox().await);
    let (plan, _) = set_up(&netbox, &proxmox, &options()).await;
    assert!(!shown(&plan).iter().any(|write| write.contains("proxmox_state")), "nobody asked for it");
    set_up(&netbox, &proxmox, &with_state()).await;
    assert_eq!(values(&netbox, "proxmox-state"), ["differs", "in-sync", "refused", "unmanaged", "waiting", "working"]);
    let set = named(&netbox, "extras/custom-field-choice-sets", "proxmox-state");
    assert_eq!((&set["choice_colors"]["in-sync"], &set["choice_colors"]["refused"]), (&json!("green"), &json!("red")));
    for (name, kind) in
        [("proxmox_state", "select"), ("proxmox_state_since", "datetime"), ("proxmox_state_text", "text")]
    {
        let field = named(&netbox, "extras/custom-fields", name);
        assert_eq!((&field["type"]["value"], &field["ui_editable"]["value"]), (&json!(kind), &json!("no")), "{name}");
    }
    let filter = named(&netbox, "extras/saved-filters", "Proxmox: differs");
    assert_eq!(filter["parameters"], json!({"cf_proxmox_state": ["differs"]}));
    let link = named(&netbox, "extras/custom-links", "Proxmox VE: pve-cluster-1");
    assert!(link["link_url"].as_str().unwrap().starts_with(&format!("{}/#v1:0:=", proxmox.url())), "{link}");
    let page = named(&netbox, "extras/custom-links", "Proxmox VE: bridge");
    assert_eq!(page["link_url"], "http://127.0.0.1:9/");

    netbox.forget_requests();
    let (plan, _) = set_up(&netbox, &proxmox, &with_state()).await;
    assert_eq!((shown(&plan), writes(&netbox)), (vec![], vec![]));

    // What only we write is nobody's loss; what is on the dashboard besides stays.
    let record = json!({"name": "web01", "cluster": 1, "custom_fields": {"proxmox_state": "differs"}});
    netbox.create_vm(record);
    let admin = client(&netbox, ADMIN);
    let dashboard = admin.get("extras/dashboard", &[]).await.unwrap().body;
    let (mut layout, mut config) = (dashboard["layout"].clone(), dashboard["config"].clone());
    layout.as_array_mut().unwrap().push(json!({"id": "mine", "x": 0, "y": 9, "w": 1, "h": 1}));
    config["mine"] = json!({"class": "extras.NoteWidget"});
    admin.patch("extras/dashboard", &json!({"layout": layout, "config": config}), None).await.unwrap();
    Setup::look_to_remove(&admin, false).await.unwrap().make(|_| ()).await.unwrap();
    for (path, name) in [
        ("extras/custom-fields", "proxmox_state"),
        ("extras/custom-field-choice-sets", "proxmox-state"),
        ("extras/saved-filters", "Proxmox: differs"),
        ("extras/custom-links", "Proxmox VE: bridge"),
    ] {
        assert_eq!(named(&netbox, path, name), Value::Null);
    }
    let left = admin.get("extras/dashboard", &[]).await.unwrap().body;
    assert_eq!(left["config"], json!({"mine": {"class": "extras.NoteWidget"}}));
    assert_eq!(left["layout"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_is_uploaded_once_and_said_to_be_replaced_by_hand_where_netbox_cannot() {
    let (netbox, proxmox) = (empty().await, proxmox().await);
    let with = |receiver: &str| Options { script: true, receiver: Some(receiver.into()), ..options() };
    let (plan, _) = set_up(&netbox, &proxmox, &with(RECEIVER)).await;
    assert!(
        shown(&plan).iter().any(|write| write.starts_with("create script proxmox_bridge.py")),
        "{:?}",
        shown(&plan)
    );
    let scripts = client(&netbox, ADMIN).get_all("extras/scripts", &[]).await.unwrap();
    let names: Vec<_> = scripts.iter().map(|script| script["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Plan", "Apply", "Adopt", "Release", "Compare"]);
    netbox.forget_requests();
    let (plan, _) = set_up(&netbox, &proxmox, &with(RECEIVER)).await;
    assert_eq!((shown(&plan), writes(&netbox)), (vec![], vec![]));

    // Another server: another text.
    let changed = look(&netbox, &proxmox, &with("http://127.0.0.1:10/webhook")).await;
    let failure = changed.make(|_| ()).await.unwrap_err();
    assert!(failure.why.contains("delete it there"), "{}", failure.why);
    let plan = Setup::look_to_remove(&client(&netbox, ADMIN), false).await.unwrap();
    assert!(plan.plan().remarks.iter().any(|remark| remark.text.contains("proxmox_bridge.py stays")));
}

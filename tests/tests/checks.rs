//! What is wrong with a set-up, and what an operator is told of it: each fault is made, and its line looked for. A set-up
//! without a fault gives nothing but *ok*.
#![allow(clippy::unwrap_used, missing_docs)]

use netbox_api::testing::{Access, Builder as NetBox, FakeNetBox, Version};
use netbox_proxmox_core::live::checks::{Candidate, Check, Kept, Receiving, Surroundings, Verdict, probe};
use netbox_proxmox_core::live::privileges;
use netbox_proxmox_core::live::{Inbox, MemoryStore, NewEvent};
use netbox_proxmox_core::{FieldNames, Policy};
use proxmox_api::testing::{Builder as Proxmox, FakeProxmox, Fault, Storage};
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;

const CLUSTER: &str = "pve-cluster-1";
const SECRET: &str = "hook-secret";
const LIMITED: (&str, &str) = ("netbox@pve!bridge", "11111111-0000-4000-8000-000000000000");

/// Both sides of a set-up in which all is well, and what is looked at.
struct World {
    netbox: FakeNetBox,
    proxmox: FakeProxmox,
    seen: Surroundings,
}

fn netbox(builder: NetBox) -> NetBox {
    builder
        .cluster(CLUSTER)
        .choices("proxmox_node", ["pve01"])
        .choices("proxmox_vm_templates", ["9000"])
        .choices("proxmox_lxc_templates", [])
        .choices("proxmox_vm_storage", ["local-lvm"])
}

fn proxmox(builder: Proxmox) -> Proxmox {
    builder.cluster(CLUSTER).node("pve01").storage(Storage::lvm_thin("local-lvm")).template(
        9000,
        "debian",
        |template| template.disk("scsi0", "local-lvm", 10_240).cloudinit("ide2", "local-lvm"),
    )
}

impl World {
    async fn begin() -> Self {
        Self::of(FakeNetBox::builder(), FakeProxmox::builder()).await
    }

    async fn of(of_netbox: NetBox, of_proxmox: Proxmox) -> Self {
        Self::with(netbox(of_netbox), proxmox(of_proxmox), None).await
    }

    /// `token`: of Proxmox; else the one that may do everything.
    async fn with(netbox: NetBox, proxmox: Proxmox, token: Option<String>) -> Self {
        let (netbox, proxmox) = (netbox.start().await, proxmox.start().await);
        netbox.hold();
        netbox.webhook("http://bridge.example.org:8080/webhook", Some(SECRET));
        netbox.create_vm(json!({"name": "web01", "status": "planned"}));
        let client = netbox_api::Client::builder(netbox.url()).token(netbox.token().into()).retries(0, Duration::ZERO);
        let token = token.unwrap_or_else(|| proxmox.token_string().to_owned());
        let label = CLUSTER.to_owned();
        let client_of_proxmox = proxmox_api::Client::builder(proxmox.url()).token(token).build().unwrap();
        let seen = Surroundings {
            netbox: client.build().unwrap(),
            clusters: vec![Candidate { netbox_cluster: Some(label.clone()), label, client: client_of_proxmox }],
            kept: Kept::Open { inbox: Inbox::new(MemoryStore::default()), file: "inbox.sqlite".into() },
            receiving: Receiving {
                paths: vec!["/".into(), "/webhook".into()],
                secrets: vec![SecretString::from(SECRET)],
            },
            policy: Policy::default(),
            fields: FieldNames::default(),
        };
        Self { netbox, proxmox, seen }
    }

    /// With these rights in NetBox.
    async fn allowed(access: Access) -> Self {
        Self::of(FakeNetBox::builder().token_of("bridge", "nbt_bridge000000.secret", access), FakeProxmox::builder())
            .await
    }

    /// With these privileges in Proxmox.
    async fn privileged(acl: &[(&str, &[&str])]) -> Self {
        let limited = proxmox(FakeProxmox::builder()).limited_token(LIMITED.0, LIMITED.1, acl);
        Self::with(netbox(FakeNetBox::builder()), limited, Some(format!("{}={}", LIMITED.0, LIMITED.1))).await
    }

    async fn bad(&self) -> Vec<Check> {
        let checks = self.seen.check().await;
        checks.into_iter().filter(|check| check.verdict != Verdict::Ok).collect()
    }

    /// Looks, and finds this line, and no other that is not ok.
    #[track_caller]
    fn is_told(&self, verdict: Verdict, text: &str) -> impl Future<Output = Check> {
        let caller = std::panic::Location::caller();
        async move {
            let bad = self.bad().await;
            let lines: Vec<_> = bad.iter().map(|check| format!("{}: {check}", check.verdict.as_str())).collect();
            assert_eq!(lines.len(), 1, "{caller}: {lines:#?}");
            assert!(bad[0].verdict == verdict && lines[0].contains(text), "{caller}: {text:?} is not in {lines:#?}");
            assert!(bad[0].advice.as_ref().is_some_and(|advice| !advice.is_empty()), "{caller}: what to do");
            bad[0].clone()
        }
    }

    fn rule(&self, fields: serde_json::Value) {
        self.netbox.user("admin").update("extras/event-rules", 1, fields);
    }

    fn hook(&self, fields: serde_json::Value) {
        self.netbox.user("admin").update("extras/webhooks", 1, fields);
    }
}

use Verdict::{Failure, Warning};

#[tokio::test]
async fn a_set_up_without_a_fault_is_ok_throughout() {
    let world = World::begin().await;
    let checks = world.seen.check().await;
    let bad: Vec<_> = checks.iter().filter(|check| check.verdict != Verdict::Ok).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    for what in [
        "NetBox http",
        "Proxmox http",
        "clock of NetBox",
        "rights of",
        "privileges in",
        "webhook",
        "secret of",
        "event rules",
        "NetBox's workers",
        "NetBox's failed jobs",
        "custom fields",
        "VM templates",
        "sizes of disks",
        "inbox",
        "cluster of",
    ] {
        assert!(checks.iter().any(|check| check.what.starts_with(what)), "{what} in {checks:#?}");
    }
    assert!(world.netbox.object_changes().len() <= 1, "nothing was changed");
}

#[tokio::test]
async fn a_change_log_that_is_still_empty_is_no_fault() {
    let world = World::with(netbox(FakeNetBox::builder()), proxmox(FakeProxmox::builder()), None).await;
    world.netbox.prune_change_log(0);
    assert_eq!(world.bad().await, []);
}

#[tokio::test]
async fn rights_that_the_token_of_netbox_lacks() {
    let read_only = World::allowed(Access::ReadOnly).await;
    let check = read_only.is_told(Failure, "it may write nothing at all").await;
    assert!(check.blocks && check.advice.unwrap().contains("write enabled"));

    let lacks = |deed, path: &str| Access::Lacks(vec![(deed, path.to_owned())]);
    for (access, blocks, text) in [
        (lacks("change", "virtualization/virtual-machines"), true, "may not change virtual machines: no guest is made"),
        (lacks("add", "virtualization/virtual-disks"), false, "may not add virtual disks: the root disk"),
        (lacks("add", "dcim/mac-addresses"), false, "may not add MAC addresses"),
        (lacks("change", "virtualization/interfaces"), false, "may not change VM interfaces"),
        (lacks("add", "extras/journal-entries"), false, "may not add journal entries: nobody is told"),
        (lacks("view", "core/object-changes"), false, "may not view object changes: no deletion is believed"),
        (lacks("view", "ipam/vlans"), false, "may not view VLANs"),
    ] {
        let world = World::allowed(access).await;
        let check = world.is_told(Failure, text).await;
        assert_eq!(check.blocks, blocks, "{text}");
        assert!(check.advice.unwrap().contains("object type"), "{text}");
    }
    World::allowed(lacks("view", "extras/webhooks")).await.is_told(Warning, "the webhook cannot be checked").await;
}

#[tokio::test]
async fn rights_that_discovering_guests_takes() {
    let found = async |world: World| {
        let checks = world.seen.discovery().await;
        checks.iter().map(|check| (check.verdict, check.to_string())).collect::<Vec<_>>()
    };
    let all = found(World::of(FakeNetBox::builder(), FakeProxmox::builder()).await).await;
    assert!(all.len() == 2 && all.iter().all(|(verdict, _)| *verdict == Verdict::Ok), "{all:#?}");
    let lacks =
        found(World::allowed(Access::Lacks(vec![("add", "virtualization/virtual-machines".into())])).await).await;
    assert!(lacks[0].0 == Failure && lacks[0].1.contains("may not add virtual machines: no guest becomes a record"));
    let few: Vec<_> = privileges::PROXMOX.iter().map(|right| (right.path, right.privileges)).collect();
    let lacks = found(World::privileged(&few).await).await;
    assert!(lacks[1].0 == Warning && lacks[1].1.contains("the token lacks VM.GuestAgent.Audit"), "{lacks:#?}");
}

#[tokio::test]
async fn constraints_that_hide_objects() {
    let blind = World::allowed(Access::SeesNothing).await;
    let lines = blind.bad().await;
    assert!(lines.iter().any(|check| check.to_string().contains("(or the token may not see it)")), "{lines:#?}");
    let elsewhere = World::allowed(Access::ChangesNothing).await;
    elsewhere.netbox.user("admin").update("virtualization/virtual-machines", 1, json!({"cluster": 1}));
    elsewhere.is_told(Failure, "sees virtual machines that it may not change").await;
    // Before 4.6 a NetBox would take the question for a change.
    let old = FakeNetBox::builder().version(Version::new(4, 5)).token_of(
        "bridge",
        "nbt_bridge000000.secret",
        Access::ChangesNothing,
    );
    let old = World::of(old, FakeProxmox::builder()).await;
    old.netbox.user("admin").update("virtualization/virtual-machines", 1, json!({"cluster": 1}));
    old.netbox.forget_requests();
    assert_eq!(old.bad().await, []);
    assert!(old.netbox.requests().iter().all(|request| matches!(request.method.as_str(), "GET" | "OPTIONS")));
}

#[tokio::test]
async fn privileges_that_the_token_of_proxmox_lacks() {
    let all: Vec<_> = privileges::PROXMOX.iter().map(|right| (right.path, right.privileges)).collect();
    assert_eq!(World::privileged(&all).await.bad().await, [], "without Sys.Audit, as the cluster's name is set");
    let mut unnamed = World::privileged(&all).await;
    unnamed.seen.clusters[0].netbox_cluster = None;
    let check = unnamed.is_told(Failure, "Permission check failed (/, Sys.Audit)").await;
    assert!(check.blocks && check.advice.unwrap().contains("Set NETBOX_CLUSTER"));
    let without = |privilege: &str| {
        let keep =
            |list: &'static [&'static str]| list.iter().copied().filter(|it| *it != privilege).collect::<Vec<_>>();
        all.iter().map(|(path, list)| (*path, keep(list))).collect::<Vec<_>>()
    };
    for (privilege, text) in [
        ("VM.Allocate", "lacks VM.Allocate on /vms"),
        ("Datastore.AllocateSpace", "lacks Datastore.AllocateSpace on /storage"),
        ("SDN.Use", "lacks SDN.Use on /sdn/zones"),
    ] {
        let acl = without(privilege);
        let acl: Vec<_> = acl.iter().map(|(path, list)| (*path, list.as_slice())).collect();
        let check = World::privileged(&acl).await.is_told(Failure, text).await;
        assert!(check.advice.unwrap().contains("pveum acl modify"), "{text}");
    }
    // Whichever is taken away is named with its path; what cannot be looked at without it is said beside it.
    for right in privileges::PROXMOX {
        for privilege in right.privileges {
            let acl = without(privilege);
            let acl: Vec<_> = acl.iter().map(|(path, list)| (*path, list.as_slice())).collect();
            let bad = World::privileged(&acl).await.bad().await;
            let text = format!("lacks {privilege} on {}", right.path);
            let named = bad.iter().find(|check| check.to_string().contains(&text));
            assert_eq!(named.map(|check| check.verdict), Some(Failure), "{text}: {bad:#?}");
        }
    }
    let acl: Vec<_> = all
        .iter()
        .map(|(path, list)| (if *path == "/storage" { "/storage/local-lvm" } else { *path }, *list))
        .collect();
    World::privileged(&acl).await.is_told(Warning, "only on /storage/local-lvm").await;
    let none = World::privileged(&[]).await.bad().await;
    assert!(none[0].to_string().contains("has none at all"), "{none:#?}");
}

#[tokio::test]
async fn a_pool_with_all_guests_is_enough() {
    let pooled: Vec<_> = privileges::PROXMOX
        .iter()
        .map(|right| (if right.in_pool { "/pool/acc" } else { right.path }, right.privileges))
        .collect();
    let limited = FakeProxmox::builder()
        .cluster(CLUSTER)
        .node("pve01")
        .pool("acc")
        .storage(Storage::lvm_thin("local-lvm"))
        .template(9000, "debian", |it| it.disk("scsi0", "local-lvm", 1024).cloudinit("ide2", "local-lvm").pool("acc"))
        .limited_token(LIMITED.0, LIMITED.1, &pooled);
    let token = format!("{}={}", LIMITED.0, LIMITED.1);
    let mut world = World::with(netbox(FakeNetBox::builder()), limited, Some(token)).await;
    world.is_told(Failure, "lacks VM.Audit on /vms").await;
    world.seen.policy.pool = Some("acc".to_owned());
    assert_eq!(world.bad().await, []);
}

#[tokio::test]
async fn sides_that_do_not_answer_as_they_should() {
    let mut world = World::begin().await;
    let wrong = |url: &str, token: &str| {
        netbox_api::Client::builder(url).token(token.to_owned().into()).retries(0, Duration::ZERO).build().unwrap()
    };
    world.seen.netbox = wrong(&world.netbox.url(), "nbt_wrong0000000.wrong");
    let check = world.is_told(Failure, "Invalid v2 token").await;
    assert!(check.advice.unwrap().contains("NETBOX_TOKEN"));
    world.seen.netbox = wrong("http://127.0.0.1:9", "nbt_wrong0000000.wrong");
    let check = world.is_told(Failure, "onnection refused").await;
    assert!(check.advice.unwrap().contains("NETBOX_URL"));

    let mut world = World::begin().await;
    let of = |urls: &str, token: &str| proxmox_api::Client::builder(urls).token(token).build().unwrap();
    let token = world.proxmox.token_string().to_owned();
    let both = format!("{},http://127.0.0.1:9", world.proxmox.url());
    world.seen.clusters[0].client = of("http://127.0.0.1:9", &token);
    let check = world.is_told(Failure, "onnection refused").await;
    assert!(check.advice.unwrap().contains("PROXMOX_URL"));
    world.seen.clusters[0].client = of(&both, &token);
    world.is_told(Warning, "Proxmox http://127.0.0.1:9: ").await;
    world.seen.clusters[0].client = of(world.proxmox.url(), "root@pam!test=wrong");
    let check = world.is_told(Failure, "Authentication failed").await;
    assert!(check.advice.unwrap().contains("PROXMOX_TOKEN"));
    let other =
        FakeProxmox::builder().cluster("elsewhere").node("pve07").token("root@pam!test", &token[14..]).start().await;
    world.seen.clusters[0].client = of(&format!("{},{}", world.proxmox.url(), other.url()), &token);
    world.is_told(Failure, "guests of one would be looked for in the other").await;
}

#[tokio::test]
async fn releases_and_clusters() {
    let mut world = World::begin().await;
    world.proxmox.fault(Fault::body(r#"{"data": {"version": "7.4-3", "release": "7.4"}}"#).on("GET /version").always());
    world.is_told(Failure, "older than 8").await;
    world.proxmox.clear_faults();
    world.seen.clusters[0].netbox_cluster = Some("nowhere".to_owned());
    let check = world.is_told(Failure, "NetBox has no cluster called nowhere").await;
    assert!(check.blocks);
}

#[tokio::test]
async fn what_is_wrong_with_webhook_and_rule() {
    let mut world = World::begin().await;
    world.rule(json!({"enabled": false}));
    world.is_told(Failure, "is disabled").await;
    world.rule(json!({"enabled": true, "conditions": {"attr": "status.value", "value": "active"}}));
    world.is_told(Warning, "has conditions").await;
    let types = json!([
        "virtualization.virtualmachine",
        "virtualization.virtualdisk",
        "virtualization.vminterface",
        "ipam.ipaddress"
    ]);
    world.rule(json!({"conditions": null, "object_types": types}));
    world.is_told(Warning, "do not cover dcim.macaddress").await;
    let types = json!([types[0], types[1], types[2], types[3], "dcim.macaddress"]);
    world.rule(json!({"object_types": types, "event_types": ["object_created", "object_updated"]}));
    world.is_told(Warning, "dcim.macaddress (deleted)").await;
    world.rule(json!({"event_types": ["object_created", "object_updated", "object_deleted"]}));
    assert_eq!(world.bad().await, []);

    world.hook(json!({"payload_url": "http://bridge.example.org:8080/hook"}));
    world.is_told(Failure, "sends to /hook, which the server does not take").await;
    world.hook(json!({"payload_url": "http://bridge.example.org:8080/webhook/", "http_method": "PUT"}));
    world.is_told(Failure, "sends by PUT").await;
    world.hook(json!({"http_method": "POST", "secret": "another"}));
    let check = world.is_told(Failure, "is another than NETBOX_WEBHOOK_SECRET").await;
    assert!(!check.to_string().contains("another-") && !check.to_string().contains(SECRET));
    world.hook(json!({"secret": ""}));
    world.is_told(Failure, "are not signed").await;
    world.hook(json!({"secret": SECRET}));
    world.seen.receiving.secrets.clear();
    world.is_told(Warning, "NETBOX_WEBHOOK_SECRET is not set here").await;
    world.netbox.user("admin").delete("extras/event-rules", 1);
    world.netbox.user("admin").delete("extras/webhooks", 1);
    world.is_told(Failure, "no webhook sends to one of the server's paths").await;
}

#[tokio::test]
async fn netboxs_workers_and_failed_jobs() {
    let world = World::begin().await;
    world.netbox.jobs(0, 0);
    world.is_told(Failure, "none runs, so no delivery is sent").await;
    world.netbox.jobs(1, 3);
    world.is_told(Warning, "3 in the queue default").await;
    let lowly = World::allowed(Access::Lacks(Vec::new())).await;
    lowly.netbox.jobs(1, 3);
    let checks = lowly.seen.check().await;
    assert!(checks.iter().any(|check| check.detail.contains("only a superuser sees")), "{checks:#?}");
}

#[tokio::test]
async fn custom_fields_and_their_choices() {
    let without = World::with(
        FakeNetBox::builder().cluster(CLUSTER).without_custom_fields(),
        proxmox(FakeProxmox::builder()),
        None,
    )
    .await;
    let lines = without.bad().await;
    assert!(
        lines.iter().any(|it| it.blocks && it.to_string().contains("custom field proxmox_vmid: is not there")),
        "{lines:#?}"
    );

    let odd = FakeNetBox::builder().custom_field("proxmox_pool", "virtualization.virtualmachine", "boolean");
    World::of(odd, FakeProxmox::builder()).await.is_told(Failure, "is of the type boolean").await;
    let odd = FakeNetBox::builder().custom_field("proxmox_bridge", "virtualization.virtualmachine", "text");
    World::of(odd, FakeProxmox::builder()).await.is_told(Failure, "not on virtualization.vminterface").await;

    let world = World::of(FakeNetBox::builder(), FakeProxmox::builder().node("pve02")).await;
    world.is_told(Warning, "does not offer pve02 of Proxmox's nodes").await;
    let sets = |name: &str| {
        let sets = world.netbox.all("extras/custom-field-choice-sets");
        sets.iter().find(|set| set["name"] == name).unwrap()["id"].as_u64().unwrap()
    };
    let offer = |set: &str, choices: serde_json::Value| {
        world.netbox.user("admin").update(
            "extras/custom-field-choice-sets",
            sets(set),
            json!({"extra_choices": choices}),
        );
    };
    offer("proxmox-cluster-nodes", json!([["pve01", "pve01"], ["pve02", "pve02"], ["pve9", "pve9"]]));
    world.is_told(Warning, "offers pve9, which the token does not see among Proxmox's nodes").await;
    offer("proxmox-cluster-nodes", json!([["pve01", "pve01"], ["pve02", "pve02"]]));
    offer("proxmox-vm-templates", json!([["debian", "by its name"]]));
    assert_eq!(world.bad().await, [], "a template may be given by its name");
    offer("proxmox-vm-type", json!([["vm", "VM"], ["jail", "Jail"]]));
    world.is_told(Warning, "offers jail, which is no kind of guest").await;
}

#[tokio::test]
async fn a_template_without_a_cloud_init_drive() {
    let bare = FakeProxmox::builder().template(9001, "bare", |template| template.disk("scsi0", "local-lvm", 1024));
    let world = World::with(
        netbox(FakeNetBox::builder()).choices("proxmox_vm_templates", ["9000", "9001"]),
        proxmox(bare),
        None,
    )
    .await;
    let lines = world.bad().await;
    assert!(lines.iter().any(|it| it.to_string().contains("without a cloud-init drive: 9001 (bare)")), "{lines:#?}");
}

#[tokio::test]
async fn the_inbox() {
    let mut world = World::begin().await;
    let directory = tempfile::tempdir().unwrap();
    world.seen.kept = Kept::Absent { file: directory.path().join("inbox.sqlite") };
    assert_eq!(world.bad().await, []);
    world.seen.kept = Kept::Absent { file: directory.path().join("nowhere/inbox.sqlite") };
    world.is_told(Failure, "does not exist").await;
    world.seen.kept = Kept::Unusable { file: "/etc/passwd".into(), why: "file is not a database".to_owned() };
    world.is_told(Failure, "file is not a database").await;
}

/// A receiver in the test: what NetBox delivers is stored where the probe looks.
#[tokio::test]
async fn a_test_delivery_arrives_or_does_not_and_changes_nothing() {
    let world = World::begin().await;
    let inbox = Inbox::new(MemoryStore::default());
    let (netbox, fields) = (&world.seen.netbox, &world.seen.fields);
    let before = world.netbox.object_changes().len();
    let lost = probe(netbox, fields, &inbox, Duration::ZERO).await;
    assert_eq!(lost.verdict, Failure, "{lost}");
    assert!(lost.detail.contains("a save of web01 (id 1) in NetBox was not heard of within 0 s"), "{lost}");

    let (received, into) = (world.netbox.clone(), inbox.clone());
    let receiver = tokio::spawn(async move {
        loop {
            for delivery in received.deliveries() {
                let read = serde_json::from_value(delivery.json()).unwrap();
                into.accept(&NewEvent::from_delivery(&read, &FieldNames::default()).unwrap(), 0).await.unwrap();
            }
            tokio::task::yield_now().await;
        }
    });
    let came = probe(netbox, fields, &inbox, Duration::from_secs(30)).await;
    assert_eq!(came.verdict, Verdict::Ok, "{came}");
    assert_eq!(world.netbox.object_changes().len(), before, "saved without a change");

    // Where every record has a type, one is made and deleted again.
    world.netbox.user("admin").update(
        "virtualization/virtual-machines",
        1,
        json!({"custom_fields": {"proxmox_vm_type": "vm"}}),
    );
    let came = probe(netbox, fields, &inbox, Duration::from_secs(30)).await;
    assert!(came.verdict == Verdict::Ok && came.detail.contains("netbox-proxmox-probe"), "{came}");
    assert!(world.netbox.vm_named("netbox-proxmox-probe").is_none());
    receiver.abort();

    let machines = "virtualization/virtual-machines".to_owned();
    let bridge = World::allowed(Access::Lacks(vec![("add", machines.clone()), ("delete", machines)])).await;
    bridge.netbox.user("admin").update(
        "virtualization/virtual-machines",
        1,
        json!({"custom_fields": {"proxmox_vm_type": "vm"}}),
    );
    let cannot = probe(&bridge.seen.netbox, fields, &inbox, Duration::ZERO).await;
    assert!(cannot.verdict == Warning && cannot.detail.contains("may not make and delete one"), "{cannot}");
}

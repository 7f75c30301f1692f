//! A set-up of NetBox's branches: made once, enough for the server's user, and taken away again.
#![allow(clippy::unwrap_used, missing_docs)]

use netbox_api::Client;
use netbox_api::testing::{FakeNetBox, Fault};
use netbox_proxmox_core::FieldNames;
use netbox_proxmox_core::Policy;
use netbox_proxmox_core::live::branch::watch::{SETTLED, Watch};
use netbox_proxmox_core::live::checks::{Kept, Receiving, Surroundings, Verdict};
use netbox_proxmox_core::live::setup::{Made, Options, Plan};
use netbox_proxmox_core::live::{Bridge, Inbox, MemoryStore, Setup};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

const ADMIN: &str = "nbt_adminadmin00.admin-secret";
const BRANCHES: &str = "plugins/branching/branches";

async fn empty() -> FakeNetBox {
    let netbox = FakeNetBox::builder().token(ADMIN).without_custom_fields().start().await;
    netbox.hold();
    netbox
}

fn client(netbox: &FakeNetBox, token: &str) -> Client {
    Client::builder(netbox.url()).token(token.to_owned().into()).build().unwrap()
}

async fn set_up(netbox: &FakeNetBox, branching: bool) -> (Plan, Made) {
    let options = Options { branching, user: Some("bridge".into()), ..Options::default() };
    let setup = Setup::look(&client(netbox, ADMIN), &[], &options).await.unwrap();
    let made = setup.make(|_| ()).await.unwrap();
    (setup.plan().clone(), made)
}

fn of_branches(netbox: &FakeNetBox) -> Vec<String> {
    let fields = netbox.all("extras/custom-fields");
    let of_it = fields.iter().filter(|field| field["object_types"] == json!(["netbox_branching.branch"]));
    of_it.map(|field| field["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn fields_choices_and_rights_are_made_once_and_are_enough() {
    let netbox = empty().await;
    let (_, made) = set_up(&netbox, true).await;
    let names = ["proxmox_plan", "proxmox_plan_summary", "proxmox_plan_digest", "proxmox_plan_approved"];
    assert_eq!(of_branches(&netbox), names);
    let sets = netbox.all("extras/custom-field-choice-sets");
    let set = sets.iter().find(|set| set["name"] == "proxmox-plan").unwrap();
    let values: Vec<&Value> = set["extra_choices"].as_array().unwrap().iter().map(|pair| &pair[0]).collect();
    assert_eq!(values, ["planned", "nothing-to-do", "refused", "stale", "failed"]);
    assert_eq!(set["choice_colors"]["refused"], "red");
    let (again, _) = set_up(&netbox, true).await;
    assert!(again.writes.is_empty(), "{:?}", again.writes);
    // Nor are the rights taken away by one that is not about branches.
    let (without, _) = set_up(&netbox, false).await;
    assert!(without.writes.is_empty(), "{:?}", without.writes);

    let branch = netbox.user("alice").create(BRANCHES, json!({"name": "next-week"}));
    let bridge = Bridge::new(
        client(&netbox, made.token.unwrap().expose_secret()),
        "netbox.example.org",
        Vec::new(),
        Inbox::new(MemoryStore::default()),
    );
    let watch = Watch::default();
    watch.look(&bridge).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(SETTLED).await;
    tokio::time::resume();
    assert_eq!(watch.look(&bridge).await.unwrap().told, "1 ready, all planned");
    let shown = bridge.netbox.branches().get(branch["id"].as_u64().unwrap()).await.unwrap().value;
    assert_eq!(shown.custom_fields.text("proxmox_plan").as_deref(), Some("nothing-to-do"));
}

#[tokio::test]
async fn what_a_person_chose_stays_and_what_is_missing_is_added() {
    let netbox = empty().await;
    let set = json!({"name": "proxmox-plan", "extra_choices": [["planned", "Geplant"]], "choice_colors": {"planned": "blue"}});
    netbox.user("admin").create("extras/custom-field-choice-sets", set);
    set_up(&netbox, true).await;
    let sets = netbox.all("extras/custom-field-choice-sets");
    let set = sets.iter().find(|set| set["name"] == "proxmox-plan").unwrap();
    assert_eq!(set["extra_choices"][0], json!(["planned", "Geplant"]));
    assert_eq!((set["extra_choices"].as_array().unwrap().len(), &set["choice_colors"]["planned"]), (5, &json!("blue")));
}

#[tokio::test]
async fn a_removal_takes_the_fields_away_but_what_a_person_has_written_into() {
    let netbox = empty().await;
    set_up(&netbox, true).await;
    let fields = json!({"proxmox_plan_summary": "+0 ~0 -0", "proxmox_plan_approved": true});
    let branch = netbox.user("alice").create(BRANCHES, json!({"name": "next-week", "custom_fields": fields}));
    let remove = async || {
        let setup = Setup::look_to_remove(&client(&netbox, ADMIN), false).await.unwrap();
        setup.make(|_| ()).await.unwrap();
    };
    remove().await;
    assert_eq!(of_branches(&netbox), ["proxmox_plan_approved"]);
    netbox.user("alice").delete(BRANCHES, branch["id"].as_u64().unwrap());
    remove().await;
    assert_eq!(of_branches(&netbox), [""; 0]);
    assert!(netbox.all("extras/custom-field-choice-sets").is_empty());
}

#[tokio::test]
async fn a_netbox_without_the_plugin_is_told_of_it() {
    let netbox = empty().await;
    netbox.fault(Fault::on("GET", "*/plugins/branching/*").html(404).always());
    let (plan, _) = set_up(&netbox, true).await;
    assert!(plan.remarks.iter().any(|remark| remark.problem && remark.text.contains("netbox-branching")));
    assert_eq!(of_branches(&netbox), [""; 0]);
    let bridge = Bridge::new(client(&netbox, ADMIN), "n.example.org", Vec::new(), Inbox::new(MemoryStore::default()));
    let look = Watch::default().look(&bridge).await.unwrap();
    assert_eq!(look.told, "not planned: NetBox does not have netbox-branching");
}

#[tokio::test]
async fn the_checks_say_whether_branches_are_planned_and_what_the_token_lacks() {
    let netbox = empty().await;
    let (_, made) = set_up(&netbox, false).await;
    let said = async |token: &str| {
        let seen = Surroundings {
            netbox: client(&netbox, token),
            clusters: Vec::new(),
            kept: Kept::Absent { file: "inbox.sqlite".into() },
            receiving: Receiving::default(),
            policy: Policy::default(),
            fields: FieldNames::default(),
        };
        let mut checks = seen.check().await;
        checks.retain(|check| check.what.contains("branches"));
        checks.into_iter().map(|check| (check.verdict, check.text())).collect::<Vec<_>>()
    };
    let token = made.token.unwrap();
    let before = said(token.expose_secret()).await;
    assert!(before.len() == 1 && before[0].1.contains("setup --branching"), "{before:?}");
    let admin = client(&netbox, ADMIN);
    let options = Options { branching: true, ..Options::default() };
    Setup::look(&admin, &[], &options).await.unwrap().make(|_| ()).await.unwrap();
    let lacking = said(token.expose_secret()).await;
    assert!(
        lacking.iter().any(|(verdict, text)| *verdict == Verdict::Failure && text.contains("--branching")),
        "{lacking:?}"
    );
    set_up(&netbox, true).await;
    let well = said(token.expose_secret()).await;
    assert!(well.iter().all(|(verdict, _)| *verdict == Verdict::Ok) && well.len() == 2, "{well:?}");
}

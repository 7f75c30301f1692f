//! `plan --branch` between two fakes.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::sides::Sides;
use common::{code, stderr, stdout};
use netbox_api::Client;
use netbox_api::client::{Branch, BranchAction, NewBranch};
use netbox_api::testing::Fault;
use serde_json::json;

const BRANCHES: &str = "/api/plugins/branching/branches/";

async fn branched() -> (Sides, Client, Branch) {
    let sides = Sides::begin().await;
    let client = Client::builder(sides.netbox.url()).token(sides.netbox.token().into()).build().unwrap();
    let new = NewBranch { name: "next-week".into(), ..NewBranch::default() };
    let id = client.branches().create(&new).await.unwrap().value.id;
    let branch = client.branches().get(id).await.unwrap().value;
    (sides, client, branch)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_cannot_be_planned_is_said() {
    let (sides, client, branch) = branched().await;
    let plan = |name: &str| sides.run(&["plan", "--branch", name]);
    let unknown = plan("nosuch");
    assert_eq!((code(&unknown), stdout(&unknown)), (4, String::new()));
    assert!(stderr(&unknown).contains("no branch nosuch; ready are next-week"), "{}", stderr(&unknown));

    sides.netbox.fault(Fault::on("GET", BRANCHES).html(404));
    let no_plugin = plan("next-week");
    assert_eq!(code(&no_plugin), 4, "{}", stderr(&no_plugin));
    assert!(stderr(&no_plugin).contains("netbox-branching is not installed"), "{}", stderr(&no_plugin));

    client.branches().merge(branch.id, BranchAction::commit()).await.unwrap();
    let merged = plan("next-week");
    assert_eq!(code(&merged), 5, "{}", stderr(&merged));
    assert!(stderr(&merged).contains("branch next-week is merged"), "{}", stderr(&merged));
    assert!(stderr(&plan("nosuch")).contains("none is ready"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_of_a_branch_is_compared_and_never_applied() {
    let (sides, client, branch) = branched().await;
    drop(sides.store().await);
    let inside = client.branch(&branch.schema_id).unwrap();
    let change = async |fields| {
        inside.patch("virtualization/virtual-machines/1/", &fields, None).await.unwrap();
    };
    change(json!({"memory": 4096})).await;
    let file = sides.inbox().with_file_name("plan.json");
    let file = file.to_str().unwrap();
    let planned = sides.run(&["plan", "--branch", "next-week", "--out", file]);
    assert_eq!(code(&planned), 0, "{}", stderr(&planned));
    assert!(stdout(&planned).contains("memory=4096"), "{}", stdout(&planned));

    let compare = || sides.run(&["plan", "--branch", "next-week", "--compare", file]);
    let same = compare();
    assert_eq!((code(&same), stdout(&same)), (0, String::new()), "{}", stderr(&same));
    change(json!({"memory": 8192})).await;
    let other = compare();
    assert_eq!(code(&other), 5, "{}", stderr(&other));
    let lines: Vec<String> = stdout(&other).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("- ") && lines[0].contains("memory=4096"), "{lines:?}");
    assert!(lines[1].starts_with("+ ") && lines[1].contains("memory=8192"), "{lines:?}");

    let applied = sides.run(&["apply", file, "--yes"]);
    assert_eq!((code(&applied), stdout(&applied)), (2, String::new()));
    assert!(stderr(&applied).contains("the plan of branch next-week"), "{}", stderr(&applied));
    assert!(sides.proxmox.writes().is_empty());
    let of_guest = sides.inbox().with_file_name("guest.json");
    let of_guest = of_guest.to_str().unwrap();
    sides.run(&["plan", "--vm", "web01", "--out", of_guest]);
    let wrong = sides.run(&["plan", "--branch", "next-week", "--compare", of_guest]);
    assert_eq!(code(&wrong), 2, "{}", stderr(&wrong));
}

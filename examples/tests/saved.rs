//! A plan in a file is carried out as it is, or refused.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::sides::Sides;
use common::{code, stderr, stdout};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_is_done_once_and_refused_when_the_world_has_moved_on() {
    let sides = Sides::begin().await;
    drop(sides.store().await);
    let file = sides.inbox().with_file_name("plan.json");
    let file = file.to_str().unwrap();
    let planned = sides.run(&["plan", "--vm", "web01", "--out", file]);
    assert_eq!(code(&planned), 0, "{}", stderr(&planned));

    // NetBox says something else now.
    sides.netbox.update_vm(1, json!({"memory": 4096}));
    let refused = sides.run(&["apply", file, "--yes"]);
    assert_eq!((code(&refused), stdout(&refused)), (5, String::new()));
    assert!(stderr(&refused).contains("moved on"), "{}", stderr(&refused));
    assert!(sides.proxmox.writes().is_empty());

    sides.run(&["plan", "--vm", "web01", "--out", file]);
    let applied = sides.run(&["apply", file, "--yes"]);
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
    let guests = sides.proxmox.guests();
    let guest = guests.iter().find(|guest| !guest.is_template()).unwrap();
    assert_eq!(guest.get("memory"), Some("4096"));
    let writes = sides.proxmox.writes();

    // It is as the plan wanted: the plan is of another world now.
    assert_eq!(code(&sides.run(&["apply", file, "--yes"])), 5);
    assert_eq!(sides.proxmox.writes(), writes);

    let wrong = sides.run(&["apply", "/nonexistent.json", "--yes"]);
    assert_eq!(code(&wrong), 2, "{}", stderr(&wrong));
}

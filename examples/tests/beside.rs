//! What `plan` and `apply` show beside what is there, in which colours, and what they exit with.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::sides::Sides;
use common::{code, stderr, stdout};
use serde_json::json;

/// A guest that was made, and whose memory differs.
async fn differing(status: &str) -> Sides {
    let sides = Sides::begin().await;
    sides.store().await;
    let made = sides.run(&["apply", "--vm", "web01", "--yes"]);
    assert_eq!(code(&made), 0, "{}", stderr(&made));
    sides.netbox.update_vm(1, json!({"memory": 4096, "status": status}));
    sides
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_for_whoever_sees_them() {
    let sides = differing("staged").await;
    let shown = |variables: &[(&str, &str)]| stdout(&sides.run_with(&["plan", "--vm", "web01"], variables));
    let plain = shown(&[]);
    assert!(plain.contains("configure  web01 (VMID 100): memory: 2048 → 4096 MiB\n"), "{plain}");
    let coloured = shown(&[("CLICOLOR_FORCE", "1")]);
    assert!(coloured.contains("memory: \u{1b}[31m2048\u{1b}[0m → \u{1b}[32m4096\u{1b}[0m MiB"), "{coloured:?}");
    for variables in [&[][..], &[("NO_COLOR", "1")]] {
        assert!(!shown(variables).contains('\u{1b}'));
    }
    let forced = [("CLICOLOR_FORCE", "1")];
    let json = stdout(&sides.run_with(&["plan", "--vm", "web01", "--output", "json"], &forced));
    assert!(!json.contains('\u{1b}'), "{json:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_is_what_stays_different_or_was_not_said_yet() {
    let sides = differing("offline").await;
    let exits = |arguments: &[&str]| {
        let output = sides.run(arguments);
        assert!([0, 5].contains(&code(&output)), "{}", stderr(&output));
        code(&output)
    };
    let checks = || [exits(&["plan", "--vm", "web01", "--check"]), exits(&["plan", "--all", "--check"])];
    assert_eq!((checks(), exits(&["plan", "--all"])), ([5, 5], 0), "the memory: nobody was told yet");
    assert_eq!((exits(&["apply", "--all", "--yes"]), checks()), (5, [0, 0]), "it was said, and stays");
    assert_eq!(exits(&["apply", "--vm", "web01", "--yes"]), 5, "it stays");
    sides.netbox.update_vm(1, json!({"status": "staged"}));
    assert_eq!((checks(), exits(&["apply", "--all", "--yes"]), checks()), ([5, 5], 0, [0, 0]), "it was mended");
}

/// What a running guest takes at its next start is as NetBox says.
#[tokio::test(flavor = "multi_thread")]
async fn a_remark_is_no_difference_that_stays() {
    let sides = differing("staged").await;
    sides.proxmox.set_power(100, proxmox_api::testing::Power::Running);
    let output = sides.run(&["apply", "--vm", "web01", "--yes"]);
    assert!(stdout(&output).contains("when the guest is next shut down and started"), "{}", stdout(&output));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

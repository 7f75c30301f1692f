//! The set-up by the command line: the files that it writes, and what it says.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::sides::{Sides, run};
use common::{code, stderr, stdout};
use netbox_proxmox_examples::Settings;
use netbox_proxmox_examples::environment::EnvironmentFile;
use proxmox_api::testing::FakeProxmox;
use secrecy::ExposeSecret;

fn text(file: &EnvironmentFile, name: &str) -> String {
    file.get(name).map(|value| value.expose_secret().to_owned()).unwrap_or_default()
}

fn is_private(path: &Path) -> bool {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777 == 0o600
}

const RECEIVER: &str = "http://bridge.example.org:8080/webhook";

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_file_is_ready_for_the_server() {
    let sides = Sides::begin().await;
    let path = sides.inbox().with_file_name("bridge.env");
    let file = path.to_str().unwrap();
    let arguments = ["setup", "--receiver", RECEIVER, "--user", "bridge", "--env", file, "--yes"];
    let output = sides.run(&arguments);
    assert_eq!((code(&output), is_private(&path)), (0, true), "{}", stderr(&output));
    let written = EnvironmentFile::open(&path).unwrap();
    let (token, secret) = (text(&written, "NETBOX_TOKEN"), text(&written, "NETBOX_WEBHOOK_SECRET"));
    assert!(token.starts_with("nbt_") && token != sides.netbox.token(), "the server's own");
    let webhook = sides.netbox.all("extras/webhooks").remove(0);
    assert_eq!((secret.len(), webhook["secret"].as_str()), (40, Some(secret.as_str())));
    for printed in [stdout(&output), stderr(&output)] {
        assert!(!printed.contains(&secret) && !printed.contains(&token), "{printed}");
    }
    // The server takes it as it is.
    let text = std::fs::read_to_string(&path).unwrap();
    let variables: Vec<(&str, &str)> =
        text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once('=').unwrap()).collect();
    let settings = Settings::from_environment(variables.iter().copied()).unwrap();
    settings.receiver().unwrap();
    assert_eq!(settings.clusters().unwrap()[0].netbox_cluster.as_deref(), Some("pve-cluster-1"));
    let doctor = run(&["doctor"], &variables);
    assert_eq!(code(&doctor), 0, "{}", stdout(&doctor));

    // A second time nothing is written, and the file keeps what nobody can read again.
    sides.netbox.forget_requests();
    let output = sides.run(&arguments);
    assert_eq!((code(&output), stderr(&output).lines().last()), (0, Some("nothing to write in NetBox")));
    assert!(sides.netbox.requests().iter().all(|request| request.method == "GET"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    // While secrets are rotated the file has both.
    let both = format!("{secret},former");
    std::fs::write(&path, text.replace(&secret, &both)).unwrap();
    sides.run(&arguments);
    assert_eq!(self::text(&EnvironmentFile::open(&path).unwrap(), "NETBOX_WEBHOOK_SECRET"), both);
}

/// NetBox shows a token once: it is not made where it could not be kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_is_told_before_anything_is_made() {
    let sides = Sides::begin().await;
    let path = sides.inbox().with_file_name("nosuch").join("bridge.env");
    for option in ["--env", "--secret-file"] {
        sides.netbox.forget_requests();
        let arguments = ["setup", "--receiver", RECEIVER, "--user", "bridge", "--yes", option, path.to_str().unwrap()];
        let output = sides.run(&arguments);
        assert_eq!(code(&output), 1);
        assert!(stderr(&output).contains("bridge.env cannot be written"), "{}", stderr(&output));
        assert!(sides.netbox.requests().iter().all(|request| request.method == "GET"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_is_shown_once_or_written_to_its_file() {
    let sides = Sides::begin().await;
    let output = sides.run(&["setup", "--receiver", RECEIVER, "--yes"]);
    let secret = sides.netbox.all("extras/webhooks")[0]["secret"].as_str().unwrap().to_owned();
    assert!(stderr(&output).contains(&format!("NETBOX_WEBHOOK_SECRET={secret}")), "{}", stderr(&output));
    assert!(!stdout(&output).contains(&secret));
    let again = sides.run(&["setup", "--yes"]);
    assert!(!stderr(&again).contains(&secret));
    let path = sides.inbox().with_file_name("secret");
    sides.run(&["setup", "--yes", "--secret-file", path.to_str().unwrap()]);
    assert_eq!((std::fs::read_to_string(&path).unwrap().trim(), is_private(&path)), (secret.as_str(), true));
}

#[tokio::test(flavor = "multi_thread")]
async fn proxmox_is_made_ready_with_the_login_of_an_administrator() {
    let proxmox = FakeProxmox::builder().node("pve01").user("root@pam", "admin-password").start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.env");
    let variables = [
        ("PROXMOX_URL", proxmox.url()),
        ("PROXMOX_SETUP_USER", "root@pam"),
        ("PROXMOX_SETUP_PASSWORD", "admin-password"),
        ("NETBOX_CLUSTER", "pve-cluster-1"),
    ];
    let arguments = ["setup", "--proxmox", "--yes", "--env", path.to_str().unwrap()];
    let output = run(&arguments, &variables);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let file = EnvironmentFile::open(&path).unwrap();
    let token = text(&file, "PROXMOX_TOKEN");
    assert!(token.starts_with("netbox@pve!bridge=") && is_private(&path));
    assert!(!std::fs::read_to_string(&path).unwrap().contains("admin-password"));
    for printed in [stdout(&output), stderr(&output)] {
        assert!(!printed.contains(&token) && !printed.contains("admin-password"), "{printed}");
    }
    let writes = proxmox.writes().len();
    let again = run(&arguments, &variables);
    assert_eq!(
        (code(&again), stderr(&again).starts_with("nothing to write in Proxmox: ")),
        (0, true),
        "{}",
        stderr(&again)
    );
    // Another login, and nothing else.
    assert_eq!(proxmox.writes().len(), writes + 1);
}

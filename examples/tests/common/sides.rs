//! The command line between two fakes.

use std::process::{Output, Stdio};

use netbox_api::testing::{Builder, FakeNetBox};
use netbox_proxmox_core::live::SqliteStore;
use proxmox_api::testing::{FakeProxmox, Storage};
use serde_json::json;

use super::{IDENTITY, command};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_netbox-proxmox");

/// Runs the binary; the fakes of the test go on meanwhile.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = command(PROGRAM, variables);
    let mut run = || command.args(arguments).stdin(Stdio::null()).output().unwrap();
    match tokio::runtime::Handle::try_current() {
        Ok(_) => tokio::task::block_in_place(run),
        Err(_) => run(),
    }
}

/// Both sides with a record that has no guest yet, and the settings that lead there.
pub(crate) struct Sides {
    pub(crate) netbox: FakeNetBox,
    pub(crate) proxmox: FakeProxmox,
    directory: tempfile::TempDir,
}

impl Sides {
    pub(crate) async fn begin() -> Self {
        Self::of(FakeNetBox::builder()).await
    }

    /// With tokens and the like of the test's own.
    pub(crate) async fn of(netbox: Builder) -> Self {
        let netbox = netbox
            .cluster("pve-cluster-1")
            .cluster("elsewhere")
            .choices("proxmox_node", ["pve01"])
            .choices("proxmox_vm_templates", ["9000"])
            .choices("proxmox_lxc_templates", [])
            .choices("proxmox_vm_storage", ["local-lvm"])
            .start()
            .await;
        let proxmox = FakeProxmox::builder()
            .cluster("pve-cluster-1")
            .node("pve01")
            .storage(Storage::lvm_thin("local-lvm"))
            .template(9000, "debian", |template| {
                template.disk("scsi0", "local-lvm", 10_240).cloudinit("ide2", "local-lvm")
            })
            .start()
            .await;
        let fields = json!({"proxmox_vm_type": "vm", "proxmox_vm_templates": "9000"});
        netbox.create_vm(json!({"name": "web01", "status": "staged", "memory": 2048, "custom_fields": fields}));
        Self { netbox, proxmox, directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn inbox(&self) -> std::path::PathBuf {
        self.directory.path().join("inbox.sqlite")
    }

    /// The server's inbox.
    pub(crate) async fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.inbox()).await.unwrap()
    }

    /// The settings that lead to both.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("NETBOX_URL", self.netbox.url()),
            ("NETBOX_TOKEN", self.netbox.token()),
            ("NETBOX_PROXMOX_IDENTITY", IDENTITY.to_owned()),
            ("PROXMOX_URL", self.proxmox.url().to_owned()),
            ("PROXMOX_TOKEN", self.proxmox.token_string().to_owned()),
            ("NETBOX_PROXMOX_INBOX", format!("sqlite:{}", self.inbox().display())),
        ]
    }

    pub(crate) fn run_with(&self, arguments: &[&str], others: &[(&str, &str)]) -> Output {
        let variables = self.variables();
        let variables = variables.iter().map(|(name, value)| (*name, value.as_str()));
        run(arguments, &variables.chain(others.iter().copied()).collect::<Vec<_>>())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }
}

//! What the bridge relies on in a Proxmox VE, asked of our fake and, where the environment names one, of another: an
//! independent fake, or a real Proxmox VE. It makes one guest from a template and removes it.
//!
//! | variable | |
//! |---|---|
//! | `CONTRACT_PROXMOX_URL`, `CONTRACT_PROXMOX_TOKEN` | where, and as whom |
//! | `CONTRACT_PROXMOX_FINGERPRINT` | of its certificate, if it is its own |
//! | `CONTRACT_PROXMOX_CONTAINER`, `CONTRACT_PROXMOX_STORAGE` | template volume of a container, which is then made and removed too; where its disk goes, default `local-lvm` |
//! | `CONTRACT_PROXMOX_TEMPLATE` | VMID of a template with a disk `scsi0` and a cloud-init drive; default 9000 |
#![allow(clippy::unwrap_used)]

use proxmox_api::{
    Client, CloneParams, ConfigUpdate, ConfigView, DestroyParams, Drive, ErrorKind, LxcCreateParams, MiB, NetDevice,
    NodeName, PowerState, ShutdownParams, SshKeys, StartParams, StopParams, StorageId, Subject, SuspendParams, Task,
    Vmid, WaitOptions,
};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp admin+live@example";

async fn done(task: Task) {
    task.wait(&WaitOptions::default()).await.unwrap();
}

/// Why a request was refused, at once or by its task.
async fn refused(task: Result<Task, proxmox_api::Error>) -> ErrorKind {
    let error = match task {
        Ok(task) => task.wait(&WaitOptions::default()).await.expect_err("it is refused"),
        Err(error) => error,
    };
    error.cause().clone()
}

async fn contract(client: &Client, template: Vmid) {
    assert!(client.version().await.unwrap().major().is_some_and(|major| major >= 8));
    let resources = client.cluster().resources(None).await.unwrap();
    let found = resources.iter().find(|resource| resource.vmid == Some(template)).expect("the template is listed");
    assert!(found.template);
    let node: NodeName = found.node.clone().unwrap();
    assert!(!client.cluster().is_free(template).await.unwrap());
    let vmid = client.cluster().next_id(None).await.unwrap();
    assert!(client.cluster().is_free(vmid).await.unwrap());
    let vm = client.node(&node).qemu(vmid);
    assert!(matches!(vm.config(ConfigView::Pending).await.unwrap_err().cause(), ErrorKind::NotFound(Subject::Guest)));
    let of_template = client.node(&node).qemu(template);
    assert_eq!(refused(of_template.start(&StartParams::default()).await).await, ErrorKind::IsTemplate);

    // Clone: description replaces the template's; the VMID is taken from then on.
    let params = CloneParams {
        name: Some("contract".into()),
        description: Some("one line\nnetbox-proxmox: contract record 1 vmid 1 creating".into()),
        full: Some(true),
        ..CloneParams::new(vmid)
    };
    done(of_template.clone_to(&params).await.unwrap()).await;
    assert_eq!(refused(of_template.clone_to(&params).await).await, ErrorKind::AlreadyExists);
    assert!(!client.cluster().is_free(vmid).await.unwrap());
    let config = vm.config(ConfigView::Pending).await.unwrap();
    assert_eq!(config.name(), Some("contract"));
    assert_eq!(config.description().map(str::trim_end), params.description.as_deref());
    assert!(config.lock().is_none() && !config.template());
    let root = config.boot_disk().expect("it boots from a disk");
    assert!(config.drive(root).unwrap().size().is_some_and(|size| size > MiB(0)));
    assert_eq!(vm.status().await.unwrap().power_state(), PowerState::Stopped);

    // Configuration: under a digest, in the field's own encoding, with every wrong field named.
    let keys = SshKeys::parse(KEY).unwrap();
    let update = ConfigUpdate::new().cores(2).memory(MiB(2048)).protection(false).sshkeys(&keys);
    let update = update.ipconfig(0, &"ip=192.0.2.10/24,gw=192.0.2.1".parse().unwrap());
    vm.set_config(&update.clone().digest(config.digest.as_deref().unwrap())).await.unwrap();
    let stale = ConfigUpdate::new().cores(1).digest(config.digest.as_deref().unwrap());
    assert_eq!(*vm.set_config(&stale).await.unwrap_err().cause(), ErrorKind::DigestMismatch);
    let config = vm.config(ConfigView::Pending).await.unwrap();
    assert_eq!((config.cores(), config.memory(), config.sshkeys()), (2, Some(MiB(2048)), Some(keys)));
    assert_eq!(config.ipconfig(0).unwrap().to_string(), "ip=192.0.2.10/24,gw=192.0.2.1");
    match vm.set_config(&ConfigUpdate::new().set("nosuch", "1")).await.unwrap_err().cause() {
        ErrorKind::InvalidParameter { fields } => assert!(fields.contains_key("nosuch"), "{fields:?}"),
        other => panic!("{other:?}"),
    }
    match vm.set_config(&ConfigUpdate::new().name("not a name")).await.unwrap_err().cause() {
        ErrorKind::InvalidParameter { fields } => assert!(fields.contains_key("name"), "{fields:?}"),
        other => panic!("{other:?}"),
    }
    vm.regenerate_cloudinit().await.unwrap();

    // A disk.
    let slot = "scsi5".parse().unwrap();
    let storage = config.drive(root).unwrap().storage().unwrap();
    let add = ConfigUpdate::new().drive(slot, &Drive::allocate(&storage, MiB(1024)));
    done(vm.set_config_async(&add).await.unwrap()).await;
    let drive = vm.config(ConfigView::Pending).await.unwrap().drive(slot).expect("the disk is there");
    assert_eq!(drive.size(), Some(MiB(1024)));
    vm.unlink(&[slot], true).await.unwrap();

    // A network card: it gets a MAC address, and keeps it. Tags, start on boot.
    let card: NetDevice = "virtio=BC:24:11:00:00:55,bridge=vmbr0,tag=5".parse().unwrap();
    vm.set_config(&ConfigUpdate::new().net(3, &card).tags(["contract"]).onboot(true)).await.unwrap();
    let config = vm.config(ConfigView::Pending).await.unwrap();
    assert_eq!(config.net(3).unwrap(), card);
    assert_eq!((config.tags(), config.onboot()), (vec!["contract".to_owned()], true));
    vm.set_config(&ConfigUpdate::new().delete("net3").onboot(false)).await.unwrap();
    assert_eq!(vm.config(ConfigView::Pending).await.unwrap().net(3), None);
    assert!(!vm.migration_check(&node).await.unwrap().running);
    // That Proxmox names another node among those that are refused is not yet a refusal: only a storage may be missing.
    for other in client.nodes().await.unwrap().into_iter().map(|other| other.node).filter(|other| *other != node) {
        let refused = vm.migration_check(&other).await.unwrap().refusal(&other);
        assert!(refused.as_ref().is_none_or(|why| why.contains("not available on node")), "{refused:?}");
    }

    // Power.
    done(vm.start(&StartParams::default()).await.unwrap()).await;
    assert_eq!(vm.status().await.unwrap().power_state(), PowerState::Running);
    assert_eq!(refused(vm.start(&StartParams::default()).await).await, ErrorKind::AlreadyRunning);
    assert_eq!(refused(vm.destroy(&DestroyParams::default()).await).await, ErrorKind::StillRunning);
    done(vm.suspend(&SuspendParams::default()).await.unwrap()).await;
    assert_eq!(vm.status().await.unwrap().power_state(), PowerState::Paused);
    done(vm.resume().await.unwrap()).await;
    assert_eq!(vm.status().await.unwrap().power_state(), PowerState::Running);
    done(vm.shutdown(&ShutdownParams { timeout: Some(60), force_stop: Some(true) }).await.unwrap()).await;
    assert_eq!(vm.status().await.unwrap().power_state(), PowerState::Stopped);
    done(vm.stop(&StopParams::default()).await.unwrap()).await;

    // Protection, and the end.
    vm.set_config(&ConfigUpdate::new().protection(true)).await.unwrap();
    assert_eq!(refused(vm.destroy(&DestroyParams::default()).await).await, ErrorKind::Protected);
    vm.set_config(&ConfigUpdate::new().protection(false)).await.unwrap();
    done(vm.destroy(&DestroyParams { purge: Some(true), ..Default::default() }).await.unwrap()).await;
    assert!(client.cluster().is_free(vmid).await.unwrap());
    assert!(vm.destroy(&DestroyParams::default()).await.unwrap_err().is_not_found());
}

/// What the client of containers relies on.
async fn containers(client: &Client, node: &NodeName, volume: &str, storage: &StorageId) {
    let vmid = client.cluster().next_id(None).await.unwrap();
    let params = LxcCreateParams {
        hostname: Some("contract-ct".into()),
        description: Some("netbox-proxmox: contract record 1 vmid 1 creating".into()),
        cores: Some(1),
        memory: Some(MiB(512)),
        rootfs: Some(Drive::allocate(storage, MiB::from_gib(1))),
        nets: vec![(0, "name=eth0,bridge=vmbr0,ip=192.0.2.20/24,gw=192.0.2.1".parse().unwrap())],
        ssh_public_keys: Some(SshKeys::parse(KEY).unwrap()),
        unprivileged: Some(true),
        ..LxcCreateParams::new(vmid, volume)
    };
    done(client.node(node).create_lxc(&params).await.unwrap()).await;
    assert_eq!(refused(client.node(node).create_lxc(&params).await).await, ErrorKind::AlreadyExists);
    let container = client.node(node).lxc(vmid);
    let config = container.config(ConfigView::Pending).await.unwrap();
    assert_eq!((config.hostname(), config.cores(), config.memory()), (Some("contract-ct"), Some(1), MiB(512)));
    assert_eq!(config.description().map(str::trim_end), params.description.as_deref());
    let net = &config.nets()[&0];
    assert_eq!(
        (net.get("name"), net.addresses().to_string().as_str()),
        (Some("eth0"), "ip=192.0.2.20/24,gw=192.0.2.1")
    );
    let update = ConfigUpdate::new().cores(2).set("hostname", "contract-ct2").digest(config.digest.as_deref().unwrap());
    container.set_config(&update).await.unwrap();
    let config = container.config(ConfigView::Pending).await.unwrap();
    assert_eq!((config.hostname(), config.cores()), (Some("contract-ct2"), Some(2)));
    assert_eq!(container.status().await.unwrap().power_state(), PowerState::Stopped);
    done(container.start(&StartParams::default()).await.unwrap()).await;
    assert_eq!(container.status().await.unwrap().power_state(), PowerState::Running);
    done(container.stop(&StopParams::default()).await.unwrap()).await;
    assert_eq!(container.status().await.unwrap().power_state(), PowerState::Stopped);
    done(container.destroy(&DestroyParams { purge: Some(true), ..Default::default() }).await.unwrap()).await;
    assert!(client.cluster().is_free(vmid).await.unwrap());
}

#[tokio::test]
async fn our_fake_keeps_the_contract() {
    let proxmox = netbox_proxmox_tests::proxmox().await;
    let client = Client::builder(proxmox.url()).token(proxmox.token_string()).build().unwrap();
    contract(&client, Vmid::new(9000).unwrap()).await;
}

#[tokio::test]
#[ignore = "asks the Proxmox VE that CONTRACT_PROXMOX_URL names; tests/run --live does"]
async fn the_proxmox_that_the_environment_names_keeps_the_contract() {
    let variable = |name: &str| std::env::var(format!("CONTRACT_PROXMOX_{name}")).ok();
    let needed = |name: &str| variable(name).unwrap_or_else(|| panic!("CONTRACT_PROXMOX_{name} is not set"));
    let builder = Client::builder(needed("URL")).token(needed("TOKEN"));
    let builder = match variable("FINGERPRINT") {
        Some(fingerprint) => builder.fingerprint(fingerprint),
        None => builder,
    };
    let template = variable("TEMPLATE").map_or(9000, |vmid| vmid.parse().unwrap());
    let client = builder.build().unwrap();
    contract(&client, Vmid::new(template).unwrap()).await;
    if let Some(volume) = variable("CONTAINER") {
        let node = client.nodes().await.unwrap().remove(0).node;
        let storage = variable("STORAGE").map_or("local-lvm".to_owned(), |storage| storage).parse().unwrap();
        containers(&client, &node, &volume, &storage).await;
    }
}

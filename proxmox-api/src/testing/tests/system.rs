//! Interfaces, the clock, services and consoles of a node; software-defined networks.

use super::super::Power;
use super::*;
use crate::{
    Client, ConfigUpdate, NetworkParams, NodeHandle, SdnSubnetParams, SdnVnetParams, StartParams, Vmid, WaitOptions,
};

async fn fake() -> (FakeProxmox, Client, NodeHandle) {
    let pve = FakeProxmox::builder().node("pve01").guest(100, "web", |it| it).start().await;
    let client = Client::builder(pve.url()).token(pve.token_string()).build().unwrap();
    let node = client.node(&"pve01".parse().unwrap());
    (pve, client, node)
}

#[tokio::test]
async fn an_interface_is_there_once_it_is_applied() {
    let (pve, _client, node) = fake().await;
    let (network, wait) = (node.network(), WaitOptions::default());
    let bridge = NetworkParams::new("vmbr7", "bridge").cidr("192.0.2.1/24").bridge_ports("eno1");
    network.create(&bridge).await.unwrap();
    assert!(network.create(&bridge).await.is_err());
    // Whether a machine starts that is connected to it.
    let guest = node.qemu(Vmid::new(100).unwrap());
    guest.set_config(&ConfigUpdate::new().set("net0", "virtio,bridge=vmbr7")).await.unwrap();
    let starts = async || {
        let started = guest.start(&StartParams::default()).await.unwrap().wait(&wait).await.is_ok();
        pve.set_power(100, Power::Stopped);
        started
    };
    assert!(!starts().await);
    network.revert().await.unwrap();
    network.get("vmbr7").await.unwrap_err();
    network.create(&bridge).await.unwrap();
    let task = network.apply().await.unwrap();
    assert_eq!(task.upid().kind(), "srvreload");
    task.wait(&wait).await.unwrap();
    assert!(starts().await);
    // A change says again what is to stay.
    network.update("vmbr7", &ConfigUpdate::new().set("type", "bridge").set("mtu", 9000_u64)).await.unwrap();
    assert_eq!(network.get("vmbr7").await.unwrap().cidr, None);
    network.apply().await.unwrap().wait(&wait).await.unwrap();
    network.delete("vmbr7").await.unwrap();
    assert!(network.list().await.unwrap().iter().all(|it| it.iface.as_deref() != Some("vmbr7")));
    assert!(starts().await);
    network.apply().await.unwrap().wait(&wait).await.unwrap();
    assert!(!starts().await);
}

#[tokio::test]
async fn a_clock_has_a_zone_and_a_service_runs_or_not() {
    let (_pve, _client, node) = fake().await;
    assert_eq!(node.time().await.unwrap().timezone.as_deref(), Some("Etc/UTC"));
    node.set_timezone("Europe/Vienna").await.unwrap();
    assert_eq!(node.time().await.unwrap().timezone.as_deref(), Some("Europe/Vienna"));

    let (services, wait) = (node.services(), WaitOptions::default());
    let state = async || services.state("pvestatd").await.unwrap().state;
    assert_eq!(state().await.as_deref(), Some("running"));
    let task = services.stop("pvestatd").await.unwrap();
    assert_eq!((task.upid().kind(), task.upid().id()), ("srvstop", "pvestatd"));
    task.wait(&wait).await.unwrap();
    assert_eq!(state().await.as_deref(), Some("dead"));
    let dead: Vec<_> =
        services.list().await.unwrap().into_iter().filter(|it| it.state.as_deref() == Some("dead")).collect();
    assert_eq!(dead.len(), 1);
    services.restart("pvestatd").await.unwrap().wait(&wait).await.unwrap();
    assert_eq!(state().await.as_deref(), Some("running"));
    assert!(services.state("nothing").await.is_err());
}

#[tokio::test]
async fn a_console_has_a_ticket_and_a_task() {
    let (_pve, _client, node) = fake().await;
    let guest = node.qemu(Vmid::new(100).unwrap());
    for (console, kind) in [(guest.vnc(true).await, "vncproxy"), (guest.terminal().await, "vncproxy")] {
        let console = console.unwrap();
        assert_eq!((console.upid.unwrap().kind(), console.port.as_str()), (kind, "5900"));
    }
    guest.spice().await.unwrap();
    assert!(node.qemu(Vmid::new(999).unwrap()).vnc(true).await.is_err());
}

#[tokio::test]
async fn a_subnet_is_named_by_its_zone_and_its_prefix() {
    let (_pve, client, _node) = fake().await;
    let sdn = client.cluster().sdn();
    sdn.zones().create(&crate::SdnZoneParams::new("lab", "simple")).await.unwrap();
    sdn.vnets().create(&SdnVnetParams::new("v1", "lab")).await.unwrap();
    let subnets = sdn.subnets("v1");
    let subnet = SdnSubnetParams::new("10.0.0.0/24", "subnet").gateway("10.0.0.1");
    subnets.create(&subnet).await.unwrap();
    assert!(subnets.create(&subnet).await.is_err());
    assert_eq!(subnets.get("lab-10.0.0.0-24").await.unwrap().gateway.as_deref(), Some("10.0.0.1"));
    assert_eq!(sdn.apply().await.unwrap().wait(&WaitOptions::default()).await.unwrap(), crate::TaskOutcome::Ok);
    subnets.delete("lab-10.0.0.0-24").await.unwrap();
    assert!(subnets.list().await.unwrap().is_empty());
}

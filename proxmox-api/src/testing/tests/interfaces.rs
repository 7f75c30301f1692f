//! The interfaces within guests, as the client reads them.

use super::*;
use crate::client::Client;
use crate::types::{NodeName, Vmid};

#[tokio::test]
async fn what_is_within_a_guest_is_told_while_it_runs() {
    let pve = FakeProxmox::builder()
        .node("pve")
        .guest(101, "web01", |guest| {
            let net = guest.net("net0", "virtio=BC:24:11:00:00:07,bridge=vmbr0").running();
            net.inner("lo", "00:00:00:00:00:00", &["127.0.0.1/8"]).inner(
                "ens18",
                "net0",
                &["192.0.2.7/24", "2001:db8::7/64"],
            )
        })
        .guest(102, "silent", |guest| guest.option("agent", "enabled=1").running())
        .guest(103, "without", |guest| guest.running())
        .guest(104, "stopped", |guest| guest.inner("ens18", "net0", &["192.0.2.8/24"]))
        .container(201, "ct01", |guest| {
            let net = guest.net("net0", "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:08,ip=dhcp").running();
            net.inner("eth0", "net0", &["198.51.100.7/24", "fe80::1/64"])
        })
        .start()
        .await;
    let client = Client::builder(pve.url()).token(pve.token_string()).build().unwrap();
    let node: NodeName = "pve".parse().unwrap();
    let vm = |vmid| client.node(&node).qemu(Vmid::new(vmid).unwrap());
    let shown = |of: Vec<crate::answers::InnerInterface>| {
        let line = |it: &crate::answers::InnerInterface| {
            let addresses: Vec<String> = it.addresses.iter().map(ToString::to_string).collect();
            format!("{} {} {}", it.name, it.mac.as_deref().unwrap_or_default(), addresses.join(" "))
        };
        of.iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(
        shown(vm(101).agent_interfaces().await.unwrap()),
        ["lo 00:00:00:00:00:00 127.0.0.1/8", "ens18 bc:24:11:00:00:07 192.0.2.7/24 2001:db8::7/64"]
    );
    for (vmid, says) in [(102, "agent is not running"), (103, "agent configured"), (104, "VM 104 is not running")] {
        let error = vm(vmid).agent_interfaces().await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    let container = client.node(&node).lxc(Vmid::new(201).unwrap());
    assert_eq!(shown(container.interfaces().await.unwrap()), ["eth0 bc:24:11:00:00:08 198.51.100.7/24 fe80::1/64"]);
    pve.edit(201, |guest| guest.power = crate::testing::Power::Stopped);
    assert_eq!(container.interfaces().await.unwrap(), []);
}

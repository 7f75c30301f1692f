//! Pools, HA, software-defined networks, replication, options.

use proxmox_api::*;
use serde_json::json;

use crate::guests::{UPID, node};
use crate::recorder::{Recorder, ask};

pub(crate) async fn calls(r: &mut Recorder) {
    pools(r).await;
    ha(r).await;
    sdn(r).await;
    replication(r).await;
    // Recorded.
    let options = json!({"allowed-tags": [], "mac_prefix": "BC:24:11", "description": ""});
    assert_eq!(ask!(r, options, c => c.cluster().options()).mac_prefix.as_deref(), Some("BC:24:11"));
    let update = ConfigUpdate::new().set("keyboard", "de").delete("http_proxy");
    ask!(r, json!(null), c => c.cluster().set_options(&update));
}

async fn pools(r: &mut Recorder) {
    let pools = ask!(r, json!([{"poolid": "web", "comment": "c"}]), c => c.pools().list());
    assert_eq!((pools[0].poolid.as_str(), &pools[0].members), ("web", &None));
    let one = json!([{"poolid": "web", "members": [{"id": "qemu/100", "vmid": 100, "type": "qemu", "node": "pve"}]}]);
    let pool = ask!(r, one, c => c.pools().get("web")).unwrap();
    assert_eq!(pool.members.unwrap().0[0].vmid, Some(Vmid::MIN));
    ask!(r, json!(null), c => c.pools().create("web", Some("c")));
    let update = PoolUpdate::new().vms("100,101").storage("local").allow_move(true).comment("d");
    ask!(r, json!(null), c => c.pools().update("web", &update));
    ask!(r, json!(null), c => c.pools().delete("web"));
}

async fn ha(r: &mut Recorder) {
    let resource = json!({"sid": "vm:100", "state": "started", "type": "vm", "max_restart": 2, "digest": "d"});
    assert_eq!(ask!(r, json!([resource]), c => c.cluster().ha().resources().list())[0].max_restart, Some(2));
    assert_eq!(ask!(r, resource, c => c.cluster().ha().resources().get("vm:100")).sid, "vm:100");
    let params = HaResourceParams::new("vm:100").state("started").max_relocate(3_u64).failback(false);
    ask!(r, json!(null), c => c.cluster().ha().resources().create(&params));
    let update = ConfigUpdate::new().set("state", "stopped").delete("comment");
    ask!(r, json!(null), c => c.cluster().ha().resources().update("vm:100", &update));
    ask!(r, json!(null), c => c.cluster().ha().resources().delete("vm:100"));
    let target: NodeName = "pve02".parse().unwrap();
    let moved = json!({"sid": "vm:100", "requested-node": "pve02", "comigrated-resources": ["vm:101"]});
    let moved = ask!(r, moved, c => c.cluster().ha().resources().migrate("vm:100", &target)).unwrap();
    assert_eq!(moved.comigrated.unwrap(), ["vm:101"]);
    assert!(ask!(r, json!(null), c => c.cluster().ha().resources().relocate("vm:100", &target)).is_none());

    let group = json!({"group": "fast", "nodes": "pve:2,pve02", "restricted": 1, "type": "group"});
    assert!(ask!(r, json!([group]), c => c.cluster().ha().groups().list())[0].restricted);
    ask!(r, group, c => c.cluster().ha().groups().get("fast"));
    let params = HaGroupParams::new("fast", "pve:2,pve02").restricted(true).nofailback(true);
    ask!(r, json!(null), c => c.cluster().ha().groups().create(&params));
    ask!(r, json!(null), c => c.cluster().ha().groups().update("fast", &ConfigUpdate::new().set("nodes", "pve")));
    ask!(r, json!(null), c => c.cluster().ha().groups().delete("fast"));

    let rule =
        json!({"rule": "apart", "type": "resource-affinity", "resources": "vm:100,vm:101", "affinity": "negative"});
    assert_eq!(ask!(r, json!([rule]), c => c.cluster().ha().rules().list())[0].affinity.as_deref(), Some("negative"));
    ask!(r, rule, c => c.cluster().ha().rules().get("apart"));
    let params = HaRuleParams::new("apart", "resource-affinity", "vm:100,vm:101").affinity("negative").disable(false);
    ask!(r, json!(null), c => c.cluster().ha().rules().create(&params));
    let update = ConfigUpdate::new().set("type", "resource-affinity").set("disable", true);
    ask!(r, json!(null), c => c.cluster().ha().rules().update("apart", &update));
    ask!(r, json!(null), c => c.cluster().ha().rules().delete("apart"));
    // Recorded.
    let status = json!([{"status": "OK", "node": "pve", "id": "quorum", "type": "quorum", "quorate": 1}]);
    assert!(ask!(r, status, c => c.cluster().ha().status())[0].quorate);
}

async fn sdn(r: &mut Recorder) {
    let zone = json!({"zone": "lab", "type": "vlan", "bridge": "vmbr0", "state": "new"});
    assert_eq!(ask!(r, json!([zone]), c => c.cluster().sdn().zones().list())[0].state.as_deref(), Some("new"));
    ask!(r, zone, c => c.cluster().sdn().zones().get("lab"));
    let params = SdnZoneParams::new("lab", "vlan").bridge("vmbr0").mtu(1450_u64).ipam("pve");
    ask!(r, json!(null), c => c.cluster().sdn().zones().create(&params));
    ask!(r, json!(null), c => c.cluster().sdn().zones().update("lab", &ConfigUpdate::new().delete("mtu")));
    ask!(r, json!(null), c => c.cluster().sdn().zones().delete("lab"));
    let vnet = json!({"vnet": "web", "zone": "lab", "tag": 20, "type": "vnet"});
    assert_eq!(ask!(r, json!([vnet]), c => c.cluster().sdn().vnets().list())[0].tag, Some(20));
    ask!(r, vnet, c => c.cluster().sdn().vnets().get("web"));
    let params = SdnVnetParams::new("web", "lab").tag(20_u64).vlanaware(true).isolate_ports(true);
    ask!(r, json!(null), c => c.cluster().sdn().vnets().create(&params));
    ask!(r, json!(null), c => c.cluster().sdn().vnets().update("web", &ConfigUpdate::new().set("alias", "x")));
    ask!(r, json!(null), c => c.cluster().sdn().vnets().delete("web"));
    let subnet = json!({"subnet": "lab-10.0.0.0-24", "cidr": "10.0.0.0/24", "gateway": "10.0.0.1", "snat": 1});
    assert!(ask!(r, json!([subnet]), c => c.cluster().sdn().subnets("web").list())[0].snat);
    ask!(r, subnet, c => c.cluster().sdn().subnets("web").get("lab-10.0.0.0-24"));
    let params = SdnSubnetParams::new("10.0.0.0/24", "subnet").gateway("10.0.0.1").snat(true);
    ask!(r, json!(null), c => c.cluster().sdn().subnets("web").create(&params));
    let update = ConfigUpdate::new().set("snat", false);
    ask!(r, json!(null), c => c.cluster().sdn().subnets("web").update("lab-10.0.0.0-24", &update));
    ask!(r, json!(null), c => c.cluster().sdn().subnets("web").delete("lab-10.0.0.0-24"));
    ask!(r, json!(UPID), c => c.cluster().sdn().apply());
}

async fn replication(r: &mut Recorder) {
    let job = json!({"id": "100-0", "guest": 100, "jobnum": 0, "target": "pve02", "type": "local", "rate": 1.5});
    assert_eq!(ask!(r, json!([job]), c => c.cluster().replication().list())[0].rate, Some(1.5));
    ask!(r, job, c => c.cluster().replication().get("100-0"));
    let params =
        ReplicationParams::new("100-0", "pve02".parse::<NodeName>().unwrap(), "local").schedule("*/5").rate(1.5);
    ask!(r, json!(null), c => c.cluster().replication().create(&params));
    ask!(r, json!(null), c => c.cluster().replication().update("100-0", &ConfigUpdate::new().delete("rate")));
    ask!(r, json!(null), c => c.cluster().replication().delete("100-0"));
    let status = json!({"id": "100-0", "guest": "100", "target": "pve02", "last_sync": 5, "fail_count": 1, "error": "e", "duration": 0.7});
    assert_eq!(ask!(r, json!([status]), c => node(&c).replication().list())[0].fail_count, Some(1));
    assert_eq!(ask!(r, status, c => node(&c).replication().status("100-0")).guest, Some(Vmid::MIN));
    assert_eq!(ask!(r, json!([{"n": 1, "t": "start"}]), c => node(&c).replication().log("100-0")).len(), 1);
    ask!(r, json!(UPID), c => node(&c).replication().schedule_now("100-0"));
}

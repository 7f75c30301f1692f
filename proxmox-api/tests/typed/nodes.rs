//! Network, services, clock and DNS of a node.

use proxmox_api::*;
use serde_json::json;

use crate::guests::{UPID, node};
use crate::recorder::{Recorder, ask};

pub(crate) async fn calls(r: &mut Recorder) {
    // Recorded.
    let bridge = json!({"families": ["inet"], "type": "bridge", "gateway": "10.77.0.254", "method": "static", "active": 1,
        "cidr": "10.77.0.1/24", "autostart": 1, "iface": "vmbr0", "bridge_ports": ""});
    let networks = ask!(r, json!([bridge]), c => node(&c).network().list());
    assert_eq!((networks[0].iface.as_deref(), networks[0].active), (Some("vmbr0"), true));
    ask!(r, bridge, c => node(&c).network().get("vmbr0"));
    let params =
        NetworkParams::new("vmbr1", "bridge").cidr("192.0.2.1/24").bridge_ports("eno2").bridge_vlan_aware(true);
    ask!(r, json!(null), c => node(&c).network().create(&params.autostart(true).mtu(9000_u64)));
    let update = ConfigUpdate::new().set("type", "bridge").set("mtu", 1500).delete("cidr6");
    ask!(r, json!(null), c => node(&c).network().update("vmbr1", &update));
    ask!(r, json!(null), c => node(&c).network().delete("vmbr1"));
    ask!(r, json!(UPID), c => node(&c).network().apply());
    ask!(r, json!(null), c => node(&c).network().revert());

    let service = json!({"name": "chrony", "state": "dead", "unit-state": "not-found", "desc": "chrony.service",
        "service": "chrony", "active-state": "inactive"});
    let services = ask!(r, json!([service]), c => node(&c).services().list());
    assert_eq!(services[0].unit_state.as_deref(), Some("not-found"));
    assert_eq!(ask!(r, service, c => node(&c).services().state("chrony")).active_state.as_deref(), Some("inactive"));
    ask!(r, json!(UPID), c => node(&c).services().start("chrony"));
    ask!(r, json!(UPID), c => node(&c).services().stop("chrony"));
    ask!(r, json!(UPID), c => node(&c).services().restart("chrony"));
    ask!(r, json!(UPID), c => node(&c).services().reload("chrony"));

    let status = json!({"cpu": 0, "uptime": 2108, "rootfs": {"total": 270_553_174_016_u64, "avail": 73_371_422_720_u64,
        "free": 246_351_847_424_u64, "used": 24_201_326_592_u64}, "loadavg": ["2.39", "2.37", "1.91"], "memory": {"total": 1},
        "pveversion": "pve-manager/9.1.7/0307225d4bc8b3ed"});
    let status = ask!(r, status, c => node(&c).status());
    assert_eq!((status.loadavg.unwrap().len(), status.rootfs.unwrap().used), (3, Some(24_201_326_592)));
    let time = json!({"localtime": 1_795_336_216, "time": 1_795_336_216, "timezone": "Etc/UTC"});
    assert_eq!(ask!(r, time, c => node(&c).time()).timezone.as_deref(), Some("Etc/UTC"));
    ask!(r, json!(null), c => node(&c).set_timezone("Europe/Vienna"));
    let dns = ask!(r, json!({"search": "lab.local", "dns1": "127.0.0.1"}), c => node(&c).dns());
    assert_eq!((dns.dns1.as_deref(), dns.dns2), (Some("127.0.0.1"), None));
    let update = ConfigUpdate::new().set("search", "lab.local").set("dns1", "192.0.2.53");
    ask!(r, json!(null), c => node(&c).set_dns(&update));
}

//! Firewalls, in each of their places.

use proxmox_api::*;
use serde_json::json;

use crate::guests::node;
use crate::recorder::{Recorder, ask};

type Place = fn(&Client) -> FirewallHandle;

pub(crate) async fn calls(r: &mut Recorder) {
    let cluster: Place = |client| client.cluster().firewall();
    let of_node: Place = |client| node(client).firewall();
    let of_machine: Place = |client| node(client).qemu(Vmid::MIN).firewall();
    let of_container: Place = |client| node(client).lxc(Vmid::MIN).firewall();
    for place in [cluster, of_node, of_machine, of_container] {
        rules(r, |client| place(client).rules()).await;
        // Recorded of a machine: no option is set.
        let options = ask!(r, json!({"digest": "da39a3ee"}), c => place(&c).options());
        assert_eq!((options.enable, options.digest.as_deref()), (false, Some("da39a3ee")));
        ask!(r, json!(null), c => place(&c).set_options(&ConfigUpdate::new().set("enable", true).digest("da39a3ee")));
    }
    for place in [of_node, of_machine, of_container] {
        assert_eq!(ask!(r, json!([{"n": 1, "t": "no content"}]), c => place(&c).log(0, 10)).len(), 1);
    }
    for place in [cluster, of_machine, of_container] {
        names(r, place).await;
    }
    groups(r, cluster).await;
    let macros = ask!(r, json!([{"macro": "SSH", "descr": "Secure shell traffic"}]), c => cluster(&c).macros());
    assert_eq!(macros[0].macro_name, "SSH");
}

async fn rules(r: &mut Recorder, of: impl Fn(&Client) -> FirewallRulesHandle) {
    let rule = json!({"pos": 0, "type": "in", "action": "ACCEPT", "enable": 1, "macro": "SSH", "source": "+admins", "digest": "d"});
    let rules = ask!(r, json!([rule, {"pos": 1}]), c => of(&c).list());
    assert_eq!(
        (rules.len(), rules[0].pos, rules[0].enable),
        (1, Some(0), true),
        "a rule without an action is left out"
    );
    assert_eq!(ask!(r, rule, c => of(&c).get(0)).macro_name.as_deref(), Some("SSH"));
    let params =
        FirewallRuleParams::new("in", "ACCEPT").enable(1).proto("tcp").dport("80,443").source("+admins").pos(1_u64);
    ask!(r, json!(null), c => of(&c).create(&params.comment("web").macro_name("SSH").iface("net0").log("nolog")));
    let update = ConfigUpdate::new().set("moveto", 3_u64).delete("comment").digest("d");
    ask!(r, json!(null), c => of(&c).update(0, &update));
    ask!(r, json!(null), c => of(&c).delete(0, Some("d")));
}

async fn names(r: &mut Recorder, place: Place) {
    let alias = json!({"name": "gateway", "cidr": "192.0.2.1", "digest": "d"});
    assert_eq!(ask!(r, json!([alias]), c => place(&c).aliases().list())[0].cidr.as_deref(), Some("192.0.2.1"));
    ask!(r, alias, c => place(&c).aliases().get("gateway"));
    let params = FirewallAliasParams::new("gateway", "192.0.2.1").comment("c");
    ask!(r, json!(null), c => place(&c).aliases().create(&params));
    let update = ConfigUpdate::new().set("cidr", "192.0.2.2").set("rename", "router");
    ask!(r, json!(null), c => place(&c).aliases().update("gateway", &update));
    ask!(r, json!(null), c => place(&c).aliases().delete("gateway"));

    let sets = ask!(r, json!([{"name": "admins", "digest": "d"}]), c => place(&c).sets().list());
    assert_eq!(sets[0].name, "admins");
    ask!(r, json!(null), c => place(&c).sets().create(&FirewallSetParams::new("admins").comment("c")));
    let entries = json!([{"cidr": "192.0.2.0/24", "nomatch": 1, "digest": "d"}]);
    assert!(ask!(r, entries, c => place(&c).sets().entries("admins"))[0].nomatch);
    let entry = FirewallSetEntryParams::new("192.0.2.0/24").nomatch(true).comment("c");
    ask!(r, json!(null), c => place(&c).sets().add("admins", &entry));
    ask!(r, json!(null), c => place(&c).sets().remove("admins", "192.0.2.0/24"));
    ask!(r, json!(null), c => place(&c).sets().delete("admins", false));
    let refs = json!([{"name": "admins", "type": "ipset", "ref": "+dc/admins", "scope": "dc"}]);
    assert_eq!(ask!(r, refs, c => place(&c).refs())[0].written.as_deref(), Some("+dc/admins"));
}

async fn groups(r: &mut Recorder, place: Place) {
    let groups = ask!(r, json!([{"group": "web", "digest": "d"}]), c => place(&c).groups().list());
    assert_eq!(groups[0].group, "web");
    ask!(r, json!(null), c => place(&c).groups().create(&FirewallGroupParams::new("web").comment("c")));
    rules(r, |client| place(client).groups().rules("web")).await;
    ask!(r, json!(null), c => place(&c).groups().delete("web"));
}

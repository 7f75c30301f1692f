//! What is kept as it was given, and what HA manages.

use super::super::TaskTime;
use super::*;
use crate::{
    BackupJobParams, Client, ConfigUpdate, ErrorKind, FirewallAliasParams, FirewallRuleParams, FirewallSetEntryParams,
    FirewallSetParams, HaResourceParams, SdnZoneParams, Vmid,
};

async fn fake() -> (FakeProxmox, Client) {
    let pve = FakeProxmox::builder().guest(100, "web", |it| it).start().await;
    let client = Client::builder(pve.url()).token(pve.token_string()).build().unwrap();
    (pve, client)
}

#[tokio::test]
async fn rules_keep_their_order_under_their_digest() {
    let (_pve, client) = fake().await;
    let firewall = client.node(&"pve".parse().unwrap()).qemu(Vmid::MIN).firewall();
    let rules = firewall.rules();
    for comment in ["last", "middle", "first"] {
        rules.create(&FirewallRuleParams::new("in", "ACCEPT").comment(comment).enable(1)).await.unwrap();
    }
    let order =
        async || -> Vec<String> { rules.list().await.unwrap().into_iter().filter_map(|rule| rule.comment).collect() };
    assert_eq!(order().await, ["first", "middle", "last"]);
    rules.update(0, &ConfigUpdate::new().set("moveto", 3_u64)).await.unwrap();
    assert_eq!(order().await, ["middle", "last", "first"]);
    let digest = rules.get(0).await.unwrap().digest.unwrap();
    rules.delete(1, Some(&digest)).await.unwrap();
    let stale = rules.delete(0, Some(&digest)).await.unwrap_err();
    assert_eq!(*stale.kind(), ErrorKind::DigestMismatch);
    assert_eq!(order().await, ["middle", "first"]);
    assert!(matches!(rules.get(2).await.unwrap_err().kind(), ErrorKind::InvalidParameter { .. }));

    firewall.set_options(&ConfigUpdate::new().set("enable", true).set("policy_in", "DROP")).await.unwrap();
    firewall.set_options(&ConfigUpdate::new().delete("policy_in")).await.unwrap();
    let options = firewall.options().await.unwrap();
    assert_eq!((options.enable, options.policy_in), (true, None));
    assert!(client.cluster().firewall().rules().list().await.unwrap().is_empty(), "each place has its own");
}

#[tokio::test]
async fn things_with_names_are_made_once_changed_and_removed() {
    let (_pve, client) = fake().await;
    let aliases = client.cluster().firewall().aliases();
    let alias = FirewallAliasParams::new("gateway", "192.0.2.1");
    aliases.create(&alias).await.unwrap();
    assert_eq!(*aliases.create(&alias).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    aliases.update("gateway", &ConfigUpdate::new().set("cidr", "192.0.2.2").set("rename", "router")).await.unwrap();
    assert_eq!(aliases.get("router").await.unwrap().cidr.as_deref(), Some("192.0.2.2"));
    assert!(aliases.get("gateway").await.unwrap_err().is_not_found());
    aliases.delete("router").await.unwrap();
    assert!(aliases.list().await.unwrap().is_empty());

    let sets = client.cluster().firewall().sets();
    sets.create(&FirewallSetParams::new("admins")).await.unwrap();
    sets.add("admins", &FirewallSetEntryParams::new("192.0.2.0/24").nomatch(true)).await.unwrap();
    assert!(sets.entries("admins").await.unwrap()[0].nomatch);
    assert!(sets.delete("admins", false).await.is_err(), "it has a member");
    sets.remove("admins", "192.0.2.0/24").await.unwrap();
    sets.delete("admins", false).await.unwrap();

    let jobs = client.cluster().backup_jobs();
    jobs.create(&BackupJobParams::new("sat 03:00", "local".parse::<crate::StorageId>().unwrap()).all(true))
        .await
        .unwrap();
    let job = jobs.list().await.unwrap().remove(0);
    assert!(job.all && jobs.get(&job.id).await.unwrap().schedule.as_deref() == Some("sat 03:00"));
    client.cluster().sdn().zones().create(&SdnZoneParams::new("lab", "simple").mtu(1450_u64)).await.unwrap();
    assert_eq!(client.cluster().sdn().zones().get("lab").await.unwrap().mtu, Some(1450));
    let params = crate::Params::from([("zone", "x"), ("type", "simple"), ("colour", "red")]);
    let refused = client.post::<()>("/cluster/sdn/zones", &params).await.unwrap_err();
    let ErrorKind::InvalidParameter { fields } = refused.kind() else { panic!("{refused}") };
    assert_eq!(fields["colour"], super::super::schema::UNKNOWN);
}

#[tokio::test]
async fn what_ha_manages_is_one_whoever_says_it() {
    let (pve, client) = fake().await;
    let resources = client.cluster().ha().resources();
    resources.create(&HaResourceParams::new("vm:100").max_restart(3_u64).comment("c")).await.unwrap();
    assert!(client.node(&"pve".parse().unwrap()).qemu(Vmid::MIN).status().await.unwrap().ha_managed());
    assert!(resources.create(&HaResourceParams::new("vm:100")).await.is_err());
    assert!(resources.create(&HaResourceParams::new("vm:999")).await.is_err());
    resources.update("vm:100", &ConfigUpdate::new().set("state", "stopped").delete("comment")).await.unwrap();
    let kept = resources.get("vm:100").await.unwrap();
    assert_eq!((kept.state.as_deref(), kept.max_restart, kept.comment), (Some("stopped"), Some(3), None));
    resources.delete("vm:100").await.unwrap();
    pve.ha_managed(100, TaskTime::Instant);
    assert_eq!(resources.list().await.unwrap()[0].max_restart, None);
}

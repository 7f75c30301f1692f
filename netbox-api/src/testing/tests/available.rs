//! The next free address, prefix or answer.

use serde_json::{Value, json};

use super::super::FakeNetBox;
use super::id;
use crate::client::{IpAddressPatch, PrefixPatch};
use crate::{Client, ErrorKind};

async fn fake() -> (FakeNetBox, Client) {
    let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
    let client = Client::builder("http://netbox.invalid").transport(netbox.transport()).token(netbox.token().into());
    (netbox, client.build().unwrap())
}

#[tokio::test]
async fn the_next_free_address_is_taken_until_none_is_left() {
    let (netbox, client) = fake().await;
    let admin = netbox.user("admin");
    let prefix = id(&admin.create("ipam/prefixes", json!({"prefix": "198.51.100.0/30"})));
    admin.create("ipam/ip-addresses", json!({"address": "198.51.100.1/32"}));
    let prefixes = client.prefixes();
    assert_eq!(prefixes.available_ips(prefix, 3).await.unwrap(), ["198.51.100.2/30"]);
    let fields = IpAddressPatch { description: "web01".into(), ..Default::default() };
    // Two are not there: none is taken.
    let error = prefixes.allocate_ips(prefix, &[fields.clone(), fields.clone()]).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Exhausted, Some(409)));
    let made = prefixes.allocate_ip(prefix, &fields).await.unwrap().value;
    assert_eq!((made.address.to_string().as_str(), made.description.as_str()), ("198.51.100.2/30", "web01"));
    assert_eq!(prefixes.allocate_ip(prefix, &fields).await.unwrap_err().kind(), ErrorKind::Exhausted);
    // IPv6 has more than anybody lists, and its first one is no host's.
    let prefix = id(&admin.create("ipam/prefixes", json!({"prefix": "2001:db8::/64"})));
    assert_eq!(prefixes.available_ips(prefix, 2).await.unwrap(), ["2001:db8::1/64", "2001:db8::2/64"]);
    // One that is an interface's from the beginning.
    let vm = id(&admin.create("virtualization/virtual-machines", json!({"name": "web01", "cluster": 1})));
    let card = id(&admin.create("virtualization/interfaces", json!({"virtual_machine": vm, "name": "eth0"})));
    let made = prefixes.allocate_ip(prefix, &IpAddressPatch::of_interface(card)).await.unwrap().value;
    assert_eq!(
        (made.assigned_object_type.as_deref(), made.assigned_object_id),
        (Some("virtualization.vminterface"), Some(card))
    );
}

#[tokio::test]
async fn the_next_free_prefix_is_taken_from_what_is_left() {
    let (netbox, client) = fake().await;
    let admin = netbox.user("admin");
    let prefix = id(&admin.create("ipam/prefixes", json!({"prefix": "10.0.0.0/24"})));
    admin.create("ipam/prefixes", json!({"prefix": "10.0.0.64/26"}));
    let prefixes = client.prefixes();
    assert_eq!(prefixes.available_prefixes(prefix).await.unwrap(), ["10.0.0.0/26", "10.0.0.128/25"]);
    let take = async |length| prefixes.allocate_prefix(prefix, length, &PrefixPatch::default()).await;
    assert_eq!(take(25).await.unwrap().value.prefix.to_string(), "10.0.0.128/25");
    assert_eq!(take(27).await.unwrap().value.prefix.to_string(), "10.0.0.0/27");
    assert_eq!(prefixes.available_prefixes(prefix).await.unwrap(), ["10.0.0.32/27"]);
    assert_eq!(take(26).await.unwrap_err().kind(), ErrorKind::Exhausted);
    let error = client.post(&format!("ipam/prefixes/{prefix}/available-prefixes"), &json!({})).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "prefix_length");
}

#[tokio::test]
async fn what_it_does_not_answer_it_refuses_and_says_so() {
    let (_netbox, client) = fake().await;
    let error = client.graphql::<Value>("{ virtual_machine_list { id } }", &json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert!(error.message().contains("the fake NetBox has no GraphQL"), "{error}");
}

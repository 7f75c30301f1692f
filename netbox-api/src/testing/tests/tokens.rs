//! Users, permissions and tokens that are made over REST (fixtures/netbox-rest, 013 to 022; what is believed is marked in the code).

use serde_json::json;

use super::super::{FakeNetBox, Version};
use super::id;
use crate::client::VirtualMachineFilter;
use crate::{Client, ErrorKind};

async fn netbox(version: Version) -> FakeNetBox {
    FakeNetBox::builder().version(version).start().await
}

fn client(netbox: &FakeNetBox, token: String) -> Client {
    Client::builder(netbox.url()).token(token.into()).build().unwrap()
}

#[tokio::test]
async fn a_token_is_shown_once_and_may_do_what_the_permissions_of_its_user_say() {
    let netbox = netbox(Version::default()).await;
    let admin = netbox.user("admin");
    let refused = admin.request("POST", "users/users", json!({"username": "bridge", "password": "short"}));
    assert_eq!(refused.status, 400);
    let user = admin.create("users/users", json!({"username": "bridge", "password": "Long-enough-12"}));
    assert!(user.get("password").is_none(), "{user}");
    let made = admin.create("users/tokens", json!({"user": id(&user), "version": 2}));
    assert_eq!((made["version"].as_u64(), made["user"]["username"].as_str()), (Some(2), Some("bridge")));
    let later = &netbox.all("users/tokens")[0];
    assert!(later["token"].is_null() && later.get("secret").is_none(), "{later}");

    let token = format!("nbt_{}.{}", made["key"].as_str().unwrap(), made["token"].as_str().unwrap());
    let client = client(&netbox, token);
    let all = VirtualMachineFilter::default();
    let error = client.virtual_machines().all(&all).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission);
    let permission = admin.create(
        "users/permissions",
        json!({"name": "bridge", "object_types": ["virtualization.virtualmachine"], "actions": ["view"], "users": [id(&user)]}),
    );
    client.virtual_machines().all(&all).await.unwrap();
    let error = client.post("virtualization/virtual-machines", &json!({"name": "x", "cluster": 1})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission, "viewing is not adding");
    admin.update("users/permissions", id(&permission), json!({"actions": ["view", "add"]}));
    client.post("virtualization/virtual-machines", &json!({"name": "x", "cluster": 1})).await.unwrap();
    admin.update("users/permissions", id(&permission), json!({"enabled": false}));
    assert!(client.virtual_machines().all(&all).await.is_err());

    admin.delete("users/users", id(&user));
    assert!(netbox.all("users/tokens").is_empty(), "a user's tokens go with it");
    assert_eq!(netbox.all("users/permissions")[0]["users"], json!([]));
}

#[tokio::test]
async fn an_administrators_token_may_do_everything_unless_it_may_not_write() {
    let netbox = netbox(Version::new(4, 4)).await;
    let admin = netbox.user("admin");
    let user = netbox.all("users/users").into_iter().find(|user| user["username"] == "admin").unwrap();
    for write_enabled in [true, false] {
        let made = admin.create("users/tokens", json!({"user": id(&user), "write_enabled": write_enabled}));
        let client = client(&netbox, made["key"].as_str().unwrap().to_owned());
        client.virtual_machines().all(&VirtualMachineFilter::default()).await.unwrap();
        let tag = json!({"name": "a", "slug": "a"});
        assert_eq!(client.post("extras/tags", &tag).await.is_ok(), write_enabled);
    }
    assert!(netbox.all("users/tokens")[0].get("version").is_none(), "before 4.5 there is one version");
}

#[tokio::test]
async fn everything_is_listed_page_by_page() {
    let netbox = netbox(Version::default()).await;
    for number in 0..201 {
        netbox.shell().create("extras/tags", json!({"name": format!("t{number}"), "slug": format!("t{number}")}));
    }
    let client = client(&netbox, netbox.token());
    let all = client.get_all("extras/tags", &[]).await.unwrap();
    let ids: std::collections::BTreeSet<u64> = all.iter().map(id).collect();
    assert_eq!((all.len(), ids.len()), (201, 201));
    let some = client.get_all("extras/tags", &[("slug", "t7")]).await.unwrap();
    assert_eq!((some.len(), some[0]["name"].as_str()), (1, Some("t7")));
}

#[test]
fn a_webhooks_rules_go_with_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let netbox = runtime.block_on(netbox(Version::default()));
    let hook = netbox.webhook("http://127.0.0.1:9/", None);
    netbox.user("admin").delete("extras/webhooks", hook);
    assert!(netbox.all("extras/event-rules").is_empty());
}

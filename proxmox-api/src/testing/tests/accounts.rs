//! Roles, users, tokens and access control lists.

use super::*;
use crate::{Client, ErrorKind, Params};
use serde_json::Value;

fn params(pairs: &[(&str, &str)]) -> Params {
    let mut params = Params::new();
    for (name, value) in pairs {
        params.set(*name, *value);
    }
    params
}

#[tokio::test]
async fn a_token_has_the_rights_of_its_users_roles() {
    let pve = FakeProxmox::builder().node("pve01").user("root@pam", "admin-password").start().await;
    let admin = Client::builder(pve.url()).ticket("root@pam", "admin-password").build().unwrap();
    let wrong = admin.post::<Value>("/access/roles", &params(&[("roleid", "X"), ("privs", "VM.Nothing")])).await;
    assert!(matches!(wrong.unwrap_err().kind(), ErrorKind::InvalidParameter { .. }));
    let role = params(&[("roleid", "Looker"), ("privs", "VM.Audit Datastore.Audit")]);
    admin.post::<Value>("/access/roles", &role).await.unwrap();
    assert!(admin.post::<Value>("/access/roles", &role).await.is_err(), "it is there");
    admin.post::<Value>("/access/users", &params(&[("userid", "bridge@pve")])).await.unwrap();
    let made: Value = admin.post("/access/users/bridge@pve/token/lab", &params(&[("privsep", "0")])).await.unwrap();
    let token = format!("{}={}", made["full-tokenid"].as_str().unwrap(), made["value"].as_str().unwrap());
    let client = Client::builder(pve.url()).token(token).build().unwrap();
    assert!(client.permissions().await.unwrap().is_empty());

    let entry = params(&[("path", "/vms"), ("users", "bridge@pve"), ("roles", "Looker")]);
    admin.put::<Value>("/access/acl", &entry).await.unwrap();
    let held = client.permissions().await.unwrap();
    assert!(held.has("/vms/100", "VM.Audit") && !held.has("/storage", "Datastore.Audit"));
    admin.put::<Value>("/access/roles/Looker", &params(&[("privs", "VM.Clone"), ("append", "1")])).await.unwrap();
    assert!(client.permissions().await.unwrap().has("/vms/100", "VM.Clone"));
    let listed: Vec<Value> = admin.get("/access/acl", &Params::new()).await.unwrap();
    assert_eq!((listed.len(), listed[0]["roleid"].as_str()), (1, Some("Looker")));

    let refused = client.post::<Value>("/access/roles", &params(&[("roleid", "Mine")])).await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Permission { .. }));
    let short = admin.post::<Value>("/access/users/bridge@pve/token/t", &Params::new()).await.unwrap_err();
    assert!(matches!(short.kind(), ErrorKind::InvalidParameter { .. }), "two letters at least");
}

//! Users, groups, roles, rights and tokens.

use proxmox_api::*;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::recorder::{Recorder, ask};

pub(crate) async fn calls(r: &mut Recorder) {
    // Recorded.
    let listed = json!([{"userid": "ops@pve", "expire": 0, "comment": "ops user", "enable": 1, "email": "", "realm-type": "pve"}]);
    let users = ask!(r, listed, c => c.access().users().list());
    assert_eq!((users[0].userid.as_deref(), users[0].enable, users[0].expire), (Some("ops@pve"), true, Some(0)));
    let one = json!({"enable": 1, "expire": 0, "groups": ["admins"], "tokens": {}});
    assert!(ask!(r, one, c => c.access().users().get("ops@pve")).enable);
    let params = UserParams::new("ops@pve")
        .password("hunter2")
        .groups("admins")
        .enable(true)
        .expire(0_u64)
        .email("ops@example.org");
    assert!(!format!("{params:?}").contains("hunter2"));
    ask!(r, json!(null), c => c.access().users().create(&params));
    ask!(r, json!(null), c => c.access().users().update("ops@pve", &ConfigUpdate::new().set("enable", false)));
    ask!(r, json!(null), c => c.access().users().delete("ops@pve"));
    ask!(r, json!(null), c => c.access().set_password("ops@pve", "hunter2"));

    let groups = ask!(r, json!([{"groupid": "admins", "users": "a@pve,b@pve"}]), c => c.access().groups().list());
    assert_eq!(groups[0].users.as_deref(), Some("a@pve,b@pve"));
    let group = ask!(r, json!({"members": ["a@pve"]}), c => c.access().groups().get("admins"));
    assert_eq!(group.members.unwrap(), ["a@pve"]);
    ask!(r, json!(null), c => c.access().groups().create(&GroupParams::new("admins").comment("c")));
    ask!(r, json!(null), c => c.access().groups().update("admins", &ConfigUpdate::new().set("comment", "d")));
    ask!(r, json!(null), c => c.access().groups().delete("admins"));

    let roles =
        ask!(r, json!([{"roleid": "PVEAuditor", "privs": "VM.Audit", "special": 1}]), c => c.access().roles().list());
    assert!(roles[0].special);
    let privileges = ask!(r, json!({"VM.Audit": 1, "VM.Clone": 0}), c => c.access().roles().privileges("PVEAuditor"));
    assert_eq!(privileges, ["VM.Audit"]);
    ask!(r, json!(null), c => c.access().roles().create(&RoleParams::new("Power").privs("VM.PowerMgmt")));
    ask!(r, json!(null), c => c.access().roles().update("Power", "VM.PowerMgmt,VM.Audit"));
    ask!(r, json!(null), c => c.access().roles().delete("Power"));

    // Recorded.
    let entry =
        json!({"propagate": 1, "roleid": "PVEAuditor", "ugid": "ops@pve!limited", "path": "/", "type": "token"});
    assert_eq!(ask!(r, json!([entry]), c => c.access().acl())[0].ugid, "ops@pve!limited");
    let params =
        AclParams::new("/vms/100", "PVEAuditor").tokens("ops@pve!ci").users("ops@pve").propagate(false).delete(true);
    ask!(r, json!(null), c => c.access().set_acl(&params));

    let tokens = |client: &Client| client.access().tokens("ops@pve");
    let listed = json!([{"expire": 0, "tokenid": "lab", "privsep": 0}]);
    assert_eq!(ask!(r, listed, c => tokens(&c).list())[0].tokenid.as_deref(), Some("lab"));
    assert!(ask!(r, json!({"privsep": 1, "expire": 0}), c => tokens(&c).get("lab")).privsep);
    let made = json!({"full-tokenid": "ops@pve!ci", "value": "1111-2222", "info": {"privsep": "1"}});
    let made =
        ask!(r, made, c => tokens(&c).create("ci", &TokenParams::new().comment("c").expire(0_u64).privsep(true)));
    assert_eq!((made.full_tokenid.as_str(), made.value.expose_secret()), ("ops@pve!ci", "1111-2222"));
    assert!(!format!("{made:?}").contains("1111"));
    ask!(r, json!({}), c => tokens(&c).update("ci", &ConfigUpdate::new().set("comment", "d")));
    ask!(r, json!(null), c => tokens(&c).delete("ci"));
}

//! `/access`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/access" () {}
    GetAcl: GET "/access/acl" () {}
    PutAcl: PUT "/access/acl" (; path: text, roles: list) {
        delete: bool, groups: list, propagate: bool, tokens: list, users: list,
    }
    GetDomains: GET "/access/domains" () {}
    PostDomains: POST "/access/domains" (; realm: text, kind["type"]: one_of("ad" "ldap" "openid" "pam" "pve")) {
        acr_values["acr-values"]: text, autocreate: bool, base_dn: text, bind_dn: text, capath: text,
        case_sensitive["case-sensitive"]: bool, cert: text, certkey: text, check_connection["check-connection"]: bool,
        client_id["client-id"]: text, client_key["client-key"]: text, comment: text, default: bool, domain: text,
        filter: text, group_classes: list, group_dn: text, group_filter: text, group_name_attr: text,
        groups_autocreate["groups-autocreate"]: bool, groups_claim["groups-claim"]: text,
        groups_overwrite["groups-overwrite"]: bool, issuer_url["issuer-url"]: text,
        mode: one_of("ldap" "ldaps" "ldap+starttls"), password: text, port: int(1..=65535), prompt: text,
        query_userinfo["query-userinfo"]: bool, scopes: text, secure: bool, server1: text, server2: text,
        sslversion: one_of("tlsv1" "tlsv1_1" "tlsv1_2" "tlsv1_3"), sync_defaults_options["sync-defaults-options"]: text,
        sync_attributes: text, tfa: text, user_attr: text, user_classes: list, username_claim["username-claim"]: text,
        verify: bool,
    }
    GetDomainsRealm: GET "/access/domains/{realm}" (realm) {}
    PutDomainsRealm: PUT "/access/domains/{realm}" (realm) {
        acr_values["acr-values"]: text, autocreate: bool, base_dn: text, bind_dn: text, capath: text,
        case_sensitive["case-sensitive"]: bool, cert: text, certkey: text, check_connection["check-connection"]: bool,
        client_id["client-id"]: text, client_key["client-key"]: text, comment: text, default: bool, delete: list,
        digest: text, domain: text, filter: text, group_classes: list, group_dn: text, group_filter: text,
        group_name_attr: text, groups_autocreate["groups-autocreate"]: bool, groups_claim["groups-claim"]: text,
        groups_overwrite["groups-overwrite"]: bool, issuer_url["issuer-url"]: text,
        mode: one_of("ldap" "ldaps" "ldap+starttls"), password: text, port: int(1..=65535), prompt: text,
        query_userinfo["query-userinfo"]: bool, scopes: text, secure: bool, server1: text, server2: text,
        sslversion: one_of("tlsv1" "tlsv1_1" "tlsv1_2" "tlsv1_3"), sync_defaults_options["sync-defaults-options"]: text,
        sync_attributes: text, tfa: text, user_attr: text, user_classes: list, verify: bool,
    }
    DeleteDomainsRealm: DELETE "/access/domains/{realm}" (realm) {}
    PostDomainsRealmSync: POST "/access/domains/{realm}/sync" (realm; enable_new["enable-new"]: bool, full: bool, purge: bool, remove_vanished["remove-vanished"]: text, scope: one_of("users" "groups" "both")) {
        dry_run["dry-run"]: bool,
    }
    GetGroups: GET "/access/groups" () {}
    PostGroups: POST "/access/groups" (; groupid: text) { comment: text }
    GetGroupsGroupid: GET "/access/groups/{groupid}" (groupid) {}
    PutGroupsGroupid: PUT "/access/groups/{groupid}" (groupid) { comment: text }
    DeleteGroupsGroupid: DELETE "/access/groups/{groupid}" (groupid) {}
    GetOpenid: GET "/access/openid" () {}
    PostOpenidAuthUrl: POST "/access/openid/auth-url" (; realm: text, redirect_url["redirect-url"]: text) {}
    PostOpenidLogin: POST "/access/openid/login" (; code: text, redirect_url["redirect-url"]: text, state: text) {}
    PutPassword: PUT "/access/password" (; password: text, userid: text) {
        confirmation_password["confirmation-password"]: text,
    }
    GetPermissions: GET "/access/permissions" () { path: text, userid: text }
    GetRoles: GET "/access/roles" () {}
    PostRoles: POST "/access/roles" (; roleid: text) { privs: list }
    GetRolesRoleid: GET "/access/roles/{roleid}" (roleid) {}
    PutRolesRoleid: PUT "/access/roles/{roleid}" (roleid) { append: bool, privs: list }
    DeleteRolesRoleid: DELETE "/access/roles/{roleid}" (roleid) {}
    GetTfa: GET "/access/tfa" () {}
    GetTfaUserid: GET "/access/tfa/{userid}" (userid) {}
    PostTfaUserid: POST "/access/tfa/{userid}" (userid; kind["type"]: one_of("totp" "u2f" "webauthn" "recovery" "yubico")) {
        challenge: text, description: text, password: text, totp: text, value: text,
    }
    GetTfaUseridId: GET "/access/tfa/{userid}/{id}" (userid id) {}
    PutTfaUseridId: PUT "/access/tfa/{userid}/{id}" (userid id) { description: text, enable: bool, password: text }
    DeleteTfaUseridId: DELETE "/access/tfa/{userid}/{id}" (userid id) { password: text }
    GetTicket: GET "/access/ticket" () {}
    PostTicket: POST "/access/ticket" (; password: text, username: text) {
        new_format["new-format"]: bool, otp: text, path: text, privs: list, realm: text,
        tfa_challenge["tfa-challenge"]: text,
    }
    GetUsers: GET "/access/users" () { enabled: bool, full: bool }
    PostUsers: POST "/access/users" (; userid: text) {
        comment: text, email: text, enable: bool, expire: int(0..), firstname: text, groups: list, keys: text,
        lastname: text, password: text,
    }
    GetUsersUserid: GET "/access/users/{userid}" (userid) {}
    PutUsersUserid: PUT "/access/users/{userid}" (userid) {
        append: bool, comment: text, email: text, enable: bool, expire: int(0..), firstname: text, groups: list,
        keys: text, lastname: text,
    }
    DeleteUsersUserid: DELETE "/access/users/{userid}" (userid) {}
    GetUsersUseridTfa: GET "/access/users/{userid}/tfa" (userid) { multiple: bool }
    GetUsersUseridToken: GET "/access/users/{userid}/token" (userid) {}
    GetUsersUseridTokenTokenid: GET "/access/users/{userid}/token/{tokenid}" (userid tokenid) {}
    PostUsersUseridTokenTokenid: POST "/access/users/{userid}/token/{tokenid}" (userid tokenid) {
        comment: text, expire: int(0..), privsep: bool,
    }
    PutUsersUseridTokenTokenid: PUT "/access/users/{userid}/token/{tokenid}" (userid tokenid) {
        comment: text, delete: list, expire: int(0..), privsep: bool,
    }
    DeleteUsersUseridTokenTokenid: DELETE "/access/users/{userid}/token/{tokenid}" (userid tokenid) {}
    PutUsersUseridUnlockTfa: PUT "/access/users/{userid}/unlock-tfa" (userid) {}
    PostVncticket: POST "/access/vncticket" (; authid: text, path: text, privs: list, vncticket: text) {}
}

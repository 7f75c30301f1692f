//! `/cluster/acme`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/cluster/acme" () {}
    GetAccount: GET "/cluster/acme/account" () {}
    PostAccount: POST "/cluster/acme/account" (; contact: list) {
        directory: text, eab_hmac_key["eab-hmac-key"]: text, eab_kid["eab-kid"]: text, name: text, tos_url: text,
    }
    GetAccountName: GET "/cluster/acme/account/{name}" (name) {}
    PutAccountName: PUT "/cluster/acme/account/{name}" (name) { contact: list }
    DeleteAccountName: DELETE "/cluster/acme/account/{name}" (name) {}
    GetChallengeSchema: GET "/cluster/acme/challenge-schema" () {}
    GetDirectories: GET "/cluster/acme/directories" () {}
    GetMeta: GET "/cluster/acme/meta" () { directory: text }
    GetPlugins: GET "/cluster/acme/plugins" () { kind["type"]: one_of("dns" "standalone") }
    PostPlugins: POST "/cluster/acme/plugins" (; id: text, kind["type"]: one_of("dns" "standalone")) {
        api: text, data: text, disable: bool, nodes: list, validation_delay["validation-delay"]: int(0..=172800),
    }
    GetPluginsId: GET "/cluster/acme/plugins/{id}" (id) {}
    PutPluginsId: PUT "/cluster/acme/plugins/{id}" (id) {
        api: text, data: text, delete: list, digest: text, disable: bool, nodes: list,
        validation_delay["validation-delay"]: int(0..=172800),
    }
    DeletePluginsId: DELETE "/cluster/acme/plugins/{id}" (id) {}
    GetTos: GET "/cluster/acme/tos" () { directory: text }
}

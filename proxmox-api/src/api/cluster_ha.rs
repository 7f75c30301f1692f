//! `/cluster/ha`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/cluster/ha" () {}
    GetGroups: GET "/cluster/ha/groups" () {}
    PostGroups: POST "/cluster/ha/groups" (; group: text, nodes: list) {
        comment: text, nofailback: bool, restricted: bool, kind["type"]: one_of("group"),
    }
    GetGroupsGroup: GET "/cluster/ha/groups/{group}" (group) {}
    PutGroupsGroup: PUT "/cluster/ha/groups/{group}" (group) {
        comment: text, delete: list, digest: text, nodes: list, nofailback: bool, restricted: bool,
    }
    DeleteGroupsGroup: DELETE "/cluster/ha/groups/{group}" (group) {}
    GetResources: GET "/cluster/ha/resources" () { kind["type"]: one_of("ct" "vm") }
    PostResources: POST "/cluster/ha/resources" (; sid: text) {
        comment: text, failback: bool, group: text, max_relocate: int(0..), max_restart: int(0..),
        state: one_of("started" "stopped" "enabled" "disabled" "ignored"), kind["type"]: one_of("ct" "vm"),
    }
    GetResourcesSid: GET "/cluster/ha/resources/{sid}" (sid) {}
    PutResourcesSid: PUT "/cluster/ha/resources/{sid}" (sid) {
        comment: text, delete: list, digest: text, failback: bool, group: text, max_relocate: int(0..),
        max_restart: int(0..), state: one_of("started" "stopped" "enabled" "disabled" "ignored"),
    }
    DeleteResourcesSid: DELETE "/cluster/ha/resources/{sid}" (sid) { purge: bool }
    PostResourcesSidMigrate: POST "/cluster/ha/resources/{sid}/migrate" (sid; node: text) {}
    PostResourcesSidRelocate: POST "/cluster/ha/resources/{sid}/relocate" (sid; node: text) {}
    GetRules: GET "/cluster/ha/rules" () { resource: text, kind["type"]: one_of("node-affinity" "resource-affinity") }
    PostRules: POST "/cluster/ha/rules" (; resources: list, rule: text, kind["type"]: one_of("node-affinity" "resource-affinity")) {
        affinity: one_of("positive" "negative"), comment: text, disable: bool, nodes: list, strict: bool,
    }
    GetRulesRule: GET "/cluster/ha/rules/{rule}" (rule) {}
    PutRulesRule: PUT "/cluster/ha/rules/{rule}" (rule; kind["type"]: one_of("node-affinity" "resource-affinity")) {
        affinity: one_of("positive" "negative"), comment: text, delete: list, digest: text, disable: bool, nodes: list,
        resources: list, strict: bool,
    }
    DeleteRulesRule: DELETE "/cluster/ha/rules/{rule}" (rule) {}
    GetStatus: GET "/cluster/ha/status" () {}
    PostStatusArmHa: POST "/cluster/ha/status/arm-ha" () {}
    GetStatusCurrent: GET "/cluster/ha/status/current" () {}
    PostStatusDisarmHa: POST "/cluster/ha/status/disarm-ha" (; resource_mode["resource-mode"]: one_of("freeze" "ignore")) {}
    GetStatusManagerStatus: GET "/cluster/ha/status/manager_status" () {}
}

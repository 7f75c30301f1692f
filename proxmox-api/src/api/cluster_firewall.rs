//! `/cluster/firewall`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/cluster/firewall" () {}
    GetAliases: GET "/cluster/firewall/aliases" () {}
    PostAliases: POST "/cluster/firewall/aliases" (; cidr: text, name: text) { comment: text }
    GetAliasesName: GET "/cluster/firewall/aliases/{name}" (name) {}
    PutAliasesName: PUT "/cluster/firewall/aliases/{name}" (name; cidr: text) {
        comment: text, digest: text, rename: text,
    }
    DeleteAliasesName: DELETE "/cluster/firewall/aliases/{name}" (name) { digest: text }
    GetGroups: GET "/cluster/firewall/groups" () {}
    PostGroups: POST "/cluster/firewall/groups" (; group: text) { comment: text, digest: text, rename: text }
    GetGroupsGroup: GET "/cluster/firewall/groups/{group}" (group) {}
    PostGroupsGroup: POST "/cluster/firewall/groups/{group}" (group; action: text, kind["type"]: one_of("in" "out" "forward" "group")) {
        comment: text, dest: text, digest: text, dport: text, enable: int(0..), icmp_type["icmp-type"]: text,
        iface: text, log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        macro_name["macro"]: text, pos: int(0..), proto: text, source: text, sport: text,
    }
    DeleteGroupsGroup: DELETE "/cluster/firewall/groups/{group}" (group) {}
    GetGroupsGroupPos: GET "/cluster/firewall/groups/{group}/{pos}" (group pos) {}
    PutGroupsGroupPos: PUT "/cluster/firewall/groups/{group}/{pos}" (group pos) {
        action: text, comment: text, delete: list, dest: text, digest: text, dport: text, enable: int(0..),
        icmp_type["icmp-type"]: text, iface: text,
        log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"), macro_name["macro"]: text,
        moveto: int(0..), proto: text, source: text, sport: text, kind["type"]: one_of("in" "out" "forward" "group"),
    }
    DeleteGroupsGroupPos: DELETE "/cluster/firewall/groups/{group}/{pos}" (group pos) { digest: text }
    GetIpset: GET "/cluster/firewall/ipset" () {}
    PostIpset: POST "/cluster/firewall/ipset" (; name: text) { comment: text, digest: text, rename: text }
    GetIpsetName: GET "/cluster/firewall/ipset/{name}" (name) {}
    PostIpsetName: POST "/cluster/firewall/ipset/{name}" (name; cidr: text) { comment: text, nomatch: bool }
    DeleteIpsetName: DELETE "/cluster/firewall/ipset/{name}" (name) { force: bool }
    GetIpsetNameCidr: GET "/cluster/firewall/ipset/{name}/{cidr}" (name cidr) {}
    PutIpsetNameCidr: PUT "/cluster/firewall/ipset/{name}/{cidr}" (name cidr) {
        comment: text, digest: text, nomatch: bool,
    }
    DeleteIpsetNameCidr: DELETE "/cluster/firewall/ipset/{name}/{cidr}" (name cidr) { digest: text }
    GetMacros: GET "/cluster/firewall/macros" () {}
    GetOptions: GET "/cluster/firewall/options" () {}
    PutOptions: PUT "/cluster/firewall/options" () {
        delete: list, digest: text, ebtables: bool, enable: int(0..), log_ratelimit: text,
        policy_forward: one_of("ACCEPT" "DROP"), policy_in: one_of("ACCEPT" "REJECT" "DROP"),
        policy_out: one_of("ACCEPT" "REJECT" "DROP"),
    }
    GetRefs: GET "/cluster/firewall/refs" () { kind["type"]: one_of("alias" "ipset") }
    GetRules: GET "/cluster/firewall/rules" () {}
    PostRules: POST "/cluster/firewall/rules" (; action: text, kind["type"]: one_of("in" "out" "forward" "group")) {
        comment: text, dest: text, digest: text, dport: text, enable: int(0..), icmp_type["icmp-type"]: text,
        iface: text, log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        macro_name["macro"]: text, pos: int(0..), proto: text, source: text, sport: text,
    }
    GetRulesPos: GET "/cluster/firewall/rules/{pos}" (pos) {}
    PutRulesPos: PUT "/cluster/firewall/rules/{pos}" (pos) {
        action: text, comment: text, delete: list, dest: text, digest: text, dport: text, enable: int(0..),
        icmp_type["icmp-type"]: text, iface: text,
        log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"), macro_name["macro"]: text,
        moveto: int(0..), proto: text, source: text, sport: text, kind["type"]: one_of("in" "out" "forward" "group"),
    }
    DeleteRulesPos: DELETE "/cluster/firewall/rules/{pos}" (pos) { digest: text }
}

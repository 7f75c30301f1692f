//! `/pools`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/pools" () { poolid: text, kind["type"]: one_of("qemu" "lxc" "storage") }
    Post: POST "/pools" (; poolid: text) { comment: text }
    Put: PUT "/pools" (; poolid: text) {
        allow_move["allow-move"]: bool, comment: text, delete: bool, storage: list, vms: list,
    }
    Delete: DELETE "/pools" (; poolid: text) {}
    GetPoolid: GET "/pools/{poolid}" (poolid) { kind["type"]: one_of("qemu" "lxc" "storage") }
    PutPoolid: PUT "/pools/{poolid}" (poolid) {
        allow_move["allow-move"]: bool, comment: text, delete: bool, storage: list, vms: list,
    }
    DeletePoolid: DELETE "/pools/{poolid}" (poolid) {}
}

//! `/cluster/mapping`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/cluster/mapping" () {}
    GetDir: GET "/cluster/mapping/dir" () { check_node["check-node"]: text }
    PostDir: POST "/cluster/mapping/dir" (; id: text, map: array) { description: text }
    GetDirId: GET "/cluster/mapping/dir/{id}" (id) {}
    PutDirId: PUT "/cluster/mapping/dir/{id}" (id) { delete: list, description: text, digest: text, map: array }
    DeleteDirId: DELETE "/cluster/mapping/dir/{id}" (id) {}
    GetPci: GET "/cluster/mapping/pci" () { check_node["check-node"]: text }
    PostPci: POST "/cluster/mapping/pci" (; id: text, map: array) {
        description: text, live_migration_capable["live-migration-capable"]: bool, mdev: bool,
    }
    GetPciId: GET "/cluster/mapping/pci/{id}" (id) {}
    PutPciId: PUT "/cluster/mapping/pci/{id}" (id) {
        delete: list, description: text, digest: text, live_migration_capable["live-migration-capable"]: bool,
        map: array, mdev: bool,
    }
    DeletePciId: DELETE "/cluster/mapping/pci/{id}" (id) {}
    GetUsb: GET "/cluster/mapping/usb" () { check_node["check-node"]: text }
    PostUsb: POST "/cluster/mapping/usb" (; id: text, map: array) { description: text }
    GetUsbId: GET "/cluster/mapping/usb/{id}" (id) {}
    PutUsbId: PUT "/cluster/mapping/usb/{id}" (id; map: array) { delete: list, description: text, digest: text }
    DeleteUsbId: DELETE "/cluster/mapping/usb/{id}" (id) {}
}

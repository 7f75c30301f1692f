//! `/version`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/version" () {}
}

//! `POST …/snapshot`.

params! {
    /// How to take a snapshot of a guest of any kind.
    SnapshotParams(
        /// Its name: a letter, then letters, digits, `_` and `-`, at most 40.
        snapname: String,
    ) {
        /// What it is for.
        description: String,
    }
}

params! {
    /// How to take a snapshot of a virtual machine. (Of a container `vmstate` is refused.)
    QemuSnapshotParams(
        /// Its name: a letter, then letters, digits, `_` and `-`, at most 40.
        snapname: String,
    ) {
        /// What it is for.
        description: String,
        /// With the memory of the running machine.
        vmstate: bool,
    }
}

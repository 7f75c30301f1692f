//! Snapshots.

answer! {
    /// An item of `GET …/snapshot`.
    Snapshot {
        /// Its name; `current` is the guest as it is now.
        name: name,
        /// What it is for.
        description: text,
        /// The one before it.
        parent: text,
        /// When it was taken, in seconds since 1970 UTC; none of `current`.
        snaptime: int,
        /// Whether the memory is in it.
        vmstate: flag,
    }
}

impl Snapshot {
    /// Whether it is the guest as it is now, and no snapshot.
    pub fn is_current(&self) -> bool {
        self.name == "current"
    }
}

//! `PUT …/resize`.

use std::fmt;

use super::Params;
use crate::types::MiB;

/// The size wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resize {
    /// Up to this size. Smaller than it is: refused by the task; equal: done.
    To(MiB),
    /// Larger by this much. Not idempotent: never to be repeated when the reply was lost.
    By(MiB),
}

impl fmt::Display for Resize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resize::To(size) => size.fmt(f),
            Resize::By(size) => write!(f, "+{size}"),
        }
    }
}

/// How to resize a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResizeParams {
    /// The disk: a slot such as `scsi0`, `efidisk0`; of a container `rootfs`, `mp0` ….
    pub disk: String,
    /// The size wanted.
    pub size: Resize,
    /// Refuse if the configuration has changed since this digest.
    pub digest: Option<String>,
}

impl ResizeParams {
    /// Grow a disk to a size.
    pub fn to(disk: impl fmt::Display, size: MiB) -> Self {
        Self { disk: disk.to_string(), size: Resize::To(size), digest: None }
    }

    /// Grow a disk by a size.
    pub fn by(disk: impl fmt::Display, size: MiB) -> Self {
        Self { disk: disk.to_string(), size: Resize::By(size), digest: None }
    }

    /// What is sent.
    pub fn to_params(&self) -> Params {
        let mut params = Params::new();
        params.set("disk", &self.disk).set("size", self.size.to_string()).set_opt("digest", &self.digest);
        params
    }
}

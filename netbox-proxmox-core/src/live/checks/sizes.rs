//! What a GB of NetBox's is taken for. NetBox keeps megabytes and does not tell how it shows them (its settings
//! `DISK_BASE_UNIT` and `RAM_BASE_UNIT` are in no answer of the REST API of 4.2 to 4.7).

use super::Check;
use crate::policy::Policy;
use crate::units::DiskBase;

/// How sizes of disks are read.
pub(super) fn check(policy: &Policy) -> Check {
    let (base, other, written) = match policy.disk_base {
        DiskBase::Decimal => (1000, 1024, "binary"),
        DiskBase::Binary => (1024, 1000, "decimal"),
    };
    let detail = format!(
        "{base} MB of NetBox's are taken for 1 GB of a disk. NetBox does not tell: if its DISK_BASE_UNIT is {other}, set \
         [policy] disk_base = \"{written}\""
    );
    Check::ok("sizes of disks", detail)
}

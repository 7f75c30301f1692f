//! What clusters and virtual machines are sorted by.

use super::{kind, read, write};

kind! {
    /// A type of clusters.
    ClusterType, NewClusterType, ClusterTypePatch, ClusterTypeFilter, cluster_types at "virtualization/cluster-types/" {
        must {
            /// Its name, unique.
            name: Text,
            /// Its slug, unique.
            slug: Text,
        }
        may {
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its clusters.
            cluster_count: Number,
        }
        by { name: String, slug: String, tag: String, }
        custom_fields
    }
}

kind! {
    /// A group of clusters.
    ClusterGroup, NewClusterGroup, ClusterGroupPatch, ClusterGroupFilter, cluster_groups at "virtualization/cluster-groups/" {
        must {
            /// Its name, unique.
            name: Text,
            /// Its slug, unique.
            slug: Text,
        }
        may {
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its clusters.
            cluster_count: Number,
        }
        by { name: String, slug: String, tag: String, }
        custom_fields
    }
}

kind! {
    /// A type of virtual machines, since NetBox 4.6.
    VirtualMachineType, NewVirtualMachineType, VirtualMachineTypePatch, VirtualMachineTypeFilter, virtual_machine_types
    at "virtualization/virtual-machine-types/" {
        must {
            /// Its name, unique.
            name: Text,
            /// Its slug, unique.
            slug: Text,
        }
        may {
            /// Platform of new machines that say none.
            default_platform: One,
            /// Virtual CPUs of new machines that say none.
            default_vcpus: Decimal,
            /// Memory in MB of new machines that say none.
            default_memory: Number,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its machines.
            virtual_machine_count: Number,
        }
        by { name: String, slug: String, tag: String, default_platform_id: u64, }
        custom_fields
    }
}

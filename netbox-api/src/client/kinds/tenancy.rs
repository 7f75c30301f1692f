//! To whom things belong, and whom to ask.

use super::{kind, read, write};

kind! {
    /// A tenant.
    Tenant, NewTenant, TenantPatch, TenantFilter, tenants at "tenancy/tenants/" {
        must {
            /// Its name, unique within its group.
            name: Text,
            /// Its slug, unique within its group.
            slug: Text,
        }
        may {
            /// Its group.
            group: One,
            /// One line about it.
            description: Text,
            /// Markdown about it.
            comments: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its virtual machines.
            virtualmachine_count: Number,
            /// Number of its devices.
            device_count: Number,
        }
        by { name: String, slug: String, group_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// A group of tenants.
    TenantGroup, NewTenantGroup, TenantGroupPatch, TenantGroupFilter, tenant_groups at "tenancy/tenant-groups/" {
        must {
            /// Its name, unique.
            name: Text,
            /// Its slug, unique.
            slug: Text,
        }
        may {
            /// The group that it is in.
            parent: One,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of tenants in it.
            tenant_count: Number,
        }
        by { name: String, slug: String, parent_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// A person or team.
    Contact, NewContact, ContactPatch, ContactFilter, contacts at "tenancy/contacts/" {
        must {
            /// Its name.
            name: Text,
        }
        may {
            /// The groups that it is in, since NetBox 4.3.
            groups: Many,
            /// Its title.
            title: Text,
            /// Its telephone number.
            phone: Text,
            /// Its email address.
            email: Text,
            /// Its postal address.
            address: Text,
            /// A link to it.
            link: Text,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {}
        by { name: String, email: String, group_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// A group of contacts.
    ContactGroup, NewContactGroup, ContactGroupPatch, ContactGroupFilter, contact_groups at "tenancy/contact-groups/" {
        must {
            /// Its name, unique within its parent.
            name: Text,
            /// Its slug, unique.
            slug: Text,
        }
        may {
            /// The group that it is in.
            parent: One,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of contacts in it.
            contact_count: Number,
        }
        by { name: String, slug: String, parent_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// What a contact is for an object.
    ContactRole, NewContactRole, ContactRolePatch, ContactRoleFilter, contact_roles at "tenancy/contact-roles/" {
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
        told {}
        by { name: String, slug: String, tag: String, }
        custom_fields
    }
}

kind! {
    /// A contact of an object.
    ContactAssignment, NewContactAssignment, ContactAssignmentPatch, ContactAssignmentFilter, contact_assignments
    at "tenancy/contact-assignments/" {
        must {
            /// Kind of the object, for example `virtualization.virtualmachine`.
            object_type: Text,
            /// Id of the object.
            object_id: Number,
            /// The contact.
            contact: One,
        }
        may {
            /// What it is for the object.
            role: One,
            /// `primary`, `secondary`, `tertiary` or `inactive`.
            priority: Choice,
            /// Its tags.
            tags: Tags,
        }
        told {}
        by { object_type: String, object_id: u64, contact_id: u64, role_id: u64, priority: String, }
        custom_fields
    }
}

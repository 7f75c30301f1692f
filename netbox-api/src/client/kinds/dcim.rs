//! Where things are.

use super::{kind, read, write};

kind! {
    /// A region: a tree of places.
    Region, NewRegion, RegionPatch, RegionFilter, regions at "dcim/regions/" {
        must {
            /// Its name, unique within its parent.
            name: Text,
            /// Its slug, unique within its parent.
            slug: Text,
        }
        may {
            /// The region that it is in.
            parent: One,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of sites in it.
            site_count: Number,
        }
        by { name: String, slug: String, parent_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// A group of sites: another tree of them than regions.
    SiteGroup, NewSiteGroup, SiteGroupPatch, SiteGroupFilter, site_groups at "dcim/site-groups/" {
        must {
            /// Its name, unique within its parent.
            name: Text,
            /// Its slug, unique within its parent.
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
            /// Number of sites in it.
            site_count: Number,
        }
        by { name: String, slug: String, parent_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// A site.
    Site, NewSite, SitePatch, SiteFilter, sites at "dcim/sites/" {
        must {
            /// Its name, unique.
            name: Text,
            /// Its slug, unique.
            slug: Text,
        }
        may {
            /// `planned`, `staging`, `active`, `decommissioning` or `retired`, or one that an administrator added.
            status: Choice,
            /// Its region.
            region: One,
            /// Its group.
            group: One,
            /// Its tenant.
            tenant: One,
            /// What its operator calls it.
            facility: Text,
            /// Its time zone, `Europe/Berlin`.
            time_zone: Maybe,
            /// Where it is.
            physical_address: Text,
            /// Where things are sent to.
            shipping_address: Text,
            /// Degrees north.
            latitude: Decimal,
            /// Degrees east.
            longitude: Decimal,
            /// One line about it.
            description: Text,
            /// Markdown about it.
            comments: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its devices.
            device_count: Number,
            /// Number of its virtual machines.
            virtualmachine_count: Number,
            /// Number of its prefixes.
            prefix_count: Number,
        }
        by { name: String, slug: String, status: String, region_id: u64, group_id: u64, tenant_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// A place within a site.
    Location, NewLocation, LocationPatch, LocationFilter, locations at "dcim/locations/" {
        must {
            /// Its name, unique within its parent.
            name: Text,
            /// Its slug, unique within its parent.
            slug: Text,
            /// Its site.
            site: One,
        }
        may {
            /// The location that it is in.
            parent: One,
            /// `planned`, `staging`, `active`, `decommissioning` or `retired`.
            status: Choice,
            /// Its tenant.
            tenant: One,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of devices in it.
            device_count: Number,
            /// Number of racks in it.
            rack_count: Number,
        }
        by { name: String, slug: String, site_id: u64, parent_id: u64, status: String, tenant_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// A rack.
    Rack, NewRack, RackPatch, RackFilter, racks at "dcim/racks/" {
        must {
            /// Its name, unique within its location.
            name: Text,
            /// Its site.
            site: One,
        }
        may {
            /// What its operator calls it.
            facility_id: Maybe,
            /// Its location.
            location: One,
            /// Its tenant.
            tenant: One,
            /// `reserved`, `available`, `planned`, `active` or `deprecated`.
            status: Choice,
            /// Its role.
            role: One,
            /// Its serial number.
            serial: Text,
            /// Its inventory number, unique.
            asset_tag: Maybe,
            /// Its type.
            rack_type: One,
            /// Inches between the rails.
            width: Choice,
            /// Height in units.
            u_height: Number,
            /// One line about it.
            description: Text,
            /// Markdown about it.
            comments: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of devices in it.
            device_count: Number,
        }
        by { name: String, site_id: u64, location_id: u64, role_id: u64, status: String, tenant_id: u64, serial: String, tag: String, }
        custom_fields
    }
}

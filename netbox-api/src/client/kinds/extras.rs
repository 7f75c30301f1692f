//! What programs and people get from NetBox beside its records.

use super::{kind, read, write};

kind! {
    /// Data for the software within devices and virtual machines.
    ConfigContext, NewConfigContext, ConfigContextPatch, ConfigContextFilter, config_contexts at "extras/config-contexts/" {
        must {
            /// Its name, unique.
            name: Text,
            /// The data, any JSON object.
            data: Json,
        }
        may {
            /// A higher one overrides a lower one.
            weight: Number,
            /// Whether it counts.
            is_active: Flag,
            /// The regions it is for.
            regions: Many,
            /// The sites it is for.
            sites: Many,
            /// The roles it is for.
            roles: Many,
            /// The platforms it is for.
            platforms: Many,
            /// The types of clusters it is for.
            cluster_types: Many,
            /// The clusters it is for.
            clusters: Many,
            /// The tenants it is for.
            tenants: Many,
            /// Slugs of the tags it is for.
            tags: Texts,
            /// One line about it.
            description: Text,
        }
        told {}
        by { name: String, is_active: bool, site_id: u64, cluster_id: u64, device_role_id: u64, platform_id: u64, tenant_id: u64, }
    }
}

kind! {
    /// A template that makes configurations.
    ConfigTemplate, NewConfigTemplate, ConfigTemplatePatch, ConfigTemplateFilter, config_templates at "extras/config-templates/" {
        must {
            /// Its name.
            name: Text,
            /// The template, Jinja.
            template_code: Text,
        }
        may {
            /// Parameters of the template's environment.
            environment_params: Json,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {}
        by { name: String, tag: String, }
    }
}

kind! {
    /// A filter of a list that was kept.
    SavedFilter, NewSavedFilter, SavedFilterPatch, SavedFilterFilter, saved_filters at "extras/saved-filters/" {
        must {
            /// The object types whose lists it is for.
            object_types: Texts,
            /// Its name, unique.
            name: Text,
            /// Its slug, unique.
            slug: Text,
            /// The query: names with lists of values.
            parameters: Json,
        }
        may {
            /// Its place among the others.
            weight: Number,
            /// Whether it can be chosen.
            enabled: Flag,
            /// Whether others than its user see it.
            shared: Flag,
            /// One line about it.
            description: Text,
        }
        told {
            /// Whose it is.
            user: One,
        }
        by { name: String, slug: String, enabled: bool, shared: bool, user_id: u64, }
    }
}

kind! {
    /// A link on the pages of objects.
    CustomLink, NewCustomLink, CustomLinkPatch, CustomLinkFilter, custom_links at "extras/custom-links/" {
        must {
            /// The object types whose pages have it.
            object_types: Texts,
            /// Its name, unique.
            name: Text,
            /// Its text, a Jinja template.
            link_text: Text,
            /// Its address, a Jinja template.
            link_url: Text,
        }
        may {
            /// Whether it is shown.
            enabled: Flag,
            /// Its place among the others.
            weight: Number,
            /// The menu that it is in.
            group_name: Text,
            /// Whether it opens a page of its own.
            new_window: Flag,
        }
        told {}
        by { name: String, enabled: bool, }
    }
}

kind! {
    /// A custom script. It is run by [`Endpoint::<Script>::run`](crate::Endpoint::run).
    Script, ScriptFilter, scripts at "extras/scripts/" {
        told {
            /// Its name.
            name: Text,
            /// One line about it.
            description: Text,
            /// Its variables: names, and the kinds of what they take.
            vars: Json,
            /// Whether it can be run.
            is_executable: Flag,
        }
        by { name: String, }
    }
}

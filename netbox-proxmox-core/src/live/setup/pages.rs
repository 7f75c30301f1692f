//! What people see in NetBox of how their virtual machines stand: saved filters, links to Proxmox's page of a guest and to the
//! server's own, a list on the dashboard of whoever runs the set-up.

use serde_json::{Map, Value, json};
use url::Url;

use super::fields::MACHINE;
use super::object::{Kind, MADE, Object, Present, Wanted};
use super::plan::Remark;
use crate::record::FieldNames;
use crate::state::State;

/// The widget on the dashboard, by which it is known again.
pub(super) const WIDGET: &str = "5f0c1b1e-7a57-4c0b-9d2a-6d1f4c3b2a10";

/// The filters: name, slug, states.
const FILTERS: [(&str, &str, &[State]); 2] = [
    ("Proxmox: differs", "proxmox-differs", &[State::Differs]),
    ("Proxmox: waits or is refused", "proxmox-waits", &[State::Waiting, State::Refused]),
];

/// Of a cluster: how the settings name it, and the address of its web pages.
pub(super) type Address = (String, String);

/// The filters and the links; `receiver` is where the server is reached.
pub(super) fn wanted(
    names: &FieldNames,
    addresses: &[Address],
    receiver: Option<&str>,
    present: &Present,
    remarks: &mut Vec<Remark>,
) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = FILTERS.iter().map(|filter| saved_filter(names, *filter, present)).collect();
    for (setting, address) in addresses {
        let name = format!("Proxmox VE: {setting}");
        wanted.push(link(&name, &of_cluster(names, setting), "Proxmox VE", &guest(names, address), present));
    }
    if let Some(server) = receiver.and_then(origin) {
        let managed = format!("object.custom_field_data[{}]", quoted(&names.vm_type));
        wanted.push(link("Proxmox VE: bridge", &managed, "Proxmox bridge", &format!("{server}/"), present));
    }
    match dashboard(names, present) {
        Some(dashboard) => wanted.push(dashboard),
        None => remarks.push(Remark::said(
            "NetBox has no dashboard of the user of NETBOX_TOKEN: look at its first page once, and run this again, to have a list of \
             what differs there",
        )),
    }
    wanted
}

fn saved_filter(names: &FieldNames, (name, slug, states): (&str, &str, &[State]), present: &Present) -> Wanted {
    let found = present.all(Kind::SavedFilter).find(|filter| filter.text("slug") == slug);
    Wanted::new(Kind::SavedFilter, name, found)
        .once("name", name)
        .once("slug", slug)
        .once("object_types", json!([MACHINE]))
        .once("shared", true)
        .always("parameters", parameters(names, states))
}

fn parameters(names: &FieldNames, states: &[State]) -> Value {
    let values: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    Value::Object(Map::from_iter([(format!("cf_{}", names.state), json!(values))]))
}

/// A link that is shown where the condition holds: one whose text is empty is left out (NetBox's documentation). Its text carries the
/// mark of what a set-up made, in a comment.
fn link(name: &str, condition: &str, text: &str, url: &str, present: &Present) -> Wanted {
    Wanted::new(Kind::CustomLink, name, present.named(Kind::CustomLink, name))
        .once("name", name)
        .once("object_types", json!([MACHINE]))
        .once("link_text", format!("{{# {MADE} #}}{{% if {condition} %}}{text}{{% endif %}}"))
        .once("new_window", true)
        .always("link_url", url)
}

/// A virtual machine that has a VMID, in a cluster that is named so by its name or its id.
fn of_cluster(names: &FieldNames, setting: &str) -> String {
    let cluster = match setting.parse::<u64>() {
        Ok(id) => format!("object.cluster_id == {id}"),
        Err(_) => format!("object.cluster.name == {}", quoted(setting)),
    };
    format!("object.cluster and {cluster} and object.custom_field_data[{}]", quoted(&names.vmid))
}

/// Proxmox's page of a guest (seen on Proxmox VE 9: `#v1:0:=qemu%2F101`).
fn guest(names: &FieldNames, address: &str) -> String {
    let (address, vm_type, vmid) = (address.trim_end_matches('/'), quoted(&names.vm_type), quoted(&names.vmid));
    let kind = format!("{{{{ 'lxc' if object.custom_field_data[{vm_type}] == 'lxc' else 'qemu' }}}}");
    format!("{address}/#v1:0:={kind}%2F{{{{ object.custom_field_data[{vmid}] }}}}")
}

/// A text in a template of Jinja's.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Scheme, host and port.
pub(super) fn origin(url: &str) -> Option<String> {
    let origin = Url::parse(url).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

/// The dashboard with our list below what is on it, if there is one (seen on NetBox 4.7.3: it is per user).
fn dashboard(names: &FieldNames, present: &Present) -> Option<Wanted> {
    let found = present.all(Kind::Dashboard).next()?;
    let wanted = Wanted::new(Kind::Dashboard, found.name(), Some(found));
    let (mut layout, mut config) = parts(found)?;
    if config.contains_key(WIDGET) {
        return Some(wanted);
    }
    let below = layout.iter().filter_map(|it| Some(it.get("y")?.as_u64()? + it.get("h")?.as_u64()?)).max().unwrap_or(0);
    layout.push(json!({"id": WIDGET, "x": 0, "y": below, "w": 12, "h": 4}));
    let states = [State::Differs, State::Waiting, State::Refused];
    let list = json!({"model": MACHINE, "page_size": 25, "url_params": parameters(names, &states)});
    let widget = json!({"class": "extras.ObjectListWidget", "title": "Proxmox VE", "color": "orange", "config": list});
    config.insert(WIDGET.to_owned(), widget);
    Some(wanted.always("layout", layout).always("config", config).showing("layout", "a list of what differs"))
}

/// The dashboard without our list; none where it is not there.
pub(super) fn without_widget(dashboard: &Object) -> Option<Map<String, Value>> {
    let (mut layout, mut config) = parts(dashboard)?;
    config.remove(WIDGET)?;
    layout.retain(|it| it.get("id").and_then(Value::as_str) != Some(WIDGET));
    Some(Map::from_iter([("layout".to_owned(), layout.into()), ("config".to_owned(), config.into())]))
}

fn parts(dashboard: &Object) -> Option<(Vec<Value>, Map<String, Value>)> {
    match (dashboard.raw("layout"), dashboard.raw("config")) {
        (Some(Value::Array(layout)), Some(Value::Object(config))) => Some((layout, config)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_page_of_the_guest_in_its_cluster() {
        let names = FieldNames::default();
        assert_eq!(
            guest(&names, "https://pve01:8006/"),
            "https://pve01:8006/#v1:0:={{ 'lxc' if object.custom_field_data[\"proxmox_vm_type\"] == 'lxc' else 'qemu' }}%2F{{ \
             object.custom_field_data[\"proxmox_vmid\"] }}"
        );
        let vmid = " and object.custom_field_data[\"proxmox_vmid\"]";
        assert_eq!(
            of_cluster(&names, "a \"b\""),
            format!("object.cluster and object.cluster.name == \"a \\\"b\\\"\"{vmid}")
        );
        assert_eq!(of_cluster(&names, "7"), format!("object.cluster and object.cluster_id == 7{vmid}"));
    }

    #[test]
    fn the_server_is_where_it_receives() {
        assert_eq!(origin("http://bridge.example.org:8080/webhook").as_deref(), Some("http://bridge.example.org:8080"));
        assert_eq!(origin("https://bridge.example.org/hooks/x").as_deref(), Some("https://bridge.example.org"));
        assert_eq!(origin("bridge"), None);
    }
}

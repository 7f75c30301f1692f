//! How NetBox tells the server of changes: one webhook, and one event rule for all of it.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::object::{Kind, Object, Present, Wanted};
use super::plan::{Options, Remark};
use crate::live::checks::webhook::shown;

/// The name of the webhook and of its rule.
const NAME: &str = "netbox-proxmox";

/// The object types that the server is told of.
pub const OBJECT_TYPES: [&str; 5] = [
    "virtualization.virtualmachine",
    "virtualization.virtualdisk",
    "virtualization.vminterface",
    "ipam.ipaddress",
    "dcim.macaddress",
];

/// The events that it is told of.
pub const EVENT_TYPES: [&str; 3] = ["object_created", "object_updated", "object_deleted"];

const WEBHOOK_TYPE: &str = "extras.webhook";

/// The webhook, its rule, and other rules that send the same to the same place.
pub(super) fn wanted(
    options: &Options,
    present: &Present,
    fresh: SecretString,
    remarks: &mut Vec<Remark>,
) -> Vec<Wanted> {
    let by_url = |url: &String| present.all(Kind::Webhook).find(|hook| same_url(hook.text("payload_url"), url));
    let named = present.named(Kind::Webhook, NAME);
    let found = options.receiver.as_ref().and_then(by_url).or(named);
    let receiver = options.receiver.as_deref().or_else(|| found.map(|found| found.text("payload_url")));
    let Some(receiver) = receiver else {
        let why = "NetBox has no webhook for the server yet: say with --receiver URL where NetBox reaches it, like \
                   http://bridge.example.org:8080/webhook";
        remarks.push(Remark::problem(why));
        return Vec::new();
    };
    let held = found.and_then(|found| found.secret.clone());
    let secret = options.secret.clone().or(held).unwrap_or(fresh);
    let mut hook = Wanted::new(Kind::Webhook, NAME, found)
        .once("name", NAME)
        .always("http_method", "POST")
        .always("http_content_type", "application/json")
        .always("body_template", "")
        .secret("secret", secret);
    if !found.is_some_and(|found| same_url(found.text("payload_url"), receiver)) {
        hook = hook.always("payload_url", receiver);
    }
    let (mine, others) = rules(found, present);
    remarks.extend(elsewhere(found, present));
    let name = hook.name.clone();
    std::iter::once(hook).chain([rule(mine, &name)]).chain(others.into_iter().map(silenced)).collect()
}

/// Where NetBox reaches the server, as it is said or as the webhook has it.
pub(super) fn receiver(options: &Options, present: &Present) -> Option<String> {
    let held = || present.named(Kind::Webhook, NAME).map(|hook| hook.text("payload_url").to_owned());
    options.receiver.clone().or_else(held)
}

/// A slash at the end says nothing.
fn same_url(a: &str, b: &str) -> bool {
    a.trim_end_matches('/') == b.trim_end_matches('/')
}

fn sends_to(rule: &Object, hook: u64) -> bool {
    rule.text("action_object_type") == WEBHOOK_TYPE && rule.number("action_object_id") == Some(hook)
}

/// The rule of our webhook, and those beside it.
fn rules<'a>(hook: Option<&Object>, present: &'a Present) -> (Option<&'a Object>, Vec<&'a Object>) {
    let of_hook = hook.map_or_else(Vec::new, |hook| {
        present.all(Kind::EventRule).filter(|rule| sends_to(rule, hook.id)).collect::<Vec<_>>()
    });
    let named = present.named(Kind::EventRule, NAME);
    let covers =
        |rule: &Object| rule.list("object_types").iter().filter(|it| OBJECT_TYPES.contains(&it.as_str())).count();
    let mine = named.or_else(|| of_hook.iter().copied().max_by_key(|rule| (covers(rule), std::cmp::Reverse(rule.id))));
    let others = of_hook.into_iter().filter(|rule| mine.is_none_or(|mine| mine.id != rule.id)).collect();
    (mine, others)
}

fn rule(found: Option<&Object>, hook: &str) -> Wanted {
    let with_ours = |attribute: &str, ours: &[&str]| {
        let mut all = found.map(|found| found.list(attribute)).unwrap_or_default();
        let missing: Vec<&&str> = ours.iter().filter(|it| !all.iter().any(|known| known == **it)).collect();
        all.extend(missing.into_iter().map(|it| (*it).to_owned()));
        json!(all)
    };
    Wanted::new(Kind::EventRule, NAME, found)
        .once("name", NAME)
        .always("object_types", with_ours("object_types", &OBJECT_TYPES))
        .always("event_types", with_ours("event_types", &EVENT_TYPES))
        .always("enabled", true)
        .always("conditions", Value::Null)
        .always("action_type", "webhook")
        .always("action_object_type", WEBHOOK_TYPE)
        .link("action_object_id", Kind::Webhook, hook)
}

/// Every change that two rules see is sent twice.
fn silenced(rule: &Object) -> Wanted {
    Wanted::new(Kind::EventRule, "", Some(rule)).always("enabled", false)
}

/// Rules that send to another receiver: the predecessor's, as a rule.
fn elsewhere(hook: Option<&Object>, present: &Present) -> Option<Remark> {
    let former = |hook: &&Object| hook.name().starts_with("netbox-proxmox");
    let others = present.all(Kind::Webhook).filter(former).filter(|it| hook.is_none_or(|hook| hook.id != it.id));
    let sending: Vec<String> = others
        .filter_map(|hook| {
            let rules = present.all(Kind::EventRule).filter(|rule| sends_to(rule, hook.id));
            let enabled = rules.filter(|rule| rule.get("enabled") != Some(json!(false))).count();
            (enabled > 0)
                .then(|| format!("{} ({enabled} event rules, to {})", hook.name(), shown(hook.text("payload_url"))))
        })
        .collect();
    (!sending.is_empty()).then(|| {
        let named = sending.join(", ");
        Remark::said(format!(
            "NetBox also sends to another receiver: {named}. If that is the program which this one replaces, stop it, and disable \
             those rules: two that answer the same change both make a guest"
        ))
    })
}

//! Whether NetBox tells the server of every change: the webhook, its secret, and the event rules that send to it.

use std::collections::BTreeSet;

use netbox_api::client::NameFilter;
use netbox_api::{ErrorKind, EventRule, Webhook};
use secrecy::ExposeSecret;
use url::Url;

use super::{Check, Fault, Receiving};
use crate::live::setup::delivery::{EVENT_TYPES, OBJECT_TYPES};

/// What is the case as long as a delivery does not come.
const MEANWHILE: &str =
    "until the change log is read (NETBOX_PROXMOX_CATCH_UP, 60 s), and a save without a change is never heard of";

const SET_UP: &str = "`netbox-proxmox setup` makes it";

/// The webhook of NetBox's that sends to us, and its rules.
pub(super) async fn check(netbox: &netbox_api::Client, receiving: &Receiving) -> Vec<Check> {
    let all = NameFilter::default();
    let (webhooks, event_rules) = (netbox.webhooks(), netbox.event_rules());
    let (hooks, rules) = match tokio::join!(webhooks.all(&all), event_rules.all(&all)) {
        (Ok(hooks), Ok(rules)) => (hooks, rules),
        // That they may not be viewed is told of with the rights.
        (Err(error), _) | (_, Err(error)) if error.kind() == ErrorKind::Permission => return Vec::new(),
        (Err(error), _) | (_, Err(error)) => return vec![Check::unanswered("webhook", error)],
    };
    let Some(ours) = candidates(&hooks, &rules, receiving) else {
        let detail = format!(
            "no webhook sends to one of the server's paths ({}): changes are not heard of {MEANWHILE}",
            receiving.paths.join(", ")
        );
        return vec![Check::failure("webhook", Fault::Missing, detail, SET_UP)];
    };
    let mut checks = Vec::new();
    for hook in &ours {
        checks.extend(request(hook, receiving));
        checks.push(secret(netbox, hook, receiving).await);
    }
    checks.extend(coverage(&ours, &rules));
    checks
}

/// The webhooks that are meant for us: those to one of our paths; else those that are sent changes of virtual machines.
fn candidates<'a>(hooks: &'a [Webhook], rules: &[EventRule], receiving: &Receiving) -> Option<Vec<&'a Webhook>> {
    let used = |hook: &&Webhook| {
        rules.iter().any(|rule| sends_to(rule, hook) && rule.object_types.iter().any(|it| it == OBJECT_TYPES[0]))
    };
    let fits = |hook: &&Webhook| path(hook).is_some_and(|path| receiving.paths.contains(&path));
    let used_and_fitting: Vec<_> = hooks.iter().filter(used).filter(fits).collect();
    let others = || hooks.iter().filter(used).collect::<Vec<_>>();
    // The root is the path of many a service.
    let unused = || hooks.iter().filter(|hook| fits(hook) && path(hook).is_some_and(|path| path != "/")).collect();
    let found = [used_and_fitting, others(), unused()].into_iter().find(|found| !found.is_empty());
    found.filter(|found| !found.is_empty())
}

fn sends_to(rule: &EventRule, hook: &Webhook) -> bool {
    rule.action_type == "webhook" && rule.action_object_id == Some(hook.id)
}

/// The path to which it sends, as the server knows paths; none where it is templated.
fn path(hook: &Webhook) -> Option<String> {
    let url = Url::parse(&hook.payload_url).ok()?;
    let path = url.path().trim_end_matches('/');
    Some(if path.is_empty() { "/".to_owned() } else { path.to_owned() })
}

/// What it sends, and to where.
fn request(hook: &Webhook, receiving: &Receiving) -> Vec<Check> {
    let what = format!("webhook {}", hook.name);
    let mut wrong = Vec::new();
    if let Some(path) = path(hook).filter(|path| !receiving.paths.contains(path)) {
        wrong.push(format!("sends to {path}, which the server does not take ({})", receiving.paths.join(", ")));
    }
    if hook.http_method != "POST" {
        wrong.push(format!("sends by {}, not by POST", hook.http_method));
    }
    if !hook.body_template.trim().is_empty() {
        wrong.push("has a body template: what it sends is no delivery of NetBox's own".to_owned());
    }
    if !wrong.is_empty() {
        let advice = "Edit the webhook in NetBox: POST, no body template, and a URL that ends in /webhook";
        return vec![Check::failure(what, Fault::Wrong, wrong.join("; "), advice)];
    }
    vec![Check::ok(what, format!("sends to {}", shown(&hook.payload_url)))]
}

/// An address without what may be secret in it.
pub(in crate::live) fn shown(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
        }
        Err(_) => "an address that is templated".to_owned(),
    }
}

/// Whether it signs with the secret that the server expects. NetBox shows it in clear (4.7.3) to whoever may view webhooks.
async fn secret(netbox: &netbox_api::Client, hook: &Webhook, receiving: &Receiving) -> Check {
    let what = format!("secret of webhook {}", hook.name);
    let advice = "Set the same secret in the webhook and in NETBOX_WEBHOOK_SECRET";
    let read = match netbox.get(&format!("extras/webhooks/{}", hook.id), &[]).await {
        Ok(read) => read,
        Err(error) => return Check::unanswered(what, error),
    };
    match (read.body["secret"].as_str(), receiving.secrets.as_slice()) {
        (Some(""), _) => {
            let detail = "is not set: deliveries are not signed, and the server refuses each with 401";
            Check::failure(what, Fault::Denied, detail, advice)
        }
        (None, _) => {
            Check::ok(what, "cannot be read: that it is the one in NETBOX_WEBHOOK_SECRET shows a test delivery")
        }
        (Some(_), []) => Check::warning(what, "is not compared, as NETBOX_WEBHOOK_SECRET is not set here", advice),
        (Some(theirs), ours) if ours.iter().any(|secret| secret.expose_secret() == theirs) => {
            Check::ok(what, "the one in NETBOX_WEBHOOK_SECRET")
        }
        (Some(_), _) => {
            let detail = "is another than NETBOX_WEBHOOK_SECRET: the server refuses each delivery with 401";
            Check::failure(what, Fault::Denied, detail, advice)
        }
    }
}

/// Whether each change is sent by an enabled rule without conditions.
fn coverage(ours: &[&Webhook], rules: &[EventRule]) -> Vec<Check> {
    let rules: Vec<_> = rules.iter().filter(|rule| ours.iter().any(|hook| sends_to(rule, hook))).collect();
    let (mut checks, mut covered) = (Vec::new(), BTreeSet::new());
    for rule in &rules {
        let what = format!("event rule {}", rule.name);
        if rule.enabled == Some(false) {
            let detail = format!("is disabled: its changes are not heard of {MEANWHILE}");
            checks.push(Check::failure(what, Fault::Wrong, detail, "Enable it in NetBox"));
        } else if conditions(rule) {
            let detail = "has conditions: changes that do not meet them are heard of late or not at all";
            let advice = "Remove the conditions: the server itself knows what concerns it. Those on custom fields fail for records \
                          without a value (NetBox 4.7)";
            checks.push(Check::warning(what, detail, advice));
        }
        let changes = rule.object_types.iter().flat_map(|of| rule.event_types.iter().map(move |event| (of, event)));
        covered.extend(changes.map(|(of, event)| (of.as_str(), event.as_str())));
    }
    let mut lacking = Vec::new();
    for of in OBJECT_TYPES {
        let events: Vec<_> = EVENT_TYPES.iter().filter(|event| !covered.contains(&(of, **event))).collect();
        match events.len() {
            0 => {}
            3 => lacking.push(of.to_owned()),
            _ => lacking.push(format!(
                "{of} ({})",
                events.iter().map(|event| event.trim_start_matches("object_")).collect::<Vec<_>>().join(", ")
            )),
        }
    }
    if !lacking.is_empty() {
        let detail = format!("do not cover {}: such changes are not heard of {MEANWHILE}", lacking.join(", "));
        let advice = format!("Add the object types and events to a rule whose action is the webhook; {SET_UP}");
        checks.push(match covered.is_empty() {
            true => Check::failure("event rules", Fault::Missing, detail, advice),
            false => Check::warning("event rules", detail, advice),
        });
    } else if checks.is_empty() {
        let names: Vec<_> = rules.iter().map(|rule| rule.name.as_str()).collect();
        checks.push(Check::ok("event rules", format!("every change is covered by {}", names.join(", "))));
    }
    checks
}

fn conditions(rule: &EventRule) -> bool {
    use serde_json::Value;
    match &rule.conditions {
        None | Some(Value::Null) => false,
        Some(Value::Object(conditions)) => !conditions.is_empty(),
        Some(Value::Array(conditions)) => !conditions.is_empty(),
        Some(_) => true,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::live::checks::Verdict;
    use netbox_api::Choice;
    use serde_json::json;

    fn hook() -> Webhook {
        let (name, payload_url) = ("bridge".to_owned(), "http://bridge.example.org:8080/webhook".to_owned());
        Webhook { id: 1, name, payload_url, http_method: "POST".to_owned(), ..Webhook::default() }
    }

    fn rule(types: &[&str], events: &[&str]) -> EventRule {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        EventRule {
            name: "all".to_owned(),
            enabled: Some(true),
            object_types: texts(types),
            event_types: texts(events),
            action_type: Choice::new("webhook"),
            action_object_id: Some(1),
            ..EventRule::default()
        }
    }

    fn receiving() -> Receiving {
        Receiving { paths: vec!["/".to_owned(), "/webhook".to_owned()], secrets: Vec::new() }
    }

    #[test]
    fn what_the_rules_do_not_cover_is_named() {
        let hook = hook();
        let told = |rules: &[EventRule]| {
            coverage(&[&hook], rules).iter().map(|check| (check.verdict, check.to_string())).collect::<Vec<_>>()
        };
        let whole = rule(&OBJECT_TYPES, &EVENT_TYPES);
        assert_eq!(told(std::slice::from_ref(&whole))[0].0, Verdict::Ok);
        let part = rule(&OBJECT_TYPES[..4], &EVENT_TYPES);
        let most = rule(&OBJECT_TYPES[4..], &EVENT_TYPES[..2]);
        let found = told(&[part.clone(), most]);
        assert!(found[0].1.contains("do not cover dcim.macaddress (deleted)"), "{found:?}");
        assert_eq!(told(&[part]).len(), 1);
        let off = told(&[EventRule { enabled: Some(false), ..whole.clone() }]);
        assert!(off[0].0 == Verdict::Failure && off[0].1.contains("event rule all: is disabled"), "{off:?}");
        let conditions = Some(json!({"and": []}));
        assert_eq!(told(&[EventRule { conditions, ..whole.clone() }])[0].0, Verdict::Warning);
        assert_eq!(told(&[EventRule { conditions: Some(json!({})), ..whole.clone() }])[0].0, Verdict::Ok);
        assert_eq!(told(&[EventRule { action_object_id: Some(2), ..whole }])[0].0, Verdict::Failure);
    }

    #[test]
    fn a_request_that_the_server_would_not_take() {
        let told = |hook: &Webhook| request(hook, &receiving())[0].clone();
        assert_eq!(told(&hook()).detail, "sends to http://bridge.example.org:8080/webhook");
        let elsewhere = Webhook { payload_url: "http://u:p@bridge/hooks/?key=secret".to_owned(), ..hook() };
        assert!(told(&elsewhere).detail.starts_with("sends to /hooks, which the server does not take"));
        assert!(!told(&elsewhere).to_string().contains("secret"));
        assert_eq!(shown(&elsewhere.payload_url), "http://bridge/hooks/");
        assert!(told(&Webhook { body_template: "{}".to_owned(), ..hook() }).detail.contains("body template"));
        assert!(told(&Webhook { http_method: "PUT".to_owned(), ..hook() }).detail.contains("by PUT"));
    }

    #[test]
    fn the_webhook_that_is_meant_for_us() {
        let other = Webhook { id: 2, payload_url: "http://chat.example.org/".to_owned(), ..hook() };
        let hooks = [other.clone(), hook()];
        let rules = [
            rule(&OBJECT_TYPES, &EVENT_TYPES),
            EventRule { action_object_id: Some(2), ..rule(&["dcim.site"], &EVENT_TYPES) },
        ];
        let found = |hooks: &[Webhook], rules: &[EventRule]| {
            candidates(hooks, rules, &receiving()).map(|found| found.iter().map(|hook| hook.id).collect::<Vec<_>>())
        };
        assert_eq!(found(&hooks, &rules), Some(vec![1]));
        assert_eq!(found(&hooks, &[]), Some(vec![1]), "without a rule, by its path");
        assert_eq!(found(&[other], &[]), None);
    }
}

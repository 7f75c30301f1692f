//! What is kept as it was given: firewalls, rules and groups of HA, backup and replication jobs, software-defined networks.
//!
//! Parameters are those of the schema, and so are the keys of answers. Nobody asked a real one: which rights it takes, the
//! texts about what is missing or there already, and that a new firewall rule comes first are believed.

use std::cmp::min;

use serde_json::{Value, json};

use super::{Ctx, Route};
use crate::api::Kind;
use crate::testing::documents::{Document, digest};
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::schema;
use crate::testing::sources::Source;
use crate::testing::tasks::Job;

/// What of the answers is not stated by the schema.
const BUT: &str = "kept as it was given: nothing else depends on it; rights and the texts of errors are believed";

const fn route(method: &'static str, path: &'static str, run: super::route::Run) -> Route {
    Route::by_schema(method, path, Source::Schema, run).except(BUT)
}

/// Lists of things that are known by a name, with what may be done to them.
macro_rules! collections {
    (whole: $($whole:literal by $name:literal),+; listed: $($listed:literal by $id:literal),+; rules: $($rules:literal),+;
     options: $($options:literal),+) => {
        /// The paths of lists, and the parameter that names what is in them.
        const NAMES: &[(&str, &str)] = &[$(($whole, $name),)+ $(($listed, $id),)+];

        pub(super) const ROUTES: &[Route] = &[
            $(
                route("GET", $whole, list),
                route("POST", $whole, create),
                route("GET", concat!($whole, "/{", $name, "}"), get),
                route("PUT", concat!($whole, "/{", $name, "}"), update),
                route("DELETE", concat!($whole, "/{", $name, "}"), delete),
            )+
            $(
                route("GET", $listed, list),
                route("POST", $listed, create),
                route("DELETE", concat!($listed, "/{", $id, "}"), delete),
            )+
            $(
                route("GET", $rules, rules::list),
                route("POST", $rules, rules::create),
                route("GET", concat!($rules, "/{pos}"), rules::get),
                route("PUT", concat!($rules, "/{pos}"), rules::update),
                route("DELETE", concat!($rules, "/{pos}"), rules::delete),
            )+
            $(route("GET", $options, options), route("PUT", $options, set_options),)+
            route("PUT", "/cluster/sdn", apply),
            route("GET", "/cluster/firewall/refs", refs),
            route("GET", "/nodes/{node}/qemu/{vmid}/firewall/refs", refs),
            route("GET", "/nodes/{node}/lxc/{vmid}/firewall/refs", refs),
            route("GET", "/nodes/{node}/firewall/log", log),
            route("GET", "/nodes/{node}/qemu/{vmid}/firewall/log", log),
            route("GET", "/nodes/{node}/lxc/{vmid}/firewall/log", log),
        ];
    };
}

collections! {
    whole:
    "/cluster/backup" by "id",
    "/cluster/ha/groups" by "group",
    "/cluster/ha/rules" by "rule",
    "/cluster/replication" by "id",
    "/cluster/sdn/zones" by "zone",
    "/cluster/sdn/vnets" by "vnet",
    "/cluster/sdn/vnets/{vnet}/subnets" by "subnet",
    "/cluster/firewall/aliases" by "name",
    "/nodes/{node}/qemu/{vmid}/firewall/aliases" by "name",
    "/nodes/{node}/lxc/{vmid}/firewall/aliases" by "name",
    "/cluster/firewall/ipset/{name}" by "cidr",
    "/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}" by "cidr",
    "/nodes/{node}/lxc/{vmid}/firewall/ipset/{name}" by "cidr";
    listed:
    "/cluster/firewall/groups" by "group",
    "/cluster/firewall/ipset" by "name",
    "/nodes/{node}/qemu/{vmid}/firewall/ipset" by "name",
    "/nodes/{node}/lxc/{vmid}/firewall/ipset" by "name";
    rules:
    "/cluster/firewall/rules",
    "/cluster/firewall/groups/{group}",
    "/nodes/{node}/firewall/rules",
    "/nodes/{node}/qemu/{vmid}/firewall/rules",
    "/nodes/{node}/lxc/{vmid}/firewall/rules";
    options:
    "/cluster/firewall/options",
    "/nodes/{node}/firewall/options",
    "/nodes/{node}/dns",
    "/nodes/{node}/qemu/{vmid}/firewall/options",
    "/nodes/{node}/lxc/{vmid}/firewall/options"
}

/// The parameter that names what is in a list.
fn name_in(list: &str) -> &'static str {
    NAMES.iter().find(|(path, _)| *path == list).map_or("name", |(_, name)| name)
}

/// The same of the list that the item of the path is in.
fn name_of(ctx: &Ctx<'_>) -> &'static str {
    name_in(ctx.template.rsplit_once('/').map_or("", |(list, _)| list))
}

/// Where the documents of a guest are, whichever node it is on.
pub(in crate::testing) fn of_guest(vmid: u32) -> String {
    format!("/guests/{vmid}")
}

/// Where what the path is about is kept, after whoever asks was found to have the right to it.
fn place(ctx: &Ctx<'_>, changes: bool) -> ApiResult<String> {
    let (guest, others) = match changes {
        true => ("VM.Config.Network", "Sys.Modify"),
        false => ("VM.Audit", "Sys.Audit"),
    };
    if ctx.vmid != 0 {
        ctx.check_vm(&[guest])?;
        ctx.world.guest_on(&ctx.place())?;
        return Ok(format!("{}/{}", of_guest(ctx.vmid), ctx.path[4..].join("/")));
    }
    let path = if ctx.node.is_empty() { "/".to_owned() } else { format!("/nodes/{}", ctx.node) };
    ctx.caller.check(&path, &[others])?;
    Ok(format!("/{}", ctx.path.join("/")))
}

/// The same of the list that an item is in, and the item's name.
fn place_and_name(ctx: &Ctx<'_>, changes: bool) -> ApiResult<(String, String)> {
    let whole = place(ctx, changes)?;
    let name = ctx.path.last().cloned().unwrap_or_default();
    let list = whole.strip_suffix(&format!("/{name}")).unwrap_or(&whole).to_owned();
    Ok((list, name))
}

/// The digest of everything at a place.
fn digest_at(ctx: &Ctx<'_>, place: &str) -> String {
    digest(&format!("{:?}", ctx.world.documents.at(place)))
}

fn check_digest(ctx: &Ctx<'_>, place: &str) -> Result<(), ApiError> {
    match ctx.param("digest") {
        Some(digest) if digest != digest_at(ctx, place) => {
            Err(ApiError::internal("detected modified configuration - file changed by other user? Try again."))
        }
        _ => Ok(()),
    }
}

/// What a request sets, as it is given back: numbers as such, booleans as 1 and 0.
pub(super) fn given(ctx: &Ctx<'_>) -> Document {
    let shape = schema::shape(ctx.method, ctx.template);
    let typed = |(name, text): (&String, &String)| {
        let value = match shape.and_then(|shape| shape.parameter(name)).map(|parameter| parameter.kind) {
            Some(Kind::Bool | Kind::Int { .. }) => text.parse::<i64>().map_or_else(|_| json!(text), Value::from),
            Some(Kind::Number) => text.parse::<f64>().map_or_else(|_| json!(text), Value::from),
            Some(Kind::Array) => text.split('\0').map(Value::from).collect(),
            _ => json!(text),
        };
        (name.clone(), value)
    };
    let asks_only = ["digest", "delete", "moveto", "rename", "force", "lock-token", "pos"];
    ctx.params.iter().filter(|(name, _)| !asks_only.contains(&name.as_str())).map(typed).collect()
}

/// Changes a document: what is set, what is deleted.
fn change(ctx: &Ctx<'_>, document: &mut Document) {
    document.extend(given(ctx));
    for name in super::guest::update::names(ctx.param("delete").unwrap_or_default()) {
        document.remove(&name);
    }
}

fn shown(document: &Document, digest: &str) -> Value {
    let mut item = json!(document);
    item["digest"] = json!(digest);
    item
}

fn position(ctx: &Ctx<'_>, key: &str, place: &str, name: &str) -> ApiResult<usize> {
    let documents = ctx.world.documents.at(place);
    let found = documents.iter().position(|document| document.get(key).is_some_and(|value| *value == *name));
    found.ok_or_else(|| ApiError::internal(format!("{key} '{name}' does not exist")))
}

fn list(ctx: &mut Ctx<'_>) -> ApiResult {
    let place = place(ctx, false)?;
    let digest = digest_at(ctx, &place);
    Ok(ctx.world.documents.at(&place).iter().map(|document| shown(document, &digest)).collect::<Value>().into())
}

fn get(ctx: &mut Ctx<'_>) -> ApiResult {
    let (place, name) = place_and_name(ctx, false)?;
    let at = position(ctx, name_of(ctx), &place, &name)?;
    Ok(shown(&ctx.world.documents.at(&place)[at], &digest_at(ctx, &place)).into())
}

fn create(ctx: &mut Ctx<'_>) -> ApiResult {
    let place = place(ctx, true)?;
    let key = name_in(ctx.template);
    let mut document = given(ctx);
    // Proxmox names a backup job that has no name.
    let name = document.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = if key == "subnet" { name.map(|cidr| subnet(ctx, &mut document, &cidr)) } else { name };
    let name = name.unwrap_or_else(|| format!("backup-{:08x}", ctx.world.count()));
    if position(ctx, key, &place, &name).is_ok() {
        return Err(ApiError::internal(format!("{key} '{name}' already exists")));
    }
    document.insert(key.into(), json!(name));
    ctx.world.documents.at_mut(&place).push(document);
    nothing()
}

/// The name of a subnet, which its zone and its prefix give it (believed).
fn subnet(ctx: &Ctx<'_>, document: &mut Document, cidr: &str) -> String {
    let vnets = ctx.world.documents.at("/cluster/sdn/vnets");
    let vnet = vnets.iter().find(|vnet| vnet.get("vnet").is_some_and(|name| *name == *ctx.path[3]));
    let zone = vnet.and_then(|vnet| vnet.get("zone")).and_then(Value::as_str).unwrap_or_default();
    document.extend([("cidr".to_owned(), json!(cidr)), ("zone".to_owned(), json!(zone))]);
    format!("{zone}-{}", cidr.replace('/', "-"))
}

/// `PUT /cluster/sdn`: what is kept is what is in use, so there is nothing to do.
fn apply(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.caller.check("/sdn", &["SDN.Allocate"])?;
    ctx.node = ctx.world.nodes.first().map(|node| node.name.clone()).unwrap_or_default();
    ctx.spawn(Job { kind: "reloadnetworkall", id: String::new(), locks: None, steps: Vec::new(), cleanup: None })
}

/// What rules may refer to: aliases and sets of addresses, of a guest and of the cluster.
fn refs(ctx: &mut Ctx<'_>) -> ApiResult {
    let place = place(ctx, false)?;
    let own = place.strip_suffix("/refs").unwrap_or_default().to_owned();
    let mut scopes = vec![("dc", "/cluster/firewall".to_owned())];
    if ctx.vmid != 0 {
        scopes.insert(0, ("guest", own));
    }
    let mut found = Vec::new();
    for (scope, place) in scopes {
        for (kind, list, sign) in [("alias", "aliases", ""), ("ipset", "ipset", "+")] {
            if ctx.param("type").is_some_and(|wanted| wanted != kind) {
                continue;
            }
            for name in
                ctx.world.documents.at(&format!("{place}/{list}")).iter().filter_map(|it| it.get("name")?.as_str())
            {
                let reference = format!("{sign}{scope}/{name}");
                found.push(json!({"type": kind, "name": name, "ref": reference, "scope": scope}));
            }
        }
    }
    Ok(Value::from(found).into())
}

/// No firewall of the fake's drops anything.
fn log(ctx: &mut Ctx<'_>) -> ApiResult {
    place(ctx, false)?;
    Ok(json!([{"n": 1, "t": "no content"}]).into())
}

fn update(ctx: &mut Ctx<'_>) -> ApiResult {
    let (place, name) = place_and_name(ctx, true)?;
    let at = position(ctx, name_of(ctx), &place, &name)?;
    check_digest(ctx, &place)?;
    let mut document = ctx.world.documents.at(&place)[at].clone();
    change(ctx, &mut document);
    if let Some(new) = ctx.param("rename") {
        document.insert(name_of(ctx).into(), json!(new));
    }
    ctx.world.documents.at_mut(&place)[at] = document;
    nothing()
}

fn delete(ctx: &mut Ctx<'_>) -> ApiResult {
    let (place, name) = place_and_name(ctx, true)?;
    let at = position(ctx, name_of(ctx), &place, &name)?;
    check_digest(ctx, &place)?;
    let below = format!("{place}/{name}");
    if !ctx.world.documents.at(&below).is_empty() && !ctx.flag("force") {
        return Err(ApiError::internal(format!("{} '{name}' is not empty", name_of(ctx))));
    }
    ctx.world.documents.forget(&below);
    ctx.world.documents.at_mut(&place).remove(at);
    nothing()
}

fn options(ctx: &mut Ctx<'_>) -> ApiResult {
    let place = place(ctx, false)?;
    let document = ctx.world.documents.at(&place).first().cloned().unwrap_or_default();
    Ok(shown(&document, &digest_at(ctx, &place)).into())
}

fn set_options(ctx: &mut Ctx<'_>) -> ApiResult {
    let place = place(ctx, true)?;
    check_digest(ctx, &place)?;
    let mut document = ctx.world.documents.at(&place).first().cloned().unwrap_or_default();
    change(ctx, &mut document);
    *ctx.world.documents.at_mut(&place) = vec![document];
    nothing()
}

/// Rules of firewalls: they are known by their position.
mod rules {
    use super::*;

    pub(super) fn list(ctx: &mut Ctx<'_>) -> ApiResult {
        let place = place(ctx, false)?;
        let digest = digest_at(ctx, &place);
        let rules = ctx.world.documents.at(&place).iter().enumerate();
        Ok(rules.map(|(pos, rule)| numbered(pos, rule, &digest)).collect::<Value>().into())
    }

    pub(super) fn get(ctx: &mut Ctx<'_>) -> ApiResult {
        let (place, pos) = place_and_pos(ctx, false)?;
        Ok(numbered(pos, &ctx.world.documents.at(&place)[pos], &digest_at(ctx, &place)).into())
    }

    pub(super) fn create(ctx: &mut Ctx<'_>) -> ApiResult {
        let place = place(ctx, true)?;
        check_digest(ctx, &place)?;
        let (rule, wanted) = (given(ctx), ctx.number("pos").unwrap_or(0));
        let rules = ctx.world.documents.at_mut(&place);
        rules.insert(min(usize::try_from(wanted).unwrap_or(usize::MAX), rules.len()), rule);
        nothing()
    }

    pub(super) fn update(ctx: &mut Ctx<'_>) -> ApiResult {
        let (place, pos) = place_and_pos(ctx, true)?;
        check_digest(ctx, &place)?;
        let mut rule = ctx.world.documents.at(&place)[pos].clone();
        change(ctx, &mut rule);
        let wanted = ctx.number("moveto").and_then(|to| usize::try_from(to).ok());
        let rules = ctx.world.documents.at_mut(&place);
        rules.remove(pos);
        // Before the rule that is there now.
        let to = wanted.map_or(pos, |to| if to > pos { to - 1 } else { to });
        rules.insert(min(to, rules.len()), rule);
        nothing()
    }

    pub(super) fn delete(ctx: &mut Ctx<'_>) -> ApiResult {
        let (place, pos) = place_and_pos(ctx, true)?;
        check_digest(ctx, &place)?;
        ctx.world.documents.at_mut(&place).remove(pos);
        nothing()
    }

    fn numbered(pos: usize, rule: &Document, digest: &str) -> Value {
        let mut item = shown(rule, digest);
        item["pos"] = json!(pos);
        item
    }

    fn place_and_pos(ctx: &Ctx<'_>, changes: bool) -> ApiResult<(String, usize)> {
        let (place, pos) = place_and_name(ctx, changes)?;
        match pos.parse() {
            Ok(pos) if pos < ctx.world.documents.at(&place).len() => Ok((place, pos)),
            _ => Err(ApiError::parameter("pos", format!("no rule at position {pos}"))),
        }
    }
}

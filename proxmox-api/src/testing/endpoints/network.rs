//! A node's interfaces: what is changed waits until it is applied or given up.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::stored::given;
use super::{Ctx, Route};
use crate::testing::documents::Document;
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::sources::Source::{Recorded, Schema};
use crate::testing::tasks::Job;
use crate::testing::world::World;

const BUT: &str = "kept as it was given: only bridges matter to anything else; the texts of errors are believed";

pub(super) const ROUTES: &[Route] = &[
    Route::by_schema("GET", "/nodes/{node}/network", Recorded, list).except("most keys are left out"),
    Route::by_schema("POST", "/nodes/{node}/network", Schema, create).except(BUT),
    Route::by_schema("PUT", "/nodes/{node}/network", Schema, apply).except(BUT),
    Route::by_schema("DELETE", "/nodes/{node}/network", Schema, revert).except(BUT),
    Route::by_schema("GET", "/nodes/{node}/network/{iface}", Schema, get).except(BUT),
    Route::by_schema("PUT", "/nodes/{node}/network/{iface}", Schema, update).except(BUT),
    Route::by_schema("DELETE", "/nodes/{node}/network/{iface}", Schema, delete).except(BUT),
];

/// Where the interfaces are kept: those that are in use, and those that will be.
fn places(node: &str) -> [String; 2] {
    [format!("/nodes/{node}/network"), format!("/nodes/{node}/network.new")]
}

/// The first of what waits tells that something does, also where no interface is left.
const WAITS: &str = "";

fn iface(document: &Document) -> Option<&str> {
    document.get("iface").and_then(Value::as_str)
}

fn kind(document: &Document) -> &str {
    document.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn is_bridge(document: &Document) -> bool {
    matches!(kind(document), "bridge" | "OVSBridge")
}

/// The interfaces in use: bridges that a test made have no document.
fn used(world: &World, node: &str) -> Vec<Document> {
    let kept = world.documents.at(&places(node)[0]);
    let bridges = world.node(node).map(|node| node.bridges.clone()).unwrap_or_default();
    let bare = bridges.iter().filter(|name| !kept.iter().any(|it| iface(it) == Some(name.as_str()))).map(|name| {
        Document::from([
            ("iface".into(), json!(name)),
            ("type".into(), json!("bridge")),
            ("autostart".into(), json!(1)),
        ])
    });
    bare.chain(kept.iter().filter(|it| !is_bridge(it) || iface(it).is_some_and(|name| bridges.contains(name))).cloned())
        .collect()
}

/// The interfaces as they will be, and whether that is still to be applied.
fn wanted(world: &World, node: &str) -> (Vec<Document>, bool) {
    match world.documents.at(&places(node)[1]) {
        [] => (used(world, node), false),
        [_, new @ ..] => (new.to_vec(), true),
    }
}

fn set_wanted(ctx: &mut Ctx<'_>, interfaces: Vec<Document>) {
    let mark = Document::from([("iface".into(), json!(WAITS))]);
    *ctx.world.documents.at_mut(&places(&ctx.node)[1]) = [vec![mark], interfaces].concat();
}

fn check(ctx: &Ctx<'_>, privilege: &str) -> Result<(), ApiError> {
    ctx.caller.check(&format!("/nodes/{}", ctx.node), &[privilege])
}

fn shown(document: &Document, used: &BTreeSet<String>) -> Value {
    let mut item = json!(document);
    item["active"] = json!(iface(document).map_or(0, |name| u8::from(used.contains(name))));
    item
}

fn list(ctx: &mut Ctx<'_>) -> ApiResult {
    let fits = |document: &Document| match ctx.param("type") {
        None => true,
        Some("any_bridge") => is_bridge(document),
        Some(wanted) => kind(document) == wanted,
    };
    let names = used(ctx.world, &ctx.node).iter().filter_map(iface).map(str::to_owned).collect();
    let (interfaces, _) = wanted(ctx.world, &ctx.node);
    Ok(interfaces.iter().filter(|it| fits(it)).map(|it| shown(it, &names)).collect::<Value>().into())
}

/// The interfaces as they will be, and where that of the path is among them.
fn found(ctx: &Ctx<'_>) -> ApiResult<(Vec<Document>, usize)> {
    let (interfaces, _) = wanted(ctx.world, &ctx.node);
    let at = interfaces.iter().position(|it| iface(it) == Some(ctx.path[3].as_str()));
    at.map(|at| (interfaces, at)).ok_or_else(|| ApiError::parameter("iface", "interface does not exist".to_owned()))
}

fn get(ctx: &mut Ctx<'_>) -> ApiResult {
    check(ctx, "Sys.Audit")?;
    let (interfaces, at) = found(ctx)?;
    Ok(json!(interfaces[at]).into())
}

fn create(ctx: &mut Ctx<'_>) -> ApiResult {
    check(ctx, "Sys.Modify")?;
    let (mut interfaces, _) = wanted(ctx.world, &ctx.node);
    let new = given(ctx);
    if interfaces.iter().any(|it| iface(it) == iface(&new)) {
        return Err(ApiError::parameter("iface", "interface already exists".to_owned()));
    }
    interfaces.push(new);
    set_wanted(ctx, interfaces);
    nothing()
}

fn update(ctx: &mut Ctx<'_>) -> ApiResult {
    check(ctx, "Sys.Modify")?;
    let (mut interfaces, at) = found(ctx)?;
    // What is not said again goes.
    interfaces[at] = given(ctx);
    interfaces[at].insert("iface".into(), json!(ctx.path[3]));
    set_wanted(ctx, interfaces);
    nothing()
}

fn delete(ctx: &mut Ctx<'_>) -> ApiResult {
    check(ctx, "Sys.Modify")?;
    let (mut interfaces, at) = found(ctx)?;
    interfaces.remove(at);
    set_wanted(ctx, interfaces);
    nothing()
}

fn revert(ctx: &mut Ctx<'_>) -> ApiResult {
    check(ctx, "Sys.Modify")?;
    ctx.world.documents.forget(&places(&ctx.node)[1]);
    nothing()
}

fn apply(ctx: &mut Ctx<'_>) -> ApiResult {
    check(ctx, "Sys.Modify")?;
    let node = ctx.node.clone();
    let step = move |world: &mut World, _: &mut Vec<String>| {
        let ([now, new], (interfaces, _)) = (places(&node), wanted(world, &node));
        if let Some(node) = world.nodes.iter_mut().find(|it| it.name == node) {
            node.bridges = interfaces.iter().filter(|it| is_bridge(it)).filter_map(iface).map(str::to_owned).collect();
        }
        *world.documents.at_mut(&now) = interfaces;
        world.documents.forget(&new);
        Ok(())
    };
    ctx.spawn(Job {
        kind: "srvreload",
        id: "networking".into(),
        locks: None,
        steps: vec![Box::new(step)],
        cleanup: None,
    })
}

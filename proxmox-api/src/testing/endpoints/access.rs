//! `/access`: tickets and permissions.

use serde_json::{Map, Value, json};

use super::{Ctx, Route};
use crate::testing::auth::PRIVILEGES;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::schema::{Kind, Param, opt, req};
use crate::testing::sources::Source::{Recorded, Schema};

const TICKET: &[Param] = &[
    req("username", Kind::Text(64)),
    req("password", Kind::Text(usize::MAX)),
    opt("new-format", Kind::Bool),
    opt("otp", Kind::Text(usize::MAX)),
    opt("path", Kind::Text(64)),
    opt("privs", Kind::Text(64)),
    opt("realm", Kind::Text(32)),
    opt("tfa-challenge", Kind::Text(usize::MAX)),
];
const PERMISSIONS: &[Param] = &[opt("path", Kind::Text(1024)), opt("userid", Kind::Text(1024))];

pub(super) const ROUTES: &[Route] = &[
    Route::post("/access/ticket", Schema, &[TICKET], ticket)
        .open()
        .except("the refusal of a wrong password is recorded"),
    Route::get("/access/permissions", Recorded, &[PERMISSIONS], permissions),
];

/// The one method without credentials.
fn ticket(ctx: &mut Ctx<'_>) -> ApiResult {
    let text = |name: &str| ctx.param(name).unwrap_or_default().to_owned();
    let (user, password) = (text("username"), text("password"));
    let user = match ctx.param("realm") {
        Some(realm) if !user.contains('@') => format!("{user}@{realm}"),
        _ => user,
    };
    let world = &mut *ctx.world;
    if world.identities.users.get(&user) != Some(&password) {
        return Err(ApiError::Plain(401, "authentication failure".into()));
    }
    let number = world.count();
    let (ticket, csrf) = world.identities.issue(&user, number);
    let mut data = json!({"username": user, "ticket": ticket, "CSRFPreventionToken": csrf, "cap": {}});
    if let Some(cluster) = &world.cluster {
        data["clustername"] = json!(cluster);
    }
    Ok(data.into())
}

fn permissions(ctx: &mut Ctx<'_>) -> ApiResult {
    let mut paths: Map<String, Value> = Map::new();
    match &ctx.caller.acl {
        None => {
            let all: Map<String, Value> = PRIVILEGES.iter().map(|p| ((*p).to_owned(), json!(1))).collect();
            for path in ["/", "/access", "/nodes", "/pool", "/sdn", "/storage", "/vms"] {
                paths.insert(path.into(), Value::Object(all.clone()));
            }
        }
        Some(acl) => {
            for grant in acl {
                let held = ctx.caller.passes_on(&grant.path, &grant.privilege);
                paths.entry(grant.path.clone()).or_insert_with(|| json!({}))[grant.privilege.as_str()] =
                    json!(u8::from(held));
            }
        }
    }
    if let Some(wanted) = ctx.param("path") {
        let held = PRIVILEGES.iter().filter(|privilege| ctx.caller.has(wanted, privilege));
        let shown = |privilege: &&str| json!(u8::from(ctx.caller.passes_on(wanted, privilege)));
        let held: Map<String, Value> = held.map(|privilege| ((*privilege).to_owned(), shown(privilege))).collect();
        return Ok(json!({ wanted: held }).into());
    }
    Ok(Value::Object(paths).into())
}

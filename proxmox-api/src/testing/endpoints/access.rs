//! `/access`: tickets and permissions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Ctx, Route, plain};
use crate::testing::auth::PRIVILEGES;
use crate::testing::reply::{ApiError, ApiResult};
use crate::testing::request::{RawParams, RawValue};
use crate::testing::schema::{Kind, Param, opt};
use crate::testing::world::World;

const PERMISSIONS: &[Param] = &[opt("path", Kind::Text(1024)), opt("userid", Kind::Text(1024))];

pub(super) fn route(method: &str, path: &[&str]) -> Option<Route> {
    match (method, path) {
        ("GET", ["permissions"]) => plain(&[PERMISSIONS], permissions),
        _ => None,
    }
}

/// `POST /access/ticket`, the one method without credentials.
pub(super) fn ticket(world: &mut World, raw: &RawParams) -> ApiResult {
    let text = |name: &str| match raw.get(name) {
        Some(RawValue::One(text)) => Ok(text.clone()),
        _ => Err((name.to_owned(), "property is missing and it is not optional".to_owned())),
    };
    let (user, password) = match (text("username"), text("password")) {
        (Ok(user), Ok(password)) => (user, password),
        (user, password) => {
            let errors: BTreeMap<_, _> = [user.err(), password.err()].into_iter().flatten().collect();
            return Err(ApiError::Parameters(errors));
        }
    };
    let user = match raw.get("realm") {
        Some(RawValue::One(realm)) if !user.contains('@') => format!("{user}@{realm}"),
        _ => user,
    };
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

//! `/access`: roles, users, their tokens, and who has which role where.

use serde_json::{Value, json};

use super::{Ctx, Route, guest::update::names};
use crate::testing::auth::{Entry, PRIVILEGES, Rights, Token};
use crate::testing::reply::{ApiError, ApiResult, nothing};
use crate::testing::schema::{Kind, Param, opt, req};
use crate::testing::sources::Source::{Recorded, Schema};

const ROLE: &[Param] = &[req("roleid", Kind::Text(256)), opt("privs", Kind::Text(usize::MAX))];
const ROLE_CHANGE: &[Param] = &[opt("privs", Kind::Text(usize::MAX)), opt("append", Kind::Bool)];
const LISTED_USERS: &[Param] = &[opt("enabled", Kind::Bool), opt("full", Kind::Bool)];
const USER: &[Param] = &[
    req("userid", Kind::Text(64)),
    opt("comment", Kind::Text(2048)),
    opt("email", Kind::Text(254)),
    opt("enable", Kind::Bool),
    opt("expire", Kind::Int(0, i64::MAX)),
    opt("firstname", Kind::Text(1024)),
    opt("groups", Kind::List),
    opt("keys", Kind::Text(usize::MAX)),
    opt("lastname", Kind::Text(1024)),
    opt("password", Kind::Text(64)),
];
const ACL: &[Param] = &[
    req("path", Kind::Text(1024)),
    req("roles", Kind::List),
    opt("users", Kind::List),
    opt("groups", Kind::List),
    opt("tokens", Kind::List),
    opt("propagate", Kind::Bool),
    opt("delete", Kind::Bool),
];
const TOKEN: &[Param] =
    &[opt("comment", Kind::Text(usize::MAX)), opt("expire", Kind::Int(0, i64::MAX)), opt("privsep", Kind::Bool)];

pub(super) const ROUTES: &[Route] = &[
    Route::get("/access/roles", Schema, &[], roles),
    Route::post("/access/roles", Recorded, &[ROLE], add_role)
        .except("a role that exists, or a privilege that does not"),
    Route::put("/access/roles/{roleid}", Schema, &[ROLE_CHANGE], change_role)
        .except("a role that does not exist, or a privilege that does not"),
    Route::get("/access/users", Recorded, &[LISTED_USERS], users).except("whoever may see them all"),
    Route::post("/access/users", Recorded, &[USER], add_user).except("a user who exists"),
    Route::get("/access/acl", Recorded, &[], acl),
    Route::put("/access/acl", Schema, &[ACL], change_acl).except("groups are left out"),
    Route::get("/access/users/{userid}/token", Recorded, &[], tokens),
    Route::post("/access/users/{userid}/token/{tokenid}", Recorded, &[TOKEN], add_token)
        .except("a token that exists; what a token with rights of its own may is not bounded by what its user may"),
    Route::by_schema("GET", "/access/users/{userid}/token/{tokenid}", Schema, token)
        .except("comment and expiry are not kept"),
    Route::by_schema("DELETE", "/access/users/{userid}/token/{tokenid}", Recorded, remove_token)
        .except("a token that does not exist"),
];

fn roles(ctx: &mut Ctx<'_>) -> ApiResult {
    let roles = &ctx.world.identities.roles;
    Ok(roles
        .iter()
        .map(|(id, privileges)| json!({"roleid": id, "privs": privileges.join(",")}))
        .collect::<Value>()
        .into())
}

/// The privileges that a request names, all of which there must be.
fn privileges(ctx: &Ctx<'_>) -> ApiResult<Vec<String>> {
    ctx.caller.check("/access", &["Sys.Modify"])?;
    let all = names(ctx.param("privs").unwrap_or_default());
    match all.iter().find(|it| !PRIVILEGES.contains(&it.as_str())) {
        Some(unknown) => Err(ApiError::parameter("privs", format!("invalid format - invalid privilege '{unknown}'"))),
        None => Ok(all),
    }
}

fn add_role(ctx: &mut Ctx<'_>) -> ApiResult {
    let privileges = privileges(ctx)?;
    let id = ctx.param("roleid").unwrap_or_default().to_owned();
    if ctx.world.identities.roles.contains_key(&id) {
        return Err(ApiError::internal(format!("create role failed: role '{id}' already exists")));
    }
    ctx.world.identities.roles.insert(id, privileges);
    nothing()
}

fn change_role(ctx: &mut Ctx<'_>) -> ApiResult {
    let (privileges, append) = (privileges(ctx)?, ctx.flag("append"));
    let id = ctx.path[2].clone();
    let Some(role) = ctx.world.identities.roles.get_mut(&id) else {
        return Err(ApiError::internal(format!("update role failed: role '{id}' does not exist")));
    };
    if !append {
        role.clear();
    }
    role.extend(privileges);
    nothing()
}

fn users(ctx: &mut Ctx<'_>) -> ApiResult {
    let identities = &ctx.world.identities;
    let all = identities.users.keys().chain(&identities.accounts);
    let shown = all.map(|id| {
        let realm = id.rsplit_once('@').map_or("", |(_, realm)| realm);
        json!({"userid": id, "enable": 1, "expire": 0, "realm-type": realm})
    });
    Ok(shown.collect::<Value>().into())
}

fn add_user(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.caller.check("/access/groups", &["User.Modify"])?;
    let (id, password) = (ctx.param("userid").unwrap_or_default().to_owned(), ctx.param("password").map(str::to_owned));
    let identities = &mut ctx.world.identities;
    if identities.users.contains_key(&id) || identities.accounts.contains(&id) {
        return Err(ApiError::internal(format!("create user failed: user '{id}' already exists")));
    }
    match password {
        Some(password) => drop(identities.users.insert(id, password)),
        None => drop(identities.accounts.insert(id)),
    }
    nothing()
}

fn acl(ctx: &mut Ctx<'_>) -> ApiResult {
    let entries = ctx.world.identities.acl.iter().filter(|it| ctx.caller.has(&it.path, "Permissions.Modify"));
    let shown = entries.map(|entry| {
        let kind = if entry.user.contains('!') { "token" } else { "user" };
        json!({"path": entry.path, "ugid": entry.user, "roleid": entry.role, "type": kind, "propagate": 1})
    });
    Ok(shown.collect::<Value>().into())
}

fn change_acl(ctx: &mut Ctx<'_>) -> ApiResult {
    let path = ctx.param("path").unwrap_or_default().to_owned();
    ctx.caller.check(&path, &["Permissions.Modify"])?;
    let (users, roles) = (names(ctx.param("users").unwrap_or_default()), names(ctx.param("roles").unwrap_or_default()));
    let identities = &mut ctx.world.identities;
    if let Some(unknown) = roles.iter().find(|role| !identities.roles.contains_key(*role)) {
        return Err(ApiError::internal(format!("update ACL failed: role '{unknown}' does not exist")));
    }
    let known = |user: &String| identities.users.contains_key(user) || identities.accounts.contains(user);
    if let Some(unknown) = users.iter().find(|user| !known(user)) {
        return Err(ApiError::internal(format!("update ACL failed: user '{unknown}' does not exist")));
    }
    let tokens = names(ctx.param("tokens").unwrap_or_default());
    let delete = ctx.flag("delete");
    let identities = &mut ctx.world.identities;
    if let Some(unknown) = tokens.iter().find(|token| !identities.tokens.contains_key(*token)) {
        return Err(ApiError::internal(format!("update ACL failed: token '{unknown}' does not exist")));
    }
    for (user, role) in users.iter().chain(&tokens).flat_map(|user| roles.iter().map(move |role| (user, role))) {
        let entry = Entry { path: path.clone(), user: user.clone(), role: role.clone() };
        identities.acl.retain(|held| *held != entry);
        if !delete {
            identities.acl.push(entry);
        }
    }
    nothing()
}

fn tokens(ctx: &mut Ctx<'_>) -> ApiResult {
    let of = format!("{}!", ctx.path[2]);
    let names = ctx.world.identities.tokens.keys().filter_map(|id| id.strip_prefix(&of));
    Ok(names.map(|name| json!({"tokenid": name, "privsep": 0, "expire": 0})).collect::<Value>().into())
}

/// The token of the path, of one's own user or with the right to change users.
fn named_token(ctx: &Ctx<'_>) -> ApiResult<String> {
    if ctx.caller.user != ctx.path[2] {
        ctx.caller.check("/access/groups", &["User.Modify"])?;
    }
    let id = format!("{}!{}", ctx.path[2], ctx.path[4]);
    match ctx.world.identities.tokens.contains_key(&id) {
        true => Ok(id),
        false => Err(ApiError::internal(format!("no such token '{}' for user '{}'", ctx.path[4], ctx.path[2]))),
    }
}

fn token(ctx: &mut Ctx<'_>) -> ApiResult {
    let id = named_token(ctx)?;
    let separate = !matches!(ctx.world.identities.tokens[&id].rights, Rights::OfUser);
    Ok(json!({"privsep": u8::from(separate), "expire": 0}).into())
}

fn remove_token(ctx: &mut Ctx<'_>) -> ApiResult {
    let id = named_token(ctx)?;
    ctx.world.identities.tokens.remove(&id);
    ctx.world.identities.acl.retain(|entry| entry.user != id);
    nothing()
}

fn add_token(ctx: &mut Ctx<'_>) -> ApiResult {
    let (user, name) = (ctx.path[2].clone(), ctx.path[4].clone());
    if ctx.caller.user != user {
        ctx.caller.check("/access/groups", &["User.Modify"])?;
    }
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if name.len() < 2 || !begins || !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        return Err(ApiError::parameter("tokenid", "value does not match the regex pattern"));
    }
    let (id, separate) = (format!("{user}!{name}"), ctx.param("privsep") != Some("0"));
    let number = ctx.world.count();
    let identities = &mut ctx.world.identities;
    if identities.tokens.contains_key(&id) {
        return Err(ApiError::parameter("tokenid", "Token already exists."));
    }
    let secret = format!("{number:08x}-0000-4000-8000-000000000000");
    let rights = if separate { Rights::These(Vec::new()) } else { Rights::OfUser };
    identities.tokens.insert(id.clone(), Token { secret: secret.clone(), rights });
    let privsep = if separate { "1" } else { "0" };
    Ok(json!({"full-tokenid": id, "value": secret, "info": {"privsep": privsep}}).into())
}

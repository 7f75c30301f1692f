//! Who asks: the token of a request. Wrong is 403, never 401, and there is no `WWW-Authenticate` (seen: 4.7.3).

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::schema::{Kind, Model};
use super::settings::{Access, Settings};
use super::store::Store;
use super::tokens;

/// Whose token it is, and what it may do.
///
/// # Errors
///
/// 403, with NetBox's text.
pub(super) fn authenticate(
    settings: &Settings,
    store: &Store,
    header: Option<&str>,
) -> Result<(String, Access), Answer> {
    let missing = || Answer::detail(403, "Authentication credentials were not provided.");
    let (keyword, given) = header.and_then(|header| header.split_once(' ')).ok_or_else(missing)?;
    // The keyword is not checked against the kind of token: the prefix decides.
    if !keyword.eq_ignore_ascii_case("token") && !keyword.eq_ignore_ascii_case("bearer") {
        return Err(missing());
    }
    let v2 = given.starts_with("nbt_") && settings.version.has_v2_tokens();
    if v2 && !given.contains('.') {
        let text = "Invalid authorization header: Could not parse key from v2 token. Did you mean to use 'Token' instead of 'Bearer'?";
        return Err(Answer::detail(403, text));
    }
    if let Some(known) = settings.tokens.iter().find(|token| token.value == given) {
        return Ok((known.user.clone(), known.access.clone()));
    }
    if let Some(token) = tokens::known(store, settings.version, given) {
        let user = token.number("user").and_then(|user| store.get(Kind::User, user));
        let name = user.map(|user| user.text("username").to_owned()).unwrap_or_default();
        let is_admin = settings.tokens.iter().any(|known| known.user == name && known.access == Access::Full);
        let access = match (token.value("write_enabled") == &json!(true), is_admin) {
            (false, true) => Access::ReadOnly,
            (true, true) => Access::Full,
            _ => Access::Permitted,
        };
        return Ok((name, access));
    }
    Err(match (v2, settings.version.has_v2_tokens()) {
        (true, _) => Answer::detail(403, "Invalid v2 token"),
        (false, true) => Answer::detail(403, "Invalid v1 token"),
        (false, false) => Answer::detail(403, "Invalid token"),
    })
}

/// The permission that a method takes.
fn deed(method: &str) -> &'static str {
    match method {
        "POST" => "add",
        "PUT" | "PATCH" => "change",
        "DELETE" => "delete",
        _ => "view",
    }
}

/// Whether this access of a user may do that with objects of a type.
pub(super) fn allowed(access: &Access, store: &Store, user: u64, of: &Model, method: &str) -> Result<(), Answer> {
    let may = match access {
        Access::Full | Access::ChangesNothing => true,
        Access::ReadOnly | Access::SeesNothing => deed(method) == "view",
        Access::Lacks(deeds) => {
            !deeds.iter().any(|(lacks, path)| *lacks == deed(method) && path.trim_matches('/') == of.path)
        }
        Access::Except(paths) => !paths.iter().any(|denied| denied.trim_matches('/') == of.path),
        Access::Permitted => tokens::permits(store, user, &of.object_type(), deed(method)),
        Access::None => false,
    };
    if may { Ok(()) } else { Err(Answer::detail(403, "You do not have permission to perform this action.")) }
}

/// What `OPTIONS` of a list tells: that a token may add (`POST`) and change (`PUT`), whatever the constraints of its permissions. Whoever is
/// known may ask (source: NetBox's `BulkOperationMetadata`; the fields of the actions are left out).
pub(super) fn options(access: &Access, store: &Store, user: u64, model: &Model) -> Answer {
    // A constraint that matches nothing is no lack of the permission.
    let may = |method| *access == Access::SeesNothing || allowed(access, store, user, model, method).is_ok();
    let actions = ["POST", "PUT"].into_iter().filter(|method| model.writable && may(method));
    let actions: Map<String, Value> = actions.map(|method| (method.to_owned(), json!({}))).collect();
    let mut told = json!({"name": format!("{} List", model.class), "description": "", "renders": ["application/json", "text/html"],
        "parses": ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]});
    if !actions.is_empty() {
        told["actions"] = Value::Object(actions);
    }
    Answer::new(200, told)
}

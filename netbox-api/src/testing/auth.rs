//! Who asks: the token of a request. Wrong is 403, never 401, and there is no `WWW-Authenticate` (seen: 4.7.3).

use super::answer::Answer;
use super::settings::{Access, Settings, Token};

/// Whose token it is.
///
/// # Errors
///
/// 403, with NetBox's text.
pub(super) fn authenticate<'a>(settings: &'a Settings, header: Option<&str>) -> Result<&'a Token, Answer> {
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
    let known = settings.tokens.iter().find(|token| token.value == given);
    known.ok_or_else(|| match (v2, settings.version.has_v2_tokens()) {
        (true, _) => Answer::detail(403, "Invalid v2 token"),
        (false, true) => Answer::detail(403, "Invalid v1 token"),
        (false, false) => Answer::detail(403, "Invalid token"),
    })
}

/// Whether this access may do that.
pub(super) fn allowed(access: &Access, path: &str, writes: bool) -> Result<(), Answer> {
    let may = match access {
        Access::Full => true,
        Access::ReadOnly | Access::SeesNothing => !writes,
        Access::Except(paths) => !paths.iter().any(|denied| denied.trim_matches('/') == path),
        Access::None => false,
    };
    if may { Ok(()) } else { Err(Answer::detail(403, "You do not have permission to perform this action.")) }
}

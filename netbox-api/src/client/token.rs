//! The header that carries a token.

use http::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;

/// A token, and the header made of it. Neither can be printed.
pub(super) struct Token {
    secret: SecretString,
    header: HeaderValue,
}

impl Token {
    /// `nbt_` begins a token of version 2 (NetBox 4.5), all others are of version 1.
    pub(super) fn new(token: &SecretString) -> Result<Self, Error> {
        let text = token.expose_secret().trim();
        if text.is_empty() {
            return Err(Error::config("the token of NetBox is empty"));
        }
        let keyword = if text.starts_with("nbt_") { "Bearer" } else { "Token" };
        let mut header = HeaderValue::from_str(&format!("{keyword} {text}"))
            .map_err(|_| Error::config("the token of NetBox has characters that no token has"))?;
        header.set_sensitive(true);
        Ok(Self { secret: SecretString::from(text), header })
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    pub(super) fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_decides_the_keyword() {
        let header = |token: &str| Token::new(&token.to_owned().into()).map(|token| token.header());
        assert_eq!(header("nbt_key.secret\n").unwrap(), "Bearer nbt_key.secret");
        assert_eq!(header("0123456789abcdef").unwrap(), "Token 0123456789abcdef");
        assert!(header(" \n").is_err());
        let error = header("nbt_one\ntwo").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("nbt_one"));
    }
}

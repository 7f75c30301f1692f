//! Who we are: an API token, or a ticket for a user and a password.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::Error;

/// Tickets are good for two hours (Proxmox VE 9.1).
const TICKET_LIFE: Duration = Duration::from_secs(2 * 60 * 60);

const CSRF_HEADER: HeaderName = HeaderName::from_static("csrfpreventiontoken");

pub(super) enum Auth {
    Token { header: HeaderValue, secret: SecretString },
    Ticket(Login),
}

/// A user with a password, and the ticket they last got.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: SecretString,
    ticket: RwLock<Option<Arc<Ticket>>>,
    /// Held while logging in: who waits for it uses the new ticket instead of logging in too.
    renewing: tokio::sync::Mutex<()>,
}

/// What a login gives.
pub(super) struct Ticket {
    cookie: HeaderValue,
    csrf: HeaderValue,
    secrets: [SecretString; 2],
    obtained: Instant,
}

impl Auth {
    /// `token`: `user@realm!name=secret`.
    pub(super) fn token(token: &SecretString) -> Result<Self, Error> {
        let text = token.expose_secret().trim();
        let invalid = || Error::config("not an API token: expected user@realm!name=secret");
        let (id, secret) = text.split_once('=').ok_or_else(invalid)?;
        let (user, name) = id.split_once('!').ok_or_else(invalid)?;
        if !user.contains('@') || name.is_empty() || secret.is_empty() {
            return Err(invalid());
        }
        let mut header = HeaderValue::from_str(&format!("PVEAPIToken={text}")).map_err(|_| invalid())?;
        header.set_sensitive(true);
        Ok(Auth::Token { header, secret: secret.into() })
    }

    pub(super) fn ticket(user: &str, password: SecretString) -> Result<Self, Error> {
        if !user.contains('@') {
            return Err(Error::config(format!("the user {user:?} has no realm: expected something like {user}@pam")));
        }
        let login = Login {
            user: user.to_owned(),
            password,
            ticket: RwLock::default(),
            renewing: tokio::sync::Mutex::default(),
        };
        Ok(Auth::Ticket(login))
    }

    /// Hides our secrets in a text that came from outside.
    pub(super) fn redact(&self, text: String) -> String {
        let hide = |text, secret: &SecretString| hide(text, secret.expose_secret());
        match self {
            Auth::Token { secret, .. } => hide(text, secret),
            Auth::Ticket(login) => {
                let text = hide(text, &login.password);
                login.current().iter().flat_map(|ticket| &ticket.secrets).fold(text, hide)
            }
        }
    }
}

/// Hides a secret in a text. What is very short is no secret, and may be part of a word.
pub(super) fn hide(text: String, secret: &str) -> String {
    if secret.len() < 4 { text } else { text.replace(secret, "[hidden]") }
}

impl Login {
    /// The ticket to use now; a new one is got by `log_in` if there is none or half its life is over.
    pub(super) async fn ticket<F: Future<Output = Result<Ticket, Error>>>(
        &self,
        log_in: impl FnOnce() -> F,
    ) -> Result<Arc<Ticket>, Error> {
        if let Some(ticket) = self.fresh() {
            return Ok(ticket);
        }
        let _renewing = self.renewing.lock().await;
        if let Some(ticket) = self.fresh() {
            return Ok(ticket);
        }
        match log_in().await {
            Ok(ticket) => {
                let ticket = Arc::new(ticket);
                *self.ticket.write().unwrap_or_else(PoisonError::into_inner) = Some(ticket.clone());
                Ok(ticket)
            }
            // The old one may still do while nobody gives a new one.
            Err(error) => self.current().filter(|ticket| ticket.obtained.elapsed() < TICKET_LIFE).ok_or(error),
        }
    }

    /// Forgets this ticket, unless there is a newer one already.
    pub(super) fn discard(&self, refused: &Arc<Ticket>) {
        let mut ticket = self.ticket.write().unwrap_or_else(PoisonError::into_inner);
        if ticket.as_ref().is_some_and(|current| Arc::ptr_eq(current, refused)) {
            *ticket = None;
        }
    }

    fn current(&self) -> Option<Arc<Ticket>> {
        self.ticket.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fresh(&self) -> Option<Arc<Ticket>> {
        self.current().filter(|ticket| ticket.obtained.elapsed() < TICKET_LIFE / 2)
    }
}

impl Ticket {
    /// `None` if they cannot be sent in headers.
    pub(super) fn new(ticket: &str, csrf: &str) -> Option<Self> {
        let mut cookie = HeaderValue::from_str(&format!("PVEAuthCookie={ticket}")).ok()?;
        let mut csrf_header = HeaderValue::from_str(csrf).ok()?;
        cookie.set_sensitive(true);
        csrf_header.set_sensitive(true);
        Some(Self { cookie, csrf: csrf_header, secrets: [ticket.into(), csrf.into()], obtained: Instant::now() })
    }

    /// Writes need the second header.
    pub(super) fn headers(&self, writes: bool) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([(COOKIE, self.cookie.clone())]);
        if writes {
            headers.insert(CSRF_HEADER, self.csrf.clone());
        }
        headers
    }
}

pub(super) fn token_headers(header: &HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, header.clone())])
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Auth::Token { .. } => f.write_str("Token([hidden])"),
            Auth::Ticket(login) => write!(f, "Ticket({}, [hidden])", login.user),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_a_user_a_realm_a_name_and_a_secret() {
        assert!(Auth::token(&" automation@pve!netbox=s3cret-value\n".into()).is_ok());
        for bad in [
            "",
            "s3cret-value",
            "root@pam=s3cret-value",
            "root!x=s3cret-value",
            "root@pam!x=",
            "root@pam!=s3cret-value",
            "r@p!x=s3cret\nvalue",
        ] {
            let error = Auth::token(&bad.into()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{bad}");
        }
        assert!(Auth::ticket("root", "s3cret-value".into()).is_err());
    }

    #[test]
    fn known_secrets_are_hidden_in_what_comes_from_outside() {
        let auth = Auth::token(&"root@pam!x=s3cret-value".into()).unwrap();
        assert_eq!(auth.redact("PVEAPIToken=root@pam!x=s3cret-value?".into()), "PVEAPIToken=root@pam!x=[hidden]?");
        assert!(!format!("{auth:?}").contains("s3cret"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_ticket_is_renewed_at_half_its_life_and_kept_while_nobody_gives_a_new_one() {
        let Auth::Ticket(login) = Auth::ticket("root@pam", "s3cret-value".into()).unwrap() else { unreachable!() };
        let give = |name: &'static str| move || async move { Ok(Ticket::new(name, "csrf").unwrap()) };
        let refuse = || async { Err(Error::config("down")) };
        let secret = |ticket: Arc<Ticket>| ticket.secrets[0].expose_secret().to_owned();

        assert_eq!(secret(login.ticket(give("first")).await.unwrap()), "first");
        tokio::time::advance(Duration::from_secs(3599)).await;
        assert_eq!(secret(login.ticket(give("second")).await.unwrap()), "first");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(secret(login.ticket(refuse).await.unwrap()), "first");
        assert_eq!(secret(login.ticket(give("second")).await.unwrap()), "second");
        tokio::time::advance(TICKET_LIFE).await;
        assert!(login.ticket(refuse).await.is_err());

        let old = login.ticket(give("third")).await.unwrap();
        login.discard(&old);
        let new = login.ticket(give("fourth")).await.unwrap();
        login.discard(&old);
        assert_eq!(secret(login.ticket(refuse).await.unwrap()), secret(new));
    }
}

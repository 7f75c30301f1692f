//! What a client's builder was told of the way to its server, before it is known whether that way is taken.

use std::mem;

use crate::Trust;
use crate::proxy::{Proxies, Source};

/// Which certificates are trusted, and where the proxy is said: each as it was said, one after the other.
pub struct Chosen {
    trust: Result<Trust, String>,
    proxy: Source,
}

impl Default for Chosen {
    fn default() -> Self {
        Self { trust: Ok(Trust::System), proxy: Source::default() }
    }
}

impl Chosen {
    /// Trusts by this, too. What is wrong with it, alone or beside what was said before, is told by [`used`](Self::used).
    pub fn trust(&mut self, more: Result<Trust, String>) {
        self.trust = mem::replace(&mut self.trust, Ok(Trust::System)).and_then(|trust| trust.and(more?));
    }

    /// The proxy is said here.
    pub fn through(&mut self, proxy: Source) {
        self.proxy = proxy;
    }

    /// Whether certificates are verified.
    #[must_use]
    pub fn verifies(&self) -> bool {
        !matches!(self.trust, Ok(Trust::Anything))
    }

    /// Another transport is used, so nothing may have been said of this one that a user would miss.
    ///
    /// # Errors
    /// Something was.
    pub fn unused(&self) -> Result<(), String> {
        if matches!(self.proxy, Source::Given(_)) {
            return Err("a transport of your own brings its own proxies; give no other".to_owned());
        }
        if !matches!(self.trust, Ok(Trust::System)) {
            return Err("a transport of your own brings its own certificates; give no others".to_owned());
        }
        Ok(())
    }

    /// What a [`SetUp`](crate::SetUp) needs of it.
    ///
    /// # Errors
    /// What was said of certificates cannot be used.
    pub fn used(self) -> Result<(Trust, Proxies), String> {
        Ok((self.trust?, self.proxy.proxies()))
    }
}

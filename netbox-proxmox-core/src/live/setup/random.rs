//! Secrets that nobody can guess, from the system's own source.

use secrecy::SecretString;

use crate::executor::{Failure, FailureKind};

const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

/// 240 random bits, as 40 characters that need no quoting anywhere.
pub(super) fn secret() -> Result<SecretString, Failure> {
    let mut bytes = [0_u8; 40];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(FailureKind::Refused, format!("the system gives no random numbers: {error}")))?;
    let text: String = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)])).collect();
    Ok(text.into())
}

/// The same with what NetBox's rules for passwords ask for: a capital, a small letter and a digit.
pub(super) fn password() -> Result<SecretString, Failure> {
    use secrecy::ExposeSecret;
    Ok(format!("{}-aA1", secret()?.expose_secret()).into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn each_is_another_one() {
        let (one, two) = (secret().unwrap(), secret().unwrap());
        assert_ne!(one.expose_secret(), two.expose_secret());
        assert_eq!(one.expose_secret().len(), 40);
    }
}

//! A file of variables, as systemd, containers and shells read them: `NAME=value`, one a line.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::exit::{Exit, Problem};

/// The file. What is in it already stays, unless it is set.
pub struct EnvironmentFile {
    path: PathBuf,
    variables: BTreeMap<String, SecretString>,
}

impl EnvironmentFile {
    /// Reads the file, if it is there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(cannot(path, "read", &error)),
        };
        let variables =
            text.lines().filter_map(|line| line.trim().split_once('=')).filter(|(name, _)| !name.starts_with('#'));
        let variables = variables.map(|(name, value)| (name.to_owned(), unquoted(value).into())).collect();
        Ok(Self { path: path.to_owned(), variables })
    }

    /// What it says of a variable.
    pub fn get(&self, name: &str) -> Option<&SecretString> {
        self.variables.get(name)
    }

    /// Sets a variable. One that is given itself is not given by a file besides, and the other way round.
    pub fn set(&mut self, name: &str, value: SecretString) {
        let other = name.strip_suffix("_FILE").map_or_else(|| format!("{name}_FILE"), str::to_owned);
        self.variables.remove(&other);
        self.variables.insert(name.to_owned(), value);
    }

    /// Writes the file, for its owner only.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self) -> Result<(), Problem> {
        let mut text =
            String::from("# Settings of netbox-proxmox: it holds secrets. `netbox-proxmox setup --env` writes it.\n");
        for (name, value) in &self.variables {
            text.push_str(&format!("{name}={}\n", quoted(value.expose_secret())));
        }
        write_private(&self.path, &text)
    }
}

/// Whether a file can be written there, tried before there is something to lose.
///
/// # Errors
/// It cannot.
pub fn can_write(path: &Path) -> Result<(), Problem> {
    let is_folder = || std::io::Error::from(std::io::ErrorKind::IsADirectory);
    let tried = tempfile::NamedTempFile::new_in(folder(path))
        .and_then(|_| if path.is_dir() { Err(is_folder()) } else { Ok(()) });
    tried.map_err(|error| cannot(path, "written", &error))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file that its owner only can read; it is there as a whole or not at all.
///
/// # Errors
/// It cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<(), Problem> {
    // Made with mode 600, beside the one that it replaces.
    let written = tempfile::NamedTempFile::new_in(folder(path)).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map(drop).map_err(|error| cannot(path, "written", &error))
}

fn cannot(path: &Path, what: &str, error: &std::io::Error) -> Problem {
    Problem::new(Exit::Failed, format!("{} cannot be {what}: {error}", path.display()))
}

/// In single quotes where a shell would read something else.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./!~-".contains(c);
    if value.chars().all(plain) { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    match value.strip_prefix('\'').and_then(|value| value.strip_suffix('\'')) {
        Some(inner) => inner.replace(r"'\''", "'"),
        None => value.trim_matches('"').to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_there_stays_and_only_the_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.env");
        std::fs::write(&path, "# mine\nNETBOX_PROXMOX_LISTEN=0.0.0.0:80\nNETBOX_TOKEN_FILE=/run/x\nODD='it'\\''s'\n")
            .unwrap();
        let mut file = EnvironmentFile::open(&path).unwrap();
        file.set("NETBOX_TOKEN", "nbt_a.b".into());
        file.set("PROXMOX_TOKEN", "netbox@pve!bridge=1-2".into());
        file.write().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "NETBOX_PROXMOX_LISTEN=0.0.0.0:80",
                "NETBOX_TOKEN=nbt_a.b",
                "ODD='it'\\''s'",
                "PROXMOX_TOKEN=netbox@pve!bridge=1-2"
            ]
        );
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        file.set("PROXMOX_TOKEN_FILE", "/run/y".into());
        assert!(file.get("PROXMOX_TOKEN").is_none(), "both are refused");
        assert_eq!(EnvironmentFile::open(&path).unwrap().get("ODD").unwrap().expose_secret(), "it's");
    }
}

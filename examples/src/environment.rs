//! A file of variables, as systemd, containers and shells read them: `NAME=value`, one a line.
//!
//! A value is in quotes only where a shell needs them: docker and podman take quotes for a part of the value.

use std::io::Write;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::exit::{Exit, Problem};

/// What a new file begins with.
const HEAD: &str = "# Settings of netbox-proxmox: it holds secrets. `netbox-proxmox setup --env` wrote it.";

/// The file, line by line. What is in it already stays where it is, comments too, unless it is set.
pub struct EnvironmentFile {
    path: PathBuf,
    lines: Vec<Line>,
}

/// A line, and the variable that it sets.
struct Line {
    name: Option<String>,
    text: SecretString,
}

impl Line {
    fn read(text: &str) -> Self {
        let trimmed = text.trim_start();
        let set = trimmed.strip_prefix("export ").unwrap_or(trimmed).split_once('=');
        let name = set.map(|(name, _)| name.trim()).filter(|_| !trimmed.starts_with('#'));
        Self { name: name.map(str::to_owned), text: text.into() }
    }

    fn of(name: &str, value: &SecretString) -> Self {
        let text = format!("{name}={}", quoted(value.expose_secret()));
        Self { name: Some(name.to_owned()), text: text.into() }
    }

    fn sets(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }

    fn value(&self) -> Option<SecretString> {
        Some(unquoted(self.text.expose_secret().split_once('=')?.1).into())
    }
}

impl EnvironmentFile {
    /// Reads the file, if it is there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => HEAD.to_owned(),
            Err(error) => return Err(cannot(path, "read", &error)),
        };
        Ok(Self { path: path.to_owned(), lines: text.lines().map(Line::read).collect() })
    }

    /// What it says of a variable: of several lines the last one counts.
    pub fn get(&self, name: &str) -> Option<SecretString> {
        self.lines.iter().rfind(|line| line.sets(name))?.value()
    }

    /// Sets a variable, in the line that it has. One that is given itself is not given by a file besides, and the other way
    /// round.
    pub fn set(&mut self, name: &str, value: SecretString) {
        let other = name.strip_suffix("_FILE").map_or_else(|| format!("{name}_FILE"), str::to_owned);
        let is_same = |known: SecretString| known.expose_secret() == value.expose_secret();
        if self.get(name).is_some_and(is_same) {
            return self.lines.retain(|line| !line.sets(&other));
        }
        let at = self.lines.iter().position(|line| line.sets(name) || line.sets(&other)).unwrap_or(self.lines.len());
        self.lines.retain(|line| !line.sets(name) && !line.sets(&other));
        self.lines.insert(at, Line::of(name, &value));
    }

    /// The variables whose values are in quotes, by which docker and podman read another value.
    pub fn in_quotes(&self) -> Vec<&str> {
        let quoted = |line: &&Line| {
            let value = line.text.expose_secret().split_once('=').map_or("", |(_, value)| value.trim());
            value.starts_with(['\'', '"'])
        };
        self.lines
            .iter()
            .filter(|line| line.name.is_some())
            .filter(quoted)
            .filter_map(|it| it.name.as_deref())
            .collect()
    }

    /// Writes the file, for its owner only.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self) -> Result<(), Problem> {
        let lines: Vec<&str> = self.lines.iter().map(|line| line.text.expose_secret()).collect();
        write_private(&self.path, &(lines.join("\n") + "\n"))
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

/// In single quotes where a shell would read something else. It takes a value of an assignment as it is written but for
/// these: it is not split, nor are `*` and braces expanded there.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./!-*?[]{}^#".contains(c);
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

    fn file(text: &str) -> (tempfile::TempDir, EnvironmentFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.env");
        std::fs::write(&path, text).unwrap();
        let file = EnvironmentFile::open(&path).unwrap();
        (folder, file)
    }

    fn written(file: &EnvironmentFile) -> String {
        file.write().unwrap();
        std::fs::read_to_string(&file.path).unwrap()
    }

    #[test]
    fn what_is_there_stays_where_it_is_and_only_the_owner_reads_it() {
        let (_folder, mut file) = file(
            "# mine\nexport NETBOX_PROXMOX_LISTEN=0.0.0.0:80\n\n# by hand\nNETBOX_TOKEN_FILE=/run/x\nODD='it'\\''s'\n#NETBOX_URL=\n",
        );
        file.set("NETBOX_TOKEN", "nbt_a.b".into());
        file.set("NETBOX_PROXMOX_LISTEN", "0.0.0.0:80".into());
        file.set("PROXMOX_TOKEN", "netbox@pve!bridge=1-2".into());
        assert_eq!(
            written(&file),
            "# mine\nexport NETBOX_PROXMOX_LISTEN=0.0.0.0:80\n\n# by hand\nNETBOX_TOKEN=nbt_a.b\nODD='it'\\''s'\n#NETBOX_URL=\n\
             PROXMOX_TOKEN=netbox@pve!bridge=1-2\n"
        );
        assert_eq!(std::fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
        file.set("PROXMOX_TOKEN_FILE", "/run/y".into());
        assert!(file.get("PROXMOX_TOKEN").is_none(), "both are refused");
        assert_eq!(file.get("ODD").unwrap().expose_secret(), "it's");
        assert!(file.get("NETBOX_URL").is_none(), "a comment sets nothing");
    }

    #[test]
    fn a_variable_that_is_set_twice_is_set_once_then() {
        let (_folder, mut file) = file("A=1\nB=2\nA=3\n");
        assert_eq!(file.get("A").unwrap().expose_secret(), "3");
        file.set("A", "4".into());
        assert_eq!(written(&file), "A=4\nB=2\n");
    }

    #[test]
    fn a_new_file_says_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = EnvironmentFile::open(&folder.path().join("new.env")).unwrap();
        file.set("A", "1".into());
        assert_eq!(written(&file), format!("{HEAD}\nA=1\n"));
    }

    #[test]
    fn only_what_a_shell_would_read_otherwise_is_in_quotes() {
        let (_folder, mut file) = file("");
        let values = [
            "https://pve1:8006,https://pve2:8006",
            "netbox@pve!bridge=1-2",
            "aZ9+/=",
            "a b",
            "$x",
            "~x",
            "it's",
            "*{}#",
        ];
        for (at, value) in values.iter().enumerate() {
            file.set(&format!("V{at}"), (*value).into());
        }
        assert_eq!(file.in_quotes(), ["V3", "V4", "V5", "V6"]);
        file.write().unwrap();
        let script =
            format!(". {}; for at in 0 1 2 3 4 5 6 7; do eval \"echo \\\"\\$V$at\\\"\"; done", file.path.display());
        let read = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(read.stdout).unwrap().lines().collect::<Vec<_>>(), values);
    }
}

//! The script with the buttons: its text, with where the server is; uploaded, and uploaded again once it has changed.

use netbox_api::{Client, ErrorKind};
use serde_json::{Value, json};

use super::object::{Kind, MADE, Object, Present, Wanted};
use super::pages::origin;
use super::plan::Remark;
use super::refusal::refused;
use crate::executor::Failure;

/// The text; `@SERVER@` and `@VERSION@` are filled in.
const TEXT: &str = include_str!("proxmox_bridge.py");

/// Its file in NetBox.
pub(super) const FILE: &str = "proxmox_bridge.py";

/// The attribute under which the text is sent.
pub(super) const CONTENT: &str = "file";

/// The script of a server, and its version: another text has another one.
fn of_server(server: &str) -> (String, String) {
    let text = TEXT.replace("@SERVER@", server);
    let version = format!("{:016x}", hash(&text));
    (text.replace("@VERSION@", &version), version)
}

/// FNV-1a, which is the same in each build.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The script, where NetBox does not have it as it should be.
pub(super) fn wanted(receiver: Option<&str>, present: &Present, remarks: &mut Vec<Remark>) -> Option<Wanted> {
    let Some(server) = receiver.and_then(origin) else {
        remarks.push(Remark::problem(
            "the script has to know where the server is: say with --receiver URL where NetBox reaches it",
        ));
        return None;
    };
    let (text, version) = of_server(&server);
    let found = present.all(Kind::Script).next();
    if found.is_some_and(|found| found.text("version") == version) {
        return None;
    }
    Some(Wanted::new(Kind::Script, FILE, found).always("version", version).secret(CONTENT, text.into()))
}

/// The script as NetBox has it, by what each of its parts says of itself: `display` names the file, the description ends with the
/// version.
pub(super) async fn look(netbox: &Client) -> Result<Vec<Object>, Failure> {
    let listed = match netbox.get_all(Kind::Script.path(), &[]).await {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotNetBox => Vec::new(),
        Err(error) => return Err(refused(&error, "view", Kind::Script, "scripts")),
    };
    let of_file = format!("({})", FILE.trim_end_matches(".py"));
    let text = |script: &Value, name: &str| script.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let ours = listed.iter().find(|script| text(script, "display").ends_with(&of_file));
    let object = ours.and_then(|script| {
        let description = text(script, "description");
        let version = description.rsplit_once('(').map_or("", |(_, version)| version.trim_end_matches(')'));
        let id = script.get("module")?.as_u64()?;
        Object::read(Kind::Script, json!({"id": id, "name": FILE, "version": version, "description": MADE}))
    });
    Ok(object.into_iter().collect())
}

/// Uploads it. One that is there is replaced where NetBox can do that: 4.7.3 has no address for it.
pub(super) async fn upload(netbox: &Client, text: &str, replaces: bool) -> Result<netbox_api::client::Answer, Failure> {
    let (method, path) = match replaces {
        false => ("POST", "extras/scripts/upload".to_owned()),
        true => ("PATCH", format!("extras/scripts/upload/{FILE}")),
    };
    let what = format!("script {FILE}");
    netbox.upload(method, &path, CONTENT, FILE, text).await.map_err(|error| match error.kind() {
        ErrorKind::NotNetBox | ErrorKind::Refused | ErrorKind::NotFound if replaces => {
            let why = format!(
                "{what} has changed, and this NetBox cannot replace it by its API: delete it there (Customization, Scripts), and run this \
                 again ({error})"
            );
            Failure::new(crate::executor::FailureKind::Refused, why)
        }
        _ => refused(&error, if replaces { "change" } else { "add" }, Kind::Script, &what),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_knows_its_server_and_its_version_and_no_secret() {
        let (text, version) = of_server("http://bridge:8080");
        assert!(
            text.contains("SERVER = \"http://bridge:8080\"")
                && !text.contains("@SERVER@")
                && !text.contains("@VERSION@")
        );
        assert!(text.contains(&format!("VERSION = \"{version}\"")));
        assert_ne!(of_server("http://other:8080").1, version);
        assert_eq!(of_server("http://bridge:8080").1, version);
    }
}

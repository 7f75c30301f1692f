//! What is no row of a table: the dashboard, and scripts.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::request::Request;
use super::settings::Access;
use super::state::State;

/// A module of scripts.
#[derive(Clone, Debug)]
pub(super) struct Module {
    id: u64,
    file: String,
    text: String,
}

impl State {
    /// The dashboard: of each user in NetBox, here of all. A PATCH replaces what it mentions (recorded: 4.7.3; that one who has not
    /// seen it yet has an empty one is believed).
    pub(super) fn dashboard(&mut self, request: &Request) -> Result<Answer, Answer> {
        match request.method.as_str() {
            "GET" | "HEAD" => {}
            "PATCH" | "PUT" => {
                let body: Map<String, Value> = serde_json::from_slice(&request.body).unwrap_or_default();
                let known = ["layout", "config"];
                self.dashboard.extend(body.into_iter().filter(|(name, _)| known.contains(&name.as_str())));
            }
            method => return Err(Answer::detail(405, format!("Method \"{method}\" not allowed."))),
        }
        Ok(Answer::new(200, Value::Object(self.dashboard.clone())))
    }

    /// The scripts of all modules. Their form is recorded (4.7.3); their names and descriptions are read from the text here, where
    /// NetBox runs it.
    pub(super) fn scripts(&self) -> Answer {
        let mut scripts: Vec<Value> = Vec::new();
        for module in &self.modules {
            let version = module.text.lines().find_map(|line| line.strip_prefix("VERSION = ")).unwrap_or_default();
            for (name, description) in classes(&module.text) {
                let id = scripts.len() + 1;
                let description = description.replace("{VERSION}", version.trim_matches('"'));
                let display = format!("{name} ({})", module.file.trim_end_matches(".py"));
                scripts
                    .push(json!({"id": id, "module": module.id, "name": name, "description": description, "vars": {},
                    "result": null, "display": display, "is_executable": true}));
            }
        }
        Answer::new(200, json!({"count": scripts.len(), "next": null, "previous": null, "results": scripts}))
    }

    /// Takes a file from a form: 201 (recorded: 4.7.3); 403 without the permission (recorded). What a second file of one name does
    /// is not known: it is refused here.
    pub(super) fn upload(&mut self, request: &Request, access: &Access) -> Result<Answer, Answer> {
        if request.method != "POST" {
            return Err(Answer::detail(405, format!("Method \"{}\" not allowed.", request.method)));
        }
        if *access != Access::Full {
            return Err(Answer::detail(403, "You do not have permission to perform this action."));
        }
        let form = String::from_utf8_lossy(&request.body).into_owned();
        let parts = form.split_once("filename=\"").and_then(|(_, rest)| {
            let (file, rest) = rest.split_once('"')?;
            let (_, rest) = rest.split_once("\r\n\r\n")?;
            Some((file.to_owned(), rest.rsplit_once("\r\n--")?.0.to_owned()))
        });
        let Some((file, text)) = parts else {
            return Err(Answer::new(400, json!({"file": ["No file was submitted."]})));
        };
        if self.modules.iter().any(|known| known.file == file) {
            return Err(Answer::new(400, json!({"file": ["A script module with this file name already exists."]})));
        }
        let id = self.modules.len() as u64 + 1;
        self.modules.push(Module { id, file: file.clone(), text });
        let display = file.trim_end_matches(".py").to_owned();
        Ok(Answer::new(201, json!({"id": id, "display": display, "file_path": file})))
    }
}

/// The classes of scripts in a text, each with its description.
fn classes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\nclass ").skip(1).filter_map(|class| {
        let (name, rest) = class.split_once('(')?;
        let (bases, body) = rest.split_once("):")?;
        let described = body.lines().find_map(|line| line.trim().strip_prefix("description = f\""));
        bases.contains("Script").then(|| (name, described.unwrap_or_default().trim_end_matches('"')))
    })
}

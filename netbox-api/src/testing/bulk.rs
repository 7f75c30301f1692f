//! Writes to a list: one object to create, or several to create, change or delete, all or none.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::api::{Done, not_an_object, precondition, refusal, remove};
use super::fields::python_type;
use super::ordering;
use super::schema::{Kind, Model};
use super::store::Record;
use super::write::{Refused, Work};

/// A write to a list.
pub(super) fn list(
    work: &mut Work<'_>,
    model: &Model,
    method: &str,
    body: &Value,
    condition: Option<&str>,
) -> Result<Done, Answer> {
    match (method, body) {
        ("POST", Value::Array(items)) => create(work, model.kind, items),
        ("POST", Value::Object(fields)) => {
            work.create(model.kind, fields).map(|id| Done::One(201, id)).map_err(refusal)
        }
        // A body that is missing is an empty form, so the required fields are missing.
        ("POST", Value::Null) => work.create(model.kind, &Map::new()).map(|id| Done::One(201, id)).map_err(refusal),
        ("POST", other) => Err(not_an_object(other)),
        (_, Value::Array(items)) => {
            let targets = targets(work, model.kind, items)?;
            for (id, _) in &targets {
                precondition(work, model.kind, *id, condition)?;
            }
            if method == "DELETE" {
                delete(work, model.kind, &targets)
            } else {
                update(work, model.kind, &targets, method == "PUT")
            }
        }
        (_, Value::Null) => Err(Answer::detail(400, "Expected a list of objects, but no data was submitted.")),
        (_, other) => Err(Answer::detail(400, format!("Expected a list of objects, but got {}.", python_type(other)))),
    }
}

fn create(work: &mut Work<'_>, kind: Kind, items: &[Value]) -> Result<Done, Answer> {
    let mut ids = Vec::new();
    let mut wrong = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let fields = item.as_object().ok_or_else(|| not_an_object(item))?;
        match work.create(kind, fields) {
            Ok(id) => ids.push(id),
            Err(Refused::Invalid(errors)) => wrong.push(json!({"index": index, "errors": errors})),
            Err(Refused::Other(answer)) => return Err(answer),
        }
    }
    if wrong.is_empty() { Ok(Done::Many(201, ids)) } else { Err(failed(work, 400, "created", items.len(), &wrong)) }
}

type Targets<'a> = Vec<(u64, &'a Map<String, Value>)>;

/// The objects that a list names, each once.
fn targets<'a>(work: &Work<'_>, kind: Kind, items: &'a [Value]) -> Result<Targets<'a>, Answer> {
    let mut targets: Targets<'a> = Vec::new();
    let mut nameless = Vec::new();
    let mut unknown = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let fields = item.as_object().ok_or_else(|| not_an_object(item))?;
        match fields.get("id").and_then(Value::as_u64) {
            None => nameless.push(json!({"index": index, "errors": {"id": ["This field is required."]}})),
            Some(id) if work.store.get(kind, id).is_none() => {
                unknown.push(json!({"id": id, "errors": {"id": [format!("Object with ID {id} does not exist")]}}));
            }
            Some(id) => targets.push((id, fields)),
        }
    }
    let mut repeated: Vec<Value> = Vec::new();
    for (id, _) in &targets {
        let times = targets.iter().filter(|(other, _)| other == id).count();
        if times > 1 && !repeated.iter().any(|error| error.get("id") == Some(&json!(id))) {
            let text = format!("Each object may be specified only once; ID {id} is listed {times} times");
            repeated.push(json!({"id": id, "errors": {"id": [text]}}));
        }
    }
    let of = items.len();
    let refuse = |text: String, errors: &[Value]| Err(explain(work, 400, text, errors));
    match (nameless.len(), repeated.len(), unknown.len()) {
        (0, 0, 0) => Ok(targets),
        (0, 0, count) => refuse(format!("{count} of {of} objects could not be found."), &unknown),
        (0, count, _) => refuse(format!("{count} of {of} objects are listed more than once."), &repeated),
        (count, ..) => refuse(format!("{count} of {of} objects failed validation."), &nameless),
    }
}

/// In the natural order of the objects, whatever that of the list: so NetBox changes, tells and answers them (seen on 4.7.3).
fn update(work: &mut Work<'_>, kind: Kind, targets: &Targets<'_>, whole: bool) -> Result<Done, Answer> {
    let mut wrong = Vec::new();
    let mut records: Vec<&Record> = targets.iter().filter_map(|(id, _)| work.store.get(kind, *id)).collect();
    ordering::sort(work.store, kind, &mut records, None);
    let order: Vec<u64> = records.iter().map(|record| record.id).collect();
    for (id, fields) in order.iter().filter_map(|id| targets.iter().find(|(of, _)| of == id)) {
        match work.update(kind, *id, fields, whole) {
            Ok(()) => {}
            Err(Refused::Invalid(errors)) => wrong.push(json!({"id": id, "errors": errors})),
            Err(Refused::Other(answer)) => return Err(answer),
        }
    }
    if wrong.is_empty() { Ok(Done::Many(200, order)) } else { Err(failed(work, 400, "updated", targets.len(), &wrong)) }
}

fn delete(work: &mut Work<'_>, kind: Kind, targets: &Targets<'_>) -> Result<Done, Answer> {
    let mut wrong = Vec::new();
    for (id, _) in targets {
        if let Err(dependents) = remove(work, kind, *id) {
            let text = format!("Unable to delete: {} dependent object(s) prevent deletion.", dependents.len());
            wrong.push(json!({"id": id, "errors": {"__all__": [text]}}));
        }
    }
    if wrong.is_empty() { Ok(Done::Nothing) } else { Err(failed(work, 409, "deleted", targets.len(), &wrong)) }
}

fn failed(work: &Work<'_>, status: u16, what: &str, of: usize, errors: &[Value]) -> Answer {
    explain(work, status, format!("{} of {of} objects could not be {what}.", errors.len()), errors)
}

/// Before 4.7 a bulk error was only the list of the objects' errors (release notes).
fn explain(work: &Work<'_>, status: u16, text: String, errors: &[Value]) -> Answer {
    if work.settings.version.explains_bulk_errors() {
        return Answer::new(status, json!({"detail": text, "errors": errors}));
    }
    Answer::new(status, errors.iter().map(|error| error.get("errors").cloned().unwrap_or_default()).collect())
}

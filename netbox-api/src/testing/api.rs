//! The REST API: from a request to its answer.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::auth;
use super::branches::{BranchWords, WRITTEN};
use super::bulk;
use super::change_log::Origin;
use super::custom_fields::choices;
use super::filters;
use super::models::model;
use super::ordering;
use super::paging::{self, Query, last};
use super::places::{Place, locate};
use super::request::{Identity, Request, Way};
use super::schema::{Kind, Model};
use super::settings::Access;
use super::state::State;
use super::store::{Record, Store};
use super::tokens;
use super::write::{Refused, Work};

/// Who asks and what they may.
pub(super) struct Asker {
    pub(super) user: u64,
    name: String,
    pub(super) access: Access,
    silent: bool,
}

impl State {
    /// Executes a request.
    pub(super) fn answer(&mut self, request: &Request) -> Answer {
        match (request.schema(), self.branch_of(request)) {
            (Some(schema), _) => self.in_branch(schema, &request.identity, |state| state.answered(request)),
            (None, Ok(None)) => self.answered(request),
            (None, Ok(Some(schema))) => {
                let inside = Request { way: Way::Branch(schema.clone()), ..request.clone() };
                self.in_branch(&schema, &request.identity, |state| state.answered(&inside))
            }
            (None, Err(refusal)) => {
                let id = self.clock.request_id();
                self.dressed(refusal, &id)
            }
        }
    }

    fn answered(&mut self, request: &Request) -> Answer {
        self.pass();
        let id = match &request.way {
            Way::Again(id) => id.clone(),
            _ => self.clock.request_id(),
        };
        if request.path == "/graphql/" {
            // As GraphQL refuses a query (the form is recorded, the text is ours).
            let message =
                "the fake NetBox has no GraphQL: give what it is to answer by a fault, or a transport of your own";
            return self.dressed(Answer::new(200, json!({"data": null, "errors": [{"message": message}]})), &id);
        }
        let inside = request.path.strip_prefix("/api/");
        let place = inside.and_then(|path| locate(path.trim_end_matches('/')));
        let reads = matches!(request.method.as_str(), "GET" | "HEAD");
        let Some(place) = place else { return self.dressed(Answer::page(404, "Page Not Found"), &id) };
        if !request.path.ends_with('/') {
            if reads {
                return Answer {
                    html: true,
                    ..Answer::new(301, Value::from("")).with("Location", format!("{}/", request.path))
                };
            }
            return self.dressed(Answer::page(404, "Page Not Found"), &id);
        }
        let answer = self.asked(request, place, &id).unwrap_or_else(|refusal| refusal);
        self.dressed(answer, &id)
    }

    fn dressed(&self, answer: Answer, id: &str) -> Answer {
        answer
            .with("X-Request-ID", id)
            .with("API-Version", self.settings.version.api())
            .with("Vary", "HX-Request, Accept-Language, Cookie, origin")
    }

    fn asked(&mut self, request: &Request, place: Place, id: &str) -> Result<Answer, Answer> {
        let asker = self.asker(request)?;
        self.negotiate(request)?;
        let reads = matches!(request.method.as_str(), "GET" | "HEAD");
        let (model, object) = match place {
            Place::Root => {
                return read_only(request, || json!({"status": format!("{}/api/status/", self.settings.url)}));
            }
            Place::Status => return read_only(request, || self.status()),
            Place::AuthenticationCheck => {
                let user = self.store.get(Kind::User, asker.user).cloned();
                let view = self.settings.view(&self.store, &self.settings.url);
                return read_only(request, || {
                    user.map_or(Value::Null, |user| Value::Object(view.full(Kind::User, &user)))
                });
            }
            // For superusers only (source).
            Place::Queues if asker.access != Access::Full => {
                return Err(Answer::detail(403, "You do not have permission to perform this action."));
            }
            Place::Queues => return read_only(request, || self.queues()),
            Place::Choices(set) => {
                let set = self.store.get(Kind::ChoiceSet, set).ok_or_else(|| not_found(model(Kind::ChoiceSet)))?;
                let shown: Vec<_> = choices(set).map(|(value, label)| json!({"id": value, "display": label})).collect();
                return read_only(
                    request,
                    || json!({"count": shown.len(), "next": null, "previous": null, "results": shown}),
                );
            }
            Place::Available(prefix, what) => return self.available(request, prefix, what, &asker, id),
            Place::Dashboard => return self.dashboard(request),
            Place::Scripts => {
                return if reads { Ok(self.scripts()) } else { Err(Answer::detail(405, "Method not allowed.")) };
            }
            Place::ScriptUpload => return self.upload(request, &asker.access),
            Place::BranchChanges => return read_only(request, || self.branch_changes(&request.query)),
            Place::BranchAction(branch, verb) => {
                if request.method != "POST" {
                    return Err(Answer::detail(405, format!("Method \"{}\" not allowed.", request.method)));
                }
                auth::allowed(&asker.access, &self.store, asker.user, model(Kind::Branch), "PATCH")?;
                let body = parse(&request.body)?;
                return Ok(self.act_on_branch(branch, verb, &body, &asker.name));
            }
            Place::List(model) => (model, None),
            Place::Object(model, object) => (model, Some(object)),
        };
        if request.method == "OPTIONS" {
            return Ok(auth::options(&asker.access, &self.store, asker.user, model));
        }
        let known = match (reads, object, request.method.as_str()) {
            (true, ..) => true,
            (_, Some(_), "PUT" | "PATCH" | "DELETE") | (_, None, "POST" | "PUT" | "PATCH" | "DELETE") => model.writable,
            _ => false,
        };
        if !known {
            return Err(Answer::detail(405, format!("Method \"{}\" not allowed.", request.method)));
        }
        auth::allowed(&asker.access, &self.store, asker.user, model, &request.method)?;
        let hidden = asker.access == Access::SeesNothing || (!reads && asker.access == Access::ChangesNothing);
        if object.is_some_and(|id| self.store.get(model.kind, id).is_none() || hidden) {
            return Err(not_found(model));
        }
        if reads {
            return match object {
                Some(object) => Ok(self.object(model, object, &request.query)),
                None => self.list(model, &asker, request),
            };
        }
        self.write(request, model, object, &asker, id)
    }

    fn asker(&mut self, request: &Request) -> Result<Asker, Answer> {
        let (name, access, silent) = match &request.identity {
            Identity::Header => {
                let header = request.header("authorization");
                let (user, access) = auth::authenticate(&self.settings, &self.store, header)?;
                (user, access, false)
            }
            Identity::User(name) => (name.clone(), Access::Full, false),
            Identity::Shell => ("shell".to_owned(), Access::Full, true),
        };
        Ok(Asker { user: self.user(&name), name, access, silent })
    }

    /// `Accept` and `Content-Type`.
    fn negotiate(&self, request: &Request) -> Result<(), Answer> {
        let accept = request.header("accept").unwrap_or("*/*");
        if !accept.contains("json")
            && !accept.contains("*/*")
            && !accept.contains("application/*")
            && !accept.contains("text/html")
        {
            return Err(Answer::detail(406, "Could not satisfy the request Accept header."));
        }
        if let Some((_, version)) = accept.split_once("version=")
            && !version.starts_with(&self.settings.version.api())
        {
            return Err(Answer::detail(406, "Invalid version in \"Accept\" header."));
        }
        let content = request.header("content-type").unwrap_or("application/json");
        let is_upload = request.path == "/api/extras/scripts/upload/" && content.starts_with("multipart/form-data");
        if !request.body.is_empty() && !content.starts_with("application/json") && !is_upload {
            return Err(Answer::detail(415, format!("Unsupported media type \"{content}\" in request.")));
        }
        Ok(())
    }

    fn object(&self, model: &Model, id: u64, query: &Query) -> Answer {
        let Some(record) = self.store.get(model.kind, id) else { return not_found(model) };
        let answer = Answer::new(200, self.shown(&self.store, model, record, query));
        if self.settings.version.has_etags() && model.kind != Kind::ObjectChange {
            answer.with("ETag", record.etag())
        } else {
            answer
        }
    }

    /// With `fields=`, `omit=` and `brief` applied; names nobody knows are ignored.
    fn shown(&self, store: &Store, model: &Model, record: &Record, query: &Query) -> Value {
        let view = self.settings.view(store, &self.settings.url);
        let lists = |name: &str| last(query, name).map(|list| list.split(',').collect::<Vec<_>>());
        if last(query, "brief").is_some_and(|brief| filters::truth(brief) == Some(true)) {
            return Value::Object(view.brief(model.kind, record));
        }
        let mut full = view.full(model.kind, record);
        if let Some(fields) = lists("fields") {
            full.retain(|name, _| fields.contains(&name.as_str()));
        }
        if let Some(omit) = lists("omit").filter(|_| self.settings.version.omits()) {
            full.retain(|name, _| !omit.contains(&name.as_str()));
        }
        Value::Object(full)
    }

    fn list(&self, model: &Model, asker: &Asker, request: &Request) -> Result<Answer, Answer> {
        let mut records = filters::apply(&self.store, model.kind, &request.query)?;
        if asker.access == Access::SeesNothing {
            records.clear();
        }
        if last(&request.query, "start").is_none() || !self.settings.version.pages_by_cursor() {
            ordering::sort(&self.store, model.kind, &mut records, last(&request.query, "ordering"));
        }
        let show = |record: &Record| self.shown(&self.store, model, record, &request.query);
        paging::page(&self.settings, request, records, show).map(|page| Answer::new(200, page))
    }

    pub(super) fn write(
        &mut self,
        request: &Request,
        model: &'static Model,
        object: Option<u64>,
        asker: &Asker,
        id: &str,
    ) -> Result<Answer, Answer> {
        let mut body = parse(&request.body)?;
        let message = take_message(&mut body);
        only_shown(&mut body, &request.query);
        if model.kind == Kind::Branch {
            objects(&mut body).for_each(|branch| branch.retain(|name, _| WRITTEN.contains(&name.as_str())));
            if request.method == "POST" {
                objects(&mut body).for_each(|branch| drop(branch.insert("owner".to_owned(), json!(asker.user))));
            }
        }
        let condition = request.header("if-match").filter(|_| self.settings.version.has_etags()).map(str::to_owned);
        let origin = Origin {
            id: id.to_owned(),
            path: request.path.clone(),
            method: request.method.clone(),
            query: told(&request.query),
            user: asker.name.clone(),
            message,
            branch: BranchWords::default(),
        };
        let origin = self.told_of_branch(origin, &request.way, model, object);
        let race = self.race_of(request, model, object);
        let mut work = self.work(asker.user);
        let done = match object {
            Some(object) => one(&mut work, model, object, &request.method, &body, condition.as_deref()),
            None => bulk::list(&mut work, model, &request.method, &body, condition.as_deref()),
        };
        let done = match done {
            Ok(done) => done,
            Err(refusal) => {
                work.store.undo();
                self.finish_race(race);
                return Err(refusal);
            }
        };
        if matches!(request.way, Way::Again(_)) {
            work.as_loaded();
        }
        let deliveries = if asker.silent { Vec::new() } else { work.finish(&origin) };
        self.dispatch(deliveries);
        if let Some(schema) = request.schema() {
            self.remember(schema, &origin);
        }
        let answer = self.written(model, &done, &request.query);
        if let (Kind::Branch, Done::One(201, branch)) = (model.kind, &done) {
            // Its answer says `new`, without what it gets by then.
            self.provision(*branch);
        }
        self.finish_race(race);
        Ok(answer)
    }

    /// What a write answers with.
    fn written(&self, model: &Model, done: &Done, query: &Query) -> Answer {
        let show = |id: &u64| {
            self.store.get(model.kind, *id).map_or(Value::Null, |record| self.shown(&self.store, model, record, query))
        };
        match done {
            Done::Nothing => Answer::empty(204),
            Done::Many(status, ids) => Answer::new(*status, ids.iter().map(show).collect()),
            Done::One(status, id) => {
                let mut answer = Answer { status: *status, ..self.object(model, *id, query) };
                if let (201, Kind::Token, Some(token)) = (*status, model.kind, self.store.get(model.kind, *id)) {
                    let (name, secret) = tokens::disclosed(self.settings.version, token);
                    answer.body[name] = secret;
                }
                let location = format!("{}/api/{}/{id}/", self.settings.url, model.path);
                if *status == 201 { answer.with("Location", location) } else { answer }
            }
        }
    }
}

/// What a write did.
pub(super) enum Done {
    One(u16, u64),
    Many(u16, Vec<u64>),
    Nothing,
}

/// A write to one object.
fn one(
    work: &mut Work<'_>,
    model: &Model,
    id: u64,
    method: &str,
    body: &Value,
    condition: Option<&str>,
) -> Result<Done, Answer> {
    precondition(work, model.kind, id, condition)?;
    if method == "DELETE" {
        remove(work, model.kind, id).map_err(|dependents| {
            let named: Vec<_> = dependents.iter().map(|(name, id)| format!("{name} ({id})")).collect();
            Answer::detail(
                409,
                format!("Unable to delete object. {} dependent objects were found: {}", named.len(), named.join(", ")),
            )
        })?;
        return Ok(Done::Nothing);
    }
    let nothing = Map::new();
    let fields = if body.is_null() { &nothing } else { body.as_object().ok_or_else(|| not_an_object(body))? };
    work.update(model.kind, id, fields, method == "PUT").map_err(refusal)?;
    Ok(Done::One(200, id))
}

/// Deletes, with what only a custom field leaves behind.
pub(super) fn remove(work: &mut Work<'_>, kind: Kind, id: u64) -> Result<(), super::cascade::Dependents> {
    let field =
        work.store.get(kind, id).map(|record| record.text("name").to_owned()).filter(|_| kind == Kind::CustomField);
    work.delete(kind, id)?;
    if let Some(field) = field {
        work.forget_custom_field(&field);
    }
    Ok(())
}

/// `If-Match`: the weak form only, `*` for no check; a list of tags is allowed.
pub(super) fn precondition(work: &Work<'_>, kind: Kind, id: u64, condition: Option<&str>) -> Result<(), Answer> {
    let Some(record) = work.store.get(kind, id) else { return Ok(()) };
    let current = record.etag();
    let holds = condition.is_none_or(|tags| tags.split(',').map(str::trim).any(|tag| tag == "*" || tag == current));
    if holds { Ok(()) } else { Err(Answer::detail(412, "Precondition failed.").with("ETag", current)) }
}

pub(super) fn refusal(refused: Refused) -> Answer {
    match refused {
        Refused::Invalid(errors) => Answer::errors(errors),
        Refused::Other(answer) => answer,
    }
}

pub(super) fn not_an_object(body: &Value) -> Answer {
    let text = format!("Invalid data. Expected a dictionary, but got {}.", super::fields::python_type(body));
    Answer::errors(super::custom_fields::one("non_field_errors", &text))
}

fn not_found(model: &Model) -> Answer {
    Answer::detail(404, format!("No {} matches the given query.", model.class))
}

fn read_only(request: &Request, body: impl FnOnce() -> Value) -> Result<Answer, Answer> {
    if matches!(request.method.as_str(), "GET" | "HEAD") {
        Ok(Answer::new(200, body()))
    } else {
        Err(Answer::detail(405, format!("Method \"{}\" not allowed.", request.method)))
    }
}

/// `changelog_message` is for the change log only. Of several in a list the first counts for all.
fn take_message(body: &mut Value) -> String {
    let taken = objects(body).filter_map(|object| object.remove("changelog_message")).collect::<Vec<_>>();
    taken.first().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The objects of a body: itself, or those of a list.
fn objects(body: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let items = match body {
        Value::Array(items) => items.as_mut_slice(),
        single => std::slice::from_mut(single),
    };
    items.iter_mut().filter_map(Value::as_object_mut)
}

/// The query as a delivery tells it: the last value of each parameter, and nothing of a background job's (seen: 4.7.3).
fn told(query: &Query) -> Map<String, Value> {
    if last(query, "background").is_some() {
        Map::new()
    } else {
        query.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
    }
}

/// What `fields=` does not show cannot be written either: it is ignored (seen: 4.7.3).
fn only_shown(body: &mut Value, query: &Query) {
    let Some(fields) = last(query, "fields") else { return };
    let keep = |name: &str| name == "id" || fields.split(',').any(|field| field == name);
    for object in objects(body) {
        object.retain(|name, _| keep(name));
    }
}

pub(super) fn parse(body: &[u8]) -> Result<Value, Answer> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|error| {
        Answer::detail(400, format!("JSON parse error - {error}: line {} column {}", error.line(), error.column()))
    })
}

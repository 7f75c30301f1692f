//! The next free address or prefix of a prefix. What a list of free addresses says was recorded (4.7.3); which ones are left out, free
//! prefixes and the refusals are believed.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::api::{Asker, parse};
use super::auth;
use super::models::model;
use super::paging::last;
use super::request::Request;
use super::schema::Kind;
use super::state::State;
use super::store::Record;

/// What is to be given out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Available {
    Ips,
    Prefixes,
}

/// How many free addresses a list shows at most, and if nobody says how many.
const MOST: (usize, usize) = (1000, 50);

impl State {
    pub(super) fn available(
        &mut self,
        request: &Request,
        id: u64,
        what: Available,
        asker: &Asker,
        request_id: &str,
    ) -> Result<Answer, Answer> {
        let made = if what == Available::Ips { Kind::IpAddress } else { Kind::Prefix };
        auth::allowed(&asker.access, &self.store, asker.user, model(made), &request.method)?;
        let within = self.store.get(Kind::Prefix, id).cloned();
        let within = within.ok_or_else(|| Answer::detail(404, "No Prefix matches the given query."))?;
        match (request.method.as_str(), what) {
            ("GET" | "HEAD", Available::Ips) => {
                let asked = last(&request.query, "limit").and_then(|limit| limit.parse().ok());
                let most = asked.filter(|most| (1..=MOST.0).contains(most)).unwrap_or(MOST.1);
                let free = self.free_ips(&within).into_iter().flatten().take(most);
                Ok(Answer::new(200, free.map(|address| self.shown_free("address", &address, &within)).collect()))
            }
            ("GET" | "HEAD", Available::Prefixes) => {
                let free = self.free_prefixes(&within);
                Ok(Answer::new(200, free.iter().map(|free| self.shown_free("prefix", free, &within)).collect()))
            }
            ("POST", _) => {
                let mut body = parse(&request.body)?;
                if body.is_null() {
                    body = json!({});
                }
                let wanted = match &mut body {
                    Value::Array(items) => items.as_mut_slice(),
                    one => std::slice::from_mut(one),
                };
                let mut wanted: Vec<&mut Map<String, Value>> =
                    wanted.iter_mut().filter_map(Value::as_object_mut).collect();
                match what {
                    Available::Ips => self.give_ips(&within, &mut wanted)?,
                    Available::Prefixes => self.give_prefixes(&within, &mut wanted)?,
                }
                let create = Request { body: body.to_string().into_bytes(), ..request.clone() };
                self.write(&create, model(made), None, asker, request_id)
            }
            (method, _) => Err(Answer::detail(405, format!("Method \"{method}\" not allowed."))),
        }
    }

    fn shown_free(&self, name: &str, free: &IpNet, within: &Record) -> Value {
        let family = if free.addr().is_ipv4() { 4 } else { 6 };
        let vrf = self.settings.view(&self.store, &self.settings.url).nested(Kind::Vrf, within.number("vrf"));
        json!({"family": family, name: free.to_string(), "vrf": vrf})
    }

    /// What is in the same VRF.
    fn beside<'a>(&'a self, kind: Kind, column: &'a str, within: &'a Record) -> impl Iterator<Item = IpNet> + 'a {
        let beside = self.store.all(kind).filter(move |it| it.id != within.id || kind != Kind::Prefix);
        beside
            .filter(move |it| it.number("vrf") == within.number("vrf"))
            .filter_map(move |it| it.text(column).parse().ok())
    }

    fn free_ips(&self, within: &Record) -> Option<impl Iterator<Item = IpNet>> {
        let net: IpNet = within.text("prefix").parse().ok()?;
        let taken: BTreeSet<IpAddr> = self.beside(Kind::IpAddress, "address", within).map(|it| it.addr()).collect();
        let pool = within.value("is_pool") == &json!(true);
        let hosts: Box<dyn Iterator<Item = IpAddr>> = match net {
            // A pool's first and last address are addresses like others.
            IpNet::V4(net) if pool => {
                Box::new((u32::from(net.network())..=u32::from(net.broadcast())).map(|it| IpAddr::V4(it.into())))
            }
            IpNet::V4(net) => Box::new(net.hosts().map(IpAddr::V4)),
            // The first one means any router.
            IpNet::V6(net) => {
                let skipped = usize::from(!pool && net.prefix_len() < 127);
                Box::new(net.hosts().skip(skipped).map(IpAddr::V6))
            }
        };
        let length = net.prefix_len();
        Some(hosts.filter(move |host| !taken.contains(host)).filter_map(move |host| IpNet::new(host, length).ok()))
    }

    fn free_prefixes(&self, within: &Record) -> Vec<IpNet> {
        let Ok(net) = within.text("prefix").parse::<IpNet>() else { return Vec::new() };
        let taken: Vec<IpNet> =
            self.beside(Kind::Prefix, "prefix", within).filter(|it| net.contains(it) && *it != net).collect();
        let mut free = Vec::new();
        split(net.trunc(), &taken, &mut free);
        free
    }

    fn give_ips(&self, within: &Record, wanted: &mut [&mut Map<String, Value>]) -> Result<(), Answer> {
        let mut free = self.free_ips(within).into_iter().flatten();
        for fields in wanted {
            let address = free.next().ok_or_else(exhausted)?;
            give(fields, "address", &address, within);
        }
        Ok(())
    }

    fn give_prefixes(&self, within: &Record, wanted: &mut [&mut Map<String, Value>]) -> Result<(), Answer> {
        let mut free = self.free_prefixes(within);
        for fields in wanted {
            let length = fields.remove("prefix_length").and_then(|length| u8::try_from(length.as_u64()?).ok());
            let Some(length) = length else {
                return Err(Answer::errors(super::custom_fields::one("prefix_length", "This field is required.")));
            };
            let block = free.iter().position(|block| block.prefix_len() <= length).ok_or_else(exhausted)?;
            let given = IpNet::new(free[block].network(), length).map_err(|_| exhausted())?;
            let mut rest = Vec::new();
            split(free[block], &[given], &mut rest);
            free.splice(block..=block, rest);
            give(fields, "prefix", &given, within);
        }
        Ok(())
    }
}

fn give(fields: &mut Map<String, Value>, name: &str, given: &IpNet, within: &Record) {
    fields.insert(name.to_owned(), json!(given.to_string()));
    fields.insert("vrf".to_owned(), within.value("vrf").clone());
}

fn exhausted() -> Answer {
    Answer::detail(409, "Insufficient resources are available to satisfy the request")
}

/// The largest parts of a network in which nothing is taken.
fn split(net: IpNet, taken: &[IpNet], free: &mut Vec<IpNet>) {
    if taken.iter().any(|it| it.contains(&net)) {
        return;
    }
    if !taken.iter().any(|it| net.contains(it)) {
        free.push(net);
        return;
    }
    for half in net.subnets(net.prefix_len() + 1).into_iter().flatten() {
        split(half, taken, free);
    }
}

//! Reading a delivery: straight into the record where its type was said before it, which is how NetBox writes it; else by way of a JSON value.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Delivery, EventKind, Object, RequestInfo, Snapshots};
use crate::ObjectType;
use crate::tolerant::{self, Scalar};

/// The fields of every version.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Event,
    Timestamp,
    ObjectType,
    /// Until 4.4.
    Model,
    Data,
    Request,
    /// Until 4.6.
    Username,
    /// Until 4.6.
    RequestId,
    Snapshots,
    Context,
    #[serde(other)]
    Other,
}

/// The object, and the branch that it names.
enum Data {
    Read(Object, Option<String>),
    /// Its type is not known yet.
    Raw(Value),
}

impl<'de> Deserialize<'de> for Delivery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Body)
    }
}

struct Body;

impl<'de> Visitor<'de> for Body {
    type Value = Delivery;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body of a delivery, an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Delivery, A::Error> {
        let (mut event, mut object_type, mut data) = (None, None, None);
        let (mut timestamp, mut context) = (String::new(), None);
        let (mut username, mut request_id) = (None, None);
        let (mut request, mut snapshots) = (RequestInfo::default(), Snapshots::default());
        while let Some(field) = map.next_key()? {
            match field {
                Field::Event => event = Some(map.next_value()?),
                Field::Timestamp => timestamp = map.next_value::<Scalar<'_>>()?.text_or_empty().unwrap_or_default(),
                Field::ObjectType => object_type = map.next_value::<Option<_>>()?.or(object_type),
                Field::Model => {
                    let model: Option<String> = map.next_value()?;
                    object_type = object_type.or_else(|| Some(ObjectType::from_model(&model?)));
                }
                Field::Data => {
                    data = Some(match &object_type {
                        Some(object_type) => map.next_value_seed(OfType(object_type))?,
                        None => Data::Raw(map.next_value()?),
                    });
                }
                Field::Request => request = map.next_value::<Option<_>>()?.unwrap_or_default(),
                Field::Username => username = map.next_value::<Scalar<'_>>()?.text(),
                Field::RequestId => request_id = map.next_value::<Scalar<'_>>()?.text(),
                Field::Snapshots => snapshots = map.next_value::<Option<_>>()?.unwrap_or_default(),
                Field::Context => context = map.next_value::<Option<Value>>()?,
                Field::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let event: EventKind = event.ok_or_else(|| A::Error::missing_field("event"))?;
        let object_type: String = object_type.ok_or_else(|| A::Error::missing_field("object_type"))?;
        let (object, in_object) = match data.ok_or_else(|| A::Error::missing_field("data"))? {
            Data::Read(object, branch) => (object, branch),
            Data::Raw(value) => of_value(&object_type, value).map_err(A::Error::custom)?,
        };
        request.id = request.id.or(request_id);
        request.user = request.user.or(username);
        // In the object where NetBox's EVENTS_PIPELINE has the plugin's function, which works for REST, too.
        let active_branch =
            context.as_ref().and_then(|context| branch_name(context.get("active_branch")?)).or(in_object);
        Ok(Delivery { event, timestamp, object_type, object, request, snapshots, active_branch })
    }
}

/// Reads `data` of a type as it comes.
struct OfType<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for OfType<'_> {
    type Value = Data;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Data, D::Error> {
        fn watched<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
            deserializer: D,
            object: impl FnOnce(Box<T>) -> Object,
        ) -> Result<Data, D::Error> {
            let (record, branch) = deserializer.deserialize_map(Watch(PhantomData::<T>))?;
            Ok(Data::Read(object(Box::new(record)), branch))
        }
        match self.0 {
            ObjectType::VIRTUAL_MACHINE => watched(deserializer, Object::VirtualMachine),
            ObjectType::VIRTUAL_DISK => watched(deserializer, Object::VirtualDisk),
            ObjectType::VM_INTERFACE => watched(deserializer, Object::VmInterface),
            ObjectType::IP_ADDRESS => watched(deserializer, Object::IpAddress),
            ObjectType::MAC_ADDRESS => watched(deserializer, Object::MacAddress),
            _ => Value::deserialize(deserializer).map(Data::Raw),
        }
    }
}

/// Reads a record, and sees whether it names a branch.
struct Watch<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Watch<T> {
    type Value = (T, Option<String>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of NetBox")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut branch = None;
        let record = T::deserialize(MapAccessDeserializer::new(Watching { map, branch: &mut branch }))?;
        Ok((record, branch))
    }
}

struct Watching<'b, A> {
    map: A,
    branch: &'b mut Option<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Watching<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        loop {
            match self.map.next_key()? {
                None => return Ok(None),
                Some(Scalar::Text(key)) if key != "active_branch" => {
                    return seed.deserialize(key.into_deserializer()).map(Some);
                }
                Some(Scalar::Text(_)) => *self.branch = branch_name(&self.map.next_value()?),
                Some(_) => drop(self.map.next_value::<IgnoredAny>()?),
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// Reads `data` as an object of the type. The error's text begins with the path.
fn of_value(object_type: &str, data: Value) -> Result<(Object, Option<String>), String> {
    let branch = data.get("active_branch").and_then(branch_name);
    let object = match object_type {
        ObjectType::VIRTUAL_MACHINE => Object::VirtualMachine(Box::new(typed(data)?)),
        ObjectType::VIRTUAL_DISK => Object::VirtualDisk(Box::new(typed(data)?)),
        ObjectType::VM_INTERFACE => Object::VmInterface(Box::new(typed(data)?)),
        ObjectType::IP_ADDRESS => Object::IpAddress(Box::new(typed(data)?)),
        ObjectType::MAC_ADDRESS => Object::MacAddress(Box::new(typed(data)?)),
        _ if data.get("id").and_then(tolerant::unsigned).is_none() => {
            return Err("data.id: missing, or no whole number".to_owned());
        }
        _ => Object::Other(data),
    };
    Ok((object, branch))
}

fn typed<T: DeserializeOwned>(data: Value) -> Result<T, String> {
    // Said here because serde reports a missing field at the object that lacks it, not at the field.
    if data.get("id").is_none() {
        return Err("data.id: missing field `id`".to_owned());
    }
    serde_path_to_error::deserialize(data).map_err(|error| format!("data.{}: {}", error.path(), error.inner()))
}

/// The name of a branch: of an object with a name, or text. A branch without a readable name is a branch all the same.
fn branch_name(branch: &Value) -> Option<String> {
    match branch {
        Value::Null => None,
        Value::String(name) => Some(name.clone()),
        branch => {
            let name = ["name", "schema_id", "id"].into_iter().find_map(|key| match branch.get(key)? {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            });
            Some(name.unwrap_or_else(|| "unnamed".to_owned()))
        }
    }
}

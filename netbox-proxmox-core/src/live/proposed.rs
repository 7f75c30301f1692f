//! A write to NetBox that is proposed: shown to a person before it is made, and counted afterwards.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// What a [`Proposed`] write does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verb {
    /// It is made.
    Create,
    /// Some of its attributes are set, the others stay.
    Change,
    /// It is removed.
    Delete,
}

/// One object of NetBox's as it would be written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposed {
    /// What is done.
    pub verb: Verb,
    /// The kind of object in NetBox's own words: `custom field`, `virtual disk`.
    pub kind: String,
    /// The object's name, as a person finds it in NetBox.
    pub name: String,
    /// What is set, in the order in which it is shown; empty for a deletion.
    pub attributes: Vec<Attribute>,
}

/// An attribute as it is and as it would be. Never a secret: whoever proposes one says that it is set, not what it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attribute {
    /// NetBox's name of it.
    pub name: String,
    /// As it is: `null` where the object does not exist yet, or has none.
    pub old: Value,
    /// As it would be.
    pub new: Value,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Delete => "delete",
        })
    }
}

/// `change custom field proxmox_node: label "Node" → "Proxmox node", weight 100 → 10`.
impl fmt::Display for Proposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.verb, self.kind, self.name)?;
        for (index, attribute) in self.attributes.iter().enumerate() {
            write!(f, "{} {attribute}", if index == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.old {
            Value::Null => write!(f, "{} {}", self.name, self.new),
            old => write!(f, "{} {old} → {}", self.name, self.new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_write_is_shown_in_one_line() {
        let attribute = |name: &str, old, new| Attribute { name: name.to_owned(), old, new };
        let mut write = Proposed {
            verb: Verb::Change,
            kind: "custom field".to_owned(),
            name: "proxmox_node".to_owned(),
            attributes: vec![
                attribute("label", json!("Node"), json!("Proxmox node")),
                attribute("weight", json!(null), json!(10)),
            ],
        };
        assert_eq!(write.to_string(), r#"change custom field proxmox_node: label "Node" → "Proxmox node", weight 10"#);
        write.verb = Verb::Delete;
        write.attributes.clear();
        assert_eq!(write.to_string(), "delete custom field proxmox_node");
    }
}

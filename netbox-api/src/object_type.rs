//! The names NetBox gives to kinds of objects.

/// The object types this crate models, as NetBox writes them in `object_type`, `assigned_object_type` and event rules.
///
/// They are constants and not variants, as a delivery may concern any type; they can be used as patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectType {}

impl ObjectType {
    /// A virtual machine.
    pub const VIRTUAL_MACHINE: &'static str = "virtualization.virtualmachine";
    /// A disk of a virtual machine.
    pub const VIRTUAL_DISK: &'static str = "virtualization.virtualdisk";
    /// A network interface of a virtual machine.
    pub const VM_INTERFACE: &'static str = "virtualization.vminterface";
    /// An IP address.
    pub const IP_ADDRESS: &'static str = "ipam.ipaddress";
    /// A MAC address, an object of its own since NetBox 4.2.
    pub const MAC_ADDRESS: &'static str = "dcim.macaddress";
    /// A cluster: no delivery of it is modelled, but journal entries are written on it.
    pub const CLUSTER: &'static str = "virtualization.cluster";

    /// The five types whose deliveries are modelled.
    pub const DELIVERED: [&'static str; 5] =
        [Self::VIRTUAL_MACHINE, Self::VIRTUAL_DISK, Self::VM_INTERFACE, Self::IP_ADDRESS, Self::MAC_ADDRESS];

    /// The full name of a bare `model`, which is all that a delivery of NetBox 4.2 and 4.3 says. A model that is not
    /// one of the five stays as it is: its application cannot be known from its name.
    #[must_use]
    pub fn from_model(model: &str) -> String {
        Self::DELIVERED
            .into_iter()
            .find(|full| full.split_once('.').is_some_and(|(_, bare)| bare == model))
            .unwrap_or(model)
            .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_model_gets_its_application() {
        assert_eq!(ObjectType::from_model("virtualmachine"), ObjectType::VIRTUAL_MACHINE);
        assert_eq!(ObjectType::from_model("macaddress"), ObjectType::MAC_ADDRESS);
        assert_eq!(ObjectType::from_model("device"), "device");
    }
}

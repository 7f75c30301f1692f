//! The form that most structs of parameters have.

/// A struct of parameters: `Name(required: Type) { optional: Type }`, each with its documentation. A parameter whose name
/// Rust cannot write has it in brackets: `job_id["job-id"]: String`.
///
/// It gets `new` with what is required, a method that sets each other one, and `to_params`; `Debug` shows what
/// [`Params`](crate::Params) shows, which hides secrets.
macro_rules! params {
    (
        $(#[$meta:meta])*
        $name:ident ($($(#[$about:meta])* $needed:ident $([$needs:literal])? : $must:ty),* $(,)?)
        {$($(#[$doc:meta])* $field:ident $([$wire:literal])? : $type:ty),* $(,)?}
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$about])* pub $needed: $must,)*
            $($(#[$doc])* pub $field: Option<$type>,)*
        }

        impl $name {
            /// With what is required, everything else as Proxmox has it by default.
            #[allow(clippy::new_without_default)]
            pub fn new($($needed: impl Into<$must>),*) -> Self {
                Self { $($needed: $needed.into(),)* $($field: None,)* }
            }

            $($(#[$doc])* pub fn $field(mut self, $field: impl Into<$type>) -> Self {
                self.$field = Some($field.into());
                self
            })*

            /// What is sent.
            pub fn to_params(&self) -> $crate::Params {
                let mut params = $crate::Params::new();
                $(params.set(params!(@ $needed $($needs)?), &self.$needed);)*
                $(params.set_opt(params!(@ $field $($wire)?), &self.$field);)*
                params
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.to_params()).finish()
            }
        }
    };
    (@ $name:ident) => { stringify!($name) };
    (@ $name:ident $wire:literal) => { $wire };
}

/// For a struct of parameters that was written by hand: a method that sets each optional one.
macro_rules! setters {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        impl $name {
            $(#[doc = concat!("Sets `", stringify!($field), "`.")]
            pub fn $field(mut self, $field: impl Into<$type>) -> Self {
                self.$field = Some($field.into());
                self
            })*
        }
    };
}

//! The form that most answers have.

/// A struct that is read from an answer: `Name { field: kind, … }`, each with its documentation. A kind is `name` (text that
/// must be there), `text`, `int` (a whole number), `number`, `flag` (false where it is missing), or a type in parentheses.
/// What is missing or of another shape is `None`. A field whose name Rust cannot write has it in brackets.
macro_rules! answer {
    ($(#[$meta:meta])* $name:ident { $($body:tt)* }) => {
        answer!(@ [$(#[$meta])*] $name [] $($body)*);
    };
    (@ [$($head:tt)*] $name:ident [$($done:tt)*]) => {
        $($head)*
        #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
        #[non_exhaustive]
        pub struct $name {
            $($done)*
        }
    };
    (@ $head:tt $name:ident [$($done:tt)*] $(#[$doc:meta])* $field:ident $([$wire:literal])? : name, $($rest:tt)*) => {
        answer!(@ $head $name [
            $($done)* $(#[$doc])* $(#[serde(rename = $wire)])?
            #[serde(deserialize_with = "crate::types::scalar::required_text")] pub $field: String,
        ] $($rest)*);
    };
    (@ $head:tt $name:ident [$($done:tt)*] $(#[$doc:meta])* $field:ident $([$wire:literal])? : text, $($rest:tt)*) => {
        answer!(@ $head $name [
            $($done)* $(#[$doc])* $(#[serde(rename = $wire)])?
            #[serde(default, deserialize_with = "crate::types::scalar::opt_text")] pub $field: Option<String>,
        ] $($rest)*);
    };
    (@ $head:tt $name:ident [$($done:tt)*] $(#[$doc:meta])* $field:ident $([$wire:literal])? : int, $($rest:tt)*) => {
        answer!(@ $head $name [
            $($done)* $(#[$doc])* $(#[serde(rename = $wire)])?
            #[serde(default, deserialize_with = "crate::types::scalar::opt_integer")] pub $field: Option<u64>,
        ] $($rest)*);
    };
    (@ $head:tt $name:ident [$($done:tt)*] $(#[$doc:meta])* $field:ident $([$wire:literal])? : number, $($rest:tt)*) => {
        answer!(@ $head $name [
            $($done)* $(#[$doc])* $(#[serde(rename = $wire)])?
            #[serde(default, deserialize_with = "crate::types::scalar::opt_number")] pub $field: Option<f64>,
        ] $($rest)*);
    };
    (@ $head:tt $name:ident [$($done:tt)*] $(#[$doc:meta])* $field:ident $([$wire:literal])? : flag, $($rest:tt)*) => {
        answer!(@ $head $name [
            $($done)* $(#[$doc])* $(#[serde(rename = $wire)])?
            #[serde(default, deserialize_with = "crate::types::scalar::flag")] pub $field: bool,
        ] $($rest)*);
    };
    (@ $head:tt $name:ident [$($done:tt)*] $(#[$doc:meta])* $field:ident $([$wire:literal])? : ($type:ty), $($rest:tt)*) => {
        answer!(@ $head $name [
            $($done)* $(#[$doc])* $(#[serde(rename = $wire)])?
            #[serde(default, deserialize_with = "crate::types::scalar::lenient")] pub $field: Option<$type>,
        ] $($rest)*);
    };
}

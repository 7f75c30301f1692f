//! From a line of the generated files to a type.
//!
//! Everything is `#[inline]` or generic, so that what nobody calls is only read by the compiler, not translated.

/// Operations, each as `Name: METHOD "/path/{variable}" (variable; required: kind) { optional: kind, … }`. A parameter
/// whose name is no identifier has it in brackets: `force_stop["forceStop"]: bool`.
macro_rules! operations {
    ($(
        $name:ident: $method:ident $path:literal
        ($($segment:ident)* $(; $($needed:ident $([$needs:literal])? : $must:ident $(($($be:tt)*))?),+)?)
        {$($field:ident $([$wire:literal])? : $kind:ident $(($($detail:tt)*))?),* $(,)?}
    )*) => {
        $(
            #[doc = concat!("`", stringify!($method), " ", $path, "`")]
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name($crate::api::Call);

            impl $name {
                #[doc = concat!("`", stringify!($method), " ", $path, "`, with what it needs.")]
                #[allow(clippy::new_without_default)]
                #[inline]
                pub fn new(
                    $($segment: impl $crate::ParamValue,)*
                    $($($needed: argument!($must),)+)?
                ) -> Self {
                    #[allow(unused_mut)]
                    let mut call = $crate::api::Call {
                        segments: vec![$($crate::ParamValue::to_param_value(&$segment)),*],
                        params: $crate::Params::new(),
                    };
                    $($(assign!(call, wire!($needed $($needs)?), $must, $needed);)+)?
                    Self(call)
                }

                $(setter!($field, wire!($field $($wire)?), $kind $(($($detail)*))?);)*
            }

            impl $crate::api::Operation for $name {
                const SHAPE: $crate::api::Shape = $crate::api::Shape {
                    method: stringify!($method),
                    path: $path,
                    parameters: &[
                        $($($crate::api::Parameter {
                            name: wire!($needed $($needs)?),
                            kind: kind!($must $(($($be)*))?),
                            required: true,
                        },)+)?
                        $($crate::api::Parameter {
                            name: wire!($field $($wire)?),
                            kind: kind!($kind $(($($detail)*))?),
                            required: false,
                        },)*
                    ],
                };

                #[inline]
                fn segments(&self) -> &[String] {
                    &self.0.segments
                }

                #[inline]
                fn params(&self) -> &$crate::Params {
                    &self.0.params
                }
            }
        )*

        pub(super) const SHAPES: &[$crate::api::Shape] = &[$(<$name as $crate::api::Operation>::SHAPE),*];
    };
}

/// The name that is sent.
macro_rules! wire {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $wire:literal) => {
        $wire
    };
}

/// The type of an argument.
macro_rules! argument {
    (bool) => { bool };
    (array) => { impl IntoIterator<Item = impl $crate::ParamValue> };
    ($other:ident) => { impl $crate::ParamValue };
}

/// Keeps an argument.
macro_rules! assign {
    ($call:expr, $wire:expr, array, $value:ident) => {
        $value.into_iter().for_each(|item| _ = $call.params.add($wire, item))
    };
    ($call:expr, $wire:expr, $kind:ident, $value:ident) => {
        _ = $call.params.set($wire, $value)
    };
}

/// The method that sets a parameter, which says what that may be.
macro_rules! setter {
    ($field:ident, $wire:expr, numbered) => {
        #[doc = concat!("`", $wire, "`, by its number.")]
        #[inline]
        pub fn $field(mut self, number: u16, value: impl $crate::ParamValue) -> Self {
            let start = $wire.trim_end_matches("[n]");
            self.0.params.set(format!("{start}{number}"), value);
            self
        }
    };
    ($field:ident, $wire:expr, array) => {
        #[doc = concat!("`", $wire, "`: several values, in place of what was set before.")]
        #[inline]
        pub fn $field(mut self, values: impl IntoIterator<Item = impl $crate::ParamValue>) -> Self {
            self.0.params.remove($wire);
            assign!(self.0, $wire, array, values);
            self
        }
    };
    ($field:ident, $wire:expr, $kind:ident $(($($detail:tt)*))?) => {
        #[doc = concat!("`", $wire, "`: ", described!($kind $(($($detail)*))?), ".")]
        #[inline]
        pub fn $field(mut self, value: argument!($kind)) -> Self {
            self.0.params.set($wire, value);
            self
        }
    };
}

/// What a parameter may be, in words.
macro_rules! described {
    (bool) => { "a boolean" };
    (int) => { "a whole number" };
    (int($min:literal..)) => { concat!("a whole number, at least ", $min) };
    (int(..=$max:literal)) => { concat!("a whole number, at most ", $max) };
    (int($min:literal..=$max:literal)) => { concat!("a whole number from ", $min, " to ", $max) };
    (number) => { "a number" };
    (text) => { "text" };
    (list) => { "items separated by commas" };
    (one_of($first:literal $($word:literal)*)) => { concat!("`", $first, "`", $(", `", $word, "`"),*) };
}

/// The same as a value.
macro_rules! kind {
    (bool) => { $crate::api::Kind::Bool };
    (int) => { $crate::api::Kind::Int { min: None, max: None } };
    (int($min:literal..)) => { $crate::api::Kind::Int { min: Some($min), max: None } };
    (int(..=$max:literal)) => { $crate::api::Kind::Int { min: None, max: Some($max) } };
    (int($min:literal..=$max:literal)) => { $crate::api::Kind::Int { min: Some($min), max: Some($max) } };
    (number) => { $crate::api::Kind::Number };
    (text) => { $crate::api::Kind::Text };
    (list) => { $crate::api::Kind::List };
    (array) => { $crate::api::Kind::Array };
    (numbered) => { $crate::api::Kind::Numbered };
    (one_of($($word:literal)*)) => { $crate::api::Kind::OneOf(&[$($word),*]) };
}

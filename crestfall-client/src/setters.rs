//! Methods that only put a text in its place, of which what is sent has many.

/// A method for each of these fields, which are `Option<String>`.
macro_rules! texts {
    ($($(#[$about:meta])* $name:ident,)*) => {
        $(
            $(#[$about])*
            pub fn $name(mut self, $name: impl Into<String>) -> Self {
                self.$name = Some($name.into());
                self
            }
        )*
    };
}

pub(crate) use texts;

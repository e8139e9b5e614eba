//! Methods that only put something in its place, of which what is sent has many.

/// A method for each of these texts, whose field is an `Option<String>`: of the same name, or the one that
/// is given.
macro_rules! texts {
    (@place $self:ident $name:ident) => { $self.$name };
    (@place $self:ident $name:ident => $($field:ident).+) => { $self.$($field).+ };
    ($($(#[$about:meta])* $name:ident $(=> $($field:ident).+)?,)*) => {
        $(
            $(#[$about])*
            pub fn $name(mut self, $name: impl Into<String>) -> Self {
                texts!(@place self $name $(=> $($field).+)?) = Some($name.into());
                self
            }
        )*
    };
}

/// What may be said of any request for rows, which is put together in `query`.
macro_rules! request_options {
    () => {
        /// A header of this request.
        pub fn header(mut self, name: &str, value: &str) -> Self {
            self.query.header(name, value);
            self
        }

        /// How long this request may take.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.query.timeout(timeout);
            self
        }
    };
}

/// What may be said besides of a request that writes.
macro_rules! write_options {
    () => {
        /// Counts what is written.
        pub fn count(mut self, count: Count) -> Self {
            self.query.count(count);
            self
        }

        /// Answers as if all were done, and undoes it. The server has to allow it.
        pub fn roll_back(mut self) -> Self {
            self.query.prefer("tx=rollback");
            self
        }

        $crate::setters::request_options!();
    };
}

pub(crate) use {request_options, texts, write_options};

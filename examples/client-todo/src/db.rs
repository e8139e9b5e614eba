// The types of the database for crestfall-client.
// Made by `crestfall gen types --lang rust`: changes are lost when it is made again.

/// What people have to do
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod todos {
    /// The table `public.todos`, for the compiler.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Table;

    /// The table `public.todos`.
    pub const TABLE: Table = Table;

    impl ::crestfall_client::rest::Table for Table {}

    impl ::crestfall_client::rest::Relation for Table {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "todos";
        const COLUMNS: &'static str = "id,owner,text,done,added_at";
        type Row = Row;
    }

    impl ::crestfall_client::rest::Insertable for Table {
        type Insert = Insert;
    }

    impl ::crestfall_client::rest::Updatable for Table {
        type Update = Update;
    }

    pub use rows::{Row, Insert, Update};

    mod rows {
        /// A row of `public.todos`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Row {
            /// `id`
            pub id: i64,
            /// Whose it is; nobody else sees it
            pub owner: ::crestfall_client::uuid::Uuid,
            /// `text`
            pub text: String,
            /// `done`
            pub done: bool,
            /// `added_at`
            pub added_at: ::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>,
        }

        /// A new row. What is not set gets its default.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Insert {
            /// Whose it is; nobody else sees it
            #[serde(skip_serializing_if = "Option::is_none")]
            pub owner: Option<::crestfall_client::uuid::Uuid>,
            /// `text`
            pub text: String,
            /// `done`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub done: Option<bool>,
            /// `added_at`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub added_at: Option<::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>>,
        }

        impl Insert {
            /// With all that has no default.
            pub fn new(text: impl Into<String>) -> Self {
                Self {
                    text: text.into(),
                    owner: None,
                    done: None,
                    added_at: None,
                }
            }

            /// Whose it is; nobody else sees it
            #[must_use]
            pub fn owner(mut self, value: ::crestfall_client::uuid::Uuid) -> Self {
                self.owner = Some(value);
                self
            }

            /// Sets `done`.
            #[must_use]
            pub fn done(mut self, value: bool) -> Self {
                self.done = Some(value);
                self
            }

            /// Sets `added_at`.
            #[must_use]
            pub fn added_at(mut self, value: ::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>) -> Self {
                self.added_at = Some(value);
                self
            }
        }

        /// New values of some columns. What is not set stays.
        #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Update {
            /// Whose it is; nobody else sees it
            #[serde(skip_serializing_if = "Option::is_none")]
            pub owner: Option<::crestfall_client::uuid::Uuid>,
            /// `text`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub text: Option<String>,
            /// `done`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub done: Option<bool>,
            /// `added_at`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub added_at: Option<::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>>,
        }

        impl Update {
            /// Nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Whose it is; nobody else sees it
            #[must_use]
            pub fn owner(mut self, value: ::crestfall_client::uuid::Uuid) -> Self {
                self.owner = Some(value);
                self
            }

            /// Sets `text`.
            #[must_use]
            pub fn text(mut self, value: impl Into<String>) -> Self {
                self.text = Some(value.into());
                self
            }

            /// Sets `done`.
            #[must_use]
            pub fn done(mut self, value: bool) -> Self {
                self.done = Some(value);
                self
            }

            /// Sets `added_at`.
            #[must_use]
            pub fn added_at(mut self, value: ::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>) -> Self {
                self.added_at = Some(value);
                self
            }
        }
    }

    /// `id`
    pub const id: ::crestfall_client::rest::Column<Table, i64> = ::crestfall_client::rest::Column::new("id");

    /// Whose it is; nobody else sees it
    pub const owner: ::crestfall_client::rest::Column<Table, ::crestfall_client::uuid::Uuid> = ::crestfall_client::rest::Column::new("owner");

    /// `text`
    pub const text: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("text");

    /// `done`
    pub const done: ::crestfall_client::rest::Column<Table, bool> = ::crestfall_client::rest::Column::new("done");

    /// `added_at`
    pub const added_at: ::crestfall_client::rest::Column<Table, ::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>> = ::crestfall_client::rest::Column::new("added_at");
}

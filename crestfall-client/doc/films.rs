// The types of the database for crestfall-client.
// Made by `crestfall gen types --lang rust`: changes are lost when it is made again.

/// The table `public.actors`.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod actors {
    /// The table `public.actors`, for the compiler.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Table;

    /// The table `public.actors`.
    pub const TABLE: Table = Table;

    impl ::crestfall_client::rest::Table for Table {}

    impl ::crestfall_client::rest::Relation for Table {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "actors";
        const COLUMNS: &'static str = "id,name";
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
        /// A row of `public.actors`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Row {
            /// `id`
            pub id: i32,
            /// `name`
            pub name: String,
        }

        /// A new row. What is not set gets its default.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Insert {
            /// `id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub id: Option<i32>,
            /// `name`
            pub name: String,
        }

        impl Insert {
            /// With all that has no default.
            pub fn new(name: impl Into<String>) -> Self {
                Self {
                    name: name.into(),
                    id: None,
                }
            }

            /// Sets `id`.
            #[must_use]
            pub fn id(mut self, value: i32) -> Self {
                self.id = Some(value);
                self
            }
        }

        /// New values of some columns. What is not set stays.
        #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Update {
            /// `id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub id: Option<i32>,
            /// `name`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
        }

        impl Update {
            /// Nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Sets `id`.
            #[must_use]
            pub fn id(mut self, value: i32) -> Self {
                self.id = Some(value);
                self
            }

            /// Sets `name`.
            #[must_use]
            pub fn name(mut self, value: impl Into<String>) -> Self {
                self.name = Some(value.into());
                self
            }
        }
    }

    /// `id`
    pub const id: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("id");

    /// `name`
    pub const name: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("name");

    /// Rows of `film_titles` over `roles`.
    pub fn film_titles() -> ::crestfall_client::rest::Embed<Table, super::film_titles::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("film_titles", "film_titles")
    }

    /// Rows of `films` over `roles`.
    pub fn films() -> ::crestfall_client::rest::Embed<Table, super::films::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("films", "films")
    }

    /// Rows of `recent_films` over `roles`.
    pub fn recent_films() -> ::crestfall_client::rest::Embed<Table, super::recent_films::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("recent_films", "recent_films")
    }

    /// Rows of `roles` over the key `roles_actor_id_fkey`.
    pub fn roles() -> ::crestfall_client::rest::Embed<Table, super::roles::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("roles", "roles")
    }
}

/// The table `public.cities`.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod cities {
    /// The table `public.cities`, for the compiler.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Table;

    /// The table `public.cities`.
    pub const TABLE: Table = Table;

    impl ::crestfall_client::rest::Table for Table {}

    impl ::crestfall_client::rest::Relation for Table {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "cities";
        const COLUMNS: &'static str = "id,name";
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
        /// A row of `public.cities`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Row {
            /// `id`
            pub id: i32,
            /// `name`
            pub name: String,
        }

        /// A new row. What is not set gets its default.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Insert {
            /// `id`
            pub id: i32,
            /// `name`
            pub name: String,
        }

        impl Insert {
            /// With all that has no default.
            pub fn new(id: i32, name: impl Into<String>) -> Self {
                Self {
                    id,
                    name: name.into(),
                }
            }
        }

        /// New values of some columns. What is not set stays.
        #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Update {
            /// `id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub id: Option<i32>,
            /// `name`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
        }

        impl Update {
            /// Nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Sets `id`.
            #[must_use]
            pub fn id(mut self, value: i32) -> Self {
                self.id = Some(value);
                self
            }

            /// Sets `name`.
            #[must_use]
            pub fn name(mut self, value: impl Into<String>) -> Self {
                self.name = Some(value.into());
                self
            }
        }
    }

    /// `id`
    pub const id: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("id");

    /// `name`
    pub const name: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("name");

    /// Rows of `premieres` over the key `premieres_city_id_fkey`.
    pub fn premieres_by_city_id() -> ::crestfall_client::rest::Embed<Table, super::premieres::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("premieres_by_city_id", "premieres!premieres_city_id_fkey")
    }

    /// Rows of `premieres` over the key `premieres_planned_city_id_fkey`.
    pub fn premieres_by_planned_city_id() -> ::crestfall_client::rest::Embed<Table, super::premieres::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("premieres_by_planned_city_id", "premieres!premieres_planned_city_id_fkey")
    }
}

/// Who makes films
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod directors {
    /// The table `public.directors`, for the compiler.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Table;

    /// The table `public.directors`.
    pub const TABLE: Table = Table;

    impl ::crestfall_client::rest::Table for Table {}

    impl ::crestfall_client::rest::Relation for Table {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "directors";
        const COLUMNS: &'static str = "id,name,born";
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
        /// A row of `public.directors`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Row {
            /// `id`
            pub id: i32,
            /// As credited
            pub name: String,
            /// `born`
            pub born: Option<::crestfall_client::chrono::NaiveDate>,
        }

        /// A new row. What is not set gets its default.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Insert {
            /// `id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub id: Option<i32>,
            /// As credited
            pub name: String,
            /// `born`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub born: Option<Option<::crestfall_client::chrono::NaiveDate>>,
        }

        impl Insert {
            /// With all that has no default.
            pub fn new(name: impl Into<String>) -> Self {
                Self {
                    name: name.into(),
                    id: None,
                    born: None,
                }
            }

            /// Sets `id`.
            #[must_use]
            pub fn id(mut self, value: i32) -> Self {
                self.id = Some(value);
                self
            }

            /// Sets `born`.
            #[must_use]
            pub fn born(mut self, value: impl ::crestfall_client::rest::Nullable<::crestfall_client::chrono::NaiveDate>) -> Self {
                self.born = Some(value.nullable());
                self
            }
        }

        /// New values of some columns. What is not set stays.
        #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Update {
            /// `id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub id: Option<i32>,
            /// As credited
            #[serde(skip_serializing_if = "Option::is_none")]
            pub name: Option<String>,
            /// `born`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub born: Option<Option<::crestfall_client::chrono::NaiveDate>>,
        }

        impl Update {
            /// Nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Sets `id`.
            #[must_use]
            pub fn id(mut self, value: i32) -> Self {
                self.id = Some(value);
                self
            }

            /// As credited
            #[must_use]
            pub fn name(mut self, value: impl Into<String>) -> Self {
                self.name = Some(value.into());
                self
            }

            /// Sets `born`.
            #[must_use]
            pub fn born(mut self, value: impl ::crestfall_client::rest::Nullable<::crestfall_client::chrono::NaiveDate>) -> Self {
                self.born = Some(value.nullable());
                self
            }
        }
    }

    /// `id`
    pub const id: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("id");

    /// As credited
    pub const name: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("name");

    /// `born`
    pub const born: ::crestfall_client::rest::Column<Table, Option<::crestfall_client::chrono::NaiveDate>> = ::crestfall_client::rest::Column::new("born");

    /// Rows of `films` over the key `films_director_id_fkey`.
    pub fn films() -> ::crestfall_client::rest::Embed<Table, super::films::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("films", "films")
    }
}

/// The view `public.film_titles`.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod film_titles {
    /// The view `public.film_titles`, for the compiler.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Table;

    /// The view `public.film_titles`.
    pub const TABLE: Table = Table;

    impl ::crestfall_client::rest::Table for Table {}

    impl ::crestfall_client::rest::Relation for Table {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "film_titles";
        const COLUMNS: &'static str = "id,title,\"odd name\"";
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
        /// A row of `public.film_titles`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Row {
            /// `id`
            pub id: i64,
            /// `title`
            pub title: String,
            /// `odd name`
            #[serde(rename = "odd name")]
            pub odd_name: String,
        }

        /// A new row. What is not set gets its default.
        #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Insert {
            /// `id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub id: Option<i64>,
            /// `title`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub title: Option<String>,
            /// `odd name`
            #[serde(rename = "odd name")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub odd_name: Option<String>,
        }

        impl Insert {
            /// With all that has no default.
            pub fn new() -> Self {
                Self {
                    id: None,
                    title: None,
                    odd_name: None,
                }
            }

            /// Sets `id`.
            #[must_use]
            pub fn id(mut self, value: i64) -> Self {
                self.id = Some(value);
                self
            }

            /// Sets `title`.
            #[must_use]
            pub fn title(mut self, value: impl Into<String>) -> Self {
                self.title = Some(value.into());
                self
            }

            /// Sets `odd name`.
            #[must_use]
            pub fn odd_name(mut self, value: impl Into<String>) -> Self {
                self.odd_name = Some(value.into());
                self
            }
        }

        /// New values of some columns. What is not set stays.
        #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Update {
            /// `id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub id: Option<i64>,
            /// `title`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub title: Option<String>,
            /// `odd name`
            #[serde(rename = "odd name")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub odd_name: Option<String>,
        }

        impl Update {
            /// Nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Sets `id`.
            #[must_use]
            pub fn id(mut self, value: i64) -> Self {
                self.id = Some(value);
                self
            }

            /// Sets `title`.
            #[must_use]
            pub fn title(mut self, value: impl Into<String>) -> Self {
                self.title = Some(value.into());
                self
            }

            /// Sets `odd name`.
            #[must_use]
            pub fn odd_name(mut self, value: impl Into<String>) -> Self {
                self.odd_name = Some(value.into());
                self
            }
        }
    }

    /// `id`
    pub const id: ::crestfall_client::rest::Column<Table, i64> = ::crestfall_client::rest::Column::new("id");

    /// `title`
    pub const title: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("title");

    /// `odd name`
    pub const odd_name: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("\"odd name\"");

    /// Rows of `actors` over `roles`.
    pub fn actors() -> ::crestfall_client::rest::Embed<Table, super::actors::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("actors", "actors")
    }

    /// Rows of `films` over the key `films_sequel_of_fkey`.
    pub fn films() -> ::crestfall_client::rest::Embed<Table, super::films::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("films", "films")
    }

    /// The row, if there is one, of `posters` over the key `posters_film_id_fkey`.
    pub fn posters() -> ::crestfall_client::rest::Embed<Table, super::posters::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("posters", "posters")
    }

    /// Rows of `premieres` over the key `premieres_film_id_fkey`.
    pub fn premieres() -> ::crestfall_client::rest::Embed<Table, super::premieres::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("premieres", "premieres")
    }

    /// Rows of `reviews` over the key `reviews_film_id_fkey`.
    pub fn reviews() -> ::crestfall_client::rest::Embed<Table, super::reviews::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("reviews", "reviews")
    }

    /// Rows of `roles` over the key `roles_film_id_fkey`.
    pub fn roles() -> ::crestfall_client::rest::Embed<Table, super::roles::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("roles", "roles")
    }
}

/// Films
///
/// Of all times.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod films {
    /// The table `public.films`, for the compiler.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Table;

    /// The table `public.films`.
    pub const TABLE: Table = Table;

    impl ::crestfall_client::rest::Table for Table {}

    impl ::crestfall_client::rest::Relation for Table {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "films";
        const COLUMNS: &'static str = "id,title,year,director_id,genre,score,budget,facts,tags,released,code,sequel_of,length,slug,\"odd name\",type";
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
        /// A row of `public.films`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Row {
            /// `id`
            pub id: i64,
            /// `title`
            pub title: String,
            /// Of the first showing; see \[the rules] for \<festivals>
            pub year: i32,
            /// `director_id`
            pub director_id: i32,
            /// `genre`
            pub genre: super::super::enums::Genre,
            /// `score`
            pub score: Option<::crestfall_client::Numeric>,
            /// `budget`
            pub budget: Option<super::super::types::MoneyAmount>,
            /// `facts`
            pub facts: ::crestfall_client::serde_json::Value,
            /// `tags`
            pub tags: Vec<String>,
            /// `released`
            pub released: ::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>,
            /// `code`
            pub code: ::crestfall_client::uuid::Uuid,
            /// `sequel_of`
            pub sequel_of: Option<i64>,
            /// `length`
            pub length: Option<i16>,
            /// `slug`
            pub slug: Option<String>,
            /// `odd name`
            #[serde(rename = "odd name")]
            pub odd_name: Option<String>,
            /// A word of many languages
            pub r#type: Option<String>,
        }

        /// A new row. What is not set gets its default.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Insert {
            /// `title`
            pub title: String,
            /// Of the first showing; see \[the rules] for \<festivals>
            pub year: i32,
            /// `director_id`
            pub director_id: i32,
            /// `genre`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub genre: Option<super::super::enums::Genre>,
            /// `score`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub score: Option<Option<::crestfall_client::Numeric>>,
            /// `budget`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub budget: Option<Option<super::super::types::MoneyAmount>>,
            /// `facts`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub facts: Option<::crestfall_client::serde_json::Value>,
            /// `tags`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub tags: Option<Vec<String>>,
            /// `released`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub released: Option<::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>>,
            /// `code`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub code: Option<::crestfall_client::uuid::Uuid>,
            /// `sequel_of`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub sequel_of: Option<Option<i64>>,
            /// `length`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub length: Option<Option<i16>>,
            /// `odd name`
            #[serde(rename = "odd name")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub odd_name: Option<Option<String>>,
            /// A word of many languages
            #[serde(skip_serializing_if = "Option::is_none")]
            pub r#type: Option<Option<String>>,
        }

        impl Insert {
            /// With all that has no default.
            pub fn new(title: impl Into<String>, year: i32, director_id: i32) -> Self {
                Self {
                    title: title.into(),
                    year,
                    director_id,
                    genre: None,
                    score: None,
                    budget: None,
                    facts: None,
                    tags: None,
                    released: None,
                    code: None,
                    sequel_of: None,
                    length: None,
                    odd_name: None,
                    r#type: None,
                }
            }

            /// Sets `genre`.
            #[must_use]
            pub fn genre(mut self, value: super::super::enums::Genre) -> Self {
                self.genre = Some(value);
                self
            }

            /// Sets `score`.
            #[must_use]
            pub fn score(mut self, value: impl ::crestfall_client::rest::Nullable<::crestfall_client::Numeric>) -> Self {
                self.score = Some(value.nullable());
                self
            }

            /// Sets `budget`.
            #[must_use]
            pub fn budget(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::types::MoneyAmount>) -> Self {
                self.budget = Some(value.nullable());
                self
            }

            /// Sets `facts`.
            #[must_use]
            pub fn facts(mut self, value: impl Into<::crestfall_client::serde_json::Value>) -> Self {
                self.facts = Some(value.into());
                self
            }

            /// Sets `tags`.
            #[must_use]
            pub fn tags(mut self, value: Vec<String>) -> Self {
                self.tags = Some(value);
                self
            }

            /// Sets `released`.
            #[must_use]
            pub fn released(mut self, value: ::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>) -> Self {
                self.released = Some(value);
                self
            }

            /// Sets `code`.
            #[must_use]
            pub fn code(mut self, value: ::crestfall_client::uuid::Uuid) -> Self {
                self.code = Some(value);
                self
            }

            /// Sets `sequel_of`.
            #[must_use]
            pub fn sequel_of(mut self, value: impl ::crestfall_client::rest::Nullable<i64>) -> Self {
                self.sequel_of = Some(value.nullable());
                self
            }

            /// Sets `length`.
            #[must_use]
            pub fn length(mut self, value: impl ::crestfall_client::rest::Nullable<i16>) -> Self {
                self.length = Some(value.nullable());
                self
            }

            /// Sets `odd name`.
            #[must_use]
            pub fn odd_name(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                self.odd_name = Some(value.nullable());
                self
            }

            /// A word of many languages
            #[must_use]
            pub fn r#type(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                self.r#type = Some(value.nullable());
                self
            }
        }

        /// New values of some columns. What is not set stays.
        #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Update {
            /// `title`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub title: Option<String>,
            /// Of the first showing; see \[the rules] for \<festivals>
            #[serde(skip_serializing_if = "Option::is_none")]
            pub year: Option<i32>,
            /// `director_id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub director_id: Option<i32>,
            /// `genre`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub genre: Option<super::super::enums::Genre>,
            /// `score`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub score: Option<Option<::crestfall_client::Numeric>>,
            /// `budget`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub budget: Option<Option<super::super::types::MoneyAmount>>,
            /// `facts`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub facts: Option<::crestfall_client::serde_json::Value>,
            /// `tags`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub tags: Option<Vec<String>>,
            /// `released`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub released: Option<::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>>,
            /// `code`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub code: Option<::crestfall_client::uuid::Uuid>,
            /// `sequel_of`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub sequel_of: Option<Option<i64>>,
            /// `length`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub length: Option<Option<i16>>,
            /// `odd name`
            #[serde(rename = "odd name")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub odd_name: Option<Option<String>>,
            /// A word of many languages
            #[serde(skip_serializing_if = "Option::is_none")]
            pub r#type: Option<Option<String>>,
        }

        impl Update {
            /// Nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Sets `title`.
            #[must_use]
            pub fn title(mut self, value: impl Into<String>) -> Self {
                self.title = Some(value.into());
                self
            }

            /// Of the first showing; see \[the rules] for \<festivals>
            #[must_use]
            pub fn year(mut self, value: i32) -> Self {
                self.year = Some(value);
                self
            }

            /// Sets `director_id`.
            #[must_use]
            pub fn director_id(mut self, value: i32) -> Self {
                self.director_id = Some(value);
                self
            }

            /// Sets `genre`.
            #[must_use]
            pub fn genre(mut self, value: super::super::enums::Genre) -> Self {
                self.genre = Some(value);
                self
            }

            /// Sets `score`.
            #[must_use]
            pub fn score(mut self, value: impl ::crestfall_client::rest::Nullable<::crestfall_client::Numeric>) -> Self {
                self.score = Some(value.nullable());
                self
            }

            /// Sets `budget`.
            #[must_use]
            pub fn budget(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::types::MoneyAmount>) -> Self {
                self.budget = Some(value.nullable());
                self
            }

            /// Sets `facts`.
            #[must_use]
            pub fn facts(mut self, value: impl Into<::crestfall_client::serde_json::Value>) -> Self {
                self.facts = Some(value.into());
                self
            }

            /// Sets `tags`.
            #[must_use]
            pub fn tags(mut self, value: Vec<String>) -> Self {
                self.tags = Some(value);
                self
            }

            /// Sets `released`.
            #[must_use]
            pub fn released(mut self, value: ::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>) -> Self {
                self.released = Some(value);
                self
            }

            /// Sets `code`.
            #[must_use]
            pub fn code(mut self, value: ::crestfall_client::uuid::Uuid) -> Self {
                self.code = Some(value);
                self
            }

            /// Sets `sequel_of`.
            #[must_use]
            pub fn sequel_of(mut self, value: impl ::crestfall_client::rest::Nullable<i64>) -> Self {
                self.sequel_of = Some(value.nullable());
                self
            }

            /// Sets `length`.
            #[must_use]
            pub fn length(mut self, value: impl ::crestfall_client::rest::Nullable<i16>) -> Self {
                self.length = Some(value.nullable());
                self
            }

            /// Sets `odd name`.
            #[must_use]
            pub fn odd_name(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                self.odd_name = Some(value.nullable());
                self
            }

            /// A word of many languages
            #[must_use]
            pub fn r#type(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                self.r#type = Some(value.nullable());
                self
            }
        }
    }

    /// `id`
    pub const id: ::crestfall_client::rest::Column<Table, i64> = ::crestfall_client::rest::Column::new("id");

    /// `title`
    pub const title: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("title");

    /// Of the first showing; see \[the rules] for \<festivals>
    pub const year: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("year");

    /// `director_id`
    pub const director_id: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("director_id");

    /// `genre`
    pub const genre: ::crestfall_client::rest::Column<Table, super::enums::Genre> = ::crestfall_client::rest::Column::new("genre");

    /// `score`
    pub const score: ::crestfall_client::rest::Column<Table, Option<::crestfall_client::Numeric>> = ::crestfall_client::rest::Column::new("score");

    /// `budget`
    pub const budget: ::crestfall_client::rest::Column<Table, Option<super::types::MoneyAmount>> = ::crestfall_client::rest::Column::new("budget");

    /// `facts`
    pub const facts: ::crestfall_client::rest::Column<Table, ::crestfall_client::serde_json::Value> = ::crestfall_client::rest::Column::new("facts");

    /// `tags`
    pub const tags: ::crestfall_client::rest::Column<Table, Vec<String>> = ::crestfall_client::rest::Column::new("tags");

    /// `released`
    pub const released: ::crestfall_client::rest::Column<Table, ::crestfall_client::chrono::DateTime<::crestfall_client::chrono::Utc>> = ::crestfall_client::rest::Column::new("released");

    /// `code`
    pub const code: ::crestfall_client::rest::Column<Table, ::crestfall_client::uuid::Uuid> = ::crestfall_client::rest::Column::new("code");

    /// `sequel_of`
    pub const sequel_of: ::crestfall_client::rest::Column<Table, Option<i64>> = ::crestfall_client::rest::Column::new("sequel_of");

    /// `length`
    pub const length: ::crestfall_client::rest::Column<Table, Option<i16>> = ::crestfall_client::rest::Column::new("length");

    /// `slug`
    pub const slug: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("slug");

    /// `odd name`
    pub const odd_name: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("\"odd name\"");

    /// A word of many languages
    pub const r#type: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("type");

    /// `age`
    pub const age: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("age");

    /// Rows of `actors` over `roles`.
    pub fn actors() -> ::crestfall_client::rest::Embed<Table, super::actors::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("actors", "actors")
    }

    /// The row of `directors` over the key `films_director_id_fkey`.
    pub fn directors() -> ::crestfall_client::rest::Embed<Table, super::directors::Table, ::crestfall_client::rest::One> {
        ::crestfall_client::rest::Embed::new("directors", "directors")
    }

    /// The row, if there is one, of `film_titles` over the key `films_sequel_of_fkey`.
    pub fn film_titles() -> ::crestfall_client::rest::Embed<Table, super::film_titles::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("film_titles", "film_titles")
    }

    /// Rows of `films` over the key `films_sequel_of_fkey`.
    pub fn films_by_sequel_of() -> ::crestfall_client::rest::Embed<Table, super::films::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("films_by_sequel_of", "films")
    }

    /// The row, if there is one, of `posters` over the key `posters_film_id_fkey`.
    pub fn posters() -> ::crestfall_client::rest::Embed<Table, super::posters::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("posters", "posters")
    }

    /// Rows of `premieres` over the key `premieres_film_id_fkey`.
    pub fn premieres() -> ::crestfall_client::rest::Embed<Table, super::premieres::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("premieres", "premieres")
    }

    /// The row, if there is one, of `recent_films` over the key `films_sequel_of_fkey`.
    pub fn recent_films() -> ::crestfall_client::rest::Embed<Table, super::recent_films::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("recent_films", "recent_films")
    }

    /// Rows of `reviews` over the key `reviews_film_id_fkey`.
    pub fn reviews() -> ::crestfall_client::rest::Embed<Table, super::reviews::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("reviews", "reviews")
    }

    /// Rows of `roles` over the key `roles_film_id_fkey`.
    pub fn roles() -> ::crestfall_client::rest::Embed<Table, super::roles::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("roles", "roles")
    }

    /// The row, if there is one, of `films` over the key `films_sequel_of_fkey`.
    pub fn sequel_of_films() -> ::crestfall_client::rest::Embed<Table, super::films::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("sequel_of_films", "sequel_of")
    }
}

/// The table `public.posters`.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod posters {
    /// The table `public.posters`, for the compiler.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Table;

    /// The table `public.posters`.
    pub const TABLE: Table = Table;

    impl ::crestfall_client::rest::Table for Table {}

    impl ::crestfall_client::rest::Relation for Table {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "posters";
        const COLUMNS: &'static str = "film_id,image";
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
        /// A row of `public.posters`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Row {
            /// `film_id`
            pub film_id: i64,
            /// `image`
            pub image: String,
        }

        /// A new row. What is not set gets its default.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Insert {
            /// `film_id`
            pub film_id: i64,
            /// `image`
            pub image: String,
        }

        impl Insert {
            /// With all that has no default.
            pub fn new(film_id: i64, image: impl Into<String>) -> Self {
                Self {
                    film_id,
                    image: image.into(),
                }
            }
        }

        /// New values of some columns. What is not set stays.
        #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Update {
            /// `film_id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub film_id: Option<i64>,
            /// `image`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub image: Option<String>,
        }

        impl Update {
            /// Nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Sets `film_id`.
            #[must_use]
            pub fn film_id(mut self, value: i64) -> Self {
                self.film_id = Some(value);
                self
            }

            /// Sets `image`.
            #[must_use]
            pub fn image(mut self, value: impl Into<String>) -> Self {
                self.image = Some(value.into());
                self
            }
        }
    }

    /// `film_id`
    pub const film_id: ::crestfall_client::rest::Column<Table, i64> = ::crestfall_client::rest::Column::new("film_id");

    /// `image`
    pub const image: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("image");

    /// The row, if there is one, of `film_titles` over the key `posters_film_id_fkey`.
    pub fn film_titles() -> ::crestfall_client::rest::Embed<Table, super::film_titles::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("film_titles", "film_titles")
    }

    /// The row of `films` over the key `posters_film_id_fkey`.
    pub fn films() -> ::crestfall_client::rest::Embed<Table, super::films::Table, ::crestfall_client::rest::One> {
        ::crestfall_client::rest::Embed::new("films", "films")
    }

    /// The row, if there is one, of `recent_films` over the key `posters_film_id_fkey`.
    pub fn recent_films() -> ::crestfall_client::rest::Embed<Table, super::recent_films::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("recent_films", "recent_films")
    }
}

/// The table `public.premieres`.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod premieres {
    /// The table `public.premieres`, for the compiler.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Table;

    /// The table `public.premieres`.
    pub const TABLE: Table = Table;

    impl ::crestfall_client::rest::Table for Table {}

    impl ::crestfall_client::rest::Relation for Table {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "premieres";
        const COLUMNS: &'static str = "id,film_id,city_id,planned_city_id";
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
        /// A row of `public.premieres`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Row {
            /// `id`
            pub id: i32,
            /// `film_id`
            pub film_id: i64,
            /// `city_id`
            pub city_id: i32,
            /// `planned_city_id`
            pub planned_city_id: Option<i32>,
        }

        /// A new row. What is not set gets its default.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Insert {
            /// `id`
            pub id: i32,
            /// `film_id`
            pub film_id: i64,
            /// `city_id`
            pub city_id: i32,
            /// `planned_city_id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub planned_city_id: Option<Option<i32>>,
        }

        impl Insert {
            /// With all that has no default.
            pub fn new(id: i32, film_id: i64, city_id: i32) -> Self {
                Self {
                    id,
                    film_id,
                    city_id,
                    planned_city_id: None,
                }
            }

            /// Sets `planned_city_id`.
            #[must_use]
            pub fn planned_city_id(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                self.planned_city_id = Some(value.nullable());
                self
            }
        }

        /// New values of some columns. What is not set stays.
        #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Update {
            /// `id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub id: Option<i32>,
            /// `film_id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub film_id: Option<i64>,
            /// `city_id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub city_id: Option<i32>,
            /// `planned_city_id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub planned_city_id: Option<Option<i32>>,
        }

        impl Update {
            /// Nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Sets `id`.
            #[must_use]
            pub fn id(mut self, value: i32) -> Self {
                self.id = Some(value);
                self
            }

            /// Sets `film_id`.
            #[must_use]
            pub fn film_id(mut self, value: i64) -> Self {
                self.film_id = Some(value);
                self
            }

            /// Sets `city_id`.
            #[must_use]
            pub fn city_id(mut self, value: i32) -> Self {
                self.city_id = Some(value);
                self
            }

            /// Sets `planned_city_id`.
            #[must_use]
            pub fn planned_city_id(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                self.planned_city_id = Some(value.nullable());
                self
            }
        }
    }

    /// `id`
    pub const id: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("id");

    /// `film_id`
    pub const film_id: ::crestfall_client::rest::Column<Table, i64> = ::crestfall_client::rest::Column::new("film_id");

    /// `city_id`
    pub const city_id: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("city_id");

    /// `planned_city_id`
    pub const planned_city_id: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("planned_city_id");

    /// The row of `cities` over the key `premieres_city_id_fkey`.
    pub fn city() -> ::crestfall_client::rest::Embed<Table, super::cities::Table, ::crestfall_client::rest::One> {
        ::crestfall_client::rest::Embed::new("city", "cities!premieres_city_id_fkey")
    }

    /// The row, if there is one, of `film_titles` over the key `premieres_film_id_fkey`.
    pub fn film_titles() -> ::crestfall_client::rest::Embed<Table, super::film_titles::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("film_titles", "film_titles")
    }

    /// The row of `films` over the key `premieres_film_id_fkey`.
    pub fn films() -> ::crestfall_client::rest::Embed<Table, super::films::Table, ::crestfall_client::rest::One> {
        ::crestfall_client::rest::Embed::new("films", "films")
    }

    /// The row, if there is one, of `cities` over the key `premieres_planned_city_id_fkey`.
    pub fn planned_city() -> ::crestfall_client::rest::Embed<Table, super::cities::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("planned_city", "cities!premieres_planned_city_id_fkey")
    }

    /// The row, if there is one, of `recent_films` over the key `premieres_film_id_fkey`.
    pub fn recent_films() -> ::crestfall_client::rest::Embed<Table, super::recent_films::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("recent_films", "recent_films")
    }
}

/// Films since 2000
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod recent_films {
    /// The view `public.recent_films`, for the compiler.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Table;

    /// The view `public.recent_films`.
    pub const TABLE: Table = Table;

    impl ::crestfall_client::rest::Table for Table {}

    impl ::crestfall_client::rest::Relation for Table {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "recent_films";
        const COLUMNS: &'static str = "id,title,director,image,total,minutes";
        type Row = Row;
    }

    pub use rows::{Row};

    mod rows {
        /// A row of `public.recent_films`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Row {
            /// `id`
            pub id: i64,
            /// `title`
            pub title: String,
            /// `director`
            pub director: String,
            /// `image`
            pub image: Option<String>,
            /// `total`
            pub total: Option<i64>,
            /// `minutes`
            pub minutes: i32,
        }
    }

    /// `id`
    pub const id: ::crestfall_client::rest::Column<Table, i64> = ::crestfall_client::rest::Column::new("id");

    /// `title`
    pub const title: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("title");

    /// `director`
    pub const director: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("director");

    /// `image`
    pub const image: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("image");

    /// `total`
    pub const total: ::crestfall_client::rest::Column<Table, Option<i64>> = ::crestfall_client::rest::Column::new("total");

    /// `minutes`
    pub const minutes: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("minutes");

    /// Rows of `actors` over `roles`.
    pub fn actors() -> ::crestfall_client::rest::Embed<Table, super::actors::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("actors", "actors")
    }

    /// Rows of `films` over the key `films_sequel_of_fkey`.
    pub fn films() -> ::crestfall_client::rest::Embed<Table, super::films::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("films", "films")
    }

    /// The row, if there is one, of `posters` over the key `posters_film_id_fkey`.
    pub fn posters() -> ::crestfall_client::rest::Embed<Table, super::posters::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("posters", "posters")
    }

    /// Rows of `premieres` over the key `premieres_film_id_fkey`.
    pub fn premieres() -> ::crestfall_client::rest::Embed<Table, super::premieres::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("premieres", "premieres")
    }

    /// Rows of `reviews` over the key `reviews_film_id_fkey`.
    pub fn reviews() -> ::crestfall_client::rest::Embed<Table, super::reviews::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("reviews", "reviews")
    }

    /// Rows of `roles` over the key `roles_film_id_fkey`.
    pub fn roles() -> ::crestfall_client::rest::Embed<Table, super::roles::Table, ::crestfall_client::rest::Many> {
        ::crestfall_client::rest::Embed::new("roles", "roles")
    }
}

/// The table `public.reviews`.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod reviews {
    /// The table `public.reviews`, for the compiler.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Table;

    /// The table `public.reviews`.
    pub const TABLE: Table = Table;

    impl ::crestfall_client::rest::Table for Table {}

    impl ::crestfall_client::rest::Relation for Table {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "reviews";
        const COLUMNS: &'static str = "id,film_id,stars,text";
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
        /// A row of `public.reviews`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Row {
            /// `id`
            pub id: i64,
            /// `film_id`
            pub film_id: i64,
            /// `stars`
            pub stars: i32,
            /// `text`
            pub text: Option<String>,
        }

        /// A new row. What is not set gets its default.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Insert {
            /// `film_id`
            pub film_id: i64,
            /// `stars`
            pub stars: i32,
            /// `text`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub text: Option<Option<String>>,
        }

        impl Insert {
            /// With all that has no default.
            pub fn new(film_id: i64, stars: i32) -> Self {
                Self {
                    film_id,
                    stars,
                    text: None,
                }
            }

            /// Sets `text`.
            #[must_use]
            pub fn text(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                self.text = Some(value.nullable());
                self
            }
        }

        /// New values of some columns. What is not set stays.
        #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Update {
            /// `film_id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub film_id: Option<i64>,
            /// `stars`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub stars: Option<i32>,
            /// `text`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub text: Option<Option<String>>,
        }

        impl Update {
            /// Nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Sets `film_id`.
            #[must_use]
            pub fn film_id(mut self, value: i64) -> Self {
                self.film_id = Some(value);
                self
            }

            /// Sets `stars`.
            #[must_use]
            pub fn stars(mut self, value: i32) -> Self {
                self.stars = Some(value);
                self
            }

            /// Sets `text`.
            #[must_use]
            pub fn text(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                self.text = Some(value.nullable());
                self
            }
        }
    }

    /// `id`
    pub const id: ::crestfall_client::rest::Column<Table, i64> = ::crestfall_client::rest::Column::new("id");

    /// `film_id`
    pub const film_id: ::crestfall_client::rest::Column<Table, i64> = ::crestfall_client::rest::Column::new("film_id");

    /// `stars`
    pub const stars: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("stars");

    /// `text`
    pub const text: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("text");

    /// The row, if there is one, of `film_titles` over the key `reviews_film_id_fkey`.
    pub fn film_titles() -> ::crestfall_client::rest::Embed<Table, super::film_titles::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("film_titles", "film_titles")
    }

    /// The row of `films` over the key `reviews_film_id_fkey`.
    pub fn films() -> ::crestfall_client::rest::Embed<Table, super::films::Table, ::crestfall_client::rest::One> {
        ::crestfall_client::rest::Embed::new("films", "films")
    }

    /// The row, if there is one, of `recent_films` over the key `reviews_film_id_fkey`.
    pub fn recent_films() -> ::crestfall_client::rest::Embed<Table, super::recent_films::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("recent_films", "recent_films")
    }
}

/// The table `public.roles`.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod roles {
    /// The table `public.roles`, for the compiler.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Table;

    /// The table `public.roles`.
    pub const TABLE: Table = Table;

    impl ::crestfall_client::rest::Table for Table {}

    impl ::crestfall_client::rest::Relation for Table {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "roles";
        const COLUMNS: &'static str = "film_id,actor_id,character";
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
        /// A row of `public.roles`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Row {
            /// `film_id`
            pub film_id: i64,
            /// `actor_id`
            pub actor_id: i32,
            /// `character`
            pub character: Option<String>,
        }

        /// A new row. What is not set gets its default.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Insert {
            /// `film_id`
            pub film_id: i64,
            /// `actor_id`
            pub actor_id: i32,
            /// `character`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub character: Option<Option<String>>,
        }

        impl Insert {
            /// With all that has no default.
            pub fn new(film_id: i64, actor_id: i32) -> Self {
                Self {
                    film_id,
                    actor_id,
                    character: None,
                }
            }

            /// Sets `character`.
            #[must_use]
            pub fn character(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                self.character = Some(value.nullable());
                self
            }
        }

        /// New values of some columns. What is not set stays.
        #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Update {
            /// `film_id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub film_id: Option<i64>,
            /// `actor_id`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub actor_id: Option<i32>,
            /// `character`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub character: Option<Option<String>>,
        }

        impl Update {
            /// Nothing yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Sets `film_id`.
            #[must_use]
            pub fn film_id(mut self, value: i64) -> Self {
                self.film_id = Some(value);
                self
            }

            /// Sets `actor_id`.
            #[must_use]
            pub fn actor_id(mut self, value: i32) -> Self {
                self.actor_id = Some(value);
                self
            }

            /// Sets `character`.
            #[must_use]
            pub fn character(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                self.character = Some(value.nullable());
                self
            }
        }
    }

    /// `film_id`
    pub const film_id: ::crestfall_client::rest::Column<Table, i64> = ::crestfall_client::rest::Column::new("film_id");

    /// `actor_id`
    pub const actor_id: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("actor_id");

    /// `character`
    pub const character: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("character");

    /// The row of `actors` over the key `roles_actor_id_fkey`.
    pub fn actors() -> ::crestfall_client::rest::Embed<Table, super::actors::Table, ::crestfall_client::rest::One> {
        ::crestfall_client::rest::Embed::new("actors", "actors")
    }

    /// The row, if there is one, of `film_titles` over the key `roles_film_id_fkey`.
    pub fn film_titles() -> ::crestfall_client::rest::Embed<Table, super::film_titles::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("film_titles", "film_titles")
    }

    /// The row of `films` over the key `roles_film_id_fkey`.
    pub fn films() -> ::crestfall_client::rest::Embed<Table, super::films::Table, ::crestfall_client::rest::One> {
        ::crestfall_client::rest::Embed::new("films", "films")
    }

    /// The row, if there is one, of `recent_films` over the key `roles_film_id_fkey`.
    pub fn recent_films() -> ::crestfall_client::rest::Embed<Table, super::recent_films::Table, ::crestfall_client::rest::Maybe> {
        ::crestfall_client::rest::Embed::new("recent_films", "recent_films")
    }
}

/// Functions, each by its arguments.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod functions {
    /// The sum of two numbers
    #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub struct AddNumbers {
        /// `a`
        pub a: i32,
        /// `b`
        #[serde(skip_serializing_if = "Option::is_none")]
        pub b: Option<i32>,
    }

    impl AddNumbers {
        /// With all that has no default.
        pub fn new(a: i32) -> Self {
            Self {
                a,
                b: None,
            }
        }

        /// Sets `b`.
        #[must_use]
        pub fn b(mut self, value: i32) -> Self {
            self.b = Some(value);
            self
        }
    }

    impl ::crestfall_client::rest::Function for AddNumbers {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "add_numbers";
        const READS: bool = true;
        type Output = Option<i32>;
    }

    /// The function `public.describe`.
    #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub struct Describe {
        /// `thing`
        pub thing: i32,
    }

    impl Describe {
        /// With all that has no default.
        pub fn new(thing: i32) -> Self {
            Self {
                thing,
            }
        }
    }

    impl ::crestfall_client::rest::Function for Describe {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "describe";
        const READS: bool = true;
        type Output = Option<String>;
    }

    /// The function `public.describe`.
    #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub struct Describe_2 {
        /// `thing`
        pub thing: String,
    }

    impl Describe_2 {
        /// With all that has no default.
        pub fn new(thing: impl Into<String>) -> Self {
            Self {
                thing: thing.into(),
            }
        }
    }

    impl ::crestfall_client::rest::Function for Describe_2 {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "describe";
        const READS: bool = true;
        type Output = Option<String>;
    }

    /// The function `public.echo`.
    #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub struct Echo(pub ::crestfall_client::serde_json::Value);

    impl ::crestfall_client::rest::Function for Echo {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "echo";
        const READS: bool = false;
        type Output = Option<::crestfall_client::serde_json::Value>;
    }

    /// A row of what `films_by_year` returns.
    #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub struct FilmsByYearRow {
        /// `year`
        pub year: Option<i32>,
        /// `films`
        pub films: Option<i64>,
    }

    /// The function `public.films_by_year`.
    #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub struct FilmsByYear {
        /// `since`
        #[serde(skip_serializing_if = "Option::is_none")]
        pub since: Option<i32>,
    }

    impl FilmsByYear {
        /// With all that has no default.
        pub fn new() -> Self {
            Self {
                since: None,
            }
        }

        /// Sets `since`.
        #[must_use]
        pub fn since(mut self, value: i32) -> Self {
            self.since = Some(value);
            self
        }
    }

    impl ::crestfall_client::rest::Function for FilmsByYear {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "films_by_year";
        const READS: bool = true;
        type Output = Vec<FilmsByYearRow>;
    }

    /// The function `public.films_of`.
    #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub struct FilmsOf {
        /// `director`
        pub director: i32,
    }

    impl FilmsOf {
        /// With all that has no default.
        pub fn new(director: i32) -> Self {
            Self {
                director,
            }
        }
    }

    impl ::crestfall_client::rest::Function for FilmsOf {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "films_of";
        const READS: bool = true;
        type Output = Vec<super::films::Row>;
    }

    /// The function `public.kinds`.
    #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub struct Kinds {
    }

    impl Kinds {
        /// With all that has no default.
        pub fn new() -> Self {
            Self {
            }
        }
    }

    impl ::crestfall_client::rest::Function for Kinds {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "kinds";
        const READS: bool = true;
        type Output = Vec<Option<super::enums::Genre>>;
    }

    /// The function `public.newest_film`.
    #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub struct NewestFilm {
    }

    impl NewestFilm {
        /// With all that has no default.
        pub fn new() -> Self {
            Self {
            }
        }
    }

    impl ::crestfall_client::rest::Function for NewestFilm {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "newest_film";
        const READS: bool = true;
        type Output = Option<super::films::Row>;
    }

    /// The function `public.rename_film`.
    #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub struct RenameFilm {
        /// `film`
        pub film: i64,
        /// `title`
        pub title: String,
    }

    impl RenameFilm {
        /// With all that has no default.
        pub fn new(film: i64, title: impl Into<String>) -> Self {
            Self {
                film,
                title: title.into(),
            }
        }
    }

    impl ::crestfall_client::rest::Function for RenameFilm {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "rename_film";
        const READS: bool = false;
        type Output = ();
    }
}

/// Enums.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod enums {
    /// What kind of film it is
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub enum Genre {
        /// `drama`
        #[serde(rename = "drama")]
        Drama,
        /// `comedy`
        #[serde(rename = "comedy")]
        Comedy,
        /// `science-fiction`
        #[serde(rename = "science-fiction")]
        ScienceFiction,
    }

    impl Genre {
        /// Every value, in the database's order.
        pub const ALL: [Self; 3] = [Self::Drama, Self::Comedy, Self::ScienceFiction];

        /// The label.
        pub fn as_str(self) -> &'static str {
            match self {
                Self::Drama => "drama",
                Self::Comedy => "comedy",
                Self::ScienceFiction => "science-fiction",
            }
        }
    }

    impl ::crestfall_client::rest::Scalar for Genre {
        type Base = Self;
    }

    impl ::crestfall_client::rest::Literal for Genre {
        fn literal(&self) -> ::std::borrow::Cow<'_, str> {
            ::std::borrow::Cow::Borrowed(self.as_str())
        }
    }
}

/// Composite types.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod types {
    /// An amount and its currency
    #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
    #[serde(crate = "::crestfall_client::serde")]
    pub struct MoneyAmount {
        /// `amount`
        pub amount: Option<::crestfall_client::Numeric>,
        /// `currency`
        pub currency: Option<String>,
    }

    impl ::crestfall_client::rest::Scalar for MoneyAmount {
        type Base = Self;
    }
}

/// The schema `odd`.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod odd {
    /// The table `odd.Films`.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod films {
        /// The table `odd.Films`, for the compiler.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Table;

        /// The table `odd.Films`.
        pub const TABLE: Table = Table;

        impl ::crestfall_client::rest::Table for Table {}

        impl ::crestfall_client::rest::Relation for Table {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "Films";
            const COLUMNS: &'static str = "Id,film_id";
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
            /// A row of `odd.Films`.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Row {
                /// `Id`
                #[serde(rename = "Id")]
                pub id: Option<i32>,
                /// `film_id`
                pub film_id: Option<i64>,
            }

            /// A new row. What is not set gets its default.
            #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Insert {
                /// `Id`
                #[serde(rename = "Id")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub id: Option<Option<i32>>,
                /// `film_id`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub film_id: Option<Option<i64>>,
            }

            impl Insert {
                /// With all that has no default.
                pub fn new() -> Self {
                    Self {
                        id: None,
                        film_id: None,
                    }
                }

                /// Sets `Id`.
                #[must_use]
                pub fn id(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.id = Some(value.nullable());
                    self
                }

                /// Sets `film_id`.
                #[must_use]
                pub fn film_id(mut self, value: impl ::crestfall_client::rest::Nullable<i64>) -> Self {
                    self.film_id = Some(value.nullable());
                    self
                }
            }

            /// New values of some columns. What is not set stays.
            #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Update {
                /// `Id`
                #[serde(rename = "Id")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub id: Option<Option<i32>>,
                /// `film_id`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub film_id: Option<Option<i64>>,
            }

            impl Update {
                /// Nothing yet.
                pub fn new() -> Self {
                    Self::default()
                }

                /// Sets `Id`.
                #[must_use]
                pub fn id(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.id = Some(value.nullable());
                    self
                }

                /// Sets `film_id`.
                #[must_use]
                pub fn film_id(mut self, value: impl ::crestfall_client::rest::Nullable<i64>) -> Self {
                    self.film_id = Some(value.nullable());
                    self
                }
            }
        }

        /// `Id`
        pub const id: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("Id");

        /// `film_id`
        pub const film_id: ::crestfall_client::rest::Column<Table, Option<i64>> = ::crestfall_client::rest::Column::new("film_id");
    }

    /// The table `odd.a_to_b`.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod a_to_b {
        /// The table `odd.a_to_b`, for the compiler.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Table;

        /// The table `odd.a_to_b`.
        pub const TABLE: Table = Table;

        impl ::crestfall_client::rest::Table for Table {}

        impl ::crestfall_client::rest::Relation for Table {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "a_to_b";
            const COLUMNS: &'static str = "a,b";
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
            /// A row of `odd.a_to_b`.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Row {
                /// `a`
                pub a: String,
                /// `b`
                pub b: i32,
            }

            /// A new row. What is not set gets its default.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Insert {
                /// `a`
                pub a: String,
                /// `b`
                pub b: i32,
            }

            impl Insert {
                /// With all that has no default.
                pub fn new(a: impl Into<String>, b: i32) -> Self {
                    Self {
                        a: a.into(),
                        b,
                    }
                }
            }

            /// New values of some columns. What is not set stays.
            #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Update {
                /// `a`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a: Option<String>,
                /// `b`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub b: Option<i32>,
            }

            impl Update {
                /// Nothing yet.
                pub fn new() -> Self {
                    Self::default()
                }

                /// Sets `a`.
                #[must_use]
                pub fn a(mut self, value: impl Into<String>) -> Self {
                    self.a = Some(value.into());
                    self
                }

                /// Sets `b`.
                #[must_use]
                pub fn b(mut self, value: i32) -> Self {
                    self.b = Some(value);
                    self
                }
            }
        }

        /// `a`
        pub const a: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("a");

        /// `b`
        pub const b: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("b");

        /// The row of `films_insert` over the key `a_to_b_b_fkey`.
        pub fn films_insert() -> ::crestfall_client::rest::Embed<Table, super::films_insert::Table, ::crestfall_client::rest::One> {
            ::crestfall_client::rest::Embed::new("films_insert", "films_insert")
        }

        /// The row of `日本` over the key `a_to_b_a_fkey`.
        pub fn 日本() -> ::crestfall_client::rest::Embed<Table, super::日本::Table, ::crestfall_client::rest::One> {
            ::crestfall_client::rest::Embed::new("日本", "\"日本\"")
        }
    }

    /// The table `odd.b_to_a`.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod b_to_a {
        /// The table `odd.b_to_a`, for the compiler.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Table;

        /// The table `odd.b_to_a`.
        pub const TABLE: Table = Table;

        impl ::crestfall_client::rest::Table for Table {}

        impl ::crestfall_client::rest::Relation for Table {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "b_to_a";
            const COLUMNS: &'static str = "a,b";
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
            /// A row of `odd.b_to_a`.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Row {
                /// `a`
                pub a: String,
                /// `b`
                pub b: i32,
            }

            /// A new row. What is not set gets its default.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Insert {
                /// `a`
                pub a: String,
                /// `b`
                pub b: i32,
            }

            impl Insert {
                /// With all that has no default.
                pub fn new(a: impl Into<String>, b: i32) -> Self {
                    Self {
                        a: a.into(),
                        b,
                    }
                }
            }

            /// New values of some columns. What is not set stays.
            #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Update {
                /// `a`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a: Option<String>,
                /// `b`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub b: Option<i32>,
            }

            impl Update {
                /// Nothing yet.
                pub fn new() -> Self {
                    Self::default()
                }

                /// Sets `a`.
                #[must_use]
                pub fn a(mut self, value: impl Into<String>) -> Self {
                    self.a = Some(value.into());
                    self
                }

                /// Sets `b`.
                #[must_use]
                pub fn b(mut self, value: i32) -> Self {
                    self.b = Some(value);
                    self
                }
            }
        }

        /// `a`
        pub const a: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("a");

        /// `b`
        pub const b: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("b");

        /// The row of `films_insert` over the key `b_to_a_b_fkey`.
        pub fn films_insert() -> ::crestfall_client::rest::Embed<Table, super::films_insert::Table, ::crestfall_client::rest::One> {
            ::crestfall_client::rest::Embed::new("films_insert", "films_insert")
        }

        /// The row of `日本` over the key `b_to_a_a_fkey`.
        pub fn 日本() -> ::crestfall_client::rest::Embed<Table, super::日本::Table, ::crestfall_client::rest::One> {
            ::crestfall_client::rest::Embed::new("日本", "\"日本\"")
        }
    }

    /// The table `odd.empty`.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod empty {
        /// The table `odd.empty`, for the compiler.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Table;

        /// The table `odd.empty`.
        pub const TABLE: Table = Table;

        impl ::crestfall_client::rest::Table for Table {}

        impl ::crestfall_client::rest::Relation for Table {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "empty";
            const COLUMNS: &'static str = "";
            type Row = Row;
        }

        pub use rows::{Row};

        mod rows {
            /// A row of `odd.empty`.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Row {
            }
        }
    }

    /// The view `odd.enums`.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod enums_2 {
        /// The view `odd.enums`, for the compiler.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Table;

        /// The view `odd.enums`.
        pub const TABLE: Table = Table;

        impl ::crestfall_client::rest::Table for Table {}

        impl ::crestfall_client::rest::Relation for Table {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "enums";
            const COLUMNS: &'static str = "fn,mood,moods";
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
            /// A row of `odd.enums`.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Row {
                /// `fn`
                pub r#fn: i32,
                /// `mood`
                pub mood: super::super::enums::Mood_2,
                /// `moods`
                pub moods: Vec<super::super::enums::Mood_2>,
            }

            /// A new row. What is not set gets its default.
            #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Insert {
                /// `fn`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub r#fn: Option<i32>,
                /// `mood`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub mood: Option<super::super::enums::Mood_2>,
                /// `moods`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub moods: Option<Vec<super::super::enums::Mood_2>>,
            }

            impl Insert {
                /// With all that has no default.
                pub fn new() -> Self {
                    Self {
                        r#fn: None,
                        mood: None,
                        moods: None,
                    }
                }

                /// Sets `fn`.
                #[must_use]
                pub fn r#fn(mut self, value: i32) -> Self {
                    self.r#fn = Some(value);
                    self
                }

                /// Sets `mood`.
                #[must_use]
                pub fn mood(mut self, value: super::super::enums::Mood_2) -> Self {
                    self.mood = Some(value);
                    self
                }

                /// Sets `moods`.
                #[must_use]
                pub fn moods(mut self, value: Vec<super::super::enums::Mood_2>) -> Self {
                    self.moods = Some(value);
                    self
                }
            }

            /// New values of some columns. What is not set stays.
            #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Update {
                /// `fn`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub r#fn: Option<i32>,
                /// `mood`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub mood: Option<super::super::enums::Mood_2>,
                /// `moods`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub moods: Option<Vec<super::super::enums::Mood_2>>,
            }

            impl Update {
                /// Nothing yet.
                pub fn new() -> Self {
                    Self::default()
                }

                /// Sets `fn`.
                #[must_use]
                pub fn r#fn(mut self, value: i32) -> Self {
                    self.r#fn = Some(value);
                    self
                }

                /// Sets `mood`.
                #[must_use]
                pub fn mood(mut self, value: super::super::enums::Mood_2) -> Self {
                    self.mood = Some(value);
                    self
                }

                /// Sets `moods`.
                #[must_use]
                pub fn moods(mut self, value: Vec<super::super::enums::Mood_2>) -> Self {
                    self.moods = Some(value);
                    self
                }
            }
        }

        /// `fn`
        pub const r#fn: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("fn");

        /// `mood`
        pub const mood: ::crestfall_client::rest::Column<Table, super::enums::Mood_2> = ::crestfall_client::rest::Column::new("mood");

        /// `moods`
        pub const moods: ::crestfall_client::rest::Column<Table, Vec<super::enums::Mood_2>> = ::crestfall_client::rest::Column::new("moods");

        /// Rows of `functions` over the key `functions_type_fkey`.
        pub fn functions() -> ::crestfall_client::rest::Embed<Table, super::functions_2::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("functions", "functions")
        }

        /// Rows of `type` over the key `type_parent_fkey`.
        pub fn r#type() -> ::crestfall_client::rest::Embed<Table, super::r#type::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("type", "type")
        }
    }

    /// The table `odd.films`.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod films_2 {
        /// The table `odd.films`, for the compiler.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Table;

        /// The table `odd.films`.
        pub const TABLE: Table = Table;

        impl ::crestfall_client::rest::Table for Table {}

        impl ::crestfall_client::rest::Relation for Table {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "films";
            const COLUMNS: &'static str = "id,title";
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
            /// A row of `odd.films`.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Row {
                /// `id`
                pub id: Option<i32>,
                /// `title`
                pub title: String,
            }

            /// A new row. What is not set gets its default.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Insert {
                /// `id`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub id: Option<Option<i32>>,
                /// `title`
                pub title: String,
            }

            impl Insert {
                /// With all that has no default.
                pub fn new(title: impl Into<String>) -> Self {
                    Self {
                        title: title.into(),
                        id: None,
                    }
                }

                /// Sets `id`.
                #[must_use]
                pub fn id(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.id = Some(value.nullable());
                    self
                }
            }

            /// New values of some columns. What is not set stays.
            #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Update {
                /// `id`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub id: Option<Option<i32>>,
                /// `title`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub title: Option<String>,
            }

            impl Update {
                /// Nothing yet.
                pub fn new() -> Self {
                    Self::default()
                }

                /// Sets `id`.
                #[must_use]
                pub fn id(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.id = Some(value.nullable());
                    self
                }

                /// Sets `title`.
                #[must_use]
                pub fn title(mut self, value: impl Into<String>) -> Self {
                    self.title = Some(value.into());
                    self
                }
            }
        }

        /// `id`
        pub const id: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("id");

        /// `title`
        pub const title: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("title");
    }

    /// The table `odd.films_insert`.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod films_insert {
        /// The table `odd.films_insert`, for the compiler.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Table;

        /// The table `odd.films_insert`.
        pub const TABLE: Table = Table;

        impl ::crestfall_client::rest::Table for Table {}

        impl ::crestfall_client::rest::Relation for Table {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "films_insert";
            const COLUMNS: &'static str = "id";
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
            /// A row of `odd.films_insert`.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Row {
                /// `id`
                pub id: i32,
            }

            /// A new row. What is not set gets its default.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Insert {
                /// `id`
                pub id: i32,
            }

            impl Insert {
                /// With all that has no default.
                pub fn new(id: i32) -> Self {
                    Self {
                        id,
                    }
                }
            }

            /// New values of some columns. What is not set stays.
            #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Update {
                /// `id`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub id: Option<i32>,
            }

            impl Update {
                /// Nothing yet.
                pub fn new() -> Self {
                    Self::default()
                }

                /// Sets `id`.
                #[must_use]
                pub fn id(mut self, value: i32) -> Self {
                    self.id = Some(value);
                    self
                }
            }
        }

        /// `id`
        pub const id: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("id");

        /// Rows of `a_to_b` over the key `a_to_b_b_fkey`.
        pub fn a_to_b() -> ::crestfall_client::rest::Embed<Table, super::a_to_b::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("a_to_b", "a_to_b")
        }

        /// Rows of `b_to_a` over the key `b_to_a_b_fkey`.
        pub fn b_to_a() -> ::crestfall_client::rest::Embed<Table, super::b_to_a::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("b_to_a", "b_to_a")
        }

        /// Rows of `日本` over `a_to_b`.
        pub fn 日本_via_a_to_b() -> ::crestfall_client::rest::Embed<Table, super::日本::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("日本_via_a_to_b", "\"日本\"!a_to_b")
        }

        /// Rows of `日本` over `b_to_a`.
        pub fn 日本_via_b_to_a() -> ::crestfall_client::rest::Embed<Table, super::日本::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("日本_via_b_to_a", "\"日本\"!b_to_a")
        }
    }

    /// The table `odd.functions`.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod functions_2 {
        /// The table `odd.functions`, for the compiler.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Table;

        /// The table `odd.functions`.
        pub const TABLE: Table = Table;

        impl ::crestfall_client::rest::Table for Table {}

        impl ::crestfall_client::rest::Relation for Table {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "functions";
            const COLUMNS: &'static str = "id,type";
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
            /// A row of `odd.functions`.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Row {
                /// `id`
                pub id: i32,
                /// `type`
                pub r#type: i32,
            }

            /// A new row. What is not set gets its default.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Insert {
                /// `id`
                pub id: i32,
                /// `type`
                pub r#type: i32,
            }

            impl Insert {
                /// With all that has no default.
                pub fn new(id: i32, r#type: i32) -> Self {
                    Self {
                        id,
                        r#type,
                    }
                }
            }

            /// New values of some columns. What is not set stays.
            #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Update {
                /// `id`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub id: Option<i32>,
                /// `type`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub r#type: Option<i32>,
            }

            impl Update {
                /// Nothing yet.
                pub fn new() -> Self {
                    Self::default()
                }

                /// Sets `id`.
                #[must_use]
                pub fn id(mut self, value: i32) -> Self {
                    self.id = Some(value);
                    self
                }

                /// Sets `type`.
                #[must_use]
                pub fn r#type(mut self, value: i32) -> Self {
                    self.r#type = Some(value);
                    self
                }
            }
        }

        /// `id`
        pub const id: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("id");

        /// `type`
        pub const r#type: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("type");

        /// The row, if there is one, of `enums` over the key `functions_type_fkey`.
        pub fn enums() -> ::crestfall_client::rest::Embed<Table, super::enums_2::Table, ::crestfall_client::rest::Maybe> {
            ::crestfall_client::rest::Embed::new("enums", "enums")
        }

        /// The row, if there is one, of `kept` over the key `functions_type_fkey`.
        pub fn kept() -> ::crestfall_client::rest::Embed<Table, super::kept::Table, ::crestfall_client::rest::Maybe> {
            ::crestfall_client::rest::Embed::new("kept", "kept")
        }

        /// The row of `type` over the key `functions_type_fkey`.
        pub fn type_2() -> ::crestfall_client::rest::Embed<Table, super::r#type::Table, ::crestfall_client::rest::One> {
            ::crestfall_client::rest::Embed::new("type_2", "type")
        }
    }

    /// The view `odd.kept`.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod kept {
        /// The view `odd.kept`, for the compiler.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Table;

        /// The view `odd.kept`.
        pub const TABLE: Table = Table;

        impl ::crestfall_client::rest::Table for Table {}

        impl ::crestfall_client::rest::Relation for Table {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "kept";
            const COLUMNS: &'static str = "self,Self,mood";
            type Row = Row;
        }

        pub use rows::{Row};

        mod rows {
            /// A row of `odd.kept`.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Row {
                /// `self`
                #[serde(rename = "self")]
                pub self_: i32,
                /// `Self`
                #[serde(rename = "Self")]
                pub self_2: i32,
                /// `mood`
                pub mood: super::super::enums::Mood_2,
            }
        }

        /// `self`
        pub const self_: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("self");

        /// `Self`
        pub const self_2: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("Self");

        /// `mood`
        pub const mood: ::crestfall_client::rest::Column<Table, super::enums::Mood_2> = ::crestfall_client::rest::Column::new("mood");

        /// Rows of `functions` over the key `functions_type_fkey`.
        pub fn functions() -> ::crestfall_client::rest::Embed<Table, super::functions_2::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("functions", "functions")
        }

        /// Rows of `type` over the key `type_parent_fkey`.
        pub fn r#type() -> ::crestfall_client::rest::Embed<Table, super::r#type::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("type", "type")
        }
    }

    /// A table
    /// '''
    /// let not = rust;
    /// '''
    /// */ """ `x` \
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod r#type {
        /// The table `odd.type`, for the compiler.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Table;

        /// The table `odd.type`.
        pub const TABLE: Table = Table;

        impl ::crestfall_client::rest::Table for Table {}

        impl ::crestfall_client::rest::Relation for Table {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "type";
            const COLUMNS: &'static str = "self,Self,TABLE,Table,value,new,1st,\"a b\",a_b,\"a-b\",\"!\",\"größe\",\"it's \\\"quoted\\\"\",mood,moods,odd_type,odd_types,genre,ids,parent,film";
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
            /// A row of `odd.type`.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Row {
                /// `self`
                #[serde(rename = "self")]
                pub self_: i32,
                /// `Self`
                #[serde(rename = "Self")]
                pub self_2: i32,
                /// `TABLE`
                #[serde(rename = "TABLE")]
                pub table: String,
                /// `Table`
                #[serde(rename = "Table")]
                pub table_2: Option<String>,
                /// `value`
                pub value: Option<i32>,
                /// `new`
                pub new: String,
                /// `1st`
                #[serde(rename = "1st")]
                pub _1st: Option<bool>,
                /// `a b`
                #[serde(rename = "a b")]
                pub a_b: Option<i32>,
                /// `a_b`
                #[serde(rename = "a_b")]
                pub a_b_2: Option<i32>,
                /// `a-b`
                #[serde(rename = "a-b")]
                pub a_b_3: Option<i32>,
                /// `!`
                #[serde(rename = "!")]
                pub _empty: Option<String>,
                /// `größe`
                pub größe: Option<::crestfall_client::Numeric>,
                /// `it's "quoted"`
                #[serde(rename = "it's \"quoted\"")]
                pub it_s_quoted: Option<String>,
                /// `mood`
                pub mood: super::super::enums::Mood_2,
                /// `moods`
                pub moods: Vec<super::super::enums::Mood_2>,
                /// `odd_type`
                pub odd_type: Option<super::super::types::OddType>,
                /// `odd_types`
                pub odd_types: Option<Vec<super::super::types::OddType>>,
                /// `genre`
                pub genre: Option<super::super::super::enums::Genre>,
                /// `ids`
                pub ids: Option<Vec<::crestfall_client::uuid::Uuid>>,
                /// `parent`
                pub parent: Option<i32>,
                /// `film`
                pub film: Option<i64>,
            }

            /// A new row. What is not set gets its default.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Insert {
                /// `self`
                #[serde(rename = "self")]
                pub self_: i32,
                /// `Self`
                #[serde(rename = "Self")]
                pub self_2: i32,
                /// `TABLE`
                #[serde(rename = "TABLE")]
                pub table: String,
                /// `Table`
                #[serde(rename = "Table")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub table_2: Option<Option<String>>,
                /// `value`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub value: Option<Option<i32>>,
                /// `new`
                #[serde(rename = "new")]
                pub new_2: String,
                /// `1st`
                #[serde(rename = "1st")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub _1st: Option<Option<bool>>,
                /// `a b`
                #[serde(rename = "a b")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a_b: Option<Option<i32>>,
                /// `a_b`
                #[serde(rename = "a_b")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a_b_2: Option<Option<i32>>,
                /// `a-b`
                #[serde(rename = "a-b")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a_b_3: Option<Option<i32>>,
                /// `!`
                #[serde(rename = "!")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub _empty: Option<Option<String>>,
                /// `größe`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub größe: Option<Option<::crestfall_client::Numeric>>,
                /// `it's "quoted"`
                #[serde(rename = "it's \"quoted\"")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub it_s_quoted: Option<Option<String>>,
                /// `mood`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub mood: Option<super::super::enums::Mood_2>,
                /// `moods`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub moods: Option<Vec<super::super::enums::Mood_2>>,
                /// `odd_type`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub odd_type: Option<Option<super::super::types::OddType>>,
                /// `odd_types`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub odd_types: Option<Option<Vec<super::super::types::OddType>>>,
                /// `genre`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub genre: Option<Option<super::super::super::enums::Genre>>,
                /// `ids`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub ids: Option<Option<Vec<::crestfall_client::uuid::Uuid>>>,
                /// `parent`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub parent: Option<Option<i32>>,
                /// `film`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub film: Option<Option<i64>>,
            }

            impl Insert {
                /// With all that has no default.
                pub fn new(self_: i32, self_2: i32, table: impl Into<String>, new_2: impl Into<String>) -> Self {
                    Self {
                        self_,
                        self_2,
                        table: table.into(),
                        new_2: new_2.into(),
                        table_2: None,
                        value: None,
                        _1st: None,
                        a_b: None,
                        a_b_2: None,
                        a_b_3: None,
                        _empty: None,
                        größe: None,
                        it_s_quoted: None,
                        mood: None,
                        moods: None,
                        odd_type: None,
                        odd_types: None,
                        genre: None,
                        ids: None,
                        parent: None,
                        film: None,
                    }
                }

                /// Sets `Table`.
                #[must_use]
                pub fn table_2(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.table_2 = Some(value.nullable());
                    self
                }

                /// Sets `value`.
                #[must_use]
                pub fn value(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.value = Some(value.nullable());
                    self
                }

                /// Sets `1st`.
                #[must_use]
                pub fn _1st(mut self, value: impl ::crestfall_client::rest::Nullable<bool>) -> Self {
                    self._1st = Some(value.nullable());
                    self
                }

                /// Sets `a b`.
                #[must_use]
                pub fn a_b(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.a_b = Some(value.nullable());
                    self
                }

                /// Sets `a_b`.
                #[must_use]
                pub fn a_b_2(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.a_b_2 = Some(value.nullable());
                    self
                }

                /// Sets `a-b`.
                #[must_use]
                pub fn a_b_3(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.a_b_3 = Some(value.nullable());
                    self
                }

                /// Sets `!`.
                #[must_use]
                pub fn _empty(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self._empty = Some(value.nullable());
                    self
                }

                /// Sets `größe`.
                #[must_use]
                pub fn größe(mut self, value: impl ::crestfall_client::rest::Nullable<::crestfall_client::Numeric>) -> Self {
                    self.größe = Some(value.nullable());
                    self
                }

                /// Sets `it's "quoted"`.
                #[must_use]
                pub fn it_s_quoted(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.it_s_quoted = Some(value.nullable());
                    self
                }

                /// Sets `mood`.
                #[must_use]
                pub fn mood(mut self, value: super::super::enums::Mood_2) -> Self {
                    self.mood = Some(value);
                    self
                }

                /// Sets `moods`.
                #[must_use]
                pub fn moods(mut self, value: Vec<super::super::enums::Mood_2>) -> Self {
                    self.moods = Some(value);
                    self
                }

                /// Sets `odd_type`.
                #[must_use]
                pub fn odd_type(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::types::OddType>) -> Self {
                    self.odd_type = Some(value.nullable());
                    self
                }

                /// Sets `odd_types`.
                #[must_use]
                pub fn odd_types(mut self, value: impl ::crestfall_client::rest::Nullable<Vec<super::super::types::OddType>>) -> Self {
                    self.odd_types = Some(value.nullable());
                    self
                }

                /// Sets `genre`.
                #[must_use]
                pub fn genre(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::super::enums::Genre>) -> Self {
                    self.genre = Some(value.nullable());
                    self
                }

                /// Sets `ids`.
                #[must_use]
                pub fn ids(mut self, value: impl ::crestfall_client::rest::Nullable<Vec<::crestfall_client::uuid::Uuid>>) -> Self {
                    self.ids = Some(value.nullable());
                    self
                }

                /// Sets `parent`.
                #[must_use]
                pub fn parent(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.parent = Some(value.nullable());
                    self
                }

                /// Sets `film`.
                #[must_use]
                pub fn film(mut self, value: impl ::crestfall_client::rest::Nullable<i64>) -> Self {
                    self.film = Some(value.nullable());
                    self
                }
            }

            /// New values of some columns. What is not set stays.
            #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Update {
                /// `self`
                #[serde(rename = "self")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub self_: Option<i32>,
                /// `Self`
                #[serde(rename = "Self")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub self_2: Option<i32>,
                /// `TABLE`
                #[serde(rename = "TABLE")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub table: Option<String>,
                /// `Table`
                #[serde(rename = "Table")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub table_2: Option<Option<String>>,
                /// `value`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub value: Option<Option<i32>>,
                /// `new`
                #[serde(rename = "new")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub new_2: Option<String>,
                /// `1st`
                #[serde(rename = "1st")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub _1st: Option<Option<bool>>,
                /// `a b`
                #[serde(rename = "a b")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a_b: Option<Option<i32>>,
                /// `a_b`
                #[serde(rename = "a_b")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a_b_2: Option<Option<i32>>,
                /// `a-b`
                #[serde(rename = "a-b")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a_b_3: Option<Option<i32>>,
                /// `!`
                #[serde(rename = "!")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub _empty: Option<Option<String>>,
                /// `größe`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub größe: Option<Option<::crestfall_client::Numeric>>,
                /// `it's "quoted"`
                #[serde(rename = "it's \"quoted\"")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub it_s_quoted: Option<Option<String>>,
                /// `mood`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub mood: Option<super::super::enums::Mood_2>,
                /// `moods`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub moods: Option<Vec<super::super::enums::Mood_2>>,
                /// `odd_type`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub odd_type: Option<Option<super::super::types::OddType>>,
                /// `odd_types`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub odd_types: Option<Option<Vec<super::super::types::OddType>>>,
                /// `genre`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub genre: Option<Option<super::super::super::enums::Genre>>,
                /// `ids`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub ids: Option<Option<Vec<::crestfall_client::uuid::Uuid>>>,
                /// `parent`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub parent: Option<Option<i32>>,
                /// `film`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub film: Option<Option<i64>>,
            }

            impl Update {
                /// Nothing yet.
                pub fn new() -> Self {
                    Self::default()
                }

                /// Sets `self`.
                #[must_use]
                pub fn self_(mut self, value: i32) -> Self {
                    self.self_ = Some(value);
                    self
                }

                /// Sets `Self`.
                #[must_use]
                pub fn self_2(mut self, value: i32) -> Self {
                    self.self_2 = Some(value);
                    self
                }

                /// Sets `TABLE`.
                #[must_use]
                pub fn table(mut self, value: impl Into<String>) -> Self {
                    self.table = Some(value.into());
                    self
                }

                /// Sets `Table`.
                #[must_use]
                pub fn table_2(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.table_2 = Some(value.nullable());
                    self
                }

                /// Sets `value`.
                #[must_use]
                pub fn value(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.value = Some(value.nullable());
                    self
                }

                /// Sets `new`.
                #[must_use]
                pub fn new_2(mut self, value: impl Into<String>) -> Self {
                    self.new_2 = Some(value.into());
                    self
                }

                /// Sets `1st`.
                #[must_use]
                pub fn _1st(mut self, value: impl ::crestfall_client::rest::Nullable<bool>) -> Self {
                    self._1st = Some(value.nullable());
                    self
                }

                /// Sets `a b`.
                #[must_use]
                pub fn a_b(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.a_b = Some(value.nullable());
                    self
                }

                /// Sets `a_b`.
                #[must_use]
                pub fn a_b_2(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.a_b_2 = Some(value.nullable());
                    self
                }

                /// Sets `a-b`.
                #[must_use]
                pub fn a_b_3(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.a_b_3 = Some(value.nullable());
                    self
                }

                /// Sets `!`.
                #[must_use]
                pub fn _empty(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self._empty = Some(value.nullable());
                    self
                }

                /// Sets `größe`.
                #[must_use]
                pub fn größe(mut self, value: impl ::crestfall_client::rest::Nullable<::crestfall_client::Numeric>) -> Self {
                    self.größe = Some(value.nullable());
                    self
                }

                /// Sets `it's "quoted"`.
                #[must_use]
                pub fn it_s_quoted(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.it_s_quoted = Some(value.nullable());
                    self
                }

                /// Sets `mood`.
                #[must_use]
                pub fn mood(mut self, value: super::super::enums::Mood_2) -> Self {
                    self.mood = Some(value);
                    self
                }

                /// Sets `moods`.
                #[must_use]
                pub fn moods(mut self, value: Vec<super::super::enums::Mood_2>) -> Self {
                    self.moods = Some(value);
                    self
                }

                /// Sets `odd_type`.
                #[must_use]
                pub fn odd_type(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::types::OddType>) -> Self {
                    self.odd_type = Some(value.nullable());
                    self
                }

                /// Sets `odd_types`.
                #[must_use]
                pub fn odd_types(mut self, value: impl ::crestfall_client::rest::Nullable<Vec<super::super::types::OddType>>) -> Self {
                    self.odd_types = Some(value.nullable());
                    self
                }

                /// Sets `genre`.
                #[must_use]
                pub fn genre(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::super::enums::Genre>) -> Self {
                    self.genre = Some(value.nullable());
                    self
                }

                /// Sets `ids`.
                #[must_use]
                pub fn ids(mut self, value: impl ::crestfall_client::rest::Nullable<Vec<::crestfall_client::uuid::Uuid>>) -> Self {
                    self.ids = Some(value.nullable());
                    self
                }

                /// Sets `parent`.
                #[must_use]
                pub fn parent(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.parent = Some(value.nullable());
                    self
                }

                /// Sets `film`.
                #[must_use]
                pub fn film(mut self, value: impl ::crestfall_client::rest::Nullable<i64>) -> Self {
                    self.film = Some(value.nullable());
                    self
                }
            }
        }

        /// `self`
        pub const self_: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("self");

        /// `Self`
        pub const self_2: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("Self");

        /// `TABLE`
        pub const table: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("TABLE");

        /// `Table`
        pub const table_2: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("Table");

        /// `value`
        pub const value: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("value");

        /// `new`
        pub const new: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("new");

        /// `1st`
        pub const _1st: ::crestfall_client::rest::Column<Table, Option<bool>> = ::crestfall_client::rest::Column::new("1st");

        /// `a b`
        pub const a_b: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("\"a b\"");

        /// `a_b`
        pub const a_b_2: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("a_b");

        /// `a-b`
        pub const a_b_3: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("\"a-b\"");

        /// `!`
        pub const _empty: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("\"!\"");

        /// `größe`
        pub const größe: ::crestfall_client::rest::Column<Table, Option<::crestfall_client::Numeric>> = ::crestfall_client::rest::Column::new("\"größe\"");

        /// `it's "quoted"`
        pub const it_s_quoted: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("\"it's \\\"quoted\\\"\"");

        /// `mood`
        pub const mood: ::crestfall_client::rest::Column<Table, super::enums::Mood_2> = ::crestfall_client::rest::Column::new("mood");

        /// `moods`
        pub const moods: ::crestfall_client::rest::Column<Table, Vec<super::enums::Mood_2>> = ::crestfall_client::rest::Column::new("moods");

        /// `odd_type`
        pub const odd_type: ::crestfall_client::rest::Column<Table, Option<super::types::OddType>> = ::crestfall_client::rest::Column::new("odd_type");

        /// `odd_types`
        pub const odd_types: ::crestfall_client::rest::Column<Table, Option<Vec<super::types::OddType>>> = ::crestfall_client::rest::Column::new("odd_types");

        /// `genre`
        pub const genre: ::crestfall_client::rest::Column<Table, Option<super::super::enums::Genre>> = ::crestfall_client::rest::Column::new("genre");

        /// `ids`
        pub const ids: ::crestfall_client::rest::Column<Table, Option<Vec<::crestfall_client::uuid::Uuid>>> = ::crestfall_client::rest::Column::new("ids");

        /// `parent`
        pub const parent: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("parent");

        /// `film`
        pub const film: ::crestfall_client::rest::Column<Table, Option<i64>> = ::crestfall_client::rest::Column::new("film");

        /// The row, if there is one, of `enums` over the key `type_parent_fkey`.
        pub fn enums() -> ::crestfall_client::rest::Embed<Table, super::enums_2::Table, ::crestfall_client::rest::Maybe> {
            ::crestfall_client::rest::Embed::new("enums", "enums")
        }

        /// Rows of `functions` over the key `functions_type_fkey`.
        pub fn functions() -> ::crestfall_client::rest::Embed<Table, super::functions_2::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("functions", "functions")
        }

        /// The row, if there is one, of `kept` over the key `type_parent_fkey`.
        pub fn kept() -> ::crestfall_client::rest::Embed<Table, super::kept::Table, ::crestfall_client::rest::Maybe> {
            ::crestfall_client::rest::Embed::new("kept", "kept")
        }

        /// The row, if there is one, of `type` over the key `type_parent_fkey`.
        pub fn parent_type() -> ::crestfall_client::rest::Embed<Table, super::r#type::Table, ::crestfall_client::rest::Maybe> {
            ::crestfall_client::rest::Embed::new("parent_type", "parent")
        }

        /// Rows of `type` over the key `type_parent_fkey`.
        pub fn type_by_parent() -> ::crestfall_client::rest::Embed<Table, super::r#type::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("type_by_parent", "type")
        }
    }

    /// The table `odd.日本`.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod 日本 {
        /// The table `odd.日本`, for the compiler.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Table;

        /// The table `odd.日本`.
        pub const TABLE: Table = Table;

        impl ::crestfall_client::rest::Table for Table {}

        impl ::crestfall_client::rest::Relation for Table {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "日本";
            const COLUMNS: &'static str = "\"名前\",\"हिन\u{94d}दी\",\"m²\",\"ﬁ\",\"İ\",\"-\",\"a,b\",\"a`b\",\"🎉\",int,list,str,mood,colours,colour,stars,row_of_hidden,row_of_type,option,string,oid,xid,span,spans,address,bits,bytes,since,at,price,words,path,matrix,place,letter,fixed,double_id,parent,other_parent";
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
            /// A row of `odd.日本`.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Row {
                /// `名前`
                pub 名前: String,
                /// `हिन्दी`
                #[serde(rename = "हिन\u{94d}दी")]
                pub हनद: Option<i32>,
                /// `m²`
                #[serde(rename = "m²")]
                pub m2: ::crestfall_client::Numeric,
                /// `ﬁ`
                #[serde(rename = "ﬁ")]
                pub fi: Option<String>,
                /// `İ`
                #[serde(rename = "İ")]
                pub i: Option<bool>,
                /// `-`
                #[serde(rename = "-")]
                pub _empty: Option<i32>,
                /// `a,b`
                #[serde(rename = "a,b")]
                pub a_b: Option<i32>,
                /// `` a`b ``
                #[serde(rename = "a`b")]
                pub a_b_2: String,
                /// `🎉`
                #[serde(rename = "🎉")]
                pub _empty_2: super::super::enums::Mood,
                /// `int`
                pub int: Option<i32>,
                /// - first
                /// - second
                /// indented "end"
                pub list: Option<Vec<i32>>,
                /// Ends with a backslash \
                pub str: Option<String>,
                /// `mood`
                pub mood: Option<super::super::enums::Mood_2>,
                /// `colours`
                pub colours: Vec<super::super::super::hidden::types::Colour>,
                /// `colour`
                pub colour: Option<super::super::super::hidden::types::Colour>,
                /// `stars`
                pub stars: i32,
                /// `row_of_hidden`
                pub row_of_hidden: Option<::crestfall_client::serde_json::Value>,
                /// `row_of_type`
                pub row_of_type: Option<super::super::empty::Row>,
                /// `option`
                pub option: Option<super::super::types::Option_2>,
                /// `string`
                pub string: Option<super::super::types::String_2>,
                /// `oid`
                pub oid: Option<String>,
                /// `xid`
                pub xid: Option<String>,
                /// `span`
                pub span: Option<String>,
                /// `spans`
                pub spans: Option<String>,
                /// `address`
                pub address: Option<String>,
                /// `bits`
                pub bits: Option<String>,
                /// `bytes`
                pub bytes: Option<String>,
                /// `since`
                pub since: Option<String>,
                /// `at`
                pub at: Option<String>,
                /// `price`
                pub price: Option<String>,
                /// `words`
                pub words: Option<String>,
                /// `path`
                pub path: Option<String>,
                /// `matrix`
                pub matrix: Option<Vec<Vec<i32>>>,
                /// `place`
                pub place: Option<String>,
                /// `letter`
                pub letter: Option<String>,
                /// `fixed`
                pub fixed: Option<String>,
                /// `double_id`
                pub double_id: i32,
                /// `parent`
                pub parent: Option<String>,
                /// `other_parent`
                pub other_parent: Option<String>,
            }

            /// A new row. What is not set gets its default.
            #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Insert {
                /// `名前`
                pub 名前: String,
                /// `हिन्दी`
                #[serde(rename = "हिन\u{94d}दी")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub हनद: Option<Option<i32>>,
                /// `m²`
                #[serde(rename = "m²")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub m2: Option<::crestfall_client::Numeric>,
                /// `ﬁ`
                #[serde(rename = "ﬁ")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub fi: Option<Option<String>>,
                /// `İ`
                #[serde(rename = "İ")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub i: Option<Option<bool>>,
                /// `-`
                #[serde(rename = "-")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub _empty: Option<Option<i32>>,
                /// `a,b`
                #[serde(rename = "a,b")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a_b: Option<Option<i32>>,
                /// `` a`b ``
                #[serde(rename = "a`b")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a_b_2: Option<String>,
                /// `🎉`
                #[serde(rename = "🎉")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub _empty_2: Option<super::super::enums::Mood>,
                /// `int`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub int: Option<Option<i32>>,
                /// - first
                /// - second
                /// indented "end"
                #[serde(skip_serializing_if = "Option::is_none")]
                pub list: Option<Option<Vec<i32>>>,
                /// Ends with a backslash \
                #[serde(skip_serializing_if = "Option::is_none")]
                pub str: Option<Option<String>>,
                /// `mood`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub mood: Option<Option<super::super::enums::Mood_2>>,
                /// `colours`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub colours: Option<Vec<super::super::super::hidden::types::Colour>>,
                /// `colour`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub colour: Option<Option<super::super::super::hidden::types::Colour>>,
                /// `stars`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub stars: Option<i32>,
                /// `row_of_hidden`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub row_of_hidden: Option<Option<::crestfall_client::serde_json::Value>>,
                /// `row_of_type`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub row_of_type: Option<Option<super::super::empty::Row>>,
                /// `option`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub option: Option<Option<super::super::types::Option_2>>,
                /// `string`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub string: Option<Option<super::super::types::String_2>>,
                /// `oid`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub oid: Option<Option<String>>,
                /// `xid`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub xid: Option<Option<String>>,
                /// `span`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub span: Option<Option<String>>,
                /// `spans`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub spans: Option<Option<String>>,
                /// `address`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub address: Option<Option<String>>,
                /// `bits`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub bits: Option<Option<String>>,
                /// `bytes`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub bytes: Option<Option<String>>,
                /// `since`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub since: Option<Option<String>>,
                /// `at`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub at: Option<Option<String>>,
                /// `price`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub price: Option<Option<String>>,
                /// `words`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub words: Option<Option<String>>,
                /// `path`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub path: Option<Option<String>>,
                /// `matrix`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub matrix: Option<Option<Vec<Vec<i32>>>>,
                /// `place`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub place: Option<Option<String>>,
                /// `letter`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub letter: Option<Option<String>>,
                /// `fixed`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub fixed: Option<Option<String>>,
                /// `parent`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub parent: Option<Option<String>>,
                /// `other_parent`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub other_parent: Option<Option<String>>,
            }

            impl Insert {
                /// With all that has no default.
                pub fn new(名前: impl Into<String>) -> Self {
                    Self {
                        名前: 名前.into(),
                        हनद: None,
                        m2: None,
                        fi: None,
                        i: None,
                        _empty: None,
                        a_b: None,
                        a_b_2: None,
                        _empty_2: None,
                        int: None,
                        list: None,
                        str: None,
                        mood: None,
                        colours: None,
                        colour: None,
                        stars: None,
                        row_of_hidden: None,
                        row_of_type: None,
                        option: None,
                        string: None,
                        oid: None,
                        xid: None,
                        span: None,
                        spans: None,
                        address: None,
                        bits: None,
                        bytes: None,
                        since: None,
                        at: None,
                        price: None,
                        words: None,
                        path: None,
                        matrix: None,
                        place: None,
                        letter: None,
                        fixed: None,
                        parent: None,
                        other_parent: None,
                    }
                }

                /// Sets `हिन्दी`.
                #[must_use]
                pub fn हनद(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.हनद = Some(value.nullable());
                    self
                }

                /// Sets `m²`.
                #[must_use]
                pub fn m2(mut self, value: impl Into<::crestfall_client::Numeric>) -> Self {
                    self.m2 = Some(value.into());
                    self
                }

                /// Sets `ﬁ`.
                #[must_use]
                pub fn fi(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.fi = Some(value.nullable());
                    self
                }

                /// Sets `İ`.
                #[must_use]
                pub fn i(mut self, value: impl ::crestfall_client::rest::Nullable<bool>) -> Self {
                    self.i = Some(value.nullable());
                    self
                }

                /// Sets `-`.
                #[must_use]
                pub fn _empty(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self._empty = Some(value.nullable());
                    self
                }

                /// Sets `a,b`.
                #[must_use]
                pub fn a_b(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.a_b = Some(value.nullable());
                    self
                }

                /// Sets `` a`b ``.
                #[must_use]
                pub fn a_b_2(mut self, value: impl Into<String>) -> Self {
                    self.a_b_2 = Some(value.into());
                    self
                }

                /// Sets `🎉`.
                #[must_use]
                pub fn _empty_2(mut self, value: super::super::enums::Mood) -> Self {
                    self._empty_2 = Some(value);
                    self
                }

                /// Sets `int`.
                #[must_use]
                pub fn int(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.int = Some(value.nullable());
                    self
                }

                /// - first
                /// - second
                /// indented "end"
                #[must_use]
                pub fn list(mut self, value: impl ::crestfall_client::rest::Nullable<Vec<i32>>) -> Self {
                    self.list = Some(value.nullable());
                    self
                }

                /// Ends with a backslash \
                #[must_use]
                pub fn str(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.str = Some(value.nullable());
                    self
                }

                /// Sets `mood`.
                #[must_use]
                pub fn mood(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::enums::Mood_2>) -> Self {
                    self.mood = Some(value.nullable());
                    self
                }

                /// Sets `colours`.
                #[must_use]
                pub fn colours(mut self, value: Vec<super::super::super::hidden::types::Colour>) -> Self {
                    self.colours = Some(value);
                    self
                }

                /// Sets `colour`.
                #[must_use]
                pub fn colour(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::super::hidden::types::Colour>) -> Self {
                    self.colour = Some(value.nullable());
                    self
                }

                /// Sets `stars`.
                #[must_use]
                pub fn stars(mut self, value: i32) -> Self {
                    self.stars = Some(value);
                    self
                }

                /// Sets `row_of_hidden`.
                #[must_use]
                pub fn row_of_hidden(mut self, value: impl ::crestfall_client::rest::Nullable<::crestfall_client::serde_json::Value>) -> Self {
                    self.row_of_hidden = Some(value.nullable());
                    self
                }

                /// Sets `row_of_type`.
                #[must_use]
                pub fn row_of_type(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::empty::Row>) -> Self {
                    self.row_of_type = Some(value.nullable());
                    self
                }

                /// Sets `option`.
                #[must_use]
                pub fn option(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::types::Option_2>) -> Self {
                    self.option = Some(value.nullable());
                    self
                }

                /// Sets `string`.
                #[must_use]
                pub fn string(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::types::String_2>) -> Self {
                    self.string = Some(value.nullable());
                    self
                }

                /// Sets `oid`.
                #[must_use]
                pub fn oid(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.oid = Some(value.nullable());
                    self
                }

                /// Sets `xid`.
                #[must_use]
                pub fn xid(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.xid = Some(value.nullable());
                    self
                }

                /// Sets `span`.
                #[must_use]
                pub fn span(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.span = Some(value.nullable());
                    self
                }

                /// Sets `spans`.
                #[must_use]
                pub fn spans(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.spans = Some(value.nullable());
                    self
                }

                /// Sets `address`.
                #[must_use]
                pub fn address(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.address = Some(value.nullable());
                    self
                }

                /// Sets `bits`.
                #[must_use]
                pub fn bits(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.bits = Some(value.nullable());
                    self
                }

                /// Sets `bytes`.
                #[must_use]
                pub fn bytes(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.bytes = Some(value.nullable());
                    self
                }

                /// Sets `since`.
                #[must_use]
                pub fn since(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.since = Some(value.nullable());
                    self
                }

                /// Sets `at`.
                #[must_use]
                pub fn at(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.at = Some(value.nullable());
                    self
                }

                /// Sets `price`.
                #[must_use]
                pub fn price(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.price = Some(value.nullable());
                    self
                }

                /// Sets `words`.
                #[must_use]
                pub fn words(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.words = Some(value.nullable());
                    self
                }

                /// Sets `path`.
                #[must_use]
                pub fn path(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.path = Some(value.nullable());
                    self
                }

                /// Sets `matrix`.
                #[must_use]
                pub fn matrix(mut self, value: impl ::crestfall_client::rest::Nullable<Vec<Vec<i32>>>) -> Self {
                    self.matrix = Some(value.nullable());
                    self
                }

                /// Sets `place`.
                #[must_use]
                pub fn place(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.place = Some(value.nullable());
                    self
                }

                /// Sets `letter`.
                #[must_use]
                pub fn letter(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.letter = Some(value.nullable());
                    self
                }

                /// Sets `fixed`.
                #[must_use]
                pub fn fixed(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.fixed = Some(value.nullable());
                    self
                }

                /// Sets `parent`.
                #[must_use]
                pub fn parent(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.parent = Some(value.nullable());
                    self
                }

                /// Sets `other_parent`.
                #[must_use]
                pub fn other_parent(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.other_parent = Some(value.nullable());
                    self
                }
            }

            /// New values of some columns. What is not set stays.
            #[derive(Debug, Clone, Default, PartialEq, ::crestfall_client::serde::Serialize)]
            #[serde(crate = "::crestfall_client::serde")]
            pub struct Update {
                /// `名前`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub 名前: Option<String>,
                /// `हिन्दी`
                #[serde(rename = "हिन\u{94d}दी")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub हनद: Option<Option<i32>>,
                /// `m²`
                #[serde(rename = "m²")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub m2: Option<::crestfall_client::Numeric>,
                /// `ﬁ`
                #[serde(rename = "ﬁ")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub fi: Option<Option<String>>,
                /// `İ`
                #[serde(rename = "İ")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub i: Option<Option<bool>>,
                /// `-`
                #[serde(rename = "-")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub _empty: Option<Option<i32>>,
                /// `a,b`
                #[serde(rename = "a,b")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a_b: Option<Option<i32>>,
                /// `` a`b ``
                #[serde(rename = "a`b")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub a_b_2: Option<String>,
                /// `🎉`
                #[serde(rename = "🎉")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub _empty_2: Option<super::super::enums::Mood>,
                /// `int`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub int: Option<Option<i32>>,
                /// - first
                /// - second
                /// indented "end"
                #[serde(skip_serializing_if = "Option::is_none")]
                pub list: Option<Option<Vec<i32>>>,
                /// Ends with a backslash \
                #[serde(skip_serializing_if = "Option::is_none")]
                pub str: Option<Option<String>>,
                /// `mood`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub mood: Option<Option<super::super::enums::Mood_2>>,
                /// `colours`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub colours: Option<Vec<super::super::super::hidden::types::Colour>>,
                /// `colour`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub colour: Option<Option<super::super::super::hidden::types::Colour>>,
                /// `stars`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub stars: Option<i32>,
                /// `row_of_hidden`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub row_of_hidden: Option<Option<::crestfall_client::serde_json::Value>>,
                /// `row_of_type`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub row_of_type: Option<Option<super::super::empty::Row>>,
                /// `option`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub option: Option<Option<super::super::types::Option_2>>,
                /// `string`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub string: Option<Option<super::super::types::String_2>>,
                /// `oid`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub oid: Option<Option<String>>,
                /// `xid`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub xid: Option<Option<String>>,
                /// `span`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub span: Option<Option<String>>,
                /// `spans`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub spans: Option<Option<String>>,
                /// `address`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub address: Option<Option<String>>,
                /// `bits`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub bits: Option<Option<String>>,
                /// `bytes`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub bytes: Option<Option<String>>,
                /// `since`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub since: Option<Option<String>>,
                /// `at`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub at: Option<Option<String>>,
                /// `price`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub price: Option<Option<String>>,
                /// `words`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub words: Option<Option<String>>,
                /// `path`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub path: Option<Option<String>>,
                /// `matrix`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub matrix: Option<Option<Vec<Vec<i32>>>>,
                /// `place`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub place: Option<Option<String>>,
                /// `letter`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub letter: Option<Option<String>>,
                /// `fixed`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub fixed: Option<Option<String>>,
                /// `parent`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub parent: Option<Option<String>>,
                /// `other_parent`
                #[serde(skip_serializing_if = "Option::is_none")]
                pub other_parent: Option<Option<String>>,
            }

            impl Update {
                /// Nothing yet.
                pub fn new() -> Self {
                    Self::default()
                }

                /// Sets `名前`.
                #[must_use]
                pub fn 名前(mut self, value: impl Into<String>) -> Self {
                    self.名前 = Some(value.into());
                    self
                }

                /// Sets `हिन्दी`.
                #[must_use]
                pub fn हनद(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.हनद = Some(value.nullable());
                    self
                }

                /// Sets `m²`.
                #[must_use]
                pub fn m2(mut self, value: impl Into<::crestfall_client::Numeric>) -> Self {
                    self.m2 = Some(value.into());
                    self
                }

                /// Sets `ﬁ`.
                #[must_use]
                pub fn fi(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.fi = Some(value.nullable());
                    self
                }

                /// Sets `İ`.
                #[must_use]
                pub fn i(mut self, value: impl ::crestfall_client::rest::Nullable<bool>) -> Self {
                    self.i = Some(value.nullable());
                    self
                }

                /// Sets `-`.
                #[must_use]
                pub fn _empty(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self._empty = Some(value.nullable());
                    self
                }

                /// Sets `a,b`.
                #[must_use]
                pub fn a_b(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.a_b = Some(value.nullable());
                    self
                }

                /// Sets `` a`b ``.
                #[must_use]
                pub fn a_b_2(mut self, value: impl Into<String>) -> Self {
                    self.a_b_2 = Some(value.into());
                    self
                }

                /// Sets `🎉`.
                #[must_use]
                pub fn _empty_2(mut self, value: super::super::enums::Mood) -> Self {
                    self._empty_2 = Some(value);
                    self
                }

                /// Sets `int`.
                #[must_use]
                pub fn int(mut self, value: impl ::crestfall_client::rest::Nullable<i32>) -> Self {
                    self.int = Some(value.nullable());
                    self
                }

                /// - first
                /// - second
                /// indented "end"
                #[must_use]
                pub fn list(mut self, value: impl ::crestfall_client::rest::Nullable<Vec<i32>>) -> Self {
                    self.list = Some(value.nullable());
                    self
                }

                /// Ends with a backslash \
                #[must_use]
                pub fn str(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.str = Some(value.nullable());
                    self
                }

                /// Sets `mood`.
                #[must_use]
                pub fn mood(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::enums::Mood_2>) -> Self {
                    self.mood = Some(value.nullable());
                    self
                }

                /// Sets `colours`.
                #[must_use]
                pub fn colours(mut self, value: Vec<super::super::super::hidden::types::Colour>) -> Self {
                    self.colours = Some(value);
                    self
                }

                /// Sets `colour`.
                #[must_use]
                pub fn colour(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::super::hidden::types::Colour>) -> Self {
                    self.colour = Some(value.nullable());
                    self
                }

                /// Sets `stars`.
                #[must_use]
                pub fn stars(mut self, value: i32) -> Self {
                    self.stars = Some(value);
                    self
                }

                /// Sets `row_of_hidden`.
                #[must_use]
                pub fn row_of_hidden(mut self, value: impl ::crestfall_client::rest::Nullable<::crestfall_client::serde_json::Value>) -> Self {
                    self.row_of_hidden = Some(value.nullable());
                    self
                }

                /// Sets `row_of_type`.
                #[must_use]
                pub fn row_of_type(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::empty::Row>) -> Self {
                    self.row_of_type = Some(value.nullable());
                    self
                }

                /// Sets `option`.
                #[must_use]
                pub fn option(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::types::Option_2>) -> Self {
                    self.option = Some(value.nullable());
                    self
                }

                /// Sets `string`.
                #[must_use]
                pub fn string(mut self, value: impl ::crestfall_client::rest::Nullable<super::super::types::String_2>) -> Self {
                    self.string = Some(value.nullable());
                    self
                }

                /// Sets `oid`.
                #[must_use]
                pub fn oid(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.oid = Some(value.nullable());
                    self
                }

                /// Sets `xid`.
                #[must_use]
                pub fn xid(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.xid = Some(value.nullable());
                    self
                }

                /// Sets `span`.
                #[must_use]
                pub fn span(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.span = Some(value.nullable());
                    self
                }

                /// Sets `spans`.
                #[must_use]
                pub fn spans(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.spans = Some(value.nullable());
                    self
                }

                /// Sets `address`.
                #[must_use]
                pub fn address(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.address = Some(value.nullable());
                    self
                }

                /// Sets `bits`.
                #[must_use]
                pub fn bits(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.bits = Some(value.nullable());
                    self
                }

                /// Sets `bytes`.
                #[must_use]
                pub fn bytes(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.bytes = Some(value.nullable());
                    self
                }

                /// Sets `since`.
                #[must_use]
                pub fn since(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.since = Some(value.nullable());
                    self
                }

                /// Sets `at`.
                #[must_use]
                pub fn at(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.at = Some(value.nullable());
                    self
                }

                /// Sets `price`.
                #[must_use]
                pub fn price(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.price = Some(value.nullable());
                    self
                }

                /// Sets `words`.
                #[must_use]
                pub fn words(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.words = Some(value.nullable());
                    self
                }

                /// Sets `path`.
                #[must_use]
                pub fn path(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.path = Some(value.nullable());
                    self
                }

                /// Sets `matrix`.
                #[must_use]
                pub fn matrix(mut self, value: impl ::crestfall_client::rest::Nullable<Vec<Vec<i32>>>) -> Self {
                    self.matrix = Some(value.nullable());
                    self
                }

                /// Sets `place`.
                #[must_use]
                pub fn place(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.place = Some(value.nullable());
                    self
                }

                /// Sets `letter`.
                #[must_use]
                pub fn letter(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.letter = Some(value.nullable());
                    self
                }

                /// Sets `fixed`.
                #[must_use]
                pub fn fixed(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.fixed = Some(value.nullable());
                    self
                }

                /// Sets `parent`.
                #[must_use]
                pub fn parent(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.parent = Some(value.nullable());
                    self
                }

                /// Sets `other_parent`.
                #[must_use]
                pub fn other_parent(mut self, value: impl ::crestfall_client::rest::Nullable<String>) -> Self {
                    self.other_parent = Some(value.nullable());
                    self
                }
            }
        }

        /// `名前`
        pub const 名前: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("\"名前\"");

        /// `हिन्दी`
        pub const हनद: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("\"हिन\u{94d}दी\"");

        /// `m²`
        pub const m2: ::crestfall_client::rest::Column<Table, ::crestfall_client::Numeric> = ::crestfall_client::rest::Column::new("\"m²\"");

        /// `ﬁ`
        pub const fi: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("\"ﬁ\"");

        /// `İ`
        pub const i: ::crestfall_client::rest::Column<Table, Option<bool>> = ::crestfall_client::rest::Column::new("\"İ\"");

        /// `-`
        pub const _empty: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("\"-\"");

        /// `a,b`
        pub const a_b: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("\"a,b\"");

        /// `` a`b ``
        pub const a_b_2: ::crestfall_client::rest::Column<Table, String> = ::crestfall_client::rest::Column::new("\"a`b\"");

        /// `🎉`
        pub const _empty_2: ::crestfall_client::rest::Column<Table, super::enums::Mood> = ::crestfall_client::rest::Column::new("\"🎉\"");

        /// `int`
        pub const int: ::crestfall_client::rest::Column<Table, Option<i32>> = ::crestfall_client::rest::Column::new("int");

        /// - first
        /// - second
        /// indented "end"
        pub const list: ::crestfall_client::rest::Column<Table, Option<Vec<i32>>> = ::crestfall_client::rest::Column::new("list");

        /// Ends with a backslash \
        pub const str: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("str");

        /// `mood`
        pub const mood: ::crestfall_client::rest::Column<Table, Option<super::enums::Mood_2>> = ::crestfall_client::rest::Column::new("mood");

        /// `colours`
        pub const colours: ::crestfall_client::rest::Column<Table, Vec<super::super::hidden::types::Colour>> = ::crestfall_client::rest::Column::new("colours");

        /// `colour`
        pub const colour: ::crestfall_client::rest::Column<Table, Option<super::super::hidden::types::Colour>> = ::crestfall_client::rest::Column::new("colour");

        /// `stars`
        pub const stars: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("stars");

        /// `row_of_hidden`
        pub const row_of_hidden: ::crestfall_client::rest::Column<Table, Option<::crestfall_client::serde_json::Value>> = ::crestfall_client::rest::Column::new("row_of_hidden");

        /// `row_of_type`
        pub const row_of_type: ::crestfall_client::rest::Column<Table, Option<super::empty::Row>> = ::crestfall_client::rest::Column::new("row_of_type");

        /// `option`
        pub const option: ::crestfall_client::rest::Column<Table, Option<super::types::Option_2>> = ::crestfall_client::rest::Column::new("option");

        /// `string`
        pub const string: ::crestfall_client::rest::Column<Table, Option<super::types::String_2>> = ::crestfall_client::rest::Column::new("string");

        /// `oid`
        pub const oid: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("oid");

        /// `xid`
        pub const xid: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("xid");

        /// `span`
        pub const span: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("span");

        /// `spans`
        pub const spans: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("spans");

        /// `address`
        pub const address: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("address");

        /// `bits`
        pub const bits: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("bits");

        /// `bytes`
        pub const bytes: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("bytes");

        /// `since`
        pub const since: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("since");

        /// `at`
        pub const at: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("at");

        /// `price`
        pub const price: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("price");

        /// `words`
        pub const words: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("words");

        /// `path`
        pub const path: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("path");

        /// `matrix`
        pub const matrix: ::crestfall_client::rest::Column<Table, Option<Vec<Vec<i32>>>> = ::crestfall_client::rest::Column::new("matrix");

        /// `place`
        pub const place: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("place");

        /// `letter`
        pub const letter: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("letter");

        /// `fixed`
        pub const fixed: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("fixed");

        /// `double_id`
        pub const double_id: ::crestfall_client::rest::Column<Table, i32> = ::crestfall_client::rest::Column::new("double_id");

        /// `parent`
        pub const parent: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("parent");

        /// `other_parent`
        pub const other_parent: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("other_parent");

        /// `shout`
        pub const shout: ::crestfall_client::rest::Column<Table, Option<String>> = ::crestfall_client::rest::Column::new("shout");

        /// Rows of `a_to_b` over the key `a_to_b_a_fkey`.
        pub fn a_to_b() -> ::crestfall_client::rest::Embed<Table, super::a_to_b::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("a_to_b", "a_to_b")
        }

        /// Rows of `b_to_a` over the key `b_to_a_a_fkey`.
        pub fn b_to_a() -> ::crestfall_client::rest::Embed<Table, super::b_to_a::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("b_to_a", "b_to_a")
        }

        /// Rows of `films_insert` over `a_to_b`.
        pub fn films_insert_via_a_to_b() -> ::crestfall_client::rest::Embed<Table, super::films_insert::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("films_insert_via_a_to_b", "films_insert!a_to_b")
        }

        /// Rows of `films_insert` over `b_to_a`.
        pub fn films_insert_via_b_to_a() -> ::crestfall_client::rest::Embed<Table, super::films_insert::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("films_insert_via_b_to_a", "films_insert!b_to_a")
        }

        /// The row, if there is one, of `日本` over the key `日本_other_parent_fkey`.
        pub fn other_parent_日本() -> ::crestfall_client::rest::Embed<Table, super::日本::Table, ::crestfall_client::rest::Maybe> {
            ::crestfall_client::rest::Embed::new("other_parent_日本", "other_parent")
        }

        /// The row, if there is one, of `日本` over the key `日本_parent_fkey`.
        pub fn parent_日本() -> ::crestfall_client::rest::Embed<Table, super::日本::Table, ::crestfall_client::rest::Maybe> {
            ::crestfall_client::rest::Embed::new("parent_日本", "parent")
        }

        /// Rows of `日本` over the key `日本_other_parent_fkey`.
        pub fn 日本_by_other_parent() -> ::crestfall_client::rest::Embed<Table, super::日本::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("日本_by_other_parent", "\"日本\"!other_parent")
        }

        /// Rows of `日本` over the key `日本_parent_fkey`.
        pub fn 日本_by_parent() -> ::crestfall_client::rest::Embed<Table, super::日本::Table, ::crestfall_client::rest::Many> {
            ::crestfall_client::rest::Embed::new("日本_by_parent", "\"日本\"!parent")
        }
    }

    /// Functions, each by its arguments.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod functions {
        /// The function `odd.colours`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Colours {
        }

        impl Colours {
            /// With all that has no default.
            pub fn new() -> Self {
                Self {
                }
            }
        }

        impl ::crestfall_client::rest::Function for Colours {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "colours";
            const READS: bool = true;
            type Output = Vec<Option<super::super::hidden::types::Colour>>;
        }

        /// The function `odd.hidden_row`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct HiddenRow {
        }

        impl HiddenRow {
            /// With all that has no default.
            pub fn new() -> Self {
                Self {
                }
            }
        }

        impl ::crestfall_client::rest::Function for HiddenRow {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "hidden_row";
            const READS: bool = true;
            type Output = Option<::crestfall_client::serde_json::Value>;
        }

        /// A row of what `many` returns.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct ManyRow {
            /// `first one`
            #[serde(rename = "first one")]
            pub first_one: Option<i32>,
            /// `second`
            pub second: Option<super::enums::Mood_2>,
        }

        /// The function `odd.many`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Many {
            /// `a`
            pub a: i32,
            /// `b`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub b: Option<i32>,
            /// `c`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub c: Option<Vec<String>>,
            /// `d`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub d: Option<Vec<super::enums::Mood_2>>,
        }

        impl Many {
            /// With all that has no default.
            pub fn new(a: i32) -> Self {
                Self {
                    a,
                    b: None,
                    c: None,
                    d: None,
                }
            }

            /// Sets `b`.
            #[must_use]
            pub fn b(mut self, value: i32) -> Self {
                self.b = Some(value);
                self
            }

            /// Sets `c`.
            #[must_use]
            pub fn c(mut self, value: Vec<String>) -> Self {
                self.c = Some(value);
                self
            }

            /// Sets `d`.
            #[must_use]
            pub fn d(mut self, value: Vec<super::enums::Mood_2>) -> Self {
                self.d = Some(value);
                self
            }
        }

        impl ::crestfall_client::rest::Function for Many {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "many";
            const READS: bool = true;
            type Output = Vec<ManyRow>;
        }

        /// The function `odd.moods`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Moods {
            /// `list`
            pub list: Vec<super::enums::Mood_2>,
        }

        impl Moods {
            /// With all that has no default.
            pub fn new(list: Vec<super::enums::Mood_2>) -> Self {
                Self {
                    list,
                }
            }
        }

        impl ::crestfall_client::rest::Function for Moods {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "moods";
            const READS: bool = false;
            type Output = Vec<Option<super::types::OddType>>;
        }

        /// The function `odd.new`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct New {
            /// `self`
            #[serde(rename = "self")]
            pub self_: i32,
            /// `type`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub r#type: Option<super::enums::Mood_2>,
        }

        impl New {
            /// With all that has no default.
            pub fn new(self_: i32) -> Self {
                Self {
                    self_,
                    r#type: None,
                }
            }

            /// Sets `type`.
            #[must_use]
            pub fn r#type(mut self, value: super::enums::Mood_2) -> Self {
                self.r#type = Some(value);
                self
            }
        }

        impl ::crestfall_client::rest::Function for New {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "new";
            const READS: bool = true;
            type Output = Option<super::enums::Mood_2>;
        }

        /// The function `odd.of_films`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct OfFilms {
            /// `id`
            pub id: i64,
        }

        impl OfFilms {
            /// With all that has no default.
            pub fn new(id: i64) -> Self {
                Self {
                    id,
                }
            }
        }

        impl ::crestfall_client::rest::Function for OfFilms {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "of_films";
            const READS: bool = true;
            type Output = Vec<super::super::films::Row>;
        }

        /// The function `odd.option`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Option_2 {
            /// `option`
            pub option: super::types::Option_2,
            /// `string`
            #[serde(skip_serializing_if = "Option::is_none")]
            pub string: Option<super::types::String_2>,
        }

        impl Option_2 {
            /// With all that has no default.
            pub fn new(option: super::types::Option_2) -> Self {
                Self {
                    option,
                    string: None,
                }
            }

            /// Sets `string`.
            #[must_use]
            pub fn string(mut self, value: super::types::String_2) -> Self {
                self.string = Some(value);
                self
            }
        }

        impl ::crestfall_client::rest::Function for Option_2 {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "option";
            const READS: bool = true;
            type Output = Option<super::types::String_2>;
        }

        /// A row of what `out` returns.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct OutRow {
            /// `b`
            pub b: Option<i32>,
            /// `c d`
            #[serde(rename = "c d")]
            pub c_d: Option<String>,
        }

        /// The function `odd.out`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Out {
            /// `a`
            pub a: i32,
        }

        impl Out {
            /// With all that has no default.
            pub fn new(a: i32) -> Self {
                Self {
                    a,
                }
            }
        }

        impl ::crestfall_client::rest::Function for Out {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "out";
            const READS: bool = true;
            type Output = Option<OutRow>;
        }

        /// A row of what `rows` returns.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct RowsRow {
            /// `a`
            pub a: Option<i32>,
            /// `B`
            #[serde(rename = "B")]
            pub b: Option<super::enums::Mood>,
        }

        /// The function `odd.rows`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Rows {
        }

        impl Rows {
            /// With all that has no default.
            pub fn new() -> Self {
                Self {
                }
            }
        }

        impl ::crestfall_client::rest::Function for Rows {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "rows";
            const READS: bool = true;
            type Output = Vec<RowsRow>;
        }

        /// The function `odd.vec`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Vec_2 {
            /// `any_value`
            pub any_value: ::crestfall_client::serde_json::Value,
        }

        impl Vec_2 {
            /// With all that has no default.
            pub fn new(any_value: impl Into<::crestfall_client::serde_json::Value>) -> Self {
                Self {
                    any_value: any_value.into(),
                }
            }
        }

        impl ::crestfall_client::rest::Function for Vec_2 {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "vec";
            const READS: bool = true;
            type Output = Option<::crestfall_client::serde_json::Value>;
        }

        /// The function `odd.void`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Void {
        }

        impl Void {
            /// With all that has no default.
            pub fn new() -> Self {
                Self {
                }
            }
        }

        impl ::crestfall_client::rest::Function for Void {
            const SCHEMA: &'static str = "odd";
            const NAME: &'static str = "void";
            const READS: bool = false;
            type Output = ();
        }
    }

    /// Enums.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod enums {
        /// - one
        /// - two
        ///
        /// # Heading  and   turned "quoted"
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub enum Mood {
            /// `🎉`
            #[serde(rename = "🎉")]
            _empty,
            /// `🎊`
            #[serde(rename = "🎊")]
            _empty_2,
            /// `½`
            #[serde(rename = "½")]
            _12,
            /// `m²`
            #[serde(rename = "m²")]
            M2,
            /// `two lines`
            #[serde(rename = "two\nlines")]
            TwoLines,
            /// `日本`
            #[serde(rename = "日本")]
            日本,
            /// `` ` ``
            #[serde(rename = "`")]
            _empty_3,
            /// `*/`
            #[serde(rename = "*/")]
            _empty_4,
            /// `fn`
            #[serde(rename = "fn")]
            Fn,
            /// `None`
            #[serde(rename = "None")]
            None,
            /// `a b`
            #[serde(rename = "a\tb")]
            AB,
            /// `it's "both"`
            #[serde(rename = "it's \"both\"")]
            ItSBoth,
            /// `Ⅷ`
            #[serde(rename = "Ⅷ")]
            Viii,
        }

        impl Mood {
            /// Every value, in the database's order.
            pub const ALL: [Self; 13] = [Self::_empty, Self::_empty_2, Self::_12, Self::M2, Self::TwoLines, Self::日本, Self::_empty_3, Self::_empty_4, Self::Fn, Self::None, Self::AB, Self::ItSBoth, Self::Viii];

            /// The label.
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::_empty => "🎉",
                    Self::_empty_2 => "🎊",
                    Self::_12 => "½",
                    Self::M2 => "m²",
                    Self::TwoLines => "two\nlines",
                    Self::日本 => "日本",
                    Self::_empty_3 => "`",
                    Self::_empty_4 => "*/",
                    Self::Fn => "fn",
                    Self::None => "None",
                    Self::AB => "a\tb",
                    Self::ItSBoth => "it's \"both\"",
                    Self::Viii => "Ⅷ",
                }
            }
        }

        impl ::crestfall_client::rest::Scalar for Mood {
            type Base = Self;
        }

        impl ::crestfall_client::rest::Literal for Mood {
            fn literal(&self) -> ::std::borrow::Cow<'_, str> {
                ::std::borrow::Cow::Borrowed(self.as_str())
            }
        }

        /// The enum `odd.mood`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub enum Mood_2 {
            /// ``
            #[serde(rename = "")]
            _empty,
            /// `self`
            #[serde(rename = "self")]
            Self_,
            /// `Self`
            #[serde(rename = "Self")]
            Self__2,
            /// `self `
            #[serde(rename = "self ")]
            Self__3,
            /// `1st`
            #[serde(rename = "1st")]
            _1st,
            /// `say "hi"`
            #[serde(rename = "say \"hi\"")]
            SayHi,
            /// `ok`
            #[serde(rename = "ok")]
            Ok,
        }

        impl Mood_2 {
            /// Every value, in the database's order.
            pub const ALL: [Self; 7] = [Self::_empty, Self::Self_, Self::Self__2, Self::Self__3, Self::_1st, Self::SayHi, Self::Ok];

            /// The label.
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::_empty => "",
                    Self::Self_ => "self",
                    Self::Self__2 => "Self",
                    Self::Self__3 => "self ",
                    Self::_1st => "1st",
                    Self::SayHi => "say \"hi\"",
                    Self::Ok => "ok",
                }
            }
        }

        impl ::crestfall_client::rest::Scalar for Mood_2 {
            type Base = Self;
        }

        impl ::crestfall_client::rest::Literal for Mood_2 {
            fn literal(&self) -> ::std::borrow::Cow<'_, str> {
                ::std::borrow::Cow::Borrowed(self.as_str())
            }
        }
    }

    /// Composite types.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod types {
        /// The type `odd.Odd type`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct OddType {
            /// `a b`
            #[serde(rename = "a b")]
            pub a_b: Option<i32>,
            /// `a_b`
            #[serde(rename = "a_b")]
            pub a_b_2: Option<super::enums::Mood_2>,
            /// `type`
            pub r#type: Option<String>,
        }

        impl ::crestfall_client::rest::Scalar for OddType {
            type Base = Self;
        }

        /// The type `odd.option`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Option_2 {
            /// `string`
            pub string: Option<String>,
            /// `vec`
            pub vec: Option<Vec<i32>>,
            /// `none`
            pub none: Option<super::enums::Mood>,
        }

        impl ::crestfall_client::rest::Scalar for Option_2 {
            type Base = Self;
        }

        /// The type `odd.string`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct String_2 {
            /// `option`
            pub option: Option<super::types::Option_2>,
        }

        impl ::crestfall_client::rest::Scalar for String_2 {
            type Base = Self;
        }
    }
}

/// The schema `hidden`.
#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
#[rustfmt::skip]
pub mod hidden {
    /// Enums.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod enums {
        /// The enum `hidden.shade`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub enum Shade {
            /// `light`
            #[serde(rename = "light")]
            Light,
            /// `dark`
            #[serde(rename = "dark")]
            Dark,
        }

        impl Shade {
            /// Every value, in the database's order.
            pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

            /// The label.
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::Light => "light",
                    Self::Dark => "dark",
                }
            }
        }

        impl ::crestfall_client::rest::Scalar for Shade {
            type Base = Self;
        }

        impl ::crestfall_client::rest::Literal for Shade {
            fn literal(&self) -> ::std::borrow::Cow<'_, str> {
                ::std::borrow::Cow::Borrowed(self.as_str())
            }
        }
    }

    /// Composite types.
    #[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals, rustdoc::all, unreachable_pub, unused_imports)]
    #[rustfmt::skip]
    pub mod types {
        /// The type `hidden.colour`.
        #[derive(Debug, Clone, PartialEq, ::crestfall_client::serde::Serialize, ::crestfall_client::serde::Deserialize)]
        #[serde(crate = "::crestfall_client::serde")]
        pub struct Colour {
            /// `name`
            pub name: Option<String>,
            /// `shade`
            pub shade: Option<super::enums::Shade>,
        }

        impl ::crestfall_client::rest::Scalar for Colour {
            type Base = Self;
        }
    }
}

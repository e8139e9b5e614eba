//! The GraphQL API over a real PostgreSQL.

mod api;
mod attacks;
mod changing;
mod corpus;
mod distinct;
mod documents;
mod drop_in;
mod functions;
mod groups;
mod http;
mod limits;
mod live;
mod nested_inserts;
mod nested_trees;
mod nested_updates;
mod paging;
mod reading;
mod recording;
mod related;
mod related_equal;
mod remembering;
mod rows_equal;
mod schema;
mod socket;
mod studio;
mod upserts;

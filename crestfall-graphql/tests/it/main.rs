//! The GraphQL API over a real PostgreSQL.

mod api;
mod attacks;
mod changing;
mod corpus;
mod documents;
mod drop_in;
mod functions;
mod http;
mod limits;
mod live;
mod paging;
mod reading;
mod recording;
mod remembering;
mod rows_equal;
mod schema;
mod socket;

//! A to-do list in the terminal. Server: `crestfall dev examples/client-todo`, which prints the key.
//!
//! ```sh
//! export CRESTFALL_KEY=eyJ...       # the anon key
//! client-todo sign-up ann@example.com 'correct horse battery'
//! client-todo add Buy milk
//! client-todo list
//! client-todo watch                  # shows what changes, wherever it was changed
//! ```

#[rustfmt::skip]
mod db;

use std::env;
use std::fmt::Display;
use std::path::PathBuf;

use crestfall_client::auth::SignOut;
use crestfall_client::graphql::Connection;
use crestfall_client::session::FileStorage;
use crestfall_client::{Client, Error};
use db::todos;
use serde::Deserialize;

const HELP: &str = "\
client-todo sign-up EMAIL PASSWORD | sign-in EMAIL PASSWORD | sign-out
client-todo add TEXT | done ID | list | watch

CRESTFALL_URL  the server [default: http://127.0.0.1:8000]
CRESTFALL_KEY  the project's anon key
TODO_SESSION   where the session is kept [default: ~/.client-todo.json]";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Err(error) = run(&arguments).await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn client() -> Result<Client, Error> {
    let url = env::var("CRESTFALL_URL").unwrap_or_else(|_| "http://127.0.0.1:8000".into());
    let session = env::var_os("TODO_SESSION")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            let home = env::var_os("HOME").unwrap_or_default();
            PathBuf::from(home).join(".client-todo.json")
        });
    Client::builder(&url)
        .key(env::var("CRESTFALL_KEY").unwrap_or_default())
        .storage(FileStorage::new(session)) // the next run is still signed in
        .build()
}

async fn run(arguments: &[&str]) -> Result<(), Error> {
    let client = client()?;
    match arguments {
        ["sign-up", email, password] => {
            let signed_up = client.auth().sign_up(*email, *password).send().await?;
            match signed_up.session {
                Some(_) => println!("welcome, {email}"),
                None => println!("a mail is on its way to {email}"),
            }
        }
        ["sign-in", email, password] => {
            client
                .auth()
                .sign_in_with_password(*email, password)
                .await?;
            println!("welcome back, {email}");
        }
        ["sign-out"] => client.auth().sign_out(SignOut::Here).await?,
        ["add", words @ ..] if !words.is_empty() => {
            let new = todos::Insert::new(words.join(" "));
            let id = client
                .from(todos::TABLE)
                .insert(&new)
                .returning(todos::id)
                .single()
                .await?;
            println!("{id}");
        }
        ["done", id] => {
            let id: i64 = id
                .parse()
                .map_err(|_| Error::Request(format!("`{id}` is no number")))?;
            let done = todos::Update::new().done(true);
            let done = client
                .from(todos::TABLE)
                .update(&done)
                .filter(todos::id.eq(id));
            // One row, or none of ours.
            done.returning(todos::id).single().await?;
        }
        ["list"] => print!("{}", lines(&open(&client).await?)),
        ["watch"] => watch(&client).await?,
        _ => println!("{HELP}"),
    }
    Ok(())
}

/// What is still to be done, the oldest first.
async fn open(client: &Client) -> Result<Vec<(i64, String)>, Error> {
    client
        .from(todos::TABLE)
        .select((todos::id, todos::text))
        .filter(todos::done.eq(false))
        .order(todos::id.asc())
        .send()
        .await
}

fn lines(todos: &[(impl Display, String)]) -> String {
    todos
        .iter()
        .map(|(id, text)| format!("{id:>4}  {text}\n"))
        .collect()
}

/// What there is to do, as the server tells it whenever it is another. GraphQL's names are the database's.
const LIVE: &str = "subscription {
  todosCollection(filter: { done: { eq: false } }, orderBy: [{ id: AscNullsLast }]) {
    edges { node { id text } }
  }
}";

/// Shows the list again whenever it has changed. A network that is away is waited for.
async fn watch(client: &Client) -> Result<(), Error> {
    let mut live = client.graphql(LIVE).subscribe::<Live>()?;
    while let Some(answer) = live.next().await {
        match answer {
            Ok(Live { todos }) => {
                let todos = todos.into_iter().map(|todo| (todo.id, todo.text));
                let todos: Vec<_> = todos.collect();
                println!("{}-- {} to do", lines(&todos), todos.len());
            }
            Err(error) if error.is_temporary() => eprintln!("{error}"),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Live {
    #[serde(rename = "todosCollection")]
    todos: Connection<Node>,
}

/// `bigint` is a text in GraphQL, so that no client rounds it.
#[derive(Deserialize)]
struct Node {
    id: String,
    text: String,
}

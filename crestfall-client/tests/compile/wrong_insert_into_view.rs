mod db {
    include!("../../doc/films.rs");
}
use crestfall_client::Client;
use db::*;

fn main() {}

async fn run(client: Client) -> Result<(), crestfall_client::Error> {
    client.from(recent_films::TABLE).insert(&recent_films::Insert::new()).send().await?;
    Ok(())
}

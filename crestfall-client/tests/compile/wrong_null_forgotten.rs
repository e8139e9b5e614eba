mod db {
    include!("../../doc/films.rs");
}
use crestfall_client::Client;
use db::*;

fn main() {}

async fn run(client: Client) -> Result<(), crestfall_client::Error> {
    let lengths: Vec<i16> = client.from(films::TABLE).select(films::length).send().await?;
    drop(lengths);
    Ok(())
}

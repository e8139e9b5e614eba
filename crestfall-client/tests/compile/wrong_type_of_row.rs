mod db {
    include!("../../doc/films.rs");
}
use crestfall_client::Client;
use db::*;

fn main() {}

async fn run(client: Client) -> Result<(), crestfall_client::Error> {
    let rows: Vec<(String, String)> =
        client.from(films::TABLE).select((films::title, films::year)).send().await?;
    drop(rows);
    Ok(())
}

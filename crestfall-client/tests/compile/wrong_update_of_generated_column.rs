mod db {
    include!("../../doc/films.rs");
}
use crestfall_client::Client;
use db::*;

fn main() {}

async fn run(client: Client) -> Result<(), crestfall_client::Error> {
    let change = films::Update::new().slug("slug");
    client.from(films::TABLE).update(&change).filter(films::id.eq(1)).send().await?;
    Ok(())
}

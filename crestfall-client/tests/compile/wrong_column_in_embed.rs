mod db {
    include!("../../doc/films.rs");
}
use crestfall_client::Client;
use db::*;

fn main() {}

async fn run(client: Client) -> Result<(), crestfall_client::Error> {
    client
        .from(films::TABLE)
        .select((films::title, films::directors().select(actors::name)))
        .send()
        .await?;
    Ok(())
}

mod db {
    include!("../../doc/films.rs");
}
use crestfall_client::Client;
use db::*;

fn main() {}

async fn run(client: Client) -> Result<(), crestfall_client::Error> {
    let rows: Vec<(String, i32, (String,))> = client
        .from(films::TABLE)
        .select((films::title, films::year, films::directors().select((directors::name,))))
        .filter(films::year.gte(2000) & films::length.lt(90) & !films::slug.is_null())
        .order(films::year.desc())
        .send()
        .await?;
    let title: &str = &rows[0].0;
    let _ = title;
    Ok(())
}

//! Writes the catalogue that the fuzzer plans over.

use std::path::Path;

use crestfall_core::Catalog;
use crestfall_core::catalog::{CatalogOptions, CatalogSource, CatalogStatement};
use crestfall_core::db::{Db, DbConfig, DbError};
use parking_lot::Mutex;

use crate::api::Api;

/// A database, and what it answered.
struct Recording {
    db: Db,
    answers: Mutex<Vec<Vec<String>>>,
}

impl CatalogSource for Recording {
    type Error = DbError;

    async fn fetch(&self, statements: Vec<CatalogStatement>) -> Result<Vec<Vec<String>>, DbError> {
        let answers = self.db.fetch(statements).await?;
        self.answers.lock().clone_from(&answers);
        Ok(answers)
    }
}

#[tokio::test]
#[ignore = "writes src/fuzzing/catalog.json, for when the catalogue's queries or the fixture have changed"]
async fn the_fuzzers_catalogue_is_written() {
    let api = Api::new().await;
    let url = DbConfig::parse(&api.db.url_as("authenticator")).expect("a valid address");
    let recording = Recording {
        db: Db::connect(url).await.expect("a database"),
        answers: Mutex::default(),
    };
    let options = CatalogOptions {
        schemas: vec!["library".into()],
        extra_search_path: vec!["public".into()],
        details: true,
        ..CatalogOptions::default()
    };
    Catalog::load(&recording, &options)
        .await
        .expect("a catalogue");
    let text = serde_json::to_string_pretty(&*recording.answers.lock()).expect("JSON");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fuzzing/catalog.json");
    std::fs::write(file, text + "\n").expect("the file can be written");
}

//! `crestfall.toml`: every setting once, with its default, unit and meaning.

mod check;
mod document;
mod load;
mod schema;
mod sections;
mod setup;

pub(crate) use check::Error;
pub(crate) use document::{example, json_schema, reference};
pub(crate) use load::{Flags, Sources, load};
pub(crate) use schema::{at, schema};

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// The generated pages are those in `docs`; `CRESTFALL_WRITE_DOCS=1` writes them anew.
    #[test]
    fn the_documents_are_up_to_date() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        for (name, text) in [
            ("settings.md", super::reference()),
            ("crestfall.example.toml", super::example()),
            ("crestfall.schema.json", super::json_schema()),
        ] {
            let path = docs.join(name);
            if std::env::var_os("CRESTFALL_WRITE_DOCS").is_some() {
                std::fs::create_dir_all(&docs).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
            let found = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                found == text,
                "docs/{name} is stale: run the tests with CRESTFALL_WRITE_DOCS=1"
            );
        }
    }
}

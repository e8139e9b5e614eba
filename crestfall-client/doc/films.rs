pub mod films {
    use crestfall_client::rest::{Column, Embed, One, Relation, Table};
    #[derive(Debug, Clone, Copy)]
    pub struct Films;
    pub const TABLE: Films = Films;
    impl Table for Films {}
    impl Relation for Films {
        const SCHEMA: &'static str = "public";
        const NAME: &'static str = "films";
        const COLUMNS: &'static str = "title,year";
        type Row = crestfall_client::serde_json::Value;
    }
    #[allow(non_upper_case_globals)]
    pub const title: Column<Films, String> = Column::new("title");
    #[allow(non_upper_case_globals)]
    pub const year: Column<Films, i32> = Column::new("year");
    pub fn directors() -> Embed<Films, super::directors::Directors, One> {
        Embed::new("directors", "directors")
    }
}
pub mod directors {
    use crestfall_client::rest::{Column, Table};
    #[derive(Debug, Clone, Copy)]
    pub struct Directors;
    impl Table for Directors {}
    #[allow(non_upper_case_globals)]
    pub const name: Column<Directors, String> = Column::new("name");
}

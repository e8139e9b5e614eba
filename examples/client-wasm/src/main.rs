//! Shows the newest films in a page. See README.md.

#[cfg(target_arch = "wasm32")]
fn main() {
    wasm_bindgen_futures::spawn_local(page::show());
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("this is a page: build it for wasm32-unknown-unknown");
}

#[cfg(target_arch = "wasm32")]
mod page {
    use crestfall_client::rest::{Any, Column};
    use crestfall_client::{Client, Error};

    const TITLE: Column<Any, String> = Column::new("title");
    const YEAR: Column<Any, i32> = Column::new("year");

    /// Replaces the element `films`.
    pub(crate) async fn show() {
        let window = web_sys::window().expect("a page has a window");
        let element = window
            .document()
            .and_then(|page| page.get_element_by_id("films"));
        let text = match films(&window).await {
            Ok(films) => films
                .iter()
                .map(|(title, year)| format!("{year}  {title}\n"))
                .collect(),
            Err(error) => error.to_string(),
        };
        if let Some(element) = element {
            element.set_text_content(Some(&text));
        }
    }

    /// Of the server and with the key that the page's address names: `#http://…,key`.
    async fn films(window: &web_sys::Window) -> Result<Vec<(String, i32)>, Error> {
        let named = window.location().hash().unwrap_or_default();
        let named = named.trim_start_matches('#');
        let (url, key) = named.split_once(',').unwrap_or((named, ""));
        Client::new(url, key)?
            .from("films")
            .select((TITLE, YEAR))
            .order(YEAR.desc())
            .limit(10)
            .send()
            .await
    }
}

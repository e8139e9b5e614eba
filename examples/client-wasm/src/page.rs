//! What the page does when something is sent.

use std::rc::Rc;

use crestfall_client::session::BrowserStorage;
use crestfall_client::{Client, Error};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Event, HtmlInputElement, SubmitEvent, Window};

use crate::db::todos;

struct Page {
    document: Document,
    client: Client,
}

/// Makes the client of the server and key that the address names (`#http://…,key`), and listens.
pub(crate) fn start() {
    let window = window();
    let document = window.document().expect("a window has a document");
    let named = window.location().hash().unwrap_or_default();
    let named = named.trim_start_matches('#');
    let (url, key) = named.split_once(',').unwrap_or((named, ""));
    // The next visit is still signed in, and so is another tab.
    let storage = BrowserStorage::new("session");
    match Client::builder(url).key(key).storage(storage).build() {
        Ok(client) => Rc::new(Page { document, client }).listen(),
        Err(error) => show(&document, "told", &error.to_string()),
    }
}

fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

fn show(document: &Document, id: &str, text: &str) {
    if let Some(element) = document.get_element_by_id(id) {
        element.set_text_content(Some(text));
    }
}

impl Page {
    /// Whatever is sent is done, and then the list is shown as it is.
    fn listen(self: Rc<Self>) {
        let page = self.clone();
        let sent = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            event.prevent_default();
            let page = page.clone();
            spawn_local(async move { page.tell(page.act(&button(&event)).await).await });
        });
        let listener = sent.as_ref().unchecked_ref();
        let listening = self
            .document
            .add_event_listener_with_callback("submit", listener);
        listening.expect("a document can be listened to");
        sent.forget(); // it listens as long as there is the page
        // The last visit's session may be there still.
        spawn_local(async move { self.tell(Ok(())).await });
    }

    async fn act(&self, button: &str) -> Result<(), Error> {
        let auth = self.client.auth();
        match button {
            "sign-in" => {
                let password = self.value("password");
                auth.sign_in_with_password(self.value("email"), &password)
                    .await
                    .map(drop)
            }
            "sign-up" => {
                let (email, password) = (self.value("email"), self.value("password"));
                auth.sign_up(email, password).send().await.map(drop)
            }
            _ => {
                let new = todos::Insert::new(self.value("text"));
                self.client
                    .from(todos::TABLE)
                    .insert(&new)
                    .send()
                    .await
                    .map(drop)
            }
        }
    }

    async fn tell(&self, done: Result<(), Error>) {
        let listed = match done {
            Ok(()) => self.list().await,
            Err(error) => Err(error),
        };
        let text = listed.unwrap_or_else(|error| error.to_string());
        show(&self.document, "told", &text);
    }

    /// Shows what is to be done, and gives who is signed in.
    async fn list(&self) -> Result<String, Error> {
        let Some(session) = self.client.auth().session().await? else {
            return Ok("nobody is signed in".to_owned());
        };
        let query = self.client.from(todos::TABLE).select(todos::text);
        let texts: Vec<String> = query.order(todos::id.asc()).send().await?;
        if let Some(list) = self.document.get_element_by_id("todos") {
            list.set_text_content(None);
            for text in texts {
                let item = self.document.create_element("li").expect("`li` is a name");
                item.set_text_content(Some(&text));
                let _ = list.append_child(&item);
            }
        }
        Ok(format!("signed in as {}", session.user.email))
    }

    fn value(&self, id: &str) -> String {
        let element = self.document.get_element_by_id(id);
        let input = element.and_then(|element| element.dyn_into::<HtmlInputElement>().ok());
        input.map(|input| input.value()).unwrap_or_default()
    }
}

/// The id of the button that sent a form.
fn button(event: &Event) -> String {
    let event = event.dyn_ref::<SubmitEvent>();
    let button = event.and_then(SubmitEvent::submitter);
    button.map(|button| button.id()).unwrap_or_default()
}

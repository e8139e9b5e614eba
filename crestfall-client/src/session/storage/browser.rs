//! A session in a browser's storage.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Storage;

use super::{Session, SessionStorage, StorageLock};
use crate::error::Cause;
use crate::platform::BoxFuture;

/// Keeps the session in the page's `localStorage`, for the next visit and for other tabs of the same site:
/// one of them refreshes it (by the browser's `navigator.locks`), and the others take it over.
#[derive(Debug)]
pub struct BrowserStorage {
    key: String,
}

impl BrowserStorage {
    /// Under this key.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into() }
    }
}

fn storage() -> Result<Storage, Cause> {
    let window = web_sys::window();
    let storage = window.and_then(|window| window.local_storage().ok().flatten());
    storage.ok_or_else(|| Cause::new("the browser keeps nothing for this page"))
}

impl SessionStorage for BrowserStorage {
    fn load(&self) -> BoxFuture<'_, Result<Option<Session>, Cause>> {
        Box::pin(async {
            let text = storage()?.get_item(&self.key).ok().flatten();
            // Of another version it is as good as none: the user signs in again.
            Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
        })
    }

    fn save(&self, session: Option<Session>) -> BoxFuture<'_, Result<(), Cause>> {
        Box::pin(async move {
            let kept = match session {
                Some(session) => {
                    let text = serde_json::to_string(&session).map_err(Cause::new)?;
                    storage()?.set_item(&self.key, &text)
                }
                None => storage()?.remove_item(&self.key),
            };
            kept.map_err(|_| Cause::new("the browser does not keep the session"))
        })
    }

    fn lock(&self) -> BoxFuture<'_, Result<StorageLock, Cause>> {
        Box::pin(async {
            // Pages that came by plain HTTP have no locks. Two tabs that refresh at once are no harm: the
            // server takes the same token twice within some seconds.
            Ok(match hold(&self.key).await {
                Ok(held) => Box::new(held) as StorageLock,
                Err(_) => Box::new(()),
            })
        })
    }
}

/// A lock of the browser, released when it is dropped.
struct Held(Function);

impl Drop for Held {
    fn drop(&mut self) {
        // A promise's function fails with nothing.
        let _ = self.0.call0(&JsValue::NULL);
    }
}

/// Waits for the lock of a name. The browser holds it as long as a promise is open.
async fn hold(name: &str) -> Result<Held, JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
    let locks = Reflect::get(&navigator, &"locks".into())?;
    let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
    let (held, release) = promise();
    let (granted, grant) = promise();
    let callback = Closure::once_into_js(move |_: JsValue| {
        let _ = grant.call0(&JsValue::NULL);
        held
    });
    let asked = request.call2(&locks, &format!("crestfall:{name}").into(), &callback)?;
    // It ends first where it is refused.
    JsFuture::from(Promise::race(&Array::of2(&granted, &asked))).await?;
    Ok(Held(release))
}

/// A promise, and what keeps it.
fn promise() -> (Promise, Function) {
    let mut keep = JsValue::UNDEFINED;
    let promise = Promise::new(&mut |resolve, _| keep = resolve.into());
    (promise, keep.unchecked_into())
}

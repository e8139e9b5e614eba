//! Keeps the session of a client fresh. However many requests find it stale, one refresh is sent;
//! it runs in a task of its own, so that it ends well though whoever asked for it is gone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use tokio::sync::{OnceCell, broadcast, watch};

use super::{Session, SessionEvent, SessionEvents, SessionStorage};
use crate::client::Client;
use crate::error::Error;
use crate::platform;
use crate::transport::Bearer;

/// After a refresh ahead of time failed, nobody tries again for so long.
const PAUSE_AFTER_FAILURE_MS: u64 = 5_000;

/// How a refresh ended: with a session, or without one, since there was none.
type Outcome = Result<Option<Session>, Error>;
type Flight = watch::Receiver<Option<Outcome>>;

pub(crate) struct Sessions {
    storage: Arc<dyn SessionStorage>,
    /// Seconds before its end at which a token is refreshed.
    ahead: u64,
    loaded: OnceCell<()>,
    state: Mutex<State>,
    /// Held while the storage is written.
    writing: tokio::sync::Mutex<()>,
    events: broadcast::Sender<SessionEvent>,
}

#[derive(Default)]
struct State {
    session: Option<Session>,
    /// Its access token, as it was sent last.
    bearer: Option<Bearer>,
    /// Grows with each sign-in and sign-out, so that a refresh that was under way meanwhile is
    /// forgotten.
    generation: u64,
    flight: Option<Flight>,
    /// Milliseconds of the epoch.
    not_before: u64,
}

impl State {
    /// The session's access token.
    fn bearer(&mut self) -> Result<Option<Bearer>, Error> {
        let Some(session) = &self.session else {
            return Ok(None);
        };
        let known = self.bearer.as_ref();
        let known = known.filter(|bearer| bearer.token() == session.access_token);
        let bearer = match known {
            Some(bearer) => bearer.clone(),
            None => Bearer::new(&session.access_token)?,
        };
        self.bearer = Some(bearer.clone());
        Ok(Some(bearer))
    }
}

impl Sessions {
    pub(crate) fn new(storage: Arc<dyn SessionStorage>, ahead: Duration) -> Self {
        Self {
            storage,
            ahead: ahead.as_secs(),
            loaded: OnceCell::new(),
            state: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            events: broadcast::Sender::new(16),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn events(&self) -> SessionEvents {
        SessionEvents(self.events.subscribe())
    }

    /// The session as it is, fresh or not.
    pub(crate) async fn current(&self) -> Result<Option<Session>, Error> {
        self.load().await?;
        Ok(self.state().session.clone())
    }

    /// Reads the storage, the first time.
    async fn load(&self) -> Result<(), Error> {
        let load = async || {
            let session = self.storage.load().await.map_err(Error::Storage)?;
            let mut state = self.state();
            if state.session.is_none() && state.generation == 0 {
                state.session = session;
            }
            Ok(())
        };
        self.loaded.get_or_try_init(load).await.copied()
    }

    /// The access token to send now, fresh; `None` when nobody is signed in.
    pub(crate) async fn token(&self, client: &Client) -> Result<Option<Bearer>, Error> {
        self.load().await?;
        let (used, ended) = {
            let mut state = self.state();
            let Some(used) = state.bearer()? else {
                return Ok(None);
            };
            match &state.session {
                Some(session) if self.is_due(session, &state) => (used, session.is_expired()),
                _ => return Ok(Some(used)),
            }
        };
        match self.renew(client, used.token()).await {
            Ok(token) => Ok(token),
            // The old one is good for a while yet.
            Err(error) if error.is_temporary() && !ended => Ok(Some(used)),
            Err(error) => Err(error),
        }
    }

    fn is_due(&self, session: &Session, state: &State) -> bool {
        let ahead = self.ahead.min(session.expires_in / 10);
        let left = session.expires_at.saturating_sub(platform::now());
        left == 0 || left <= ahead && platform::now_ms() >= state.not_before
    }

    /// A newer token than this one: by the refresh that is under way, or a new one.
    pub(crate) async fn renew(&self, client: &Client, used: &str) -> Result<Option<Bearer>, Error> {
        let session = self.refresh(client, Some(used)).await?;
        let token = session.map(|session| Bearer::new(&session.access_token));
        token.transpose()
    }

    /// Refreshes, unless the session's token is another than this one by now.
    pub(crate) async fn refresh(&self, client: &Client, used: Option<&str>) -> Outcome {
        self.load().await?;
        let mut flight = {
            let mut state = self.state();
            let Some(session) = &state.session else {
                return Ok(None);
            };
            if used.is_some_and(|used| used != session.access_token) {
                return Ok(Some(session.clone()));
            }
            match &state.flight {
                Some(flight) if flight.has_changed().is_ok() => flight.clone(),
                _ => self.take_off(client, &mut state),
            }
        };
        match flight.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Err(Error::NoSession)),
            // The runtime is going down.
            Err(_) => Err(Error::Timeout),
        }
    }

    fn take_off(&self, client: &Client, state: &mut State) -> Flight {
        let (told, flight) = watch::channel(None);
        state.flight = Some(flight.clone());
        let (client, generation) = (client.clone(), state.generation);
        let session = state.session.clone();
        platform::spawn(async move {
            let sessions = &client.inner.sessions;
            let outcome = match session {
                Some(session) => sessions.fetch(&client, session, generation).await,
                None => Ok(None),
            };
            sessions.landed(generation);
            // Nobody may be waiting any more.
            let _ = told.send(Some(outcome));
        });
        flight
    }

    /// Asks for the next session and puts it in place.
    async fn fetch(&self, client: &Client, session: Session, generation: u64) -> Outcome {
        let _lock = self.storage.lock().await.map_err(Error::Storage)?;
        let stored = self.storage.load().await.map_err(Error::Storage)?;
        let is_ours = stored
            .as_ref()
            .is_none_or(|stored| stored.user.id == session.user.id);
        let session = match stored {
            // Another process refreshed it. If another one signed somebody else in, that is theirs.
            Some(stored) if is_ours && stored.access_token != session.access_token => {
                if !stored.is_expired() {
                    self.land(Some(&stored), generation);
                    return Ok(Some(stored));
                }
                stored
            }
            _ => session,
        };
        match ask(client, &session.refresh_token).await {
            Ok(fresh) => {
                if !self.land(Some(&fresh), generation) {
                    return Ok(self.state().session.clone());
                }
                self.save_if(is_ours).await?;
                self.tell(SessionEvent::Refreshed(fresh.clone()));
                Ok(Some(fresh))
            }
            Err(error) if is_final(&error) => {
                if self.land(None, generation) {
                    self.save_if(is_ours).await?;
                    self.tell(SessionEvent::SignedOut);
                }
                Err(error)
            }
            Err(error) => {
                self.state().not_before = platform::now_ms() + PAUSE_AFTER_FAILURE_MS;
                Err(error)
            }
        }
    }

    fn landed(&self, generation: u64) {
        let mut state = self.state();
        if state.generation == generation {
            state.flight = None;
        }
    }

    /// Whether the session was still the one that was refreshed.
    fn land(&self, session: Option<&Session>, generation: u64) -> bool {
        let mut state = self.state();
        let is_ours = state.generation == generation;
        if is_ours {
            state.session = session.cloned();
            state.not_before = 0;
        }
        is_ours
    }

    /// Begins a session.
    pub(crate) async fn begin(&self, session: Session) -> Result<(), Error> {
        self.put(Some(session.clone()));
        self.save().await?;
        self.tell(SessionEvent::SignedIn(session));
        Ok(())
    }

    /// Ends it here.
    pub(crate) async fn end(&self) -> Result<(), Error> {
        self.put(None);
        self.save().await?;
        self.tell(SessionEvent::SignedOut);
        Ok(())
    }

    /// What the server says of the user now. If another process has refreshed the session that is stored, or
    /// ended it, its tokens stay as they are.
    pub(crate) async fn update_user(&self, user: &super::User) -> Result<(), Error> {
        match &mut self.state().session {
            Some(session) if session.user.id == user.id => session.user = user.clone(),
            _ => return Ok(()),
        }
        let _turn = self.writing.lock().await;
        match self.storage.load().await.map_err(Error::Storage)? {
            Some(mut stored) if stored.user.id == user.id && stored.user != *user => {
                stored.user = user.clone();
                let saved = self.storage.save(Some(stored)).await;
                saved.map_err(Error::Storage)
            }
            _ => Ok(()),
        }
    }

    fn put(&self, session: Option<Session>) {
        let mut state = self.state();
        state.session = session;
        state.generation += 1;
        state.flight = None;
        state.not_before = 0;
    }

    /// Stores the session, unless somebody else's is stored there by now.
    async fn save_if(&self, is_ours: bool) -> Result<(), Error> {
        match is_ours {
            true => self.save().await,
            false => Ok(()),
        }
    }

    /// Stores the session as it is now: of two who store, the later one stores the later session.
    async fn save(&self) -> Result<(), Error> {
        let _turn = self.writing.lock().await;
        let session = self.state().session.clone();
        self.storage.save(session).await.map_err(Error::Storage)
    }

    fn tell(&self, event: SessionEvent) {
        // Nobody may listen.
        let _ = self.events.send(event);
    }
}

/// Sent again when the network fails: the server takes the same token twice within some seconds.
async fn ask(client: &Client, refresh_token: &str) -> Result<Session, Error> {
    let body = json!({ "refresh_token": refresh_token });
    let mut request = client
        .auth()
        .post("token", &body)?
        .query("grant_type", "refresh_token")
        .without_session();
    request.repeatable = true;
    let session: Session = request.fetch(client).await?;
    Ok(session.received())
}

/// The server knows the session no more; anything else may pass.
fn is_final(error: &Error) -> bool {
    let status = error.status();
    status.is_some_and(|status| {
        status.is_client_error()
            && !matches!(
                status,
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
            )
    })
}

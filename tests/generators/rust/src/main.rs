//! The scenario with the client that progenitor makes.

#[allow(clippy::all, unused, missing_docs, irrefutable_let_patterns)]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

use client::types::{
    AddArguments, AuthGrant, AuthPasswordGrant, AuthRefreshTokenGrant, AuthSession, AuthSignUp,
    AuthSignUpResponse, AuthTokenGrantType, AuthUserUpdate, DeleteFilmsPrefer, DirectorsInsert,
    FailArguments, FilmsInsert, FilmsUpdate, Genre, InsertDirectorsPrefer, InsertFilmsPrefer,
    InsertNotesPrefer, ListFilmsPrefer, NotesInsert, UpdateFilmsPrefer,
};
use client::{Error, ResponseValue};
use serde_json::json;

const EMAIL: &str = "rust@example.org";
const PASSWORD: &str = "correct horse battery";

/// Counts steps and says which went wrong.
#[derive(Default)]
struct Steps(u32);

impl Steps {
    /// An answer that went well.
    fn ok<T, E: std::fmt::Debug>(
        &mut self,
        name: &str,
        answer: Result<ResponseValue<T>, Error<E>>,
    ) -> T {
        self.response(name, answer).into_inner()
    }

    fn response<T, E: std::fmt::Debug>(
        &mut self,
        name: &str,
        answer: Result<ResponseValue<T>, Error<E>>,
    ) -> ResponseValue<T> {
        self.0 += 1;
        match answer {
            Ok(value) => value,
            Err(error) => panic!("step {}, {name}: {error:?}", self.0),
        }
    }

    /// A refusal of that status.
    fn refused<T, E: std::fmt::Debug>(
        &mut self,
        name: &str,
        status: u16,
        answer: Result<ResponseValue<T>, Error<E>>,
    ) -> E {
        self.0 += 1;
        match answer {
            Err(Error::ErrorResponse(error)) if error.status().as_u16() == status => {
                error.into_inner()
            }
            Err(error) => panic!("step {}, {name}: {error:?}", self.0),
            Ok(_) => panic!("step {}, {name}: not refused", self.0),
        }
    }
}

fn signed_in(url: &str, session: &AuthSession) -> client::Client {
    let mut headers = reqwest::header::HeaderMap::new();
    let bearer = format!("Bearer {}", session.access_token);
    headers.insert("authorization", bearer.parse().expect("a header"));
    let http = reqwest::Client::builder().default_headers(headers).build();
    client::Client::new_with_client(url, http.expect("a client"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = std::env::args().nth(1).expect("the server's address");
    let anonymous = client::Client::new(&url);
    let mut steps = Steps::default();

    let health = steps.ok("health", anonymous.auth_health().send().await);
    assert_eq!(health.name, "Crestfall");
    let settings = steps.ok("settings", anonymous.auth_settings().send().await);
    assert!(settings.mailer_autoconfirm);
    let account = || {
        AuthSignUp::builder()
            .email(EMAIL.to_owned())
            .password(PASSWORD.to_owned())
    };
    let made = steps.ok(
        "sign up",
        anonymous.auth_sign_up().body(account()).send().await,
    );
    assert!(matches!(made, AuthSignUpResponse::Session(_)));
    let answer = anonymous.auth_sign_up().body(account()).send().await;
    let error = steps.refused("sign up again", 422, answer);
    assert_eq!(error.error_code, "user_already_exists");
    let grant = |password: &str| {
        let grant = AuthPasswordGrant::builder()
            .email(EMAIL.to_owned())
            .password(password.to_owned());
        AuthGrant::PasswordGrant(grant.try_into().expect("a grant"))
    };
    let by_password = |password| {
        let token = anonymous
            .auth_token()
            .grant_type(AuthTokenGrantType::Password);
        token.body(grant(password)).send()
    };
    let error = steps.refused("a wrong password", 400, by_password("wrong").await);
    assert!(format!("{error:?}").contains("invalid_credentials"));
    let session = steps.ok("sign in", by_password(PASSWORD).await);
    let refresh = AuthRefreshTokenGrant::builder().refresh_token(session.refresh_token.clone());
    let token = anonymous
        .auth_token()
        .grant_type(AuthTokenGrantType::RefreshToken);
    let refresh = AuthGrant::RefreshTokenGrant(refresh.try_into().expect("a grant"));
    let session = steps.ok("renew", token.body(refresh).send().await);
    let client = signed_in(&url, &session);
    let user = steps.ok("the user", client.auth_get_user().send().await);
    assert_eq!(user.email, EMAIL);
    assert!(user.factors.is_empty());
    let name = json!({ "name": "Grace" })
        .as_object()
        .cloned()
        .expect("an object");
    let change = AuthUserUpdate::builder().data(name);
    let user = steps.ok(
        "change",
        client.auth_update_user().body(change).send().await,
    );
    assert_eq!(user.user_metadata["name"], "Grace");
    let sessions = steps.ok("sessions", client.auth_list_sessions().send().await);
    assert_eq!(sessions.iter().filter(|one| one.current).count(), 1);

    let varda = |born: &str| -> Vec<DirectorsInsert> {
        let born: chrono::NaiveDate = born.parse().expect("a date");
        let director = DirectorsInsert::builder()
            .name("Agnès Varda".to_owned())
            .born(born);
        vec![director.try_into().expect("a director")]
    };
    let insert = client
        .insert_directors()
        .prefer(InsertDirectorsPrefer::ReturnRepresentation);
    let directors = steps.ok("a director", insert.body(varda("1928-05-30")).send().await);
    let director = directors[0].id;
    let films: Vec<FilmsInsert> = [
        FilmsInsert::builder()
            .title("Cléo de 5 à 7".to_owned())
            .year(1962)
            .director_id(director)
            .minutes(90)
            .tags(vec!["paris".to_owned()]),
        FilmsInsert::builder()
            .title("Visages villages".to_owned())
            .year(2017)
            .director_id(director)
            .minutes(89)
            .genre(Genre::Documentary)
            .other_genre(Genre::Comedy)
            .facts(json!({ "with": "JR" }))
            .shown_at(
                "2017-05-19T18:00:00Z"
                    .parse::<chrono::DateTime<chrono::Utc>>()
                    .expect("a time"),
            ),
    ]
    .map(|film| film.try_into().expect("a film"))
    .into();
    let mut inserted = Vec::new();
    for film in &films {
        let insert = client
            .insert_films()
            .prefer(InsertFilmsPrefer::ReturnRepresentation);
        inserted.extend(steps.ok(
            "insert a film",
            insert.body(vec![film.clone()]).send().await,
        ));
    }
    assert_eq!(
        (inserted[0].genre, inserted[0].decade),
        (Genre::Drama, Some(1960))
    );
    assert_eq!(
        (inserted[0].other_genre, &inserted[0].tags[0][..]),
        (None, "paris")
    );
    assert_eq!(inserted[1].facts, json!({ "with": "JR" }));
    assert_eq!(inserted[1].shown_at, films[1].shown_at);

    assert_eq!(
        steps
            .ok("all films", client.list_films().send().await)
            .len(),
        2
    );
    let found = steps.ok(
        "a filter",
        client.list_films().year("gte.2000").send().await,
    );
    assert_eq!((found.len(), &*found[0].title), (1, "Visages villages"));
    let found = client.list_films().genre("eq.documentary").send().await;
    assert_eq!(steps.ok("by an enum", found).len(), 1);
    let found = client
        .list_films()
        .or("(year.lt.1900,minutes.eq.90)")
        .send()
        .await;
    assert_eq!(steps.ok("either of two", found).len(), 1);
    let found = client
        .list_films()
        .order("year.desc")
        .limit(1)
        .offset(1)
        .send()
        .await;
    assert_eq!(steps.ok("order and page", found)[0].year, 1962);
    let found = client
        .list_films()
        .limit(1)
        .prefer(ListFilmsPrefer::CountExact)
        .send()
        .await;
    let found = steps.response("count", found);
    assert_eq!(found.status().as_u16(), 206);
    assert_eq!(found.headers()["content-range"], "0-0/2");
    let found = client.list_films().select("*,directors(name)").send().await;
    assert_eq!(steps.ok("related rows", found).len(), 2);

    let changes = FilmsUpdate::builder()
        .seen(true)
        .rating(7.8)
        .tags(vec!["road".to_owned(), "portraits".to_owned()]);
    let update = client
        .update_films()
        .prefer(UpdateFilmsPrefer::ReturnRepresentation);
    let update = update
        .title("eq.Visages villages")
        .body(changes)
        .send()
        .await;
    let updated = steps.ok("update", update);
    assert_eq!(
        (updated[0].seen, updated[0].rating, updated[0].tags.len()),
        (true, Some(7.8), 2)
    );
    let merge = InsertDirectorsPrefer::ReturnRepresentationResolutionMergeDuplicates;
    let insert = client.insert_directors().prefer(merge).on_conflict("name");
    let merged = steps.ok(
        "insert or update",
        insert.body(varda("1928-05-31")).send().await,
    );
    assert_eq!((merged.len(), merged[0].id), (1, director));
    assert_eq!(
        steps.ok("a view", client.list_recent_films().send().await)[0].year,
        Some(2017)
    );
    let sum = client
        .call_add()
        .body(AddArguments::builder().a(20).b(22))
        .send()
        .await;
    assert_eq!(steps.ok("a function", sum), Some(42).into());
    let films_of = steps.ok(
        "a function of rows",
        client.read_films_of().after(2000).send().await,
    );
    assert_eq!(films_of[0].title, "Visages villages");
    let counts = steps.ok("a table of its own", client.call_per_genre().send().await);
    let counts: Vec<_> = counts.iter().map(|row| (row.genre, row.count)).collect();
    assert_eq!(
        counts,
        [
            (Some(Genre::Drama), Some(1)),
            (Some(Genre::Documentary), Some(1))
        ]
    );
    let note: NotesInsert = NotesInsert::builder()
        .body("See it again".to_owned())
        .try_into()
        .expect("a note");
    let insert = client
        .insert_notes()
        .prefer(InsertNotesPrefer::ReturnRepresentation);
    let notes = steps.ok("a note", insert.body(vec![note]).send().await);
    assert_eq!(notes[0].owner, session.user.id);
    steps.ok("nothing to give", client.call_forget_notes().send().await);
    assert!(
        steps
            .ok("no notes", client.list_notes().send().await)
            .is_empty()
    );
    let fail = FailArguments::builder().why("I am a teapot".to_owned());
    let error = steps.refused(
        "a function that fails",
        418,
        client.call_fail().body(fail).send().await,
    );
    assert_eq!(
        (&*error.message, error.hint.as_deref()),
        ("I am a teapot", Some("Do not"))
    );
    let insert = client
        .insert_films()
        .prefer(InsertFilmsPrefer::ReturnRepresentation);
    let answer = insert.body(vec![films[1].clone()]).send().await;
    assert_eq!(
        steps.refused("a title that is taken", 409, answer).code,
        "23505"
    );
    let update = client
        .update_films()
        .prefer(UpdateFilmsPrefer::ReturnRepresentation);
    let answer = update
        .year("eq.1962")
        .body(FilmsUpdate::builder().year(1500))
        .send()
        .await;
    assert_eq!(
        steps.refused("a year that cannot be", 400, answer).code,
        "23514"
    );
    let answer = client.list_films().year("eq.now").send().await;
    assert_eq!(steps.refused("nonsense", 400, answer).code, "22P02");
    let delete = client
        .delete_films()
        .prefer(DeleteFilmsPrefer::ReturnRepresentation);
    let deleted = steps.ok("delete", delete.year("eq.1962").send().await);
    assert_eq!(deleted[0].title, "Cléo de 5 à 7");
    let insert = anonymous
        .insert_directors()
        .prefer(InsertDirectorsPrefer::ReturnRepresentation);
    let answer = insert.body(varda("1928-05-30")).send().await;
    assert_eq!(steps.refused("not signed in", 401, answer).code, "42501");
    steps.ok("sign out", client.auth_log_out().send().await);
    let error = steps.refused("an ended session", 403, client.auth_get_user().send().await);
    assert_eq!(error.error_code, "session_not_found");
    println!("{} steps", steps.0);
}

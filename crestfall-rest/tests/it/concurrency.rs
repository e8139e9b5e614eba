//! Many at once, some of whom hang up: nobody sees what is not theirs, and a change of the schema
//! makes no answer wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::api::{Api, refusal, token};

/// How many requests try to see what others may see.
fn rounds() -> u64 {
    std::env::var("CRESTFALL_LEAK_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(2_000)
}

/// Someone who asks, and what they may see.
#[derive(Clone)]
struct Caller {
    role: &'static str,
    subject: &'static str,
    token: Option<String>,
    tickets: usize,
}

fn callers() -> Vec<Caller> {
    let known = |role, subject, tickets| Caller {
        role,
        subject,
        token: Some(token(role, subject)),
        tickets,
    };
    vec![
        known("authenticated", "alice", 2),
        known("authenticated", "bob", 2),
        known("authenticated", "eve", 0),
        known("service_role", "boss", 4),
        Caller {
            role: "anon",
            subject: "",
            token: None,
            tickets: 0,
        },
    ]
}

const PATHS: [&str; 7] = [
    "/tickets?select=owner",
    "/tickets?select=owner,count()",
    "/tickets",
    "/rpc/settings",
    "/rpc/settings_for_write",
    "/rpc/become?role_name=service_role&for_transaction=true",
    "/films?select=tickets(owner)",
];

/// What is wrong with an answer, if anything is.
fn leak(caller: &Caller, path: &str, mark: &str, body: &Value) -> Option<String> {
    let wrong = || {
        Some(format!(
            "{} {} at {path}: {body}",
            caller.role, caller.subject
        ))
    };
    if path.starts_with("/rpc/settings") {
        let claims: Value = serde_json::from_str(body["claims"].as_str()?).ok()?;
        let same = body["user"] == caller.role
            && body["role"] == caller.role
            && claims["sub"].as_str().unwrap_or_default() == caller.subject
            && body["headers"]["x-mark"] == mark
            && body["left_over"].as_str().unwrap_or_default().is_empty()
            && body["method"]
                == if path.ends_with("write") {
                    "POST"
                } else {
                    "GET"
                };
        return if same { None } else { wrong() };
    }
    if path.starts_with("/rpc/become") {
        return None;
    }
    let text = body.to_string();
    let foreign = ["alice", "bob"].into_iter().any(|owner| {
        owner != caller.subject && caller.role != "service_role" && text.contains(owner)
    });
    let rows = body.as_array().map_or(0, Vec::len);
    let miscounted =
        path.starts_with("/tickets") && !path.contains("count()") && rows != caller.tickets;
    if foreign || miscounted { wrong() } else { None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_sees_rows_or_settings_of_others_however_requests_end() {
    let api = Arc::new(Api::new().await);
    let (rounds, workers) = (rounds(), 32);
    let next = Arc::new(AtomicU64::new(0));
    let finished = Arc::new(AtomicU64::new(0));
    let usual_micros = Arc::new(AtomicU64::new(20_000));
    let tasks: Vec<_> = (0..workers)
        .map(|_| {
            let (api, next, finished) = (api.clone(), next.clone(), finished.clone());
            let usual_micros = usual_micros.clone();
            tokio::spawn(async move {
                let callers = callers();
                let mut leaks = Vec::new();
                loop {
                    let round = next.fetch_add(1, Ordering::Relaxed);
                    if round >= rounds {
                        return leaks;
                    }
                    let caller = pick(3 * round, &callers);
                    let path = *pick(3 * round + 1, &PATHS);
                    // About half of them hang up before they have an answer.
                    let usual = usual_micros.load(Ordering::Relaxed);
                    let patience = usual * dice(3 * round + 2, 20) / 10;
                    let mark = format!("mark-{round}");
                    let posts = path.contains("write") || path.contains("become");
                    let method = if posts { "POST" } else { "GET" };
                    let method = axum::http::Method::from_bytes(method.as_bytes()).unwrap();
                    let (bare, _) = path.split_once('?').unwrap_or((path, ""));
                    let request = if path.contains("become") {
                        api.app.request(method, bare).json(&serde_json::json!({
                            "role_name": "service_role", "for_transaction": round % 2 == 0
                        }))
                    } else if posts {
                        api.app.request(method, path).json(&serde_json::json!({}))
                    } else {
                        api.app.request(method, path)
                    };
                    let request = request.header("x-mark", &mark);
                    let request = match &caller.token {
                        Some(token) => request.bearer(token),
                        None => request,
                    };
                    let answer = tokio::time::timeout(
                        Duration::from_micros(patience),
                        std::future::IntoFuture::into_future(request),
                    );
                    let begun = Instant::now();
                    let Ok(response) = answer.await else {
                        usual_micros.store(usual + usual / 50, Ordering::Relaxed);
                        continue;
                    };
                    let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(usual);
                    usual_micros.store((usual * 9 + took) / 10, Ordering::Relaxed);
                    finished.fetch_add(1, Ordering::Relaxed);
                    if !response.status.is_success() {
                        leaks.push(format!("{path}: {} {}", response.status, response.text()));
                        continue;
                    }
                    leaks.extend(leak(caller, path, &mark, &response.json()));
                }
            })
        })
        .collect();
    let mut leaks = Vec::new();
    for task in tasks {
        leaks.extend(task.await.unwrap());
    }
    assert!(
        leaks.is_empty(),
        "{} leaks, such as\n{}",
        leaks.len(),
        leaks[..leaks.len().min(5)].join("\n")
    );
    assert!(
        finished.load(Ordering::Relaxed) > rounds / 20,
        "too few requests were answered"
    );
}

/// A number that looks random, the same for the same seed (SplitMix64).
fn dice(seed: u64, faces: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % faces
}

fn pick<T>(seed: u64, things: &[T]) -> &T {
    let place = dice(seed, things.len() as u64);
    &things[usize::try_from(place).expect("a place in a list")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writes_that_are_given_up_happen_as_a_whole_or_not_at_all() {
    let api = Arc::new(
        Api::over(
            "create table cinema.pairs (id int, half text);
             create function cinema.add_pair(id int) returns void language plpgsql as $$
             begin
               insert into cinema.pairs values (add_pair.id, 'left');
               perform pg_sleep(0.0005);
               insert into cinema.pairs values (add_pair.id, 'right');
             end $$;
             grant select, insert on cinema.pairs to anon;",
            |_| {},
        )
        .await,
    );
    let tasks: Vec<_> = (0..8_u64)
        .map(|worker| {
            let api = api.clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for number in 0..40 {
                    let id = worker * 1000 + number;
                    let request = api
                        .app
                        .post("/rpc/add_pair", &serde_json::json!({ "id": id }));
                    let patience = Duration::from_micros((number * 37 + worker * 911) % 9000);
                    let answer = std::future::IntoFuture::into_future(request);
                    if let Ok(response) = tokio::time::timeout(patience, answer).await {
                        assert_eq!(response.status.as_u16(), 204, "{}", response.text());
                        acknowledged.push(id);
                    }
                }
                acknowledged
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    let halves =
        "select count(*) from (select from cinema.pairs group by id having count(*) <> 2) x";
    assert_eq!(api.sql(halves).await, "0");
    for id in acknowledged {
        let there = format!("select count(*) from cinema.pairs where id = {id}");
        assert_eq!(api.sql(&there).await, "2", "an acknowledged write is lost");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_changing_schema_makes_no_answer_wrong() {
    let api = Arc::new(
        Api::over(
            "create table cinema.moving (id int primary key, film_id int references cinema.films, a text);
             insert into cinema.moving values (1, 1, 'value');
             grant select on cinema.moving to anon, authenticated;",
            |_| {},
        )
        .await,
    );
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..6)
        .map(|worker| {
            let (api, stop) = (api.clone(), stop.clone());
            tokio::spawn(async move {
                let mut wrong = Vec::new();
                let mut asked = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    asked += 1;
                    // What does not change is always there.
                    let path = [
                        "/studios?select=id,films(id)&films.order=id&id=eq.1",
                        "/rpc/add?a=1&b=2",
                    ][usize::from(worker % 2 == 0)];
                    let response = api.app.get(path).await;
                    let expected = ["{\"id\":1,\"films\":[{\"id\":1}, {\"id\":2}]}", "3"]
                        [usize::from(worker % 2 == 0)];
                    let text = response.text().replace(['\n', ' '], "");
                    if !text.contains(&expected.replace(' ', "")) {
                        wrong.push(format!("{path}: {} {text}", response.status));
                    }
                    // What changes is as before or as after, or refused, but never wrong.
                    let response = api.app.get("/moving?select=*").await;
                    let body = response.json();
                    let row = &body[0];
                    let whole = row["id"] == 1
                        && row["film_id"] == 1
                        && (row["a"] == "value" || row["b"] == "value");
                    let (status, code) = refusal(&response);
                    let refused = status == 400 && code == "42703";
                    if !whole && !refused {
                        wrong.push(format!("/moving: {status} {body}"));
                    }
                    let response = api.app.get("/films?select=id,moving(id)&id=eq.1").await;
                    if response.json() != serde_json::json!([{ "id": 1, "moving": [{ "id": 1 }] }])
                    {
                        wrong.push(format!("embed: {} {}", response.status, response.text()));
                    }
                }
                (asked, wrong)
            })
        })
        .collect();
    for round in 0..30 {
        let (from, to) = if round % 2 == 0 {
            ("a", "b")
        } else {
            ("b", "a")
        };
        api.db
            .execute(&format!("alter table cinema.moving rename {from} to {to}"))
            .await;
        api.reload().await;
        if round % 5 == 0 {
            api.pool.forget_statements();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        let (asked, wrong) = task.await.unwrap();
        assert!(asked > 0);
        assert!(
            wrong.is_empty(),
            "{} wrong, such as\n{}",
            wrong.len(),
            wrong[..wrong.len().min(5)].join("\n")
        );
    }
}

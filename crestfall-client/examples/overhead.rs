//! What the client costs per request beside reqwest alone: the same request, by turns.
//!
//! `cargo run --release -p crestfall-client --example overhead -- URL KEY [REQUESTS]`, where the URL is
//! that of a server with a table `films` (`id`, `title`, `year`), such as `make run`.

use std::time::{Duration, Instant};

use crestfall_client::rest::{Any, Column, col};
use crestfall_client::{Client, Error};
use serde::Deserialize;

#[derive(Deserialize)]
#[allow(dead_code, reason = "read, as an application would")]
struct Film {
    id: i64,
    title: String,
    year: i32,
}

type Times = Vec<Duration>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, key, more @ ..] = arguments.as_slice() else {
        return Err("overhead URL KEY [REQUESTS]".into());
    };
    let requests: usize = more.first().map_or(Ok(5000), |text| text.parse())?;
    let client = Client::new(url, key)?;
    let bare = reqwest::Client::builder().tcp_nodelay(true).build()?;
    let target = format!("{url}/rest/v1/films?year=gte.2000&select=id,title,year&limit=10");
    let (mut theirs, mut ours, mut typed) = (Times::new(), Times::new(), Times::new());
    for request in 0..requests + requests / 10 {
        let a = by_reqwest(&bare, &target, key).await?;
        let b = by_client(&client).await?;
        let c = by_types(&client).await?;
        // The first tenth warms up.
        if request >= requests / 10 {
            theirs.push(a);
            ours.push(b);
            typed.push(c);
        }
    }
    let theirs = median(theirs);
    println!("reqwest           {theirs:.1} µs a request (median of {requests})");
    for (name, times) in [("client            ", ours), ("client, typed rows", typed)] {
        let time = median(times);
        println!("{name}{time:.1} µs, {:.3} of reqwest's", time / theirs);
    }
    Ok(())
}

/// In microseconds.
fn median(mut times: Times) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6
}

async fn by_reqwest(
    client: &reqwest::Client,
    target: &str,
    key: &str,
) -> Result<Duration, Box<dyn std::error::Error>> {
    let began = Instant::now();
    let response = client
        .get(target)
        .bearer_auth(key)
        .header("apikey", key)
        .send()
        .await?;
    let films: Vec<Film> = serde_json::from_slice(&response.error_for_status()?.bytes().await?)?;
    std::hint::black_box(films);
    Ok(began.elapsed())
}

async fn by_client(client: &Client) -> Result<Duration, Error> {
    let began = Instant::now();
    let films = client
        .from("films")
        .select("id,title,year")
        .filter(col("year").gte(2000));
    std::hint::black_box(films.limit(10).rows_as::<Film>().send().await?);
    Ok(began.elapsed())
}

async fn by_types(client: &Client) -> Result<Duration, Error> {
    const ID: Column<Any, i64> = Column::new("id");
    const TITLE: Column<Any, String> = Column::new("title");
    const YEAR: Column<Any, i32> = Column::new("year");
    let began = Instant::now();
    let films = client
        .from("films")
        .select((ID, TITLE, YEAR))
        .filter(YEAR.gte(2000));
    std::hint::black_box(films.limit(10).send().await?);
    Ok(began.elapsed())
}

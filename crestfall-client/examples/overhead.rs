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

const ROUNDS: usize = 21;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, key, more @ ..] = arguments.as_slice() else {
        return Err("overhead URL KEY [REQUESTS]".into());
    };
    let requests: usize = more.first().map_or(Ok(500), |text| text.parse())?;
    let client = Client::new(url, key)?;
    let bare = reqwest::Client::builder().tcp_nodelay(true).build()?;
    let target = format!("{url}/rest/v1/films?year=gte.2000&select=id,title,year&limit=10");
    let mut ratios = Vec::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let a = by_reqwest(&bare, &target, key, requests).await?;
        let b = by_client(&client, requests).await?;
        let c = by_types(&client, requests).await?;
        // The first warms up.
        if round > 0 {
            ratios.push((
                b.as_secs_f64() / a.as_secs_f64(),
                c.as_secs_f64() / a.as_secs_f64(),
            ));
            theirs.push(a);
            ours.push(b);
        }
    }
    let each = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e6 / requests as f64
    };
    println!("reqwest  {:.1} µs a request", each(&mut theirs));
    println!("client   {:.1} µs a request", each(&mut ours));
    let median = |mut ratios: Vec<f64>| {
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    };
    let by_name = median(ratios.iter().map(|(ratio, _)| *ratio).collect());
    let typed = median(ratios.iter().map(|(_, ratio)| *ratio).collect());
    println!(
        "client / reqwest {by_name:.3}; with typed columns {typed:.3} (medians of {ROUNDS} rounds by turns)"
    );
    Ok(())
}

async fn by_reqwest(
    client: &reqwest::Client,
    target: &str,
    key: &str,
    requests: usize,
) -> Result<Duration, Box<dyn std::error::Error>> {
    let began = Instant::now();
    for _ in 0..requests {
        let response = client
            .get(target)
            .bearer_auth(key)
            .header("apikey", key)
            .send()
            .await?;
        let films: Vec<Film> =
            serde_json::from_slice(&response.error_for_status()?.bytes().await?)?;
        std::hint::black_box(films);
    }
    Ok(began.elapsed())
}

async fn by_client(client: &Client, requests: usize) -> Result<Duration, Error> {
    let began = Instant::now();
    for _ in 0..requests {
        let films = client
            .from("films")
            .select("id,title,year")
            .filter(col("year").gte(2000));
        std::hint::black_box(films.limit(10).rows_as::<Film>().send().await?);
    }
    Ok(began.elapsed())
}

async fn by_types(client: &Client, requests: usize) -> Result<Duration, Error> {
    const ID: Column<Any, i64> = Column::new("id");
    const TITLE: Column<Any, String> = Column::new("title");
    const YEAR: Column<Any, i32> = Column::new("year");
    let began = Instant::now();
    for _ in 0..requests {
        let films = client
            .from("films")
            .select((ID, TITLE, YEAR))
            .filter(YEAR.gte(2000));
        std::hint::black_box(films.limit(10).send().await?);
    }
    Ok(began.elapsed())
}

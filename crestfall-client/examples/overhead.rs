//! What the client costs per request beside reqwest alone: the same request, by turns, in time and in CPU
//! time of this process (Linux).
//!
//! `cargo run --release -p crestfall-client --example overhead -- URL KEY [REQUESTS] [ONE]`, where the URL is
//! that of a server with a table `films` (`id`, `title`, `year`), such as `make run`. With `ONE` of
//! `reqwest`, `client` and `typed` only that is done, for tools that count instructions:
//! `scripts/overhead.sh` compares them.

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

/// What each way is called.
const NAMES: [&str; 3] = ["reqwest", "client", "typed"];

/// Of each request: time, and CPU time.
type Times = Vec<(Duration, Duration)>;

struct Ways {
    bare: reqwest::Client,
    target: String,
    key: String,
    client: Client,
}

impl Ways {
    async fn go(&self, name: &str) -> Result<(Duration, Duration), Box<dyn std::error::Error>> {
        let (began, used) = (Instant::now(), cpu());
        match name {
            "reqwest" => by_reqwest(&self.bare, &self.target, &self.key).await?,
            "client" => by_client(&self.client).await?,
            _ => by_types(&self.client).await?,
        }
        Ok((began.elapsed(), cpu().saturating_sub(used)))
    }
}

/// CPU time of this thread, which does everything.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, key, more @ ..] = arguments.as_slice() else {
        return Err("overhead URL KEY [REQUESTS] [reqwest|client|typed]".into());
    };
    let requests: usize = more.first().map_or(Ok(5000), |text| text.parse())?;
    // Both give up after as long.
    let bare = reqwest::Client::builder()
        .tcp_nodelay(true)
        .timeout(Duration::from_secs(30));
    let ways = Ways {
        bare: bare.build()?,
        target: format!("{url}/rest/v1/films?year=gte.2000&select=id,title,year&limit=10"),
        key: key.clone(),
        client: Client::new(url, key)?,
    };
    if let Some(one) = more.get(1) {
        for _ in 0..requests {
            ways.go(one).await?;
        }
        return Ok(());
    }
    let mut times = [Times::new(), Times::new(), Times::new()];
    for request in 0..requests + requests / 10 {
        for turn in 0..NAMES.len() {
            // Nobody always comes after the same one.
            let way = (turn + request) % NAMES.len();
            let took = ways.go(NAMES[way]).await?;
            // The first tenth warms up.
            if request >= requests / 10 {
                times[way].push(took);
            }
        }
    }
    report(&times, requests);
    Ok(())
}

fn report(times: &[Times; 3], requests: usize) {
    let median = |way: &Times, of: fn(&(Duration, Duration)) -> Duration| {
        let mut sorted: Vec<Duration> = way.iter().map(of).collect();
        sorted.sort();
        sorted[sorted.len() / 2].as_secs_f64() * 1e6
    };
    println!("medians of {requests} requests, in microseconds; beside reqwest alone");
    let (time, used) = (median(&times[0], |t| t.0), median(&times[0], |t| t.1));
    for (name, way) in NAMES.iter().zip(times) {
        let (own, cpu) = (median(way, |t| t.0), median(way, |t| t.1));
        let (slower, dearer) = (own / time, cpu / used);
        println!("{name:8} {own:7.1} ({slower:.3})  CPU {cpu:6.1} ({dearer:.3})");
    }
}

async fn by_reqwest(
    client: &reqwest::Client,
    target: &str,
    key: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    let response = client
        .get(target)
        .bearer_auth(key)
        .header("apikey", key)
        .send()
        .await?;
    let films: Vec<Film> = serde_json::from_slice(&response.error_for_status()?.bytes().await?)?;
    std::hint::black_box(films);
    Ok(())
}

async fn by_client(client: &Client) -> Result<(), Error> {
    let films = client
        .from("films")
        .select("id,title,year")
        .filter(col("year").gte(2000));
    std::hint::black_box(films.limit(10).rows_as::<Film>().send().await?);
    Ok(())
}

async fn by_types(client: &Client) -> Result<(), Error> {
    const ID: Column<Any, i64> = Column::new("id");
    const TITLE: Column<Any, String> = Column::new("title");
    const YEAR: Column<Any, i32> = Column::new("year");
    let films = client
        .from("films")
        .select((ID, TITLE, YEAR))
        .filter(YEAR.gte(2000));
    std::hint::black_box(films.limit(10).send().await?);
    Ok(())
}

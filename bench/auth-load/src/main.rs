//! Load for the benchmark of authentication. It prints one JSON object: what was done a second, and
//! how long each took.
//!
//! ```text
//! auth-load refresh ADDRESS CLIENTS SECONDS   each client refreshes a session of its own
//! auth-load login   ADDRESS CLIENTS SECONDS   each client signs in with the right password
//! auth-load get     ADDRESS CLIENTS SECONDS   each client asks who it is (GET /user)
//! auth-load timing  ADDRESS SAMPLES           known and unknown addresses in turn, one at a time
//! auth-load argon2  THREADS SECONDS           bare Argon2id with the server's parameters
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const PASSWORD: &str = "correct horse battery staple";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let report = match arguments[..] {
        ["refresh", address, clients, seconds] => {
            drive(Work::Refresh, address, clients.parse()?, seconds.parse()?).await?
        }
        ["login", address, clients, seconds] => {
            drive(Work::Login, address, clients.parse()?, seconds.parse()?).await?
        }
        ["get", address, clients, seconds] => {
            drive(Work::Get, address, clients.parse()?, seconds.parse()?).await?
        }
        ["timing", address, samples] => timing(address, samples.parse()?).await?,
        ["argon2", threads, seconds] => argon2(threads.parse()?, seconds.parse()?)?,
        _ => return Err("see the head of main.rs for the arguments".into()),
    };
    println!("{report}");
    Ok(())
}

#[derive(Clone, Copy)]
enum Work {
    Refresh,
    Login,
    Get,
}

/// One connection and the session that was begun on it.
struct Client {
    sender: SendRequest<Full<Bytes>>,
    email: String,
    access_token: String,
    refresh_token: String,
}

impl Client {
    async fn connect(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            email: String::new(),
            access_token: String::new(),
            refresh_token: String::new(),
        })
    }

    async fn sign_up(&mut self, name: &str) -> Result<(), Failure> {
        self.email = format!("{name}@bench.example");
        let body = json!({ "email": self.email, "password": PASSWORD });
        let session = self.ask(Method::POST, "/signup", &body, 200).await?;
        self.keep(&session)
    }

    fn keep(&mut self, session: &Value) -> Result<(), Failure> {
        let text = |name: &str| {
            session[name]
                .as_str()
                .map(str::to_owned)
                .ok_or("no session")
        };
        self.access_token = text("access_token")?;
        self.refresh_token = text("refresh_token")?;
        Ok(())
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: &Value,
        expected: u16,
    ) -> Result<Value, Failure> {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("content-type", "application/json");
        if path == "/user" {
            request = request.header("authorization", format!("Bearer {}", self.access_token));
        }
        self.sender.ready().await?;
        let response = self
            .sender
            .send_request(request.body(Full::from(body))?)
            .await?;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await?.to_bytes();
        match status == expected {
            true => Ok(serde_json::from_slice(&bytes)?),
            false => Err(format!("{path}: {status} {}", String::from_utf8_lossy(&bytes)).into()),
        }
    }

    async fn work(&mut self, work: Work) -> Result<(), Failure> {
        match work {
            Work::Refresh => {
                let body = json!({ "refresh_token": self.refresh_token });
                let path = "/token?grant_type=refresh_token";
                let session = self.ask(Method::POST, path, &body, 200).await?;
                self.keep(&session)
            }
            Work::Login => {
                let body = json!({ "email": self.email, "password": PASSWORD });
                self.ask(Method::POST, "/token?grant_type=password", &body, 200)
                    .await
                    .map(drop)
            }
            Work::Get => self
                .ask(Method::GET, "/user", &Value::Null, 200)
                .await
                .map(drop),
        }
    }
}

/// Sign-ups are outside the time that is measured.
async fn drive(work: Work, address: &str, clients: usize, seconds: f64) -> Result<Value, Failure> {
    let run = std::process::id();
    let mut ready = Vec::new();
    for number in 0..clients {
        let mut client = Client::connect(address).await?;
        client.sign_up(&format!("c{run}-{number}")).await?;
        ready.push(client);
    }
    let started = Instant::now();
    let end = started + Duration::from_secs_f64(seconds);
    let tasks = ready.into_iter().map(|mut client| {
        tokio::spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let before = Instant::now();
                client.work(work).await?;
                times.push(before.elapsed());
            }
            Ok::<_, Failure>(times)
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    Ok(report(rate, &mut times))
}

fn report(rate: f64, times: &mut [Duration]) -> Value {
    times.sort_unstable();
    let at = |share: f64| {
        let index = (times.len() as f64 * share) as usize;
        times
            .get(index.min(times.len().saturating_sub(1)))
            .map(|time| time.as_secs_f64() * 1e3)
    };
    json!({ "rate": rate, "count": times.len(), "p50_ms": at(0.5), "p99_ms": at(0.99) })
}

/// Sign-ins with a wrong password, at an address that there is and at one that there is not.
async fn timing(address: &str, samples: usize) -> Result<Value, Failure> {
    let mut client = Client::connect(address).await?;
    client
        .sign_up(&format!("known-{}", std::process::id()))
        .await?;
    let known = client.email.clone();
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..samples {
        for (which, email) in [(0, known.as_str()), (1, "nobody@bench.example")] {
            let body = json!({ "email": email, "password": format!("wrong {number}") });
            let before = Instant::now();
            client
                .ask(Method::POST, "/token?grant_type=password", &body, 400)
                .await?;
            times[which].push(before.elapsed().as_secs_f64() * 1e3);
        }
    }
    let [known, unknown] = times;
    let (a, b) = (moments(&known), moments(&unknown));
    let t = (a.0 - b.0) / (a.1 / known.len() as f64 + b.1 / unknown.len() as f64).sqrt();
    Ok(json!({ "known_ms": quantiles(known), "unknown_ms": quantiles(unknown), "welch_t": t }))
}

/// Mean and variance.
fn moments(times: &[f64]) -> (f64, f64) {
    let count = times.len() as f64;
    let mean = times.iter().sum::<f64>() / count;
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, variance)
}

fn quantiles(mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    json!({ "p10": at(0.1), "p50": at(0.5), "p90": at(0.9), "p99": at(0.99) })
}

/// What the processor can do, without a server around it.
fn argon2(threads: usize, seconds: f64) -> Result<Value, Failure> {
    let argon2 = Arc::new(Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        Params::default(),
    ));
    let started = Instant::now();
    let end = started + Duration::from_secs_f64(seconds);
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let argon2 = Arc::clone(&argon2);
            std::thread::spawn(move || {
                let blocks = argon2.params().block_count();
                let mut memory = vec![argon2::Block::default(); blocks];
                let mut times = Vec::new();
                while Instant::now() < end {
                    let before = Instant::now();
                    let mut out = [0; 32];
                    argon2
                        .hash_password_into_with_memory(
                            PASSWORD.as_bytes(),
                            b"0123456789abcdef",
                            &mut out,
                            &mut memory,
                        )
                        .map_err(|error| error.to_string())?;
                    times.push(before.elapsed());
                }
                Ok::<_, String>(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for worker in workers {
        times.extend(worker.join().map_err(|_| "a thread panicked")??);
    }
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    Ok(report(rate, &mut times))
}

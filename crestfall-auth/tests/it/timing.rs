//! What time tells (SEC-18), and what a flood costs others. They measure and print; run them alone, with
//! `cargo test --release -p crestfall-auth --test it timing -- --ignored --nocapture --test-threads 1`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::service::{TestAuth, key};

struct Distribution(Vec<f64>);

impl Distribution {
    fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        let squares = self.0.iter().map(|x| (x - mean).powi(2));
        squares.sum::<f64>() / (self.0.len() as f64 - 1.0)
    }

    /// Welch's t: beyond about 4.5 two distributions are told apart.
    fn t(&self, other: &Self) -> f64 {
        let error = |d: &Self| d.variance() / d.0.len() as f64;
        (self.mean() - other.mean()) / (error(self) + error(other)).sqrt()
    }

    fn percentile(&mut self, p: f64) -> f64 {
        self.0.sort_by(f64::total_cmp);
        self.0[((self.0.len() - 1) as f64 * p) as usize]
    }
}

#[tokio::test]
#[ignore = "measures and prints"]
async fn sec_18_the_time_of_a_failed_sign_in_tells_nothing_of_the_account() {
    let app = TestAuth::with(|config| {
        // Locked or not is no difference; delays would only take long.
        config.lock_out.max_delay = "0s".parse().expect("a duration");
    })
    .await;
    let admin = key("service_role");
    app.sign_up("known@example.org", "correct horse").await;
    let banned = json!({ "email": "banned@example.org", "password": "correct horse", "ban_duration": "24h" });
    app.post("/admin/users", &admin, banned).await;
    let without = json!({ "email": "without@example.org" });
    app.post("/admin/users", &admin, without).await;
    let who = ["known", "unknown", "without", "banned", "no address"];
    let mut samples: Vec<_> = who.iter().map(|_| Distribution(Vec::new())).collect();
    for round in 0..600 {
        for at in 0..who.len() {
            // Each comes after each other equally often.
            let at = (at + round) % who.len();
            let email = match who[at] {
                "no address" => "no address".to_owned(),
                name => format!("{name}@example.org"),
            };
            let start = Instant::now();
            app.sign_in(&email, "wrong").await;
            samples[at].0.push(start.elapsed().as_secs_f64() * 1000.0);
        }
    }
    // Noise of the machine is in the highest samples.
    for sample in &mut samples {
        sample.0.drain(..20);
        let limit = sample.percentile(0.95);
        sample.0.retain(|x| *x <= limit);
    }
    for (name, sample) in who.iter().zip(&samples) {
        println!(
            "{name:>12}: {} samples, mean {:.3} ms, deviation {:.3} ms, t against known {:+.2}",
            sample.0.len(),
            sample.mean(),
            sample.variance().sqrt(),
            sample.t(&samples[0]),
        );
    }
}

async fn measure(app: &TestAuth, refresh: &mut String) -> (f64, f64) {
    let (mut settings, mut refreshes) = (Distribution(Vec::new()), Distribution(Vec::new()));
    for _ in 0..300 {
        let start = Instant::now();
        app.get("/settings", "").await;
        settings.0.push(start.elapsed().as_secs_f64() * 1000.0);
        let start = Instant::now();
        *refresh = app.refresh(refresh).await.text("/refresh_token");
        refreshes.0.push(start.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    (settings.percentile(0.99), refreshes.percentile(0.99))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures and prints"]
async fn a_flood_of_sign_ins_leaves_others_their_time() {
    let app = Arc::new(TestAuth::new().await);
    let mut refresh = app
        .sign_up("ada@example.org", "correct horse")
        .await
        .text("/refresh_token");
    let quiet = measure(&app, &mut refresh).await;
    let end = Arc::new(AtomicBool::new(false));
    let flood: Vec<_> = (0..200)
        .map(|n| {
            let (app, end) = (Arc::clone(&app), Arc::clone(&end));
            tokio::spawn(async move {
                while !end.load(Ordering::Relaxed) {
                    app.sign_in(&format!("nobody{n}@example.org"), "wrong")
                        .await;
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let flooded = measure(&app, &mut refresh).await;
    end.store(true, Ordering::Relaxed);
    for task in flood {
        task.await.expect("an end");
    }
    for (name, quiet, flooded) in [
        ("settings", quiet.0, flooded.0),
        ("refresh", quiet.1, flooded.1),
    ] {
        println!(
            "{name}: p99 {quiet:.2} ms quiet, {flooded:.2} ms flooded: {:.1} times",
            flooded / quiet
        );
    }
}

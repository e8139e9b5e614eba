//! GT-085, D36: limits that nodes share by a real Redis, and what holds when it is away.

use std::time::{Duration, Instant};

use crestfall_core::rate_limit::{Rate, RateLimiter, RedisConfig};
use crestfall_core::testing::RedisServer;

const FIVE: Rate = Rate::per_hour(5);

async fn allowed(limiter: &RateLimiter, rate: &Rate, key: &str, tries: usize) -> usize {
    let mut allowed = 0;
    for _ in 0..tries {
        allowed += usize::from(limiter.check(rate, key).await.allowed);
    }
    allowed
}

/// A limiter whose time-out a busy machine does not reach.
fn patient(redis: &RedisServer) -> RateLimiter {
    let config = RedisConfig {
        timeout: Duration::from_secs(3),
        ..RedisConfig::default()
    };
    RateLimiter::redis_with(&redis.url(), &config).expect("a limiter")
}

async fn ask(redis: &RedisServer, command: &[&str]) -> redis::Value {
    let client = redis::Client::open(redis.url()).expect("a client");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("a connection");
    let mut cmd = redis::cmd(command[0]);
    cmd.arg(&command[1..]);
    cmd.query_async(&mut connection).await.expect("an answer")
}

#[tokio::test]
async fn gt_085_two_nodes_share_a_limit() {
    let redis = RedisServer::start().await;
    let (one, two) = (patient(&redis), patient(&redis));
    let mut passed = 0;
    for _ in 0..5 {
        passed += allowed(&one, &FIVE, "otp:ada", 1).await;
        passed += allowed(&two, &FIVE, "otp:ada", 1).await;
    }
    assert_eq!(passed, 5);
    let refused = two.check(&FIVE, "otp:ada").await;
    assert_eq!((refused.limit, refused.remaining), (5, 0));
    assert!(
        (700..=720).contains(&refused.retry_after_seconds()),
        "{refused:?}"
    );
    assert!(two.check(&FIVE, "otp:grace").await.allowed);
}

#[tokio::test]
async fn d36_checks_at_the_same_moment_are_counted_one_by_one() {
    let redis = RedisServer::start().await;
    let nodes = [patient(&redis), patient(&redis)];
    let tasks: Vec<_> = (0..100)
        .map(|task| {
            let limiter = nodes[task % 2].clone();
            tokio::spawn(async move { limiter.check(&FIVE, "sms").await.allowed })
        })
        .collect();
    let mut passed = 0;
    for task in tasks {
        passed += usize::from(task.await.expect("a decision"));
    }
    assert_eq!(passed, 5);
}

#[tokio::test]
async fn a_look_takes_nothing_and_a_reset_reaches_the_other_node() {
    let redis = RedisServer::start().await;
    for (one, two) in [(patient(&redis), patient(&redis)), {
        let alone = RateLimiter::in_process();
        (alone.clone(), alone)
    }] {
        assert_eq!(one.peek(&FIVE, "lock").await.remaining, 5);
        assert!(one.check_n(&FIVE, "lock", 4).await.allowed);
        assert!(!two.check_n(&FIVE, "lock", 2).await.allowed);
        assert_eq!(two.check(&FIVE, "lock").await.remaining, 0);
        assert!(!one.peek(&FIVE, "lock").await.allowed);
        two.reset(&FIVE, "lock").await;
        assert_eq!(one.peek(&FIVE, "lock").await.remaining, 5);
        assert_eq!(allowed(&one, &FIVE, "lock", 9).await, 5);
    }
}

#[tokio::test]
async fn a_bucket_fills_again_and_redis_forgets_it() {
    let redis = RedisServer::start().await;
    let limiter = patient(&redis);
    let rate = Rate::new(2, Duration::from_secs(3));
    assert_eq!(allowed(&limiter, &rate, "a", 3).await, 2);
    tokio::time::sleep(Duration::from_millis(1600)).await;
    assert_eq!(allowed(&limiter, &rate, "a", 2).await, 1);
    tokio::time::sleep(Duration::from_millis(3100)).await;
    assert_eq!(ask(&redis, &["DBSIZE"]).await, redis::Value::Int(0));
}

#[tokio::test]
async fn redis_sees_neither_keys_nor_what_can_be_guessed_of_them() {
    let redis = RedisServer::start().await;
    let mut names = Vec::new();
    for pepper in ["one", "two"] {
        let config = RedisConfig {
            pepper: crestfall_core::Secret::new(pepper),
            timeout: Duration::from_secs(3),
            ..RedisConfig::default()
        };
        let limiter = RateLimiter::redis_with(&redis.url(), &config).expect("a limiter");
        limiter.check(&FIVE, "mail:ada@example.org").await;
        let found = format!("{:?}", ask(&redis, &["KEYS", "*"]).await);
        assert!(
            found.contains("crestfall:rate:") && !found.contains("ada"),
            "{found}"
        );
        names.push(found);
        ask(&redis, &["FLUSHALL"]).await;
    }
    assert_ne!(names[0], names[1]);
}

#[tokio::test]
async fn without_redis_each_node_goes_on_from_what_it_knows() {
    let mut redis = RedisServer::start().await;
    let limiter = patient(&redis);
    let other = patient(&redis);
    assert_eq!(allowed(&other, &FIVE, "key", 3).await, 3);
    assert_eq!(allowed(&limiter, &FIVE, "key", 1).await, 1);
    redis.stop();
    assert_eq!(
        allowed(&limiter, &FIVE, "key", 9).await,
        1,
        "four of five were taken"
    );
    assert_eq!(allowed(&limiter, &FIVE, "fresh", 9).await, 5);

    redis.restart();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(limiter.check(&FIVE, "back").await.allowed);
    assert_eq!(ask(&redis, &["DBSIZE"]).await, redis::Value::Int(1));
}

#[tokio::test]
async fn a_restart_between_two_checks_goes_unnoticed() {
    let mut redis = RedisServer::start().await;
    let limiter = patient(&redis);
    assert!(limiter.check(&FIVE, "a").await.allowed);
    redis.restart();
    assert!(limiter.check(&FIVE, "b").await.allowed);
    assert_eq!(ask(&redis, &["DBSIZE"]).await, redis::Value::Int(1));
}

#[tokio::test]
async fn a_redis_that_hangs_holds_up_one_request_a_second_and_not_for_long() {
    let redis = RedisServer::start().await;
    let limiter = RateLimiter::redis(&redis.url()).expect("a limiter");
    limiter.check(&FIVE, "warm").await;
    redis.pause();
    let begin = Instant::now();
    assert_eq!(allowed(&limiter, &FIVE, "key", 500).await, 5);
    let took = begin.elapsed();
    redis.resume();
    // Fifty seconds if each waited for Redis.
    assert!(took < Duration::from_secs(3), "{took:?}");
    tokio::time::sleep(Duration::from_millis(1200)).await;
    limiter.check(&FIVE, "back").await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    limiter.check(&FIVE, "back").await;
    assert_ne!(ask(&redis, &["DBSIZE"]).await, redis::Value::Int(0));
}

#[tokio::test]
async fn what_is_no_url_of_redis_is_refused_without_showing_it() {
    let error = RateLimiter::redis("http://user:secret@host").expect_err("no limiter");
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[tokio::test(start_paused = true)]
async fn gt_086_a_limit_in_this_process_fills_as_time_passes() {
    let limiter = RateLimiter::in_process();
    let rate: Rate = "3/10s".parse().expect("a rate");
    assert_eq!(allowed(&limiter, &rate, "a", 9).await, 3);
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(allowed(&limiter, &rate, "a", 9).await, 1);
    tokio::time::advance(Duration::from_secs(300)).await;
    assert_eq!(allowed(&limiter, &rate, "a", 9).await, 3);
}

/// `cargo test -p crestfall-core --test it -- --ignored --nocapture what_a_check_costs`
#[tokio::test]
#[ignore = "prints figures"]
async fn what_a_check_costs() {
    let redis = RedisServer::start().await;
    for (name, limiter, checks) in [
        ("in process", RateLimiter::in_process(), 1_000_000_u32),
        ("Redis", patient(&redis), 20_000),
    ] {
        let keys: Vec<_> = (0..10_000).map(|key| format!("ip:192.0.2.{key}")).collect();
        let begin = Instant::now();
        for key in keys.iter().cycle().take(checks as usize) {
            limiter.check(&FIVE, key).await;
        }
        println!("{name}: {:?} a check", begin.elapsed() / checks);
    }
}

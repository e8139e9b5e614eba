use super::{super::check_importable, *};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

const FIREBASE: &str = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84+hfTw==";

fn cheap() -> PasswordHasher {
    PasswordHasher::new(&HasherConfig {
        memory: 64,
        passes: 1,
        workers: 1,
        ..HasherConfig::default()
    })
    .unwrap()
}

const WRONG: Verified = Verified {
    ok: false,
    needs_rehash: false,
};
const RIGHT: Verified = Verified {
    ok: true,
    needs_rehash: false,
};
const OUTDATED: Verified = Verified {
    ok: true,
    needs_rehash: true,
};

#[tokio::test]
async fn a_new_hash_is_argon2id_of_the_configured_cost_and_verifies() {
    let hasher = cheap();
    let hash = hasher.hash("correct horse").await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
    assert_ne!(
        hash,
        hasher.hash("correct horse").await.unwrap(),
        "each hash has its own salt"
    );
    assert_eq!(hasher.verify("correct horse", Some(&hash)).await, Ok(RIGHT));
    assert_eq!(hasher.verify("correct hors", Some(&hash)).await, Ok(WRONG));
}

#[tokio::test]
async fn without_a_hash_no_password_is_right() {
    let hasher = cheap();
    for hash in [
        None,
        Some(""),
        Some("nonsense"),
        Some("$argon2id$v=19$m=4294967295,t=9,p=1$c2FsdHNhbHQ$aGFzaA"),
    ] {
        assert_eq!(hasher.verify("", hash).await, Ok(WRONG));
    }
}

/// Vectors made by other implementations: GoTrue's tests (argon2, fbscrypt), OpenBSD's bcrypt in Python.
#[tokio::test]
async fn imported_hashes_verify_and_are_to_be_replaced() {
    let hasher = cheap();
    let imported = [
        (
            "test",
            "$argon2i$v=19$m=16,t=2,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g",
        ),
        (
            "test",
            "$argon2id$v=19$m=32,t=3,p=2$SFVpOWJ0eXhjRzVkdGN1RQ$RXnb8rh7LaDcn07xsssqqulZYXOM/EUCEFMVcAcyYVk",
        ),
        ("mytestpassword", FIREBASE),
        (
            "U*U",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        ),
        (
            "U*U",
            "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        ),
        (
            "U*U",
            "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        ),
    ];
    for (password, hash) in imported {
        assert_eq!(check_importable(hash), Ok(()), "{hash}");
        assert_eq!(
            hasher.verify(password, Some(hash)).await,
            Ok(OUTDATED),
            "{hash}"
        );
        assert_eq!(
            hasher.verify("another", Some(hash)).await,
            Ok(WRONG),
            "{hash}"
        );
    }
}

#[tokio::test]
async fn bcrypt_reads_72_bytes_of_a_password() {
    let (hasher, long) = (cheap(), "x".repeat(72));
    let hash = bcrypt::hash(&long, 4).unwrap();
    assert_eq!(
        hasher.verify(&format!("{long}and more"), Some(&hash)).await,
        Ok(OUTDATED)
    );
    assert_eq!(hasher.verify(&long[1..], Some(&hash)).await, Ok(WRONG));
}

#[tokio::test]
async fn a_password_imported_in_another_unicode_form_still_verifies() {
    let (hasher, decomposed) = (cheap(), "pa\u{308}ssword");
    let imported = bcrypt::hash(decomposed, 4).unwrap();
    assert_eq!(
        hasher.verify(decomposed, Some(&imported)).await,
        Ok(OUTDATED)
    );
    let ours = hasher.hash(decomposed).await.unwrap();
    assert_eq!(hasher.verify("p\u{e4}ssword", Some(&ours)).await, Ok(RIGHT));
    assert_eq!(hasher.verify(decomposed, Some(&ours)).await, Ok(RIGHT));
}

#[tokio::test]
async fn a_hash_of_another_cost_is_to_be_replaced() {
    let hash = cheap().hash("password").await.unwrap();
    let dearer = PasswordHasher::new(&HasherConfig {
        memory: 128,
        passes: 1,
        workers: 1,
        ..HasherConfig::default()
    });
    assert_eq!(
        dearer.unwrap().verify("password", Some(&hash)).await,
        Ok(OUTDATED)
    );
}

#[test]
fn hashes_that_would_exhaust_the_server_are_refused_at_import() {
    let bombs = [
        "$argon2id$v=19$m=1048576,t=1,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g",
        "$argon2id$v=19$m=65536,t=99,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g",
        "$argon2id$v=19$m=1024,t=1,p=17$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g",
        "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        &FIREBASE.replace("n=14", "n=30"),
        &FIREBASE.replace("n=14", "n=200"),
        &FIREBASE.replace("p=1,", "p=4000000,"),
    ];
    for bomb in bombs {
        assert_eq!(check_importable(bomb), Err(HashError::TooCostly), "{bomb}");
    }
}

#[test]
fn malformed_hashes_are_refused_at_import() {
    let malformed = [
        "$argon2id$v=18$m=16,t=2,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g",
        "$argon2x$v=19$m=16,t=2,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g",
        "$argon2id$v=19$m=16,t=2,p=1,data=abc$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g",
        "$argon2id$v=19$m=16,t=2,p=1,keyid=abc$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g",
        "$argon2id$v=19$m=+16,t=2,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g",
        "$argon2id$v=19$m=4294967297,t=2,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g",
        "$argon2id$v=19$m=16,t=2,p=1$!!!$NfEnUOuUpb7F2fQkgFUG4g",
        "$argon2id$v=19$m=16,t=2,p=1$$NfEnUOuUpb7F2fQkgFUG4g",
        "$argon2id$v=19$m=16,t=2,p=1$bGJRWThNOHJJTVBSdHl2dQ$",
        "$2a$05$tooshort",
        "$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        &FIREBASE.replace("v=1", "v=2"),
        &FIREBASE.replace("r=8", "r=0"),
        &FIREBASE.replace("n=14", "n=0"),
        "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsag==",
    ];
    for hash in malformed {
        assert!(
            matches!(check_importable(hash), Err(HashError::Malformed(_))),
            "{hash}"
        );
    }
    for hash in [
        "",
        "password",
        "$1$abc$def",
        "5f4dcc3b5aa765d61d8327deb882cf99",
    ] {
        assert_eq!(
            check_importable(hash),
            Err(HashError::UnknownKind),
            "{hash}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_of_hashes_panic(text in r"\$(argon2id|2a|fbscrypt)\$[ -~\u{80}-\u{ff}]{0,80}") {
        let _ = check_importable(&text);
    }
}

/// `cargo test --release -p crestfall-auth --lib -- --ignored --nocapture login_flood`, on an idle machine.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a benchmark: it needs the machine for itself"]
async fn a_login_flood_uses_the_cores_whole_and_slows_other_requests_little() {
    const TIME: Duration = Duration::from_secs(2);
    let config = HasherConfig::default();
    let hasher = PasswordHasher::new(&config).unwrap();
    let (mut bare, mut ours) = (0.0_f64, 0.0_f64);
    for _ in 0..4 {
        bare = bare.max(bare_hashes_per_second(config.workers, TIME).await);
        ours = ours.max(logins_per_second(&hasher, TIME).await);
    }
    let before = p99_of_requests(TIME).await;
    let requests = tokio::spawn(p99_of_requests(TIME));
    logins_per_second(&hasher, TIME).await;
    let during = requests.await.unwrap();
    println!(
        "logins/s: bare {bare:.1}, ours {ours:.1}, {:.2}; p99 before {before:?}, during {during:?}",
        ours / bare
    );
    assert!(ours >= 0.95 * bare);
    assert!(during <= 3 * before);
}

/// Of 64 clients, each logging in again and again.
async fn logins_per_second(hasher: &PasswordHasher, time: Duration) -> f64 {
    let (stop, logins) = (Instant::now() + time, AtomicUsize::new(0));
    let clients = (0..64).map(|_| async {
        while Instant::now() < stop {
            hasher.verify("password", None).await.unwrap();
            if Instant::now() < stop {
                logins.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    futures_util::future::join_all(clients).await;
    logins.into_inner() as f64 / time.as_secs_f64()
}

async fn bare_hashes_per_second(threads: usize, time: Duration) -> f64 {
    let stop = Instant::now() + time;
    let hash = move || {
        let mut output = [0; 32];
        let mut count = 0;
        while Instant::now() < stop {
            argon2::Argon2::default()
                .hash_password_into(b"password", b"a salt of 16 b..", &mut output)
                .unwrap();
            count += 1;
        }
        count
    };
    let threads: Vec<_> = (0..threads)
        .map(|_| tokio::task::spawn_blocking(hash))
        .collect();
    let counts = futures_util::future::join_all(threads).await;
    counts.into_iter().map(Result::unwrap).sum::<usize>() as f64 / time.as_secs_f64()
}

/// Requests of some hundred microseconds of work, each on another task.
async fn p99_of_requests(time: Duration) -> Duration {
    let (stop, mut times) = (Instant::now() + time, Vec::new());
    while Instant::now() < stop {
        let start = Instant::now();
        tokio::spawn(async {
            let block = vec![7; 256 * 1024];
            std::hint::black_box(aws_lc_rs::digest::digest(
                &aws_lc_rs::digest::SHA256,
                &block,
            ));
        })
        .await
        .unwrap();
        times.push(start.elapsed());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

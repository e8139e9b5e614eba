//! A resolver that changes its mind.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::dns::{Addrs, Name, Resolving};
use tokio::net::TcpListener;

use super::*;

/// Says something else each time it is asked.
#[derive(Clone)]
struct Turncoat {
    says: Arc<[SocketAddr]>,
    asked: Arc<AtomicUsize>,
}

impl Resolve for Turncoat {
    fn resolve(&self, _: Name) -> Resolving {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed) % self.says.len();
        let says = self.says[turn];
        Box::pin(async move { Ok::<Addrs, _>(Box::new(std::iter::once(says))) })
    }
}

#[tokio::test]
async fn sec_20_a_name_that_resolves_otherwise_the_next_time_never_leads_inside() {
    let inside = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = inside.local_addr().expect("an address").port();
    let public = SocketAddr::from(([192, 31, 196, 1], 0));
    let turncoat = Turncoat {
        says: [public, ([127, 0, 0, 1], 0).into()].into(),
        asked: Arc::default(),
    };
    let config = EgressConfig {
        ports: vec![port],
        timeout: "300ms".parse().expect("a duration"),
        ..EgressConfig::default()
    };
    let egress = Egress::with_resolver(&config, turncoat.clone()).expect("a client");
    let url = format!("http://rebind.example:{port}/");
    let mut refused = 0;
    for _ in 0..4 {
        let error = egress.get(&url).await.expect_err("no answer");
        refused += usize::from(matches!(error, EgressError::Address));
    }
    assert_eq!(refused, 2);
    assert_eq!(
        turncoat.asked.load(Ordering::Relaxed),
        4,
        "asked once a request"
    );
    let waiting = tokio::time::timeout(Duration::from_millis(50), inside.accept()).await;
    assert!(waiting.is_err(), "somebody came in");
}

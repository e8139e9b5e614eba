//! Domains that take no mail, as a name server says.

use std::net::SocketAddr;

use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, MX};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use serde_json::json;
use tokio::net::UdpSocket;

use crate::service::TestAuth;

/// What it says of a name. None: nothing at all.
fn records(name: &str, kind: RecordType) -> Option<(ResponseCode, Vec<RData>)> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let mx = |preference, server| {
        RData::MX(MX::new(
            preference,
            Name::from_ascii(server).expect("a name"),
        ))
    };
    let found = match (name.as_str(), kind) {
        ("good.net", RecordType::MX) => vec![mx(10, "mx.good.net.")],
        ("blocked.net", RecordType::MX) => vec![mx(5, "mx.other.net."), mx(10, "MX.Bad.example.")],
        ("takes-none.net", RecordType::MX) => vec![mx(0, ".")],
        // It has an address, and takes no mail all the same.
        ("takes-none.net" | "address.net" | "blocked-address.net", RecordType::A) => {
            let last = if name == "blocked-address.net" { 9 } else { 7 };
            vec![RData::A(A::new(192, 0, 2, last))]
        }
        ("address.net" | "blocked-address.net" | "empty.net", _) => Vec::new(),
        ("silent.net", _) => return None,
        ("broken.net", _) => return Some((ResponseCode::ServFail, Vec::new())),
        _ => return Some((ResponseCode::NXDomain, Vec::new())),
    };
    Some((ResponseCode::NoError, found))
}

/// What comes back for a question.
fn answer(question: &[u8]) -> Option<Vec<u8>> {
    let asked = Message::from_vec(question).expect("a question");
    let query = asked.queries.first().expect("a query").clone();
    let (code, found) = records(&query.name().to_ascii(), query.query_type())?;
    let mut answer = Message::new(asked.metadata.id, MessageType::Response, OpCode::Query);
    answer.metadata.recursion_available = true;
    answer.metadata.response_code = code;
    for data in found {
        answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
    }
    answer.add_query(query);
    Some(answer.to_vec().expect("an answer"))
}

async fn name_server() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let address = socket.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            if let Some(answer) = answer(&buffer[..length]) {
                let _ = socket.send_to(&answer, from).await;
            }
        }
    });
    address
}

#[tokio::test]
async fn domains_that_take_no_mail_are_refused_and_doubt_is_a_yes_gt_090() {
    let address = name_server().await;
    let app = TestAuth::with(|config| {
        config.email.autoconfirm = false;
        config.email.validation.extended = true;
        config.email.validation.nameservers = vec![address.to_string()];
        config.email.validation.blocked_mx =
            vec!["mx.bad.example".to_owned(), "192.0.2.9".to_owned()];
    })
    .await;
    for (domain, status) in [
        ("good.net", 200),
        ("blocked.net", 400),
        ("blocked-address.net", 400),
        ("takes-none.net", 400),
        ("address.net", 200),
        ("empty.net", 400),
        ("nowhere.net", 400),
        ("broken.net", 200),
        ("silent.net", 200),
    ] {
        let body = json!({ "email": format!("ada@{domain}"), "password": "correct horse" });
        let answer = app.post("/signup", "", body).await;
        assert_eq!(answer.status.as_u16(), status, "{domain} {answer:?}");
        if status == 400 {
            assert_eq!(answer.code(), "email_address_invalid", "{domain}");
        }
    }
}

#[tokio::test]
async fn without_the_extended_check_nobody_is_asked_gt_090() {
    let address = name_server().await;
    let app = TestAuth::with(|config| {
        config.email.autoconfirm = false;
        config.email.validation.nameservers = vec![address.to_string()];
    })
    .await;
    let body = json!({ "email": "ada@nowhere.net", "password": "correct horse" });
    assert_eq!(app.post("/signup", "", body).await.status, 200);
}

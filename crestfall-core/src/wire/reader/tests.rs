//! The reader before servers of all kinds.

use std::time::Duration;

use hashbrown::DefaultHashBuilder;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::sync::oneshot;

use super::*;
use crate::db::{Scope, Statement};
use crate::wire::batch::Batch;
use crate::wire::cache::StatementCache;
use crate::wire::connection::Treatment;
use crate::wire::socket::Stream;
use crate::wire::startup::Server;

struct Nobody;

impl Owner for Nobody {
    fn released(&self, _connection: &Arc<Connection>, _batches: u32) {}
    fn lost(&self, _connection: &Arc<Connection>) {}
}

const TREATMENT: Treatment = Treatment {
    release: true,
    fresh: false,
    read_only: true,
    fingerprint: 1,
    max_bytes: 1000,
    resets: false,
    gathers: false,
};

/// What three requests, one statement each, get from a server that sends these bytes and goes.
fn answers(bytes: &[u8]) -> Vec<Answer> {
    answers_to(TREATMENT, bytes)
}

fn answers_to(treatment: Treatment, bytes: &[u8]) -> Vec<Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (ours, mut server) = UnixStream::pair().unwrap();
        let halves = Stream::Unix(ours).split();
        let cache = StatementCache::new(8, true);
        let rest = BytesMut::new();
        let owner = Arc::new(Nobody);
        let connection = Connection::start(1, Server::nowhere(), halves, rest, cache, owner);
        let statements = [Statement::new("select 1")];
        let hasher = DefaultHashBuilder::default();
        let batch = Batch::transaction(&Scope::default(), &statements, false, &hasher);
        let mut receivers = Vec::new();
        for _ in 0..3 {
            let (sender, receiver) = oneshot::channel();
            connection
                .submit(&batch, Sink::Rows(sender), treatment)
                .unwrap();
            receivers.push(receiver);
        }
        server.write_all(bytes).await.unwrap();
        server.shutdown().await.unwrap();
        let mut answers = Vec::new();
        for receiver in receivers {
            let answer = tokio::time::timeout(Duration::from_secs(5), receiver).await;
            // An error here is a reader that hangs or panicked.
            answers.push(answer.unwrap().unwrap());
        }
        answers
    })
}

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[tag], &length.to_be_bytes()[..], body].concat()
}

fn answer(value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(value.len()).unwrap();
    let row = [&[0, 1], &length.to_be_bytes()[..], value].concat();
    let parts = [
        message(b'2', b""),
        message(b'D', &row),
        message(b'C', b"SELECT 1\0"),
        message(b'Z', b"I"),
    ];
    parts.concat()
}

#[test]
fn answers_go_to_requests_in_order_and_the_rest_hears_of_the_end() {
    let mut bytes = [answer(b"one"), answer(b"two")].concat();
    bytes.extend(&message(b'D', b"\0\x01\0\0\0\x09cut")[..9]);
    let answers = answers(&bytes);
    let first = |index: usize| {
        answers[index].as_ref().unwrap().0[0]
            .first()
            .unwrap()
            .to_vec()
    };
    assert_eq!((first(0), first(1)), (b"one".to_vec(), b"two".to_vec()));
    let lost = answers[2].as_ref().unwrap_err();
    assert!(matches!(lost.error, DbError::Connection(_)) && !lost.untouched);
}

#[test]
fn an_error_is_its_own_request_s_alone() {
    let failed = [
        message(b'E', b"SERROR\0C22012\0Mno\0\0"),
        message(b'Z', b"I"),
    ]
    .concat();
    let answers = answers(&[answer(b"one"), failed, answer(b"three")].concat());
    assert!(answers[0].is_ok() && answers[2].is_ok());
    let error = &answers[1].as_ref().unwrap_err().error;
    assert_eq!(error.postgres().unwrap().code, "22012");
}

#[test]
fn a_session_that_cannot_be_reset_serves_nobody_else() {
    let resetting = Treatment {
        resets: true,
        ..TREATMENT
    };
    let reset = [message(b'C', b"RESET\0"), message(b'Z', b"I")].concat();
    let failed = [
        message(b'E', b"SERROR\0C57014\0Mtime-out\0\0"),
        message(b'Z', b"I"),
    ]
    .concat();
    let bytes = [answer(b"one"), reset, answer(b"two"), failed, answer(b"no")].concat();
    let answers = answers_to(resetting, &bytes);
    assert!(answers[0].is_ok() && answers[1].is_ok());
    let lost = answers[2].as_ref().unwrap_err();
    assert!(matches!(lost.error, DbError::Connection(_)), "{lost:?}");
}

#[tokio::test]
async fn what_is_gathered_is_written_together() {
    let (ours, server) = UnixStream::pair().unwrap();
    let halves = Stream::Unix(ours).split();
    let cache = StatementCache::new(8, true);
    let rest = BytesMut::new();
    let owner = Arc::new(Nobody);
    let connection = Connection::start(1, Server::nowhere(), halves, rest, cache, owner);
    let statements = [Statement::new("select 1")];
    let hasher = DefaultHashBuilder::default();
    let batch = Batch::transaction(&Scope::default(), &statements, false, &hasher);
    let gathering = Treatment {
        gathers: true,
        ..TREATMENT
    };
    let mut buffer = [0; 4096];
    for _ in 0..2 {
        for _ in 0..2 {
            connection.submit(&batch, Sink::Nobody, gathering).unwrap();
        }
        let nothing = server.try_read(&mut buffer).map_err(|error| error.kind());
        assert_eq!(nothing, Err(std::io::ErrorKind::WouldBlock));
        server.readable().await.unwrap();
        let length = server.try_read(&mut buffer).unwrap();
        let syncs = buffer[..length]
            .windows(5)
            .filter(|five| five == b"S\0\0\0\x04");
        assert_eq!(syncs.count(), 2);
        connection.answered(2);
    }
}

#[test]
fn a_server_out_of_step_is_left() {
    let answers = answers(&[message(b'Z', b"I"), answer(b"one")].concat());
    assert!(answers.iter().all(Result::is_err));
}

#[test]
fn a_shutdown_lets_what_only_reads_try_again() {
    let bytes = message(b'E', b"SFATAL\0C57P01\0Mbye\0\0");
    let answers = answers(&bytes);
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().unwrap_err().untouched)
    );
}

#[test]
fn what_is_too_large_is_dropped() {
    let answers = answers(&[answer(&[b'x'; 2000]), answer(b"two")].concat());
    let error = &answers[0].as_ref().unwrap_err().error;
    assert!(matches!(error, DbError::ResultTooLarge { limit: 1000 }));
    assert!(answers[1].is_ok());
}

/// Messages of every kind, their bodies fit or not, now and then cut or with something in between.
fn garbled() -> impl Strategy<Value = Vec<u8>> {
    let tags = proptest::sample::select(b"123ACDEGHIKNRSTZcdnst?W".to_vec());
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        Just(b"I".to_vec()),
        Just(b"T".to_vec()),
        Just(b"SELECT 1\0".to_vec()),
        Just(b"SERROR\0C0A000\0RRevalidateCachedQuery\0\0".to_vec()),
        Just(b"\0\x01\0\0\0\x01x".to_vec()),
    ];
    let one = prop_oneof![
        4 => (tags, body).prop_map(|(tag, body)| message(tag, &body)),
        3 => Just(answer(b"fine")),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(one, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_server_makes_it_panic_or_hang(bytes in garbled()) {
        prop_assert_eq!(answers(&bytes).len(), 3);
    }
}

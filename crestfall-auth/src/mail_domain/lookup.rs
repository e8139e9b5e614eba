//! Which servers take a domain's mail (RFC 5321, section 5.1), by the machine's own resolver: the
//! little of DNS (RFC 1035) that this needs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;

const A: u16 = 1;
const MX: u16 = 15;
const AAAA: u16 = 28;

/// How long one server may take.
const PATIENCE: Duration = Duration::from_millis(1200);
/// The longest answer, in bytes.
const LONGEST: usize = 4096;
/// Jumps in a compressed name, at most.
const JUMPS: usize = 16;

/// What is known of a domain.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Names, or addresses where there are no names.
    Servers(Vec<String>),
    /// There is no such domain, or nothing in it.
    Nothing,
    /// Nobody answers, or nothing that is understood.
    Unknown,
}

/// Asks for names first, then for addresses of the domain itself.
pub(super) async fn mail_servers(domain: &str) -> Found {
    let Some(resolver) = resolver() else {
        return Found::Unknown;
    };
    match ask(resolver, domain, MX).await {
        Found::Nothing => {}
        found => return found,
    }
    let (old, new) = tokio::join!(ask(resolver, domain, A), ask(resolver, domain, AAAA));
    match (old, new) {
        (Found::Nothing, Found::Nothing) => Found::Nothing,
        (Found::Servers(mut old), Found::Servers(new)) => {
            old.extend(new);
            Found::Servers(old)
        }
        (Found::Servers(found), _) | (_, Found::Servers(found)) => Found::Servers(found),
        _ => Found::Unknown,
    }
}

/// The first of `/etc/resolv.conf`.
fn resolver() -> Option<SocketAddr> {
    first_resolver(&std::fs::read_to_string("/etc/resolv.conf").ok()?)
}

fn first_resolver(text: &str) -> Option<SocketAddr> {
    let mut words = text.lines().map(str::split_whitespace);
    let address = words.find_map(|mut words| match words.next() {
        Some("nameserver") => words.next()?.parse::<IpAddr>().ok(),
        _ => None,
    })?;
    Some(SocketAddr::new(address, 53))
}

async fn ask(resolver: SocketAddr, domain: &str, kind: u16) -> Found {
    let id = rand::random::<u16>();
    let Some(query) = query(id, domain, kind) else {
        return Found::Unknown;
    };
    match tokio::time::timeout(PATIENCE, exchange(resolver, &query)).await {
        Ok(Ok(answer)) => read(&answer, &query, kind).unwrap_or(Found::Unknown),
        Ok(Err(_)) | Err(_) => Found::Unknown,
    }
}

async fn exchange(resolver: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let any: IpAddr = match resolver {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    // From no other address is anything taken.
    socket.connect(resolver).await?;
    socket.send(query).await?;
    let mut answer = vec![0; LONGEST];
    loop {
        let length = socket.recv(&mut answer).await?;
        // Somebody else's answer, or a late one.
        if length >= 2 && answer[..2] == query[..2] {
            answer.truncate(length);
            return Ok(answer);
        }
    }
}

/// A question, with recursion. None for what is no name.
fn query(id: u16, domain: &str, kind: u16) -> Option<Vec<u8>> {
    let mut query = id.to_be_bytes().to_vec();
    query.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in domain.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len()).ok();
        let length = length.filter(|length| (1..=63).contains(length))?;
        query.push(length);
        query.extend(label.bytes());
    }
    query.push(0);
    query.extend(kind.to_be_bytes());
    query.extend([0, 1]);
    (query.len() <= 12 + 255 + 4).then_some(query)
}

/// What an answer says. None for one that is not understood.
fn read(answer: &[u8], query: &[u8], kind: u16) -> Option<Found> {
    let (flags, code) = (*answer.get(2)?, answer.get(3)? & 0x0f);
    let question = query.get(12..)?;
    let is_answer = flags & 0x80 != 0;
    let repeats = answer
        .get(12..12 + question.len())?
        .eq_ignore_ascii_case(question);
    if !is_answer || !repeats {
        return None;
    }
    match code {
        0 => {}
        // No such name.
        3 => return Some(Found::Nothing),
        _ => return None,
    }
    let mut at = 12 + question.len();
    let mut servers = Vec::new();
    let is_cut = flags & 0x02 != 0;
    for _ in 0..number(answer, 6)? {
        let Some((server, next)) = record(answer, at, kind) else {
            match is_cut {
                true => break,
                false => return None,
            }
        };
        servers.extend(server);
        at = next;
    }
    match servers.is_empty() {
        true if is_cut => None,
        true => Some(Found::Nothing),
        false => Some(Found::Servers(servers)),
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    let pair: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(u16::from_be_bytes(pair))
}

/// One record's server, if it is of this kind, and where the next one begins.
fn record(answer: &[u8], at: usize, kind: u16) -> Option<(Option<String>, usize)> {
    let (_, at) = name(answer, at)?;
    let found = number(answer, at)?;
    let length = usize::from(number(answer, at + 8)?);
    let data = at + 10;
    let bytes = answer.get(data..data + length)?;
    let server = match kind {
        _ if found != kind => None,
        // After the preference.
        MX => Some(name(answer, data + 2)?.0),
        A => Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).to_string()),
        AAAA => Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string()),
        _ => None,
    };
    // The root alone takes no mail (RFC 7505).
    Some((server.filter(|server| !server.is_empty()), data + length))
}

/// A name that may be compressed, and what comes after it.
fn name(answer: &[u8], at: usize) -> Option<(String, usize)> {
    let (mut read, mut after, mut jumps) = (at, None, 0);
    let mut name = String::new();
    loop {
        let length = *answer.get(read)?;
        match length {
            0 => return Some((name, after.unwrap_or(read + 1))),
            1..=63 => {
                let end = read + 1 + usize::from(length);
                let label = answer.get(read + 1..end)?;
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(&String::from_utf8_lossy(label));
                read = end;
            }
            0xc0.. => {
                jumps += 1;
                if jumps > JUMPS {
                    return None;
                }
                after = after.or(Some(read + 2));
                read = usize::from(number(answer, read)? & 0x3fff);
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer to a question: its code, and records of kind and data, each with the question's name.
    fn answer(query: &[u8], code: u8, records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut answer = query.to_vec();
        answer[2] = 0x81;
        answer[3] = 0x80 | code;
        answer[7] = u8::try_from(records.len()).unwrap();
        for (kind, data) in records {
            answer.extend([0xc0, 12]);
            answer.extend(kind.to_be_bytes());
            answer.extend([0, 1, 0, 0, 0, 60]);
            answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            answer.extend(*data);
        }
        answer
    }

    #[test]
    fn answers_are_read_gt_090() {
        let query = query(7, "acme.net", MX).unwrap();
        // Preference 10, `mx.` and the question's name.
        let mx: &[u8] = &[0, 10, 2, b'm', b'x', 0xc0, 12];
        let alias: &[u8] = &[1, b'x', 0];
        let read =
            |code, records: &[(u16, &[u8])]| read(&answer(&query, code, records), &query, MX);
        let servers = Found::Servers(vec!["mx.acme.net".to_owned()]);
        assert_eq!(read(0, &[(5, alias), (MX, mx)]), Some(servers));
        assert_eq!(read(0, &[]), Some(Found::Nothing));
        assert_eq!(read(0, &[(MX, &[0, 0, 0])]), Some(Found::Nothing));
        assert_eq!(read(3, &[]), Some(Found::Nothing));
        // The server failed, or refused.
        assert_eq!(read(2, &[]), None);
        assert_eq!(read(5, &[]), None);
        let other = super::query(7, "other.net", MX).unwrap();
        assert_eq!(super::read(&answer(&other, 0, &[]), &query, MX), None);
    }

    #[test]
    fn addresses_are_read_gt_090() {
        let query = query(7, "acme.net", A).unwrap();
        let found = read(&answer(&query, 0, &[(A, &[192, 0, 2, 7])]), &query, A);
        assert_eq!(found, Some(Found::Servers(vec!["192.0.2.7".to_owned()])));
    }

    #[test]
    fn nothing_that_is_sent_makes_it_panic_or_loop() {
        let query = query(7, "acme.net", MX).unwrap();
        let good = answer(&query, 0, &[(MX, &[0, 10, 2, b'm', b'x', 0xc0, 12])]);
        for length in 0..good.len() {
            let _ = read(&good[..length], &query, MX);
        }
        for at in 0..good.len() {
            for byte in [0, 0x3f, 0xc0, 0xff] {
                let mut bad = good.clone();
                bad[at] = byte;
                let _ = read(&bad, &query, MX);
            }
        }
        // A name that points to itself.
        let at = u8::try_from(query.len()).unwrap();
        let mut circle = answer(&query, 0, &[(MX, &[0, 10, 0xc0, 12])]);
        circle[query.len() + 1] = at;
        assert_eq!(read(&circle, &query, MX), None);
        assert!(super::query(7, &"a".repeat(64), MX).is_none());
        assert!(super::query(7, "a..b", MX).is_none());
    }

    #[test]
    fn the_resolver_is_the_machines() {
        let text =
            "# made by hand\nsearch acme.net\nnameserver fe80::1%eth0\nnameserver 192.0.2.1\n";
        assert_eq!(first_resolver(text), Some("192.0.2.1:53".parse().unwrap()));
        assert_eq!(first_resolver(""), None);
    }
}

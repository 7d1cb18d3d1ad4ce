//! A name server of the test's own, on a port of 127.0.0.1: it knows what it is told.
#![allow(dead_code, reason = "not every test file needs all of it")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, MX, SRV, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record};
use tokio::net::UdpSocket;

/// Records by name and kind.
type Zone = HashMap<(String, String), Vec<RData>>;

/// The server.
#[derive(Clone)]
pub struct Names {
    /// Where it is.
    pub address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
    /// Whether it answers that it cannot say.
    broken: Arc<Mutex<bool>>,
}

impl Names {
    /// One that knows nothing yet.
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let names = Self { address: socket.local_addr().unwrap(), zone: Arc::default(), broken: Arc::default() };
        let server = names.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                if let Ok(question) = Message::from_vec(&buffer[..length]) {
                    let answer = server.answer(&question).to_vec().unwrap();
                    let _ = socket.send_to(&answer, from).await;
                }
            }
        });
        names
    }

    /// Tells it a record: `MX`, `10 mail.club.example.`; the data of a TXT without quotation marks.
    pub fn add(&self, name: &str, kind: &str, data: &str) {
        let key = (name.to_lowercase(), kind.to_owned());
        self.zone.lock().unwrap().entry(key).or_default().push(read(kind, data));
    }

    /// Whether it says that it cannot say.
    pub fn break_down(&self, broken: bool) {
        *self.broken.lock().unwrap() = broken;
    }

    fn answer(&self, question: &Message) -> Message {
        let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
        answer.metadata.recursion_available = true;
        answer.metadata.recursion_desired = true;
        answer.add_queries(question.queries.clone());
        let query = &question.queries[0];
        let key = (query.name().to_string().to_lowercase(), query.query_type().to_string());
        let zone = self.zone.lock().unwrap();
        if *self.broken.lock().unwrap() {
            answer.metadata.response_code = ResponseCode::ServFail;
        } else if let Some(records) = zone.get(&key) {
            let record = |data: &RData| Record::from_rdata(query.name().clone(), 60, data.clone());
            answer.add_answers(records.iter().map(record));
        } else if !zone.keys().any(|(name, _)| *name == key.0) {
            answer.metadata.response_code = ResponseCode::NXDomain;
        }
        answer
    }
}

fn read(kind: &str, data: &str) -> RData {
    let words: Vec<&str> = data.split(' ').collect();
    let name = |text: &str| Name::from_ascii(text).unwrap();
    match kind {
        "A" => RData::A(A(data.parse().unwrap())),
        "AAAA" => RData::AAAA(AAAA(data.parse().unwrap())),
        "CNAME" => RData::CNAME(CNAME(name(data))),
        "MX" => RData::MX(MX::new(words[0].parse().unwrap(), name(words[1]))),
        "SRV" => RData::SRV(SRV::new(
            words[0].parse().unwrap(),
            words[1].parse().unwrap(),
            words[2].parse().unwrap(),
            name(words[3]),
        )),
        "TXT" => {
            let parts: Vec<String> =
                data.as_bytes().chunks(200).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
            RData::TXT(TXT::new(parts))
        }
        other => panic!("no {other} here"),
    }
}

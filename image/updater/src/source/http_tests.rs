//! Servers that break, lie or stall.

use std::io::Read as _;
use std::time::{Duration, Instant};

use sos_signing::offer::{Source as _, SourceError};

use crate::source::{Http, Limits};
use crate::test_server::{Fault, Server};

const PATH: &str = "metadata/timestamp.json";
const PAYLOAD: &str = "releases/13.20260101.1/sos.slot";

fn server() -> Server {
    let payload = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
    Server::of([(PATH.to_owned(), b"{\"small\": true}".to_vec()), (PAYLOAD.to_owned(), payload)])
}

/// Why a small file could not be had.
fn small(fault: Fault) -> SourceError {
    let server = server();
    server.fail([fault]);
    server.channel().read(PATH, 100).unwrap_err()
}

fn reason(error: SourceError) -> String {
    match error {
        SourceError::Broken { path, reason } if path == PATH || path == PAYLOAD => reason,
        other => panic!("{other:?}"),
    }
}

/// The payload from `offset` on, or why not.
fn payload(server: &Server, offset: u64) -> Result<Vec<u8>, String> {
    let channel = server.channel();
    let mut body = channel.payload(PAYLOAD, offset, 200_000).map_err(reason)?;
    let mut bytes = Vec::new();
    body.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[test]
fn reads_small_files_even_from_inside_a_runtime() {
    let server = server();
    assert_eq!(server.channel().read(PATH, 15).unwrap(), b"{\"small\": true}");
    let inside = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let channel = server.channel();
    assert!(inside.block_on(async { channel.read(PATH, 15) }).is_ok());
    drop(inside);
}

#[test]
fn a_missing_file_is_absent_also_as_object_stores_say_it() {
    let absent = |path: &str| SourceError::Absent { path: path.to_owned() };
    assert_eq!(server().channel().read("metadata/2.root.json", 9).unwrap_err(), absent("metadata/2.root.json"));
    assert_eq!(small(Fault::Status("403 Forbidden")), absent(PATH));
}

#[test]
fn a_file_that_is_too_large_is_refused_before_it_is_read_and_one_without_end_while_it_is() {
    let server = server();
    let too_large = SourceError::TooLarge { path: PATH.to_owned(), limit: 14 };
    assert_eq!(server.channel().read(PATH, 14).unwrap_err(), too_large);
    assert_eq!(small(Fault::Endless), SourceError::TooLarge { path: PATH.to_owned(), limit: 100 });
}

#[test]
fn says_what_a_server_answers_that_has_trouble() {
    for status in ["500 Internal Server Error", "503 Service Unavailable", "204 No Content", "206 Partial Content"] {
        assert_eq!(reason(small(Fault::Status(status))), format!("the server answers «{status}»"));
    }
    let encoded = reason(small(Fault::Encoded));
    assert_eq!(encoded, "the server sends it encoded (gzip)");
    assert!(reason(small(Fault::NoHttp)).contains("error sending request"));
    assert!(reason(small(Fault::Cut(5))).contains("error decoding response body: "), "{:?}", small(Fault::Cut(5)));
}

#[test]
fn nobody_there_is_said_with_the_reason() {
    let limits = Limits { connect: Duration::from_secs(1), ..Limits::default() };
    let error = Http::new("http://127.0.0.1:9", limits).unwrap().read(PATH, 9).unwrap_err();
    assert!(reason(error).contains("Connection refused"));
}

#[test]
fn hangs_up_on_a_server_that_is_silent_or_sends_a_byte_now_and_then() {
    let began = Instant::now();
    assert_eq!(reason(small(Fault::Silent)), "the server did not answer within 0 s");
    let slow = reason(small(Fault::Loris(Duration::from_millis(100))));
    assert!(slow.contains("which is too slow"), "{slow}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn follows_redirects_on_the_web_and_not_for_ever() {
    let (there, here) = (server(), server());
    here.fail([Fault::To(format!("{}{PATH}", there.url()))]);
    assert!(here.channel().read(PATH, 15).is_ok());
    assert!(reason(small(Fault::To("ftp://example.org/x".into()))).contains("redirects too often"));
    here.fail(vec![Fault::To(format!("/{PATH}")); 20]);
    assert!(reason(here.channel().read(PATH, 15).unwrap_err()).contains("redirects too often"));
    assert_eq!(here.asked().len(), 1 + 6);
}

#[test]
fn an_address_that_is_not_of_the_web_is_none() {
    for address in ["file:///etc", "releases.example.org", "ftp://example.org/"] {
        assert!(Http::new(address, Limits::default()).is_err(), "{address}");
    }
}

#[test]
fn a_payload_goes_on_from_any_byte() {
    let server = server();
    let whole = payload(&server, 0).unwrap();
    assert_eq!(whole.len(), 200_000);
    assert_eq!(payload(&server, 123_457).unwrap(), whole[123_457..]);
    assert_eq!(server.asked(), [(PAYLOAD.to_owned(), 0), (PAYLOAD.to_owned(), 123_457)]);
}

#[test]
fn a_server_that_does_not_know_ranges_is_read_from_the_beginning() {
    let server = server();
    let whole = payload(&server, 0).unwrap();
    server.fail([Fault::NoRanges]);
    assert_eq!(payload(&server, 123_457).unwrap(), whole[123_457..]);
}

#[test]
fn a_payload_of_another_size_or_another_part_of_it_is_refused() {
    let server = server();
    server.fail([Fault::Longer]);
    assert_eq!(payload(&server, 7).unwrap_err(), "it has 200004 bytes, and 200000 were signed");
    server.fail([Fault::OtherRange]);
    assert!(payload(&server, 7).unwrap_err().contains("another part of it"));
    server.fail([Fault::Status("416 Range Not Satisfiable")]);
    assert_eq!(payload(&server, 7).unwrap_err(), "it is shorter than what was signed");
}

#[test]
fn a_payload_that_is_cut_or_stalls_is_an_error_and_not_its_end() {
    let server = server();
    server.fail([Fault::Cut(1000)]);
    assert!(payload(&server, 7).unwrap_err().contains("body"));
    server.fail([Fault::Loris(Duration::from_millis(100))]);
    assert!(payload(&server, 0).unwrap_err().contains("too slow"));
}

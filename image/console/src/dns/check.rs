//! Asks the system's resolver what the world sees, and says so without blaming anybody for what only we could not find
//! out.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::time::timeout;

use super::Wanted;
use super::record::{normal, purpose};

/// The longest that one question may take.
const LONGEST: Duration = Duration::from_secs(6);

/// What the world sees of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is there.
    Yes,
    /// Nothing of its kind is there yet.
    NotYet,
    /// Something of its kind is there, and it says something else.
    Other,
    /// It is there, and something besides that is in its way.
    Besides,
    /// Could not be found out: our resolver did not answer. It says nothing about the record.
    Unknown,
}

/// The answer about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What the world sees.
    pub seen: Seen,
    /// What is there instead or besides.
    pub other: Vec<String>,
}

/// Asks.
#[derive(Debug, Clone, Default)]
pub struct Checker {
    /// Instead of the system's resolver, in tests.
    server: Option<SocketAddr>,
}

impl Checker {
    /// Asks the name server at `server` instead of the system's resolver.
    #[must_use]
    pub fn at(server: Option<SocketAddr>) -> Self {
        Self { server }
    }

    /// What the world sees of each of `wanted`, in their order. The resolver is made anew each time, so what it keeps
    /// in memory is gone when the answer is there, and a changed /etc/resolv.conf counts.
    pub async fn check(&self, wanted: &[Wanted]) -> Vec<Found> {
        let resolver = match self.resolver() {
            Ok(resolver) => resolver,
            Err(error) => {
                eprintln!("cannot ask for names: {error}");
                return vec![Found { seen: Seen::Unknown, other: Vec::new() }; wanted.len()];
            }
        };
        join_all(wanted.iter().map(|wanted| look(&resolver, wanted))).await
    }

    fn resolver(&self) -> Result<TokioResolver, NetError> {
        let mut builder = match self.server {
            None => TokioResolver::builder_tokio()?,
            Some(server) => {
                let mut connection = ConnectionConfig::udp();
                connection.port = server.port();
                let server = NameServerConfig::new(server.ip(), true, vec![connection]);
                let config = ResolverConfig::from_name_servers(vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        options.timeout = Duration::from_secs(2);
        options.attempts = 2;
        options.cache_size = 0;
        // The world does not read ours.
        options.use_hosts_file = ResolveHosts::Never;
        builder.build()
    }
}

async fn look(resolver: &TokioResolver, wanted: &Wanted) -> Found {
    let unknown = Found { seen: Seen::Unknown, other: Vec::new() };
    let (Ok(kind), Ok(mut name)) = (wanted.kind.parse::<RecordType>(), Name::from_ascii(&wanted.name)) else {
        return unknown;
    };
    name.set_fqdn(true);
    match timeout(LONGEST, resolver.lookup(name, kind)).await {
        Ok(Ok(answer)) => {
            let data = answer.answers().iter().filter(|record| record.record_type() == kind).map(|record| &record.data);
            compare(wanted, data.map(|data| shown(&wanted.kind, data)).collect())
        }
        Ok(Err(error)) if is_none(&error) => compare(wanted, Vec::new()),
        Ok(Err(error)) => {
            eprintln!("cannot find out {} {}: {error}", wanted.name, wanted.kind);
            unknown
        }
        Err(_) => unknown,
    }
}

/// Whether somebody who knows says that there is no such record.
fn is_none(error: &NetError) -> bool {
    matches!(error, NetError::Dns(DnsError::NoRecordsFound(none))
        if [ResponseCode::NXDomain, ResponseCode::NoError].contains(&none.response_code))
}

fn shown(kind: &str, data: &RData) -> String {
    match data {
        RData::TXT(text) => normal(kind, &String::from_utf8_lossy(&text.txt_data.concat())),
        data => normal(kind, &data.to_string()),
    }
}

fn compare(wanted: &Wanted, mut found: Vec<String>) -> Found {
    if wanted.kind == "TXT" {
        // Texts for other purposes have nothing to do with this one.
        found.retain(|data| *data == wanted.data || (wanted.purpose().is_some() && purpose(data) == wanted.purpose()));
    }
    let there = found.contains(&wanted.data);
    found.retain(|data| *data != wanted.data);
    let seen = match (there, found.is_empty()) {
        (true, true) => Seen::Yes,
        (true, false) => Seen::Besides,
        (false, true) => Seen::NotYet,
        (false, false) => Seen::Other,
    };
    Found { seen, other: found }
}

#[cfg(test)]
mod tests {
    use sos_ipc::DnsRecord;

    use super::*;

    fn seen(kind: &str, data: &str, found: &[&str]) -> Seen {
        let record =
            DnsRecord { name: "club.example.".into(), kind: kind.into(), data: data.into(), service: "mail".into() };
        let wanted = Wanted::new(&record, "club.example");
        compare(&wanted, found.iter().map(|found| normal(kind, found)).collect()).seen
    }

    #[test]
    fn tells_what_is_seen_from_what_is_not_yet() {
        assert_eq!(seen("MX", "10 mail.club.example.", &["10 mail.club.example."]), Seen::Yes);
        assert_eq!(seen("MX", "10 mail.club.example.", &[]), Seen::NotYet);
        assert_eq!(seen("MX", "10 mail.club.example.", &["10 mx.provider.example."]), Seen::Other);
        assert_eq!(seen("A", "192.0.2.1", &["192.0.2.1", "198.51.100.1"]), Seen::Besides);
    }

    #[test]
    fn leaves_texts_for_other_purposes_alone() {
        let spf = "\"v=spf1 mx -all\"";
        assert_eq!(seen("TXT", spf, &["some-verification=1"]), Seen::NotYet);
        assert_eq!(seen("TXT", spf, &["some-verification=1", "v=spf1 mx -all"]), Seen::Yes);
        assert_eq!(seen("TXT", spf, &["v=spf1 include:provider.example -all"]), Seen::Other);
        assert_eq!(seen("TXT", spf, &["v=spf1 mx -all", "v=spf1 -all"]), Seen::Besides);
    }
}

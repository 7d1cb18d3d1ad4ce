//! The name server of the world: dnsmasq with the world's records and those the appliance asks to have
//! published; NXDOMAIN for everything else, as a stranger's name would be.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{NAME_SERVER, Zone};
use crate::program::{Program, Running};
use crate::{Error, Result};

const START_LIMIT: Duration = Duration::from_secs(10);
/// The world's own records.
const WORLD: &str = include_str!("../../fixtures/world.zone");

/// A running name server.
#[derive(Debug)]
pub struct Names {
    folder: PathBuf,
    dnsmasq: Option<Running>,
}

impl Names {
    /// Starts the name server, and makes it the resolver of this mount namespace too.
    ///
    /// # Errors
    /// [`Error::Refused`] without dnsmasq.
    pub fn start(folder: &Path, own: &Zone) -> Result<Names> {
        let mut names = Names { folder: folder.to_owned(), dnsmasq: None };
        names.publish(own)?;
        let resolver = folder.join("resolv.conf");
        std::fs::write(&resolver, format!("nameserver {NAME_SERVER}\n")).map_err(Error::file(&resolver))?;
        Program::new("mount").arg("--bind").arg(&resolver).arg("/etc/resolv.conf").run(START_LIMIT)?;
        Ok(names)
    }

    /// Answers from now on with the world's records and `own`.
    ///
    /// # Errors
    /// [`Error::Unmet`] for a record that cannot be published.
    pub fn publish(&mut self, own: &Zone) -> Result<()> {
        let records = Zone::read(WORLD).and(own).for_dnsmasq()?;
        let path = self.folder.join("dnsmasq.conf");
        let text = format!(
            "# rendered by sos-vm\nno-resolv\nno-hosts\nport=53\nlisten-address={NAME_SERVER}\n\
             bind-interfaces\nuser=root\ngroup=root\npid-file=\nlocal-ttl=60\nlog-queries\nlog-facility=-\n\
             address=/#/\n{records}"
        );
        std::fs::write(&path, text).map_err(Error::file(&path))?;
        // The old one must let go of the port first.
        self.dnsmasq = None;
        let program = Program::new("dnsmasq").arg("--keep-in-foreground");
        let program = program.arg(format!("--conf-file={}", path.display()));
        self.dnsmasq = Some(program.start(&self.folder.join("dnsmasq.log"))?);
        wait_for_port()
    }
}

fn wait_for_port() -> Result<()> {
    let start = Instant::now();
    while std::net::TcpStream::connect((NAME_SERVER, 53)).is_err() {
        if start.elapsed() > START_LIMIT {
            let what = "an answer of the test world's name server (see dnsmasq.log)".into();
            return Err(Error::Late { what, seconds: START_LIMIT.as_secs(), detail: String::new() });
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    Ok(())
}

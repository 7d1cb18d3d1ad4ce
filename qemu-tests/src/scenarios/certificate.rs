//! A certificate authority signs for the server's name, by itself, as soon as one can be reached. Until then the server
//! shows its own certificate, says so, and is well; then browsers and mail programs are shown the authority's, on every
//! port; and in the last third of its time it is renewed without anybody's doing.

use std::time::{Duration, Instant};

use super::console::office;
use crate::base::HEALTH_SECONDS;
use crate::client::{Site, shown, trusts};
use crate::club::{self, HOST};
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::Firmware;
use crate::world::{Authority, HOME, MACHINE};
use crate::{Error, Result, must};

/// Ports that speak TLS from the first byte.
const PORTS: [u16; 3] = [443, 465, 993];
/// Seconds for a certificate to be asked for and put in place, with hardware virtualisation.
const ASKED_SECONDS: u32 = 30;
/// So long nobody is asked again after a failure, whoever presses the button.
const PAUSE: Duration = Duration::from_secs(130);
/// The clock of a machine whose certificate has a quarter of its time left.
const LAST_QUARTER: &str = r#"
seconds() { date --date="$(openssl x509 -in /var/lib/sos/tls/cert.pem -noout "-$1date" | cut -d= -f2)" +%s; }
start=$(seconds start) && end=$(seconds end) && date --set="@$((end - (end - start) / 4))"
"#;

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    let mut authority = Authority::prepare(&stage.folder)?;
    let mapping = format!("{}{}", club::MAPPING, authority.mapping());
    let metadata = Metadata::with_mapping(&mapping).and_key(&stage.key.public);
    stage.boot(Firmware::Bios, Source::NoCloud, &metadata)?;
    let limit = stage.limit(HEALTH_SECONDS);
    stage.wait_for_health(limit)?;

    let own = nobody_signs(stage)?;
    authority.open()?;
    let root = authority.root()?;
    let signed = somebody_signs(stage, &root, &own)?;
    is_renewed(stage, &root, &signed)
}

/// The authority cannot be reached: the server's own certificate stays, and health with it.
fn nobody_signs(stage: &Stage) -> Result<Vec<u8>> {
    stage.shell().wait_until_succeeds("test -e /run/sos/certificate-asked", ASKED_SECONDS)?;
    let own = leaf(443)?;
    for port in PORTS {
        must!(leaf(port)? == own, "port {port} shows another certificate than port 443");
    }
    let mut office = office(stage)?;
    let health = office.get("/health")?;
    must!(
        health.text().contains("No authority has signed for this server yet"),
        "the page about health does not say why browsers warn: {}",
        health.gist()
    );
    must!(health.header("strict-transport-security").is_none(), "browsers that warn are told never to do without");
    stage.shell().succeed("/usr/lib/sos/sos-provision health")?;
    Ok(own)
}

/// It can be reached: an administrator who does not want to wait presses the button.
fn somebody_signs(stage: &Stage, root: &str, own: &[u8]) -> Result<Vec<u8>> {
    let mut office = office(stage)?;
    let (start, limit) = (Instant::now(), stage.limit(ASKED_SECONDS) + PAUSE);
    while leaf(443)? == own {
        if start.elapsed() > limit {
            let what = "a certificate of the authority on port 443".into();
            let detail = format!(": {}", office.get("/health")?.gist());
            return Err(Error::Late { what, seconds: limit.as_secs(), detail });
        }
        press_the_button(&mut office)?;
        std::thread::sleep(Duration::from_secs(15));
    }
    let signed = leaf(443)?;
    for port in PORTS {
        wait_for(stage, root, port, &signed)?;
    }
    let health = office.get("/health")?;
    must!(
        health.text().contains(&format!("Browsers trust this server ({HOST}")),
        "the page about health does not say that browsers trust: {}",
        health.gist()
    );
    must!(health.header("strict-transport-security").is_some(), "browsers may do without encryption again");
    Ok(signed)
}

fn press_the_button(office: &mut Site) -> Result<()> {
    office.get("/health")?;
    let answer = office.post("/health", &[("do", "certificate")])?;
    must!(answer.status == 303, "the button is answered with {}", answer.gist());
    Ok(())
}

/// In the last third of the certificate's time, the unit that the timer starts asks for the next.
fn is_renewed(stage: &Stage, root: &str, before: &[u8]) -> Result<()> {
    let shell = stage.shell();
    shell.succeed("systemctl start sos-certificate.service")?;
    must!(leaf(443)? == before, "a new certificate is renewed at once");
    // The authority's clock stays, so to this machine its next certificate is as old: it is asked for one and no more.
    shell.succeed("systemctl stop sos-certificate.timer")?;
    shell.succeed(LAST_QUARTER)?;
    shell.succeed("systemctl start sos-certificate.service")?;
    let (start, limit) = (Instant::now(), stage.limit(ASKED_SECONDS));
    while leaf(443)? == before {
        if start.elapsed() > limit {
            let what = "another certificate in the last quarter of the first one's time".into();
            return Err(Error::Late { what, seconds: limit.as_secs(), detail: String::new() });
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    let renewed = leaf(443)?;
    for port in PORTS {
        wait_for(stage, root, port, &renewed)?;
    }
    Ok(())
}

/// The certificate that a port shows as its own.
fn leaf(port: u16) -> Result<Vec<u8>> {
    let shown = shown(HOME, (MACHINE, port).into())?;
    shown.into_iter().next().ok_or_else(|| Error::Unmet(format!("port {port} shows no certificate")))
}

/// Until a port shows the wanted certificate and proves by it that it is the server. Who was there before the daemon
/// reloaded may answer a last time.
fn wait_for(stage: &Stage, root: &str, port: u16, wanted: &[u8]) -> Result<()> {
    let (start, limit) = (Instant::now(), stage.limit(ASKED_SECONDS));
    while leaf(port)? != wanted || !trusts(root, HOME, (MACHINE, port).into(), HOST)? {
        if start.elapsed() > limit {
            let what = format!("the authority's certificate for {HOST} on port {port}");
            return Err(Error::Late { what, seconds: limit.as_secs(), detail: String::new() });
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

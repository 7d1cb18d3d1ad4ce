//! Measures the console of an organisation with 200 members: how long each page takes over a connection that is kept, how
//! many bytes of it come over the wire, and how much memory the console and its helper hold.

use std::time::Instant;

use super::Measured;
use crate::base::HEALTH_SECONDS;
use crate::client::Site;
use crate::club::{self, HOST};
use crate::pages::{OF_ADMINISTRATORS, OF_MEMBERS};
use crate::seed::{Metadata, Source};
use crate::session::Stage;
use crate::vm::Firmware;
use crate::world::{HOME, MACHINE};
use crate::{Error, Result, must};

const MEMBERS: usize = 200;
/// How often each page is loaded.
const TIMES: usize = 20;
/// One member's page among the pages of administrators.
const ONE_MEMBER: (&str, &str) = ("member", "/members/singer100");
/// The first page of somebody who is not signed in.
const SIGN_IN: (&str, &str) = ("sign-in", "/");
/// The daemons, and what they are called in the table.
const DAEMONS: [(&str, &str); 2] = [("console", "sos-console.service"), ("helper", "sos-helper.service")];

/// What loading a page cost.
struct Page {
    name: &'static str,
    milliseconds: f64,
    bytes: usize,
}

/// Boots the machine of a large organisation and loads its pages.
pub(super) fn measure(stage: &mut Stage) -> Result<Vec<Measured>> {
    let metadata = Metadata::with_mapping(&club::mapping_of(MEMBERS)).and_key(&stage.key.public);
    stage.boot(Firmware::Bios, Source::NoCloud, &metadata)?;
    // Two hundred argon2 hashes take their time on a small machine.
    let limit = stage.limit(HEALTH_SECONDS) * 2;
    stage.wait_for_health(limit)?;

    let mut stranger = visitor();
    let parts = parts(&mut stranger)?;
    let mut pages = vec![load(&mut stranger, SIGN_IN)?];
    let mut administrator = administrator()?;
    for page in OF_MEMBERS.into_iter().chain(OF_ADMINISTRATORS).chain([ONE_MEMBER]) {
        pages.push(load(&mut administrator, page)?);
    }
    let mut all = table(&pages);
    all.push(Measured::new("  style sheet and script, over the wire", parts as f64 / 1000.0, "kB"));
    all.extend(memory(stage)?);
    Ok(all)
}

fn visitor() -> Site {
    Site::at(HOME, (MACHINE, 443).into(), HOST)
}

/// The first member, who is the administrator, signed in.
fn administrator() -> Result<Site> {
    let mut site = visitor();
    site.get("/")?;
    let fields = [("name", "singer1"), ("password", &club::password_of(1)), ("do", "sign-in")];
    let answer = site.post("/sign-in", &fields)?;
    must!(answer.status == 303, "the administrator cannot sign in: {}", answer.gist());
    Ok(site)
}

/// The bytes that every page needs once: style sheet and script.
fn parts(site: &mut Site) -> Result<usize> {
    let page = site.get("/")?.text();
    let paths: Vec<&str> = page.split('"').filter(|part| part.starts_with("/static/")).collect();
    must!(!paths.is_empty(), "the first page has neither style nor script");
    site.compressed = true;
    let bytes: Result<Vec<usize>> = paths.iter().map(|path| Ok(site.get(path)?.bytes)).collect();
    site.compressed = false;
    Ok(bytes?.into_iter().sum())
}

fn load(site: &mut Site, (name, path): (&'static str, &str)) -> Result<Page> {
    site.compressed = true;
    let mut seconds = Vec::with_capacity(TIMES);
    // The first opens the connection, and is not counted.
    let bytes = site.get(path)?.bytes;
    for _ in 0..TIMES {
        let start = Instant::now();
        let answer = site.get(path)?;
        seconds.push(start.elapsed().as_secs_f64());
        must!(answer.status == 200, "{path} is answered with {}", answer.status);
    }
    site.compressed = false;
    Ok(Page { name, milliseconds: median(seconds) * 1000.0, bytes })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { (values[middle - 1] + values[middle]) / 2.0 } else { values[middle] }
}

fn table(pages: &[Page]) -> Vec<Measured> {
    let kilobytes = |page: &Page| page.bytes as f64 / 1000.0;
    let all = median(pages.iter().map(|page| page.milliseconds).collect());
    let mut rows =
        vec![Measured::new(format!("console page, median of {TIMES} loads of each, {MEMBERS} members"), all, "ms")];
    if let Some(slowest) = pages.iter().max_by(|a, b| a.milliseconds.total_cmp(&b.milliseconds)) {
        rows.push(Measured::new(format!("slowest console page: {}", slowest.name), slowest.milliseconds, "ms"));
    }
    if let Some(largest) = pages.iter().max_by_key(|page| page.bytes) {
        rows.push(Measured::new(
            format!("largest console page over the wire: {}", largest.name),
            kilobytes(largest),
            "kB",
        ));
    }
    for page in pages {
        rows.push(Measured::new(format!("  {}", page.name), page.milliseconds, "ms"));
        rows.push(Measured::new(format!("  {}, over the wire", page.name), kilobytes(page), "kB"));
    }
    rows
}

/// Resident memory of the daemons after all that.
fn memory(stage: &Stage) -> Result<Vec<Measured>> {
    DAEMONS
        .iter()
        .map(|(name, unit)| {
            let command = format!(
                "awk '/^VmRSS/ {{ print $2 }}' /proc/$(systemctl show --property=MainPID --value {unit})/status"
            );
            let kib = stage.shell().succeed(&command)?;
            let kib: f64 = kib.trim().parse().map_err(|_| Error::Unmet(format!("memory of {unit}: {kib:?}")))?;
            Ok(Measured::new(format!("resident memory of the {name}"), kib / 1024.0, "MiB"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }

    #[test]
    fn the_table_names_the_slowest_and_the_largest() {
        let page = |name, milliseconds, bytes| Page { name, milliseconds, bytes };
        let rows = table(&[page("home", 10.0, 4000), page("members", 60.0, 20_000), page("dns", 20.0, 30_000)]);
        let row = |at: usize| (rows[at].what.as_str(), rows[at].value);
        assert!((rows[0].value - 20.0).abs() < f64::EPSILON);
        assert_eq!(row(1), ("slowest console page: members", 60.0));
        assert_eq!(row(2), ("largest console page over the wire: dns", 30.0));
        assert_eq!(rows.len(), 9);
    }
}

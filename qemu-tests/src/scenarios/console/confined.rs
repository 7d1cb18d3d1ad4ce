//! Whoever takes over one of our own daemons has gained little: systemd gives each of them an exposure of at most 2.0
//! out of 10 (`systemd-analyze security`).

use crate::Result;
use crate::must;
use crate::session::Stage;

/// Our daemons: what stays when it has done its work, or waits for a request.
const DAEMONS: [&str; 2] = ["sos-console.service", "sos-helper.service"];
/// What systemd says in the end: the unit, and its exposure.
const VERDICT: &str = "Overall exposure level for ";

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    for unit in DAEMONS {
        let said = stage.shell().succeed(&format!("systemd-analyze security --no-pager {unit}"))?;
        let verdict = said.lines().find(|line| line.contains(VERDICT)).unwrap_or_default();
        let exposure: Option<f64> = verdict.rsplit(": ").next().and_then(|rest| rest.split(' ').next()?.parse().ok());
        must!(exposure.is_some_and(|exposure| exposure <= 2.0), "{unit} is exposed more than 2.0 of 10: {verdict:?}");
        stage.note(format!("{unit}: exposure {:.1} of 10", exposure.unwrap_or_default()));
    }
    Ok(())
}

//! Rehearses a release's configuration: renders it for the example organisation in the image's root, and has each
//! service's own programs read it (`checks` in `service.toml`).
//!
//! In: the lock and the pool, the device's programs or their sources, `docs/examples/ambridge.yaml`. Out: what each
//! program said, or [`Error::Rehearsal`]. Nothing is started, and no disk is made.

use std::fs;
use std::path::Path;

use sos_settings::{Handed, Problems, UserData};

use crate::build::{self, Order, Plan};
use crate::cache;
use crate::error::Error;
use crate::layer;
use crate::lock::Lock;
use crate::meter::Meter;
use crate::pool::PoolReady;
use crate::progress::Progress;
use crate::sandbox::{self, Sandbox};

/// The organisation whose settings are rendered, in the checkout.
const EXAMPLE: &str = "docs/examples/ambridge.yaml";

/// Rehearses, in namespaces of its own.
///
/// # Errors
/// A device program that cannot be made, a host program that is missing, or [`Error::Rehearsal`].
pub fn start(lock: &Lock, pool: &PoolReady, order: &Order<'_>) -> Result<(), Error> {
    build::plan(lock, pool, order)?.enter("rehearsal-plan.json", "inside-rehearsal")
}

/// The inner half: rehearses the plan in `plan_file`.
///
/// # Errors
/// As [`start`].
pub fn inside(plan_file: &Path) -> Result<(), Error> {
    sandbox::forget_the_umask();
    let plan = Plan::load(plan_file)?;
    let _held = cache::hold(&plan.cache, Progress::detect(plan.json))?;
    let mut meter = Meter::start(&plan.output.join("proc"), Progress::detect(plan.json))?;
    let tools = Sandbox::prepare(&plan.tools(&mut meter)?, plan.epoch())?;
    let programs = plan.programs(&tools, &mut meter)?;
    tools.leave()?;
    let root = plan.rootfs(&mut meter)?.join("root");
    let place = plan.output.join("rehearsal");
    cache::remove(&place)?;
    let merged = place.join("merged");
    sandbox::overlay(&root, &place.join("layer"), &merged)?;
    plan.fill(&merged, &programs)?;
    let device = Sandbox::prepare(&merged, plan.epoch())?;
    let failed = render(&plan, &device).and_then(|()| ask(&plan, &device));
    device.leave()?;
    sandbox::umount(&merged)?;
    cache::remove(&place)?;
    verdict(plan.release(), &failed?)
}

fn verdict(release: &str, failed: &[String]) -> Result<(), Error> {
    if failed.is_empty() {
        return Ok(());
    }
    Err(Error::Rehearsal { release: release.to_owned(), failed: failed.join("\n") })
}

/// Has the device's own program render `/etc`, as it does at boot.
fn render(plan: &Plan, device: &Sandbox) -> Result<(), Error> {
    let state = device.inside("/var/lib/sos");
    fs::create_dir_all(&state).map_err(|e| Error::io("create", &state, e))?;
    layer::write_file(&state.join("settings.toml"), &settings(&plan.repository.join(EXAMPLE), device)?)?;
    device.program("ip").args(["link", "set", "lo", "up"]).run()?;
    device.program("/usr/lib/sos/sos-provision").arg("early").run()?;
    device.program("systemd-tmpfiles").args(["--create", "--exclude-prefix=/dev"]).finish_with(&mut |_| {}).map(drop)
}

/// The example's settings, as the device keeps them.
fn settings(example: &Path, device: &Sandbox) -> Result<String, Error> {
    let wrong = |problems: Problems| {
        let problems = problems.iter().map(ToString::to_string).collect::<Vec<_>>();
        Error::malformed(example, problems.join("; "))
    };
    let text = fs::read_to_string(example).map_err(|e| Error::io("read", example, e))?;
    let offered = sos_settings::Overlays::load(&device.inside("/usr/share/sos/overlays"))?.offered("");
    match UserData::parse(&text).and_then(|data| data.handed(&offered)).map_err(wrong)? {
        Some(Handed::Organisation(mapping)) => Ok(mapping.settings().to_toml()?),
        _ => Err(Error::malformed(example, "it hands in no organisation")),
    }
}

/// Asks every service's programs; returns what is wrong.
fn ask(plan: &Plan, device: &Sandbox) -> Result<Vec<String>, Error> {
    let progress = Progress::detect(plan.json);
    let mut failed = Vec::new();
    for dir in plan.overlays().dirs()? {
        let service = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for check in plan.overlays().folded(&dir)?.manifest.checks {
            let (line, mut words) = (check.join(" "), check.into_iter());
            let program = words.next().unwrap_or_default();
            let finished = device.program(&program).args(words).finish_with(&mut |_| {})?;
            let well = finished.status.success();
            progress.say(&format!("{service}: {line}: {}", if well { "well" } else { "WRONG" }));
            finished.stderr.lines().for_each(|said| progress.say(&format!("    {said}")));
            if !well {
                failed.push(format!("{service}: {line} ({})", finished.status));
            }
        }
    }
    Ok(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rehearsal_in_which_one_program_failed_has_failed_and_names_it() {
        assert!(verdict("forky", &[]).is_ok());
        let error = verdict("forky", &["web: nginx -t (exit status: 1)".to_owned()]).unwrap_err();
        assert_eq!(error.exit_code(), 1);
        let said = error.to_string();
        assert!(said.contains("«forky»") && said.contains("web: nginx -t (exit status: 1)"), "{said}");
    }
}

//! Builds a release again and says whether it comes out the same.
//!
//! In: a release's folder (its manifest, its recipe; its other files where they are there), a checkout, its packages.
//! Out: nothing where every file comes out with the SHA-256 that the manifest says; else [`Refusal::NotTheSame`] with
//! what differs, or [`Refusal::AnotherSource`] where this checkout is not the one that the release was made from.
//!
//! Who signed the manifest is not looked at: that is what `sos-sign verify` is for.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use sos_signing::{Kind, MANIFEST_FILE, Manifest};

use crate::build::{self, Built};
use crate::compare::{self, Again};
use crate::crates::Cache;
use crate::error::{Error, Refusal, Result};
use crate::lock::{Lock, Sha256};
use crate::origin::Origin;
use crate::overlays::Overlays;
use crate::pool::PoolReady;
use crate::programs::Programs;
use crate::progress::Progress;
use crate::recipe::{self, Named, Recipe};
use crate::release;
use crate::repository::Repository;
use crate::sandbox::{self, Sandbox};
use crate::scratch::Scratch;
use crate::trees;

/// A release as somebody offers it.
#[derive(Debug)]
pub struct Offer {
    dir: PathBuf,
    manifest: Manifest,
    recipe: Recipe,
}

/// What a release is built again from.
#[derive(Debug)]
pub struct Order<'a> {
    /// The checkout.
    pub repository: &'a Repository,
    /// Where the release is built again; a folder in it, gone afterwards.
    pub cache: &'a Path,
    /// The crates that the device's programs are made of.
    pub crates: &'a Cache,
    /// Where the device's programs come from.
    pub programs: Programs,
    /// The overlays from outside.
    pub guests: &'a [PathBuf],
    /// How progress is shown.
    pub progress: Progress,
}

impl Offer {
    /// Reads the manifest and the recipe in `dir`, and all other files that are there: what is compared with the
    /// manifest says nothing of files that are not the manifest's.
    ///
    /// # Errors
    /// [`Error::Malformed`] where one of them is none, or they speak of different releases;
    /// [`Refusal::ArtefactDiffers`] for a file that is not the one that the manifest lists.
    pub fn load(dir: &Path) -> Result<Self> {
        let path = dir.join(MANIFEST_FILE);
        let bytes = fs::read(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => {
                Error::malformed(dir, format!("it is no release's folder: it has no {MANIFEST_FILE}"))
            }
            _ => Error::io("read", &path, e),
        })?;
        let manifest = Manifest::from_bytes(&bytes).map_err(|e| Error::malformed(&path, e.to_string()))?;
        let artefact = manifest.artefact(&Kind::recipe()).ok_or_else(|| {
            Error::malformed(&path, "the release has no recipe, so nobody can tell how it was made; make it again")
        })?;
        let path = dir.join(&artefact.name);
        let text = fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
        if Sha256::of(text.as_bytes()).as_str() != artefact.sha256.to_string() {
            return Err(Refusal::ArtefactDiffers { path }.into());
        }
        let recipe = Recipe::parse(&path, &text)?;
        let ours = (manifest.version.to_string(), &*manifest.release, manifest.lock_sha256.to_string());
        if ours != (recipe.version.clone(), &*recipe.release, recipe.lock_sha256.to_string()) {
            return Err(Error::malformed(path, "it is the recipe of another release than manifest.json"));
        }
        let offer = Self { dir: dir.to_owned(), manifest, recipe };
        offer.check_files()?;
        Ok(offer)
    }

    /// The files that are there have to be those that the manifest lists.
    fn check_files(&self) -> Result<()> {
        for artefact in &self.manifest.artefacts {
            let path = self.dir.join(&artefact.name);
            if path.exists() && sos_signing::hash_file(&path, &mut |_| ())? != (artefact.sha256, artefact.size) {
                return Err(Refusal::ArtefactDiffers { path }.into());
            }
        }
        Ok(())
    }

    /// Its definition's name, «trixie».
    #[must_use]
    pub fn release(&self) -> &str {
        &self.recipe.release
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.recipe.version
    }

    /// The release's lock, which the checkout has or which is at `path`.
    ///
    /// # Errors
    /// [`Refusal::AnotherSource`] where the checkout asks for other packages, or they resolved to others.
    pub fn lock(&self, repository: &Repository, path: Option<&Path>) -> Result<Lock> {
        let definition = repository.definition(self.release())?;
        self.same(
            "definition (image/releases, overlays/*/service.toml)",
            &definition.digest(),
            &self.recipe.definition_sha256,
        )?;
        let lock = repository.lock(&definition, path)?;
        self.same("lock", &Sha256::of(lock.to_text().as_bytes()), &self.recipe.lock_sha256)?;
        Ok(lock)
    }

    /// Builds the release again and compares; `pool` has the packages of `lock`.
    ///
    /// # Errors
    /// [`Refusal::NotTheSame`], [`Refusal::AnotherSource`], or what a stage fails with.
    pub fn verify(&self, lock: &Lock, pool: &PoolReady, order: &Order<'_>) -> Result<()> {
        let overlays = Overlays::find(&order.repository.overlays(), order.guests, lock)?;
        self.check_inputs(&overlays, order)?;
        let scratch = Scratch::make(order.cache, order.progress)?;
        let definition = order.repository.definition(self.release())?;
        let mut built = build::start(
            lock,
            pool,
            &build::Order {
                repository: order.repository.root(),
                cache: scratch.dir(),
                name: self.release(),
                programs: order.programs.clone(),
                overlays,
                channel: self.recipe.inputs.channel.clone(),
                version_prefix: definition.version_prefix,
                number: self.recipe.inputs.number,
                progress: order.progress,
            },
        )?;
        if built.inputs.programs == self.recipe.inputs.programs {
            // The same programs; whether they were compiled now or brought is not the release's concern.
            built.inputs.rust.clone_from(&self.recipe.inputs.rust);
        }
        let again = release::release(
            lock,
            &built,
            &release::Order {
                cache: scratch.dir(),
                name: self.release(),
                level: self.recipe.level,
                notes: self.manifest.artefact(&Kind::notes()).map(|notes| self.dir.join(&notes.name)).as_deref(),
                only_slot: self.recipe.only_slot,
                origin: Origin {
                    repository: order.repository.root().to_owned(),
                    // What it was made from has just been found the same.
                    commit: self.recipe.commit.clone(),
                    pool: pool.pool().clone(),
                    crates: order.crates.clone(),
                    cache: scratch.dir().to_owned(),
                },
                keys: &[],
                progress: order.progress,
            },
        )?;
        let mut differences = self.differences(&again)?;
        if !differences.is_empty() {
            differences.splice(0..0, programs(&built.inputs.programs, &self.recipe.inputs.programs));
            differences.extend(self.places(&built, &scratch, order.progress));
            return Err(self.not_the_same(&differences));
        }
        Ok(())
    }

    /// What the checkout and the command line give has to be what the recipe names. What programs that are compiled come
    /// out as is seen afterwards.
    fn check_inputs(&self, overlays: &Overlays, order: &Order<'_>) -> Result<()> {
        let theirs = &self.recipe.inputs;
        let image = order.repository.root().join("image");
        let guests = overlays.guests()?;
        self.same("checkout (image/, overlays/)", &recipe::checkout(&image, overlays)?, &theirs.checkout)?;
        let names = |overlays: &[Named]| overlays.iter().map(|overlay| overlay.name.clone()).collect::<Vec<_>>();
        if names(&guests) != names(&theirs.overlays) {
            let reason = format!(
                "it was made with these overlays from outside: {}; pass each with --with-overlay, in this order",
                if theirs.overlays.is_empty() { "none".to_owned() } else { names(&theirs.overlays).join(", ") }
            );
            return Err(Refusal::AnotherSource { version: self.recipe.version.clone(), reason }.into());
        }
        for (one, other) in guests.iter().zip(&theirs.overlays) {
            self.same(&format!("overlay «{}»", one.name), &one.sha256, &other.sha256)?;
        }
        self.check_programs(&order.programs)
    }

    /// Programs that are brought have to be the release's; those that are compiled, made by its compiler.
    fn check_programs(&self, ours: &Programs) -> Result<()> {
        let theirs = &self.recipe.inputs;
        match (ours, &theirs.rust) {
            (Programs::Brought(folder), _) => {
                let differences = programs(&recipe::programs_in(folder)?, &theirs.programs);
                if differences.is_empty() { Ok(()) } else { Err(self.not_the_same(&differences)) }
            }
            (Programs::Compiled(_), Some(rust)) if ours.rust() != Some(rust) => {
                let reason = format!(
                    "another Rust: the release's programs were compiled by {rust}, and this checkout pins {}; check out \
                     the commit of the release",
                    ours.rust().map_or_else(String::new, ToString::to_string)
                );
                Err(Refusal::AnotherSource { version: self.recipe.version.clone(), reason }.into())
            }
            (Programs::Compiled(_), _) => Ok(()),
        }
    }

    fn same(&self, what: &str, ours: &Sha256, theirs: &Sha256) -> Result<()> {
        if ours == theirs {
            return Ok(());
        }
        let reason = format!(
            "another {what}: here its SHA-256 is {ours}, the release's is {theirs}; check out the commit of the release"
        );
        Err(Refusal::AnotherSource { version: self.recipe.version.clone(), reason }.into())
    }

    /// What the manifest of the release that was made again in `dir` has otherwise.
    fn differences(&self, dir: &Path) -> Result<Vec<String>> {
        let path = dir.join(MANIFEST_FILE);
        let bytes = fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
        let ours = Manifest::from_bytes(&bytes).map_err(|e| Error::malformed(&path, e.to_string()))?;
        Ok(differences(&ours, &self.manifest))
    }

    /// Where they differ, as far as the release's own files tell.
    fn places(&self, built: &Built, scratch: &Scratch, progress: Progress) -> Vec<String> {
        let disk = build::output_dir(scratch.dir(), self.release()).join("disk.raw");
        let (again, root) = (Again { disk: &disk, built }, scratch.dir().join("root.theirs"));
        let slot = again.slot(&self.dir, &self.manifest, &root);
        let whole = || again.whole_disk(&self.dir, &self.manifest);
        let place = match slot {
            Ok(None) => whole(),
            found => found,
        };
        let mut lines = match place {
            Ok(place) => place.into_iter().collect(),
            Err(error) => vec![format!("where, cannot be told: {error}")],
        };
        if lines.first().is_some_and(|line: &String| line.contains("root-a")) {
            lines.extend(inside_files(&disk, &root, scratch, progress).unwrap_or_else(|error| vec![error.to_string()]));
        }
        lines
    }

    fn not_the_same(&self, differences: &[String]) -> Error {
        let lines = differences.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n");
        Refusal::NotTheSame { version: self.recipe.version.clone(), differences: lines }.into()
    }
}

/// The programs that are not the release's.
fn programs(ours: &[Named], theirs: &[Named]) -> Vec<String> {
    let mut lines = Vec::new();
    for program in ours {
        match theirs.iter().find(|other| other.name == program.name) {
            None => lines.push(format!("program {}: the release has none", program.name)),
            Some(other) if other.sha256 != program.sha256 => {
                lines.push(format!(
                    "program {}: SHA-256 {}; the release's {}",
                    program.name, program.sha256, other.sha256
                ));
            }
            Some(_) => {}
        }
    }
    let more = theirs.iter().filter(|other| !ours.iter().any(|program| program.name == other.name));
    lines.extend(more.map(|other| format!("program {}: only the release has it", other.name)));
    lines
}

/// What two manifests of one version say otherwise.
fn differences(ours: &Manifest, theirs: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    if ours.root_hash != theirs.root_hash {
        lines.push(format!("root hash {}; the release's {}", ours.root_hash, theirs.root_hash));
    }
    for artefact in &theirs.artefacts {
        match ours.artefacts.iter().find(|other| other.name == artefact.name) {
            None => lines.push(format!("{}: only the release has it", artefact.name)),
            Some(other) if other != artefact => lines.push(format!(
                "{}: {} bytes, SHA-256 {}; the release's {} bytes, {}",
                artefact.name, other.size, other.sha256, artefact.size, artefact.sha256
            )),
            Some(_) => {}
        }
    }
    let more = ours.artefacts.iter().filter(|other| !theirs.artefacts.iter().any(|known| known.name == other.name));
    lines.extend(more.map(|other| format!("{}: the release has none", other.name)));
    if lines.is_empty() && ours.to_bytes() != theirs.to_bytes() {
        lines.push(format!("{MANIFEST_FILE}, beside the files that it lists"));
    }
    lines
}

/// What the inner half of the comparison is told, and what it answers in.
const OURS: &str = "root.ours";
const ANSWER: &str = "differences";
/// Where the scratch folder is seen from inside the tools' root.
const SEEN: &str = "/tmp/verify";

/// The first files in which the root on `disk` differs from the one in `theirs`.
fn inside_files(disk: &Path, theirs: &Path, scratch: &Scratch, progress: Progress) -> Result<Vec<String>> {
    let output = disk.parent().unwrap_or(Path::new("."));
    let root = Built::load(output)?.partition("root-a")?;
    compare::cut(disk, root, &scratch.dir().join(OURS))?;
    let words: Vec<OsString> = vec![output.join("plan.json").into(), scratch.dir().into(), theirs.into()];
    sandbox::run_inside("inside-compare", words, progress == Progress::Json)?;
    let answer = scratch.dir().join(ANSWER);
    let text = fs::read_to_string(&answer).map_err(|e| Error::io("read", answer, e))?;
    Ok(text.lines().map(|line| format!("  {line}")).collect())
}

/// The inner half: has the locked fsck.erofs take both roots apart, and names the first files that differ.
///
/// # Errors
/// The words of fsck.erofs; [`Error::Io`].
pub fn inside_compare(plan: &Path, scratch: &Path, theirs: &Path) -> Result<()> {
    let plan = build::Plan::load(plan)?;
    let tools = Sandbox::prepare(&plan.tools_root(), plan.epoch())?;
    tools.bind(scratch, SEEN)?;
    let theirs = theirs.file_name().unwrap_or_default().to_string_lossy();
    for (image, tree) in [(OURS, "ours"), (&*theirs, "theirs")] {
        let extract = format!("--extract={SEEN}/{tree}");
        tools.program("fsck.erofs").args([extract, format!("{SEEN}/{image}")]).run()?;
    }
    let lines = trees::differences(&scratch.join("ours"), &scratch.join("theirs"))?;
    let answer = scratch.join(ANSWER);
    fs::write(&answer, lines.join("\n")).map_err(|e| Error::io("write", answer, e))
}

#[cfg(test)]
mod tests {
    use sos_signing::{Artefact, Digest};

    use super::*;

    fn manifest() -> Manifest {
        let artefact = |name: &str, kind| Artefact { name: name.into(), size: 1, sha256: Digest::of(b"1"), kind };
        Manifest {
            format: Manifest::FORMAT,
            product: Manifest::PRODUCT.into(),
            version: "13.20261123.1".parse().unwrap(),
            release: "trixie".into(),
            architecture: "amd64".into(),
            source_date_epoch: 0,
            lock_sha256: Digest::of(b""),
            root_hash: Digest::of(b"root"),
            artefacts: vec![artefact("a.slot", Kind::slot()), artefact("a.slot.json", Kind::slot_index())],
        }
    }

    #[test]
    fn the_same_manifests_differ_in_nothing() {
        assert_eq!(differences(&manifest(), &manifest()), Vec::<String>::new());
        let mut other = manifest();
        other.artefacts.reverse();
        assert_eq!(differences(&other, &manifest()), Vec::<String>::new(), "their order does not count");
    }

    #[test]
    fn programs_are_compared_by_their_names() {
        let named = |name: &str, content: &str| Named { name: name.into(), sha256: Sha256::of(content.as_bytes()) };
        let ours = [named("a", "1"), named("b", "1"), named("c", "1")];
        let theirs = [named("c", "1"), named("d", "1"), named("b", "2")];
        assert_eq!(programs(&ours, &ours), Vec::<String>::new());
        let lines = programs(&ours, &theirs);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!(lines[0], "program a: the release has none");
        assert!(lines[1].starts_with("program b: SHA-256 "), "{lines:?}");
        assert_eq!(lines[2], "program d: only the release has it");
    }

    #[test]
    fn each_thing_that_differs_is_named() {
        let mut ours = manifest();
        ours.root_hash = Digest::of(b"other");
        ours.artefacts[0].sha256 = Digest::of(b"2");
        ours.artefacts[1].name = "b.slot.json".into();
        let lines = differences(&ours, &manifest());
        let expected =
            ["root hash ", "a.slot: 1 bytes, SHA-256 ", "a.slot.json: only the release", "b.slot.json: the rel"];
        assert_eq!(lines.len(), expected.len(), "{lines:?}");
        for (line, begins) in lines.iter().zip(expected) {
            assert!(line.starts_with(begins), "{line}");
        }
        let ours = Manifest { source_date_epoch: 1, ..manifest() };
        assert_eq!(differences(&ours, &manifest()), ["manifest.json, beside the files that it lists"]);
    }
}

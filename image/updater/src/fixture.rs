//! A server in a folder, for tests: release [`OLD`] runs in slot a, programs are stand-ins.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use sos_ipc::{UpdateEvent, UpdateOutcome};
use sos_provision::Device;
use sos_signing::Digest;

use crate::boot_state::{self, BootState, Record, Slot};
use crate::error::UpdateError;
use crate::store::{Staged, Store, Trial};
use crate::subvolumes::{Access, Subvolume, Subvolumes};
use crate::test_programs;

pub(crate) const OLD: &str = "13.20261101.1";
pub(crate) const NEW: &str = "13.20261201.1";

/// The server.
pub(crate) struct Fixture {
    root: tempfile::TempDir,
    programs: tempfile::TempDir,
    pub(crate) device: Device,
    pub(crate) store: Store,
    pub(crate) subvolumes: Named,
}

/// Subvolumes that are names only.
#[derive(Debug, Clone, Default)]
pub(crate) struct Named {
    pub(crate) there: Vec<Subvolume>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let (root, programs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let device = Device::new(root.path()).with_programs(programs.path());
        let store = Store::of(&device);
        let subvolumes = Named { there: vec![Subvolume::Var, Subvolume::Update] };
        let server = Self { root, programs, device, store, subvolumes };
        let image = zstd::decode_all(&include_bytes!("../tests/vectors/bootstate.img.zst")[..]).unwrap();
        server.put(boot_state::PARTITION, image);
        for folder in ["var/mail", "var/lib/sos", "usr/share/sos/overlays", "run/sos"] {
            fs::create_dir_all(server.path(folder)).unwrap();
        }
        server.put("etc/passwd", "root:x:0:0:::\n");
        server.put("etc/group", "root:x:0:\n");
        for program in ["systemctl", "postqueue", "sendmail"] {
            server.stand_in(program, "cat >>\"$0.read\" 2>/dev/null; exit 0");
        }
        server.stand_in("ip", "case $* in -4*) echo something;; esac");
        server.boots(Slot::A, OLD);
        server
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.device.path(path)
    }

    pub(crate) fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn stand_in(&self, name: &str, script: &str) {
        test_programs::stand_in(self.programs.path(), name, script);
    }

    pub(crate) fn calls(&self, name: &str) -> Vec<String> {
        test_programs::calls(self.programs.path(), name)
    }

    /// What a stand-in was given to read.
    pub(crate) fn given(&self, name: &str) -> String {
        fs::read_to_string(self.programs.path().join(format!("{name}.read"))).unwrap_or_default()
    }

    /// From here on this release runs, in this slot.
    pub(crate) fn boots(&self, slot: Slot, version: &str) {
        self.put("proc/cmdline", format!("ro sos.slot={slot} panic=10\n"));
        self.put("usr/share/sos/image.toml", format!("version = \"{version}\"\n"));
    }

    /// The release that is tried runs: what the boot chooser and the initrd have done.
    pub(crate) fn boots_on_trial(&self) {
        self.write(self.record().given_up());
        self.boots(Slot::B, NEW);
        self.put("run/sos/trial", "{}");
    }

    /// [`NEW`] fills this slot.
    pub(crate) fn stage(&self, slot: Slot, whole: bool) {
        let version = NEW.parse().unwrap();
        self.store.put(&Staged { version, index: Digest::of(b""), slot, chunks: 1, whole }).unwrap();
    }

    /// [`NEW`] is tried in slot b, and the machine is about to start it.
    pub(crate) fn leaves(&self) {
        self.stage(Slot::B, true);
        let sequence = self.record().sequence + 1;
        self.store.put(&trial(sequence)).unwrap();
        self.write(Record::trying(Slot::B));
    }

    pub(crate) fn record(&self) -> Record {
        BootState::open(&self.path(boot_state::PARTITION)).unwrap().ruling().unwrap()
    }

    pub(crate) fn write(&self, record: Record) {
        BootState::open(&self.path(boot_state::PARTITION)).unwrap().write(record).unwrap();
    }

    /// Both copies of the boot state are damaged.
    pub(crate) fn loses_the_boot_state(&self) {
        let path = self.path(boot_state::PARTITION);
        let image = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&image).replace("twin=", "twim=");
        assert_eq!(text.len(), String::from_utf8_lossy(&image).len());
        let damaged = image.windows(5).enumerate().filter(|(_, bytes)| *bytes == b"twin=").map(|(at, _)| at);
        let mut image = image.clone();
        damaged.for_each(|at| image[at] = b'x');
        fs::write(path, image).unwrap();
    }

    /// An organisation owns the server.
    pub(crate) fn is_claimed(&self, language: &str) {
        let settings = format!(
            "version = 1\nhost = \"mail.ambridge.example\"\ntimezone = \"Europe/London\"\nlanguage = \"{language}\"\n\
             services = []\norganisation = {{ name = \"Ambridge Garden Club\", domain = \"ambridge.example\" }}\n"
        );
        self.put("var/lib/sos/settings.toml", settings);
        self.stand_in("ldapsearch", "printf 'dn: o=organisation\\n\\ndn: ou=members,o=organisation\\n'");
    }

    /// The health report says this of the one service `base`; nothing where it is well.
    pub(crate) fn health(&self, fault: Option<&str>, starting: bool) {
        let base = sos_provision::ServiceHealth {
            name: "base".into(),
            ok: fault.is_none(),
            fault: fault.map(Into::into),
            at: 1,
            starting,
        };
        let report =
            sos_provision::HealthReport { version: NEW.into(), claimed: true, ok: base.ok, services: vec![base] };
        self.put("run/sos/health.json", serde_json::to_vec(&report).unwrap());
    }

    pub(crate) fn event(&self, outcome: UpdateOutcome, at: u64) -> UpdateEvent {
        UpdateEvent { at, from: OLD.into(), to: NEW.into(), outcome, why: None, by: None }
    }

    /// The folder that the server is in.
    pub(crate) fn root(&self) -> &std::path::Path {
        self.root.path()
    }
}

/// [`NEW`] is tried in slot b.
pub(crate) fn trial(sequence: u32) -> Trial {
    let (from, to) = (OLD.parse().unwrap(), NEW.parse().unwrap());
    Trial { from, to, slot: Slot::B, began: 1, sequence, by: None, facts: BTreeMap::new(), verdict: None }
}

impl Subvolumes for Named {
    fn has(&self, subvolume: Subvolume) -> Result<bool, UpdateError> {
        Ok(self.there.contains(&subvolume))
    }

    fn make(&mut self, subvolume: Subvolume) -> Result<(), UpdateError> {
        self.there.push(subvolume);
        Ok(())
    }

    fn snapshot(&mut self, _: Subvolume, to: Subvolume, _: Access) -> Result<(), UpdateError> {
        self.make(to)
    }

    fn set_writable(&mut self, _: Subvolume) -> Result<(), UpdateError> {
        Ok(())
    }

    fn rename(&mut self, from: Subvolume, to: Subvolume) -> Result<(), UpdateError> {
        self.delete(from)?;
        self.make(to)
    }

    fn delete(&mut self, subvolume: Subvolume) -> Result<(), UpdateError> {
        self.there.retain(|there| *there != subvolume);
        Ok(())
    }

    fn free(&mut self) -> Result<(), UpdateError> {
        Ok(())
    }

    fn sync(&mut self) -> Result<(), UpdateError> {
        Ok(())
    }
}

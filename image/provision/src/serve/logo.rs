//! The organisation's logo, `/var/lib/sos/logo`: checked for size and kind by its first bytes. Nothing here decodes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sos_ipc::Reply;
use sos_settings::MemberName;

use super::answer::issue;
use super::changes;
use crate::device::Device;
use crate::error::ProvisionError;
use crate::files::{self, Rights};

const FILE: &str = "logo";
/// Most bytes.
const LARGEST: usize = 200 << 10;

pub(super) fn exists(device: &Device) -> bool {
    device.state(FILE).exists()
}

/// Replaces the logo; nothing removes it.
pub(super) fn set(device: &Device, image: &str, by: &MemberName) -> Result<Reply, ProvisionError> {
    let place = device.state(FILE);
    if image.is_empty() {
        files::remove(&place)?;
        changes::note(device, by.as_str(), "logo-removed", "")?;
        return Ok(Reply::Done);
    }
    let Ok(bytes) = STANDARD.decode(image) else { return Ok(issue("image", "is not base64")) };
    if bytes.len() > LARGEST {
        return Ok(issue("image", "is larger than 200 KiB"));
    }
    if !is_image(&bytes) {
        return Ok(issue("image", "is neither PNG nor JPEG nor WebP"));
    }
    files::write(&place, &bytes, Rights::PUBLIC)?;
    changes::note(device, by.as_str(), "logo-changed", "")?;
    Ok(Reply::Done)
}

/// PNG, JPEG or WebP by the bytes that these begin with.
fn is_image(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
        || bytes.starts_with(b"\xff\xd8\xff")
        || (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_small_pictures_only() {
        let root = tempfile::tempdir().unwrap();
        let device = Device::new(root.path());
        let by = "jill".parse().unwrap();
        let put = |bytes: &[u8]| set(&device, &STANDARD.encode(bytes), &by).unwrap();
        for bad in [&b"<svg onload=alert(1)>"[..], b"GIF89a", b"RIFF1234WAVE", &[0x89; 10]] {
            assert!(matches!(put(bad), Reply::Issues(_)));
        }
        let mut large = b"\xff\xd8\xff".to_vec();
        large.resize(LARGEST + 1, 0);
        assert!(matches!(put(&large), Reply::Issues(_)) && !exists(&device));
        assert_eq!(put(b"RIFF1234WEBPVP8 "), Reply::Done);
        assert!(exists(&device));
        assert_eq!(set(&device, "", &by).unwrap(), Reply::Done);
        assert!(!exists(&device));
    }
}

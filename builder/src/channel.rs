//! Where an image looks for updates, and whom it believes: `/usr/share/sos/update/{root.json,channel.toml}`.
//!
//! In: `--update-root FILE` (a TUF root of `sos-sign init`) and `--update-url URL`. Out: [`Channel`], checked, and the
//! two files in the image. An image without them never looks for updates by itself.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cache::Key;
use crate::error::{Error, Result};

/// Where the two files stand in the image.
const PLACE: &str = "usr/share/sos/update";

/// A channel, as an image knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The text of the TUF root that the device trusts from the beginning.
    root: String,
    /// The channel's address, with a `/` at its end.
    url: String,
}

/// `channel.toml`.
#[derive(Debug, Serialize)]
struct File<'a> {
    url: &'a str,
}

/// As much of a TUF root (TUF 1.0.34, 4.3) as tells it from other files.
#[derive(Debug, Deserialize)]
struct Root {
    signed: Signed,
}

#[derive(Debug, Deserialize)]
struct Signed {
    #[serde(rename = "_type")]
    kind: String,
}

impl Channel {
    /// Reads the root in `root`, and checks `url`.
    ///
    /// # Errors
    /// [`Error::Malformed`] where the file is no TUF root, [`Error::BadUpdateUrl`].
    pub fn load(root: &Path, url: &str) -> Result<Self> {
        let text = fs::read_to_string(root).map_err(|e| Error::io("read", root, e))?;
        let parsed: Root = serde_json::from_str(&text)
            .map_err(|e| Error::malformed(root, format!("it is no TUF root ({e}); `sos-sign init` makes one")))?;
        if parsed.signed.kind != "root" {
            let reason = format!("it is TUF metadata of «{}», not of root; pass N.root.json", parsed.signed.kind);
            return Err(Error::malformed(root, reason));
        }
        Ok(Self { root: text, url: check_url(url)? })
    }

    /// The text of the TUF root.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The channel's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Adds the channel to `key`.
    #[must_use]
    pub fn add_to(&self, key: Key) -> Key {
        key.text(&self.root).text(&self.url)
    }

    /// Writes the two files into the image's root.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, image: &Path) -> Result<()> {
        let text = toml::to_string(&File { url: &self.url }).map_err(|e| Error::malformed(PLACE, e.to_string()))?;
        for (name, text) in [("root.json", &self.root), ("channel.toml", &text)] {
            crate::layer::write_file(&image.join(PLACE).join(name), text)?;
        }
        Ok(())
    }
}

/// An address of the web, with a `/` at its end.
fn check_url(text: &str) -> Result<String> {
    let bad = |reason: &str| Error::BadUpdateUrl { url: text.to_owned(), reason: reason.to_owned() };
    let url = reqwest::Url::parse(text).map_err(|e| bad(&e.to_string()))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(bad("it begins with neither http:// nor https://"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("files' names are put behind it, so it can have neither «?» nor «#»"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it has a name or a password in it, which everybody who has the image could read"));
    }
    let url = url.to_string();
    Ok(if url.ends_with('/') { url } else { url + "/" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_the_slash_that_files_names_are_put_behind() {
        for text in ["https://releases.example/sos", "https://releases.example/sos/"] {
            assert_eq!(check_url(text).unwrap(), "https://releases.example/sos/");
        }
        assert_eq!(check_url("http://releases.example").unwrap(), "http://releases.example/");
    }

    #[test]
    fn an_address_that_a_device_could_not_use_is_refused_with_the_reason() {
        for (text, reason) in [
            ("releases.example", "relative URL without a base"),
            ("ftp://releases.example/", "neither http:// nor https://"),
            ("file:///srv/releases/", "neither http:// nor https://"),
            ("https://releases.example/?a=b", "neither «?» nor «#»"),
            ("https://releases.example/#a", "neither «?» nor «#»"),
            ("https://me:secret@releases.example/", "a name or a password"),
            ("https://", "empty host"),
        ] {
            let error = check_url(text).unwrap_err();
            assert!(error.to_string().contains(reason), "{text}: {error}");
            assert_eq!(error.exit_code(), 2, "{text}");
        }
    }

    #[test]
    fn an_image_has_the_root_as_it_is_and_the_address() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("1.root.json");
        fs::write(&root, "{\"signed\": {\"_type\": \"root\"},\n \"signatures\": []}").unwrap();
        let channel = Channel::load(&root, "http://releases.example").unwrap();
        channel.write(&dir.path().join("image")).unwrap();
        let read = |name: &str| fs::read_to_string(dir.path().join("image").join(PLACE).join(name)).unwrap();
        assert_eq!(read("root.json"), fs::read_to_string(&root).unwrap());
        assert_eq!(read("channel.toml"), "url = \"http://releases.example/\"\n");
    }

    #[test]
    fn a_file_that_is_no_root_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root.json");
        for (text, reason) in [
            ("", "it is no TUF root"),
            ("{}", "it is no TUF root"),
            ("{\"signed\": {\"_type\": \"targets\"}}", "TUF metadata of «targets», not of root"),
        ] {
            fs::write(&root, text).unwrap();
            let error = Channel::load(&root, "http://releases.example/").unwrap_err();
            assert!(error.to_string().contains(reason), "{text}: {error}");
            assert_eq!(error.exit_code(), 2);
        }
    }
}

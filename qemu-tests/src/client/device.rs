//! What the browser pretends to run on: a tablet or a telephone with their sizes and touch, a dark room, a browser
//! without scripts; and pictures of what it shows there. By the Chrome DevTools Protocol, domains Emulation and Page.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Browser;
use crate::{Error, Result};

/// Pictures end after so many pixels of a long page.
const TALLEST: u64 = 6000;

/// Something to hold in one's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// Its name, for pictures.
    pub name: &'static str,
    /// Width in CSS pixels.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
}

/// A tablet both ways, and a telephone.
pub const DEVICES: [Device; 3] = [
    Device { name: "tablet", width: 1024, height: 768 },
    Device { name: "tablet-upright", width: 768, height: 1024 },
    Device { name: "telephone", width: 375, height: 812 },
];

impl Browser {
    /// Is this device from now on, touch included.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn become_device(&self, device: Device) -> Result<()> {
        self.resize(device.width, device.height)?;
        self.session
            .devtools("Emulation.setTouchEmulationEnabled", &json!({ "enabled": true, "maxTouchPoints": 5 }))
            .map(drop)
    }

    /// Gives the window a size in CSS pixels, as a tablet or a telephone has.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 480 });
        self.session.devtools("Emulation.setDeviceMetricsOverride", &size).map(drop)
    }

    /// Switches the scripts of pages on or off; the page that is there stays as it is.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn let_pages_run_scripts(&self, may: bool) -> Result<()> {
        self.session.devtools("Emulation.setScriptExecutionDisabled", &json!({ "value": !may })).map(drop)
    }

    /// Wishes for dark pages, or light ones.
    ///
    /// # Errors
    /// [`Error::Reply`].
    pub fn wish_for_dark(&self, dark: bool) -> Result<()> {
        let wish = json!({ "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } });
        self.session.devtools("Emulation.setEmulatedMedia", &json!({ "features": [wish] })).map(drop)
    }

    /// Writes what the window shows to `path` as PNG.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn photograph(&self, path: &Path) -> Result<()> {
        write(&self.session.get("/screenshot")?, path)
    }

    /// Writes the whole page to `path` as PNG, what would have to be scrolled to included.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn photograph_page(&self, path: &Path) -> Result<()> {
        let size = self.script("return [innerWidth, document.documentElement.scrollHeight]")?;
        let height = size[1].as_u64().unwrap_or(0).clamp(1, TALLEST);
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": height, "scale": 1 });
        let how = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        write(&self.session.devtools("Page.captureScreenshot", &how)?["data"], path)
    }
}

fn write(picture: &Value, path: &Path) -> Result<()> {
    let bytes = STANDARD.decode(picture.as_str().unwrap_or_default()).unwrap_or_default();
    std::fs::write(path, bytes).map_err(Error::file(path))
}

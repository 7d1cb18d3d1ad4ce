//! Looks at a page of the console as three people do: on a tablet, on a tablet held upright, on a telephone. Nothing may
//! have to be scrolled sideways; a picture of each is kept; and axe-core finds nothing that keeps out people who use the
//! keyboard, a magnifier, or do not see the page (WCAG 2.2 AA), in the light and in the dark. What the keyboard is at
//! must not lie under anything.

use std::time::Duration;

use serde_json::Value;

use crate::client::{Browser, DEVICES, Device};
use crate::session::Stage;
use crate::{Error, Result, must};

/// How long a page may take to settle after it changed its size.
const SETTLE: Duration = Duration::from_millis(200);
/// What axe-core looks for.
const RULES: &str = r#"["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]"#;
/// Where the page's right edge is, and what sticks out of it.
const WIDTH: &str = r##"
const wide = document.documentElement.scrollWidth, room = window.innerWidth;
const scrolls = (element) => {
  for (let each = element.parentElement; each; each = each.parentElement)
    if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(each).overflowX)) return true;
  return false;
};
const out = wide <= room ? [] : [...document.body.querySelectorAll("*")]
  .filter((element) => element.getBoundingClientRect().right > room + 0.5 && !scrolls(element))
  .map((element) => element.tagName.toLowerCase() + (element.id ? "#" + element.id : ""));
return [wide, out.slice(0, 5).join(" ")];
"##;

/// What lies wholly under something else when it has the keyboard's focus (WCAG 2.2, 2.4.11), which axe-core does not try.
const COVERED: &str = r##"
const places = [[0.5, 0.5], [0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]];
const isCovered = (element) => {
  const box = element.getBoundingClientRect();
  return !places.some(([x, y]) => {
    const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
    return top && (element.contains(top) || top.contains(element));
  });
};
const covered = [];
for (const element of document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")) {
  if (!element.checkVisibility()) continue;
  element.focus();
  if (document.activeElement === element && isCovered(element))
    covered.push(element.tagName.toLowerCase() + (element.id ? "#" + element.id : ""));
}
document.activeElement.blur();
window.scrollTo(0, 0);
return covered;
"##;

/// Looks at the page that the browser shows; gives what is wrong with it, a line each.
///
/// # Errors
/// [`Error::Reply`] when the browser fails, [`Error::File`] for a picture.
pub fn look(stage: &Stage, browser: &Browser, page: &str) -> Result<Vec<String>> {
    let axe = std::fs::read_to_string(&stage.axe).map_err(Error::file(&stage.axe))?;
    std::fs::create_dir_all(&stage.pictures).map_err(Error::file(&stage.pictures))?;
    let mut faults = Vec::new();
    for device in DEVICES {
        browser.become_device(device)?;
        std::thread::sleep(SETTLE);
        browser.photograph_page(&stage.pictures.join(format!("{page}-{}.png", device.name)))?;
        faults.extend(sideways(browser, device)?);
        faults.extend(covered(browser, device)?);
        faults.extend(violations(browser, &axe)?.into_iter().map(|fault| format!("on a {}: {fault}", device.name)));
    }
    browser.become_device(DEVICES[0])?;
    browser.wish_for_dark(true)?;
    std::thread::sleep(SETTLE);
    browser.photograph_page(&stage.pictures.join(format!("{page}-dark.png")))?;
    faults.extend(violations(browser, &axe)?.into_iter().map(|fault| format!("in the dark: {fault}")));
    browser.wish_for_dark(false)?;
    faults.dedup();
    Ok(faults.into_iter().map(|fault| format!("{page} {fault}")).collect())
}

/// Whether faults would be seen: puts some on the page that the browser shows, and takes them away again.
///
/// # Errors
/// [`Error::Unmet`] when one of them goes unnoticed.
pub fn would_see_faults(stage: &Stage, browser: &Browser) -> Result<()> {
    let axe = std::fs::read_to_string(&stage.axe).map_err(Error::file(&stage.axe))?;
    browser.become_device(DEVICES[0])?;
    browser.script(
        "const wide = document.createElement('div'); wide.id = 'wide'; wide.style.width = '3000px';\
         const picture = document.createElement('img'); picture.src = 'data:,';\
         wide.append(picture, 'words'); document.getElementById('main').append(wide);\
         const lid = document.createElement('div'); lid.style = 'position: fixed; inset: 0; background: white';\
         lid.id = 'lid'; document.body.append(lid);",
    )?;
    must!(covered(browser, DEVICES[0])?.is_some(), "fields under a lid are not seen to be");
    browser.script("document.getElementById('lid').remove()")?;
    let sideways = sideways(browser, DEVICES[0])?.unwrap_or_default();
    must!(sideways.ends_with("div#wide"), "a page that is too wide is not seen to be: {sideways:?}");
    let found = violations(browser, &axe)?.join(", ");
    must!(found.contains("image-alt: "), "a picture without words is not seen: {found:?}");
    browser.reload()
}

/// Only whether it fits a telephone: for the same page in another language.
///
/// # Errors
/// As [`look`].
pub fn fits_a_telephone(stage: &Stage, browser: &Browser, page: &str) -> Result<Vec<String>> {
    let telephone = DEVICES[2];
    std::fs::create_dir_all(&stage.pictures).map_err(Error::file(&stage.pictures))?;
    browser.become_device(telephone)?;
    std::thread::sleep(SETTLE);
    browser.photograph_page(&stage.pictures.join(format!("{page}-{}.png", telephone.name)))?;
    Ok(sideways(browser, telephone)?.into_iter().map(|fault| format!("{page} {fault}")).collect())
}

fn sideways(browser: &Browser, device: Device) -> Result<Option<String>> {
    let found = browser.script(WIDTH)?;
    let wide = found[0].as_u64().unwrap_or(u64::MAX);
    let sticks_out = found[1].as_str().unwrap_or_default();
    let fault = format!("is {wide} px wide on a {} of {} px: {sticks_out}", device.name, device.width);
    Ok((wide > u64::from(device.width)).then_some(fault))
}

fn covered(browser: &Browser, device: Device) -> Result<Option<String>> {
    let found = browser.script(COVERED)?;
    let names: Vec<_> = found.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let (count, some) = (names.len(), names[..names.len().min(5)].join(" "));
    let fault = format!("hides {count} things on a {} while the keyboard is at them: {some}", device.name);
    Ok((count > 0).then_some(fault))
}

/// What axe-core finds: the rule, what it asks for, and where.
fn violations(browser: &Browser, axe: &str) -> Result<Vec<String>> {
    if browser.script("return Boolean(window.axe)")? != true {
        browser.script(axe)?;
    }
    let found = browser.script_until_done(&format!(
        "axe.run(document, {{ runOnly: {{ type: 'tag', values: {RULES} }}, resultTypes: ['violations'] }})\
         .then((results) => done(results.violations), (error) => done(String(error)));"
    ))?;
    let Some(violations) = found.as_array() else {
        return Err(Error::Unmet(format!("axe-core does not run: {found}")));
    };
    Ok(violations.iter().map(said).collect())
}

fn said(violation: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let nodes = violation["nodes"].as_array().into_iter().flatten();
    let places: Vec<_> = nodes
        .flat_map(|node| node["target"].as_array().into_iter().flatten())
        .map(|target| target.as_str().map_or_else(|| target.to_string(), str::to_owned))
        .collect();
    format!("{}: {}: {}", text(&violation["id"]), text(&violation["help"]), places.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_is_said_with_where_it_is() {
        let violation = serde_json::json!({
            "id": "color-contrast", "help": "Elements must meet minimum color contrast ratio thresholds",
            "nodes": [{ "target": [".hint"] }, { "target": ["#name"] }],
        });
        let line = "color-contrast: Elements must meet minimum color contrast ratio thresholds: .hint, #name";
        assert_eq!(said(&violation), line);
    }
}

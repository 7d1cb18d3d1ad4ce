//! A member's filter script, as the pages for the away message and for sorting share it.

use sha2::{Digest as _, Sha256};
use sos_ipc::{FilterScript, Reply, Request};
use sos_settings::MemberName;

use crate::app::App;
use crate::helper::{HelperError, unexpected};
use crate::sieve::{Script, SieveError};

/// The script that webmail and these pages edit.
pub const NAME: &str = "webmail";

/// What there is.
pub struct Stored {
    /// The script, or why it cannot be read; then nothing may be written over it.
    pub script: Result<Script, SieveError>,
    /// The name of another script that is followed instead.
    pub other: Option<String>,
    /// Stands for this very state, so that a page notices a change in between.
    pub seen: String,
}

/// Reads a member's script.
///
/// # Errors
/// When the helper cannot.
pub async fn read(app: &App, member: &MemberName) -> Result<Stored, HelperError> {
    match app.helper.ask(&Request::Filters { member: member.to_string() }).await? {
        Reply::Filters(FilterScript { active, webmail }) => {
            let text = webmail.unwrap_or_default();
            let other = active.filter(|active| active != NAME);
            let state = format!("{}\n{text}", other.as_deref().unwrap_or_default());
            Ok(Stored { script: Script::parse(&text), other, seen: hex::encode(Sha256::digest(state)) })
        }
        other => Err(unexpected(&other)),
    }
}

/// Writes a member's script and has it followed. `false` when the mail server does not take it.
///
/// # Errors
/// When the helper cannot.
pub async fn write(app: &App, member: &MemberName, script: &Script) -> Result<bool, HelperError> {
    let request = Request::SetFilters { member: member.to_string(), script: script.to_string() };
    match app.helper.ask(&request).await? {
        Reply::Done => Ok(true),
        Reply::Issues(issues) => {
            for issue in issues {
                eprintln!("a filter script is not taken: {}: {}", issue.path, issue.what);
            }
            Ok(false)
        }
        other => Err(unexpected(&other)),
    }
}

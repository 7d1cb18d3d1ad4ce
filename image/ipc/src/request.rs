//! Requests. A new right of the console is a new variant here, read by whoever reviews it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Word;

/// What the console may ask.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Who owns this server, and how it is called → [`crate::Reply::Owner`].
    Owner,
    /// Whether `code` is the claim code. A wrong one counts → `Done`, `WrongCode` or `Locked`.
    CheckCode {
        /// What the person typed.
        code: Word,
        /// From where: wrong codes count by address.
        from: IpAddr,
    },
    /// Takes the server over with the tree below `sos:` of a mapping (the very schema of the provider's metadata);
    /// the code is good for nothing afterwards → `Claimed`, `WrongCode`, `Locked`, `Issues` or `AlreadyOwned`.
    Claim {
        /// The claim code.
        code: Word,
        /// From where: wrong codes count by address.
        from: IpAddr,
        /// The mapping, with passwords in it. Not shown when debugged.
        mapping: Hidden,
    },
    /// How far the services are that the settings enable → [`crate::Reply::Progress`].
    Progress,
    /// The health of the services as last found; `fresh` has the transactions begin now, and does not wait for them →
    /// [`crate::Reply::Health`].
    Health {
        /// Begin them now.
        fresh: bool,
    },
    /// Disk, memory, certificate, mail queue, release → [`crate::Reply::Machine`].
    Machine,
    /// The DNS records the organisation should publish → [`crate::Reply::Dns`].
    Dns,
    /// The settings and their revision, the services there are → [`crate::Reply::Settings`].
    Settings,
    /// Changes settings if they are still at `revision` → `Settings`, `Stale` or `Issues`.
    ChangeSettings {
        /// The revision that the person saw.
        revision: String,
        /// Who does it: a member's name.
        by: String,
        /// What changes.
        change: SettingsChange,
    },
    /// Mends something, by the one way there is for it → `Done`.
    Mend {
        /// What.
        what: Mend,
        /// Who does it: a member's name.
        by: String,
    },
    /// A member's filter script that is active, and the one of the console → [`crate::Reply::Filters`].
    Filters {
        /// The member's name.
        member: String,
    },
    /// Puts the script `webmail` (which webmail edits too) for a member and makes it the active one → `Done`, or
    /// `Issues` when it does not compile.
    SetFilters {
        /// The member's name.
        member: String,
        /// Sieve (RFC 5228).
        script: String,
    },
    /// Removes the mailbox of somebody who is no member any more; `keep` sets it aside for 30 days instead → `Done`.
    RemoveMailbox {
        /// The former member's name.
        member: String,
        /// Set it aside.
        keep: bool,
        /// Who does it: a member's name.
        by: String,
    },
    /// Ends a member's connections to the mail service and forgets that their password was right a moment ago: after
    /// a new password, a suspension, a removal → `Done`.
    SignOut {
        /// The member's name.
        member: String,
    },
    /// Sends a letter in the organisation's name → `Done`.
    SendLetter(Letter),
    /// Notes who changed what → `Done`.
    Record {
        /// A member's name.
        by: String,
        /// What kind of change, as a key of the message catalogue: `member-added`.
        what: String,
        /// Whom or what it was about.
        about: String,
    },
    /// The newest changes → [`crate::Reply::Changes`].
    Changes {
        /// How many at most.
        most: u32,
    },
    /// How updates stand → [`crate::Reply::Updates`].
    Updates,
    /// Looks now whether a newer release is offered, and does not wait for it: how it went is in what
    /// [`Request::Updates`] says afterwards → `Done`.
    LookForUpdate {
        /// Who does it: a member's name.
        by: String,
    },
    /// Fetches what is offered, starts it now rather than at night, and does not wait for it → `Done`.
    UpdateNow {
        /// Who does it: a member's name.
        by: String,
    },
    /// Goes back to the release before and to the data as they were when it was left, and does not wait for it → `Done`,
    /// or `Issues` where there is nothing to go back to.
    GoBack {
        /// Who does it: a member's name.
        by: String,
    },
    /// The organisation's logo: PNG, JPEG or WebP of at most 200 KiB; empty removes it → `Done` or `Issues`.
    SetLogo {
        /// The file, base64.
        image: String,
        /// Who does it: a member's name.
        by: String,
    },
}

/// A mapping with passwords in it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub Value);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Hidden(…)")
    }
}

/// A change of the settings. What is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsChange {
    /// The organisation's name.
    pub organisation: Option<String>,
    /// The time zone.
    pub timezone: Option<String>,
    /// The language of pages and letters.
    pub language: Option<String>,
    /// The services chosen.
    pub services: Option<Vec<String>>,
    /// Most that a mailbox holds, MiB.
    pub quota_mib: Option<u32>,
    /// Largest message, MiB.
    pub message_mib: Option<u32>,
}

/// What can be mended with a button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Mend {
    /// Starts the units of a service again; its name is checked against the services there are.
    Restart {
        /// The service's folder name.
        service: String,
    },
    /// Has the mail server try again what waits.
    FlushQueue,
    /// Asks for a certificate now.
    Certificate,
}

/// A letter from the organisation to one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// To whom: one mail address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

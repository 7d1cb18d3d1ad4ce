//! What leaves is signed with the organisation's own key, and the key that `sos-provision dns` asks to have
//! published verifies it: checked by an implementation that is not the appliance's, as the other side would.
//! A letter changed on the way does not verify.

use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator};

use crate::club::{DOMAIN, JILL};
use crate::scenarios::MAIL_SECONDS;
use crate::session::Stage;
use crate::{Error, Result, must};

/// See the file's header.
pub fn run(stage: &mut Stage) -> Result<()> {
    stage.member_writes(JILL, "usha@borchester.example", "Signed and sealed", "By the club.")?;
    let taken = stage.world.borchester.wait_for("Signed and sealed", stage.limit(MAIL_SECONDS))?;

    let verdicts = verify(&taken.message)?;
    let ours: Vec<_> = verdicts.iter().filter(|(domain, _)| domain == DOMAIN).collect();
    must!(!ours.is_empty(), "the letter left without a signature of {DOMAIN}:\n{}", taken.text());
    for (domain, verdict) in ours {
        must!(*verdict == DkimResult::Pass, "the signature of {domain} does not verify: {verdict:?}\n{}", taken.text());
    }

    let changed = taken.text().replace("By the club.", "By the crowd.");
    let verdicts = verify(changed.as_bytes())?;
    must!(verdicts.iter().all(|(_, verdict)| *verdict != DkimResult::Pass), "a changed letter verifies");
    Ok(())
}

/// The signatures of a message, each with its domain and verdict, by the name server of the test world.
fn verify(message: &[u8]) -> Result<Vec<(String, DkimResult)>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Error::wire("starting the DKIM check"))?;
    let resolver = MessageAuthenticator::new_system_conf();
    let resolver = resolver.map_err(|error| Error::Unmet(format!("the DKIM check has no resolver: {error}")))?;
    let parsed = AuthenticatedMessage::parse(message);
    let parsed = parsed.ok_or_else(|| Error::Unmet("the letter has no readable header".into()))?;
    let outputs = runtime.block_on(resolver.verify_dkim(&parsed));
    let verdict = |output: &mail_auth::DkimOutput<'_>| {
        output.signature().map(|signature| (signature.d.clone(), output.result().clone()))
    };
    Ok(outputs.iter().filter_map(verdict).collect())
}

//! The end of registration: something is registered, so the sign-in is complete.

use relatch_core::Secret;
use relatch_core::session::Stage;
use relatch_http::Code;
use relatch_spin::app::Caller;
use relatch_spin::{App, Stepped};
use relatch_store::events::{Event, EventKind};
use relatch_store::{Batch, Entropy, Kv};

/// A new session, or nothing when this one was complete already.
pub async fn finish<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller) -> Stepped<Option<Secret<String>>> {
    if caller.person().methods.phones.is_empty() {
        return Err(Code::RegistrationIncomplete.into());
    }
    if caller.session.stage == Stage::SignedIn {
        return Ok(None);
    }
    let mut batch = Batch::default();
    let token = app.rotate(&mut batch, caller, caller.session.record.generation, Stage::SignedIn)?;
    let who = Some(caller.person().account.id.to_string());
    app.vault.put_event(
        &mut batch,
        &Event { actor: who.clone(), target: who, ..app.event(EventKind::RegistrationFinished, "done") },
    )?;
    app.vault.commit(batch).await?;
    Ok(Some(token))
}

//! The order of a sweep: look once, send what was forgotten, purge, remove.

use crate::wire::Done;
use relatch_core::keyed::{keyed_hash, same};
use relatch_http::Request;
use relatch_spin::{App, Stepped};
use relatch_store::outbox::OutboxTicket;
use relatch_store::{Entropy, Kv, Scan};

/// 128 bits in base64url: a shorter secret is refused, not used.
pub const SECRET_MIN: usize = 22;

pub struct Swept {
    pub done: Done,
    pub forgotten: Vec<OutboxTicket>,
}

/// Does the request carry the secret? An empty one opens nothing.
pub fn is_timer<K: Kv, E: Entropy>(app: &App<K, E>, secret: &str, request: &Request) -> bool {
    let shown = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    // Hashed first, so that neither length nor content shows in the time of the comparison.
    let digest = |text: &str| keyed_hash(app.settings.pepper().expose(), &[b"sweep", text.as_bytes()]);
    same(&digest(secret), &digest(shown)) && !secret.is_empty()
}

pub async fn sweep<K: Kv + Scan, E: Entropy>(app: &App<K, E>) -> Stepped<Swept> {
    let found = app.vault.find_ended(app.now).await?;
    let forgotten = app.vault.forgotten(&found, app.now).await?;
    let (purged, more_accounts) = app.vault.purge_deleted(app.now).await?;
    let removed = app.vault.remove_ended(&found).await?;
    let done = Done { removed, purged, sent: forgotten.len(), more: found.more || more_accounts };
    Ok(Swept { done, forgotten })
}

#[cfg(test)]
mod tests {
    use super::*;
    use relatch_core::limits::START_PER_CLIENT;
    use relatch_testkit::app;

    #[test]
    fn what_a_stranger_left_goes_and_nothing_else() {
        pollster::block_on(async {
            let mut app = app();
            relatch_testkit::person(&app, "alice", Vec::new(), false).await;
            for n in 0..50 {
                app.client = format!("192.0.2.{n}");
                app.limit(START_PER_CLIENT).await.unwrap();
            }
            assert_eq!(sweep(&app).await.unwrap().done.removed, 0);
            let before = app.vault.kv().dump().len();
            app.now = app.now.plus(3 * 86_400);
            let done = sweep(&app).await.unwrap().done;
            assert!(done.removed >= 50 && !done.more, "{done:?}");
            assert_eq!(app.vault.kv().dump().len(), before - done.removed);
            assert!(app.vault.find_person("alice@contoso.example").await.unwrap().is_some());
        });
    }
}

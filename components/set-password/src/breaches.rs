//! Is a new password known from a breach elsewhere? Somebody else has the list; see `relatch_core::breach`.

use relatch_core::Password;
use relatch_core::breach::BreachQuery;
use relatch_store::records::Policy;

/// Passwords that are known from breaches.
#[allow(async_fn_in_trait, reason = "guests are single-threaded")]
pub trait Breaches {
    /// Those whose hash begins with `prefix`, one a line; nothing when nobody could be asked.
    async fn list(&self, prefix: &str) -> Option<String>;
}

/// Asked last, of a password that is good in every other way. No list is no reason: this must not be what
/// keeps somebody out.
pub async fn is_breached(breaches: &impl Breaches, policy: &Policy, password: &Password) -> bool {
    if !policy.passwords.breach_check {
        return false;
    }
    let query = BreachQuery::of(password);
    breaches.list(query.prefix()).await.is_some_and(|list| query.is_in(&list))
}

//! What people register to prove who they are: phones, addresses, apps, saved codes.

use crate::challenges::{ChargedAttempt, CodeFor, Tried};
use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{AppMethod, By, EmailMethod, Methods, PendingApp, PhoneMethod, RecoverySet, Via};
use crate::vault::{Batch, Vault};
use relatch_core::generate::{RECOVERY_CODES, parse_recovery_code, recovery_code};
use relatch_core::keyed::same;
use relatch_core::limits::{ACCOUNTS_PER_DESTINATION, APP_ATTEMPTS, APP_WINDOW, BINDING_LIFE};
use relatch_core::methods::Kind;
use relatch_core::totp::{STEP, Seed};
use relatch_core::{AccountId, Secret, Timestamp};

/// What became of wanting to register a destination.
pub enum Registered {
    Phone(PhoneMethod),
    Email(EmailMethod),
    /// Too many accounts share it already (SEC-48).
    Shared,
}

/// What became of wanting to remove a method.
pub enum Removed {
    Done(Box<Methods>),
    /// The last one that protects the sign-in cannot go; it can be replaced.
    LastOne,
    Unknown,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Registers a proven destination; one phone and one address each, so a new one takes the old one's
    /// place. The version is claimed, so two at once cannot lose one another.
    pub async fn add_destination(
        &self,
        batch: &mut Batch,
        id: AccountId,
        via: Via,
        to: &str,
        now: Timestamp,
    ) -> Result<Registered, StoreError> {
        let mut methods = self.methods(id).await?;
        if let Some(known) = registered(&methods, via, to) {
            return Ok(known);
        }
        let sharers = self.keys.sharers(&self.destination(&to.to_ascii_lowercase()));
        if self.count(&sharers).await? > ACCOUNTS_PER_DESTINATION {
            self.kv.increment(&sharers, -1).await?;
            return Ok(Registered::Shared);
        }
        let before = methods.clone();
        let (new_id, to) = (self.random_id()?, to.to_owned());
        let added = match via {
            Via::Phone => {
                let phone = PhoneMethod { id: new_id, number: to, registered_at: now };
                methods.phones = vec![phone.clone()];
                Registered::Phone(phone)
            }
            Via::Email => {
                let email = EmailMethod { id: new_id, address: to, registered_at: now };
                methods.emails = vec![email.clone()];
                Registered::Email(email)
            }
        };
        methods.lately.note(format!("method_registered:{}", via.kind().as_str()), By::Owner, now);
        match self.put_methods(batch, id, methods, now).await {
            Ok(_) => self.let_go(&before, |known| known == via).await?,
            Err(error) => {
                self.kv.increment(&sharers, -1).await?;
                return Err(error);
            }
        }
        Ok(added)
    }

    /// This account no longer shares its destinations of the kinds that `which` names. Only for whoever has won
    /// the next version: of fifty removals at once, one gives the place back.
    async fn let_go(&self, methods: &Methods, which: impl Fn(Via) -> bool) -> Result<(), StoreError> {
        let phones = methods.phones.iter().filter(|_| which(Via::Phone)).map(|phone| &phone.number);
        let emails = methods.emails.iter().filter(|_| which(Via::Email)).map(|email| &email.address);
        for to in phones.chain(emails) {
            self.kv.increment(&self.keys.sharers(&self.destination(&to.to_ascii_lowercase())), -1).await?;
        }
        Ok(())
    }

    pub(crate) async fn methods(&self, id: AccountId) -> Result<Methods, StoreError> {
        Ok(self.read(&self.keys.methods(id)).await?.unwrap_or_default())
    }

    /// Wins the next version of somebody's methods and puts it in `batch`.
    pub(crate) async fn put_methods(
        &self,
        batch: &mut Batch,
        id: AccountId,
        mut methods: Methods,
        now: Timestamp,
    ) -> Result<Methods, StoreError> {
        let key = self.keys.methods(id);
        methods.version = methods.version.saturating_add(1);
        methods.forget_closed();
        self.claim_version(&key, methods.version, now).await?;
        self.put(batch, key, &methods)?;
        Ok(methods)
    }

    /// A new seed, to be shown once; a method only when the app has proven that it has it (SEC-43).
    pub fn begin_app(&self, batch: &mut Batch, id: AccountId, now: Timestamp) -> Result<Seed, StoreError> {
        let seed = Seed::new(self.random()?);
        let pending = PendingApp { id: self.random_id()?, seed: seed.to_text(), created: now };
        self.put(batch, self.keys.pending_app(id), &Some(pending))?;
        Ok(seed)
    }

    /// The app that waits for its first code, unless it has waited too long.
    pub async fn pending_app(&self, id: AccountId, now: Timestamp) -> Result<Option<PendingApp>, StoreError> {
        let pending: Option<Option<PendingApp>> = self.read(&self.keys.pending_app(id)).await?;
        Ok(pending.flatten().filter(|pending| !now.is_past(pending.created, BINDING_LIFE)))
    }

    /// The app has proven itself: it takes the place of an older one.
    pub async fn add_app(
        &self,
        batch: &mut Batch,
        id: AccountId,
        pending: PendingApp,
        now: Timestamp,
    ) -> Result<AppMethod, StoreError> {
        let mut methods = self.methods(id).await?;
        let app = AppMethod { id: pending.id, seed: pending.seed, registered_at: now };
        methods.apps = vec![app.clone()];
        methods.lately.note("method_registered:app", By::Owner, now);
        self.put_methods(batch, id, methods, now).await?;
        self.put(batch, self.keys.pending_app(id), &None::<PendingApp>)?;
        Ok(app)
    }

    /// Judges a code of an app: charged first, five a quarter of an hour and ten a day, and every step is
    /// good for one right answer in all flows together (SEC-45). On a wrong one the count is put in
    /// `batch`. `app`: id and seed; `None` does the same work for nobody.
    pub async fn try_app(
        &self,
        batch: &mut Batch,
        what: CodeFor<'_>,
        app: Option<(&str, &str)>,
        typed: &str,
        now: Timestamp,
    ) -> Result<AppTried, StoreError> {
        let charged = self.charge_attempt(what, now).await?;
        // First the day, then the quarter: if whoever is refused for the day were counted in the quarter as well, of
        // fifty at once none might be early enough in both.
        if let Some(refused) = charged.refused {
            return Ok(AppTried::Other(refused));
        }
        let window = now.window(APP_WINDOW);
        let end = Timestamp::end_of_window(window, APP_WINDOW);
        let quarter = self.keys.app_attempts(what.purpose, what.subject, window, end);
        let tries = self.count(&quarter).await?;
        if tries > APP_ATTEMPTS {
            return Ok(AppTried::Other(Tried::UsedUp { for_today: true, retry_after: now.until(end).max(1) }));
        }
        let matched = app.and_then(|(id, seed)| Some((id, Seed::parse(seed)?.matched_step(typed, now)?)));
        if let Some((id, step)) = matched {
            let end = Timestamp(step.saturating_add(3).saturating_mul(STEP));
            if self.wins(&self.keys.app_step(what.subject, id, step, end)).await? {
                self.kv.increment(&quarter, -1).await?;
                self.put_spent(batch, what, &charged)?;
                return Ok(AppTried::Right);
            }
        }
        self.put_failed(batch, what, &charged)?;
        Ok(AppTried::Other(Tried::Wrong))
    }

    /// Makes a new set of recovery codes; the old set is dead with the batch (SEC-47).
    pub async fn make_recovery_codes(
        &self,
        batch: &mut Batch,
        id: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Secret<String>>, StoreError> {
        let mut methods = self.methods(id).await?;
        let set = self.random_id()?;
        let mut codes = Vec::with_capacity(RECOVERY_CODES);
        for _ in 0..RECOVERY_CODES {
            codes.push(recovery_code(&self.random()?));
        }
        let hashes = codes.iter().map(|code| self.recovery_digest(id, &set, code.expose())).collect();
        methods.recovery = Some(RecoverySet { id: set, codes: hashes, used: Vec::new(), created_at: now });
        methods.lately.note("method_registered:recovery_codes", By::Owner, now);
        self.put_methods(batch, id, methods, now).await?;
        Ok(codes)
    }

    /// Judges a recovery code: charged first, and each is good once. With `set` `None` (nobody's, or
    /// nothing registered) the same work is done. On a wrong one the count is put in `batch`.
    pub async fn try_recovery_code(
        &self,
        batch: &mut Batch,
        what: CodeFor<'_>,
        set: Option<&RecoverySet>,
        typed: &str,
        now: Timestamp,
    ) -> Result<AppTried, StoreError> {
        let charged: ChargedAttempt = self.charge_attempt(what, now).await?;
        if let Some(refused) = charged.refused {
            return Ok(AppTried::Other(refused));
        }
        let typed = parse_recovery_code(typed);
        let nobody = RecoverySet { id: String::new(), codes: Vec::new(), used: Vec::new(), created_at: now };
        let set = set.unwrap_or(&nobody);
        let code = typed.as_ref().map_or("", |code| code.expose().as_str());
        let digest = self.recovery_digest(what.subject, &set.id, code);
        let found = set.codes.iter().position(|hash| same(hash.as_bytes(), digest.as_bytes()));
        if let Some(at) = found.filter(|_| typed.is_some())
            && self.wins(&self.keys.recovery_used(&set.id, at)).await?
        {
            self.note_used(batch, what.subject, &set.id, at, now).await?;
            self.put_spent(batch, what, &charged)?;
            return Ok(AppTried::Right);
        }
        self.put_failed(batch, what, &charged)?;
        Ok(AppTried::Other(Tried::Wrong))
    }

    /// Counts a used code for people. The gate is what makes it worthless, so losing this race to
    /// another change only makes the count late.
    async fn note_used(
        &self,
        batch: &mut Batch,
        id: AccountId,
        set: &str,
        at: usize,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut methods = self.methods(id).await?;
        if let Some(recovery) = methods.recovery.as_mut().filter(|recovery| recovery.id == set) {
            recovery.used.push(at);
            methods.lately.note("recovery_code_used", By::Owner, now);
            match self.put_methods(batch, id, methods, now).await {
                Ok(_) | Err(StoreError::Contended) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes a method away. The last phone or app stays: without it the sign-in would quietly fall back
    /// to a password alone (SEC-46). So does whatever is registered alone: it is the only way back in.
    pub async fn remove_method(
        &self,
        batch: &mut Batch,
        account: AccountId,
        method: &str,
        now: Timestamp,
    ) -> Result<Removed, StoreError> {
        let before = self.methods(account).await?;
        let mut methods = before.clone();
        methods.phones.retain(|phone| phone.id != method);
        methods.emails.retain(|email| email.id != method);
        methods.apps.retain(|app| app.id != method);
        let gone = before.phones.len() + before.emails.len() + before.apps.len()
            > methods.phones.len() + methods.emails.len() + methods.apps.len();
        if !gone {
            return Ok(Removed::Unknown);
        }
        if (before.has_second_factor() && !methods.has_second_factor()) || methods.kinds().is_empty() {
            return Ok(Removed::LastOne);
        }
        let (no_phone, no_email) = (methods.phones.is_empty(), methods.emails.is_empty());
        let kind = if methods.apps.len() < before.apps.len() {
            Kind::App
        } else if methods.emails.len() < before.emails.len() {
            Kind::Email
        } else {
            Kind::Phone
        };
        methods.lately.note(format!("method_removed:{}", kind.as_str()), By::Owner, now);
        let after = self.put_methods(batch, account, methods, now).await?;
        self.let_go(&before, |via| match via {
            Via::Phone => no_phone,
            Via::Email => no_email,
        })
        .await?;
        Ok(Removed::Done(Box::new(after)))
    }

    /// The person said that what is registered is still right.
    pub async fn confirm_methods(
        &self,
        batch: &mut Batch,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Methods, StoreError> {
        let mut methods = Methods { confirmed_at: now.0, ..self.methods(account).await? };
        methods.lately.note("methods_confirmed", By::Owner, now);
        self.put_methods(batch, account, methods, now).await
    }

    pub async fn remove_recovery_codes(
        &self,
        batch: &mut Batch,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Removed, StoreError> {
        let before = self.methods(account).await?;
        if before.recovery.is_none() {
            return Ok(Removed::Unknown);
        }
        let mut methods = Methods { recovery: None, ..before };
        if methods.kinds().is_empty() {
            return Ok(Removed::LastOne);
        }
        methods.lately.note("method_removed:recovery_codes", By::Owner, now);
        Ok(Removed::Done(Box::new(self.put_methods(batch, account, methods, now).await?)))
    }

    /// An administrator takes everything away, because the person lost it or somebody else has it. They
    /// register again at their next sign-in.
    pub async fn take_methods(
        &self,
        batch: &mut Batch,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Methods, StoreError> {
        let before = self.methods(account).await?;
        let lately = before.lately.clone().noted("method_removed:all", By::Administrator, now);
        let nothing = Methods { version: before.version, lately, ..Methods::default() };
        let after = self.put_methods(batch, account, nothing, now).await?;
        self.let_go(&before, |_| true).await?;
        Ok(after)
    }

    /// Makes a recovery code in the place of one that was used.
    pub async fn replace_recovery_code(
        &self,
        batch: &mut Batch,
        id: AccountId,
        now: Timestamp,
    ) -> Result<Option<Secret<String>>, StoreError> {
        let mut methods = self.methods(id).await?;
        let Some(set) = methods.recovery.as_mut().filter(|set| set.left() < RECOVERY_CODES) else { return Ok(None) };
        let code = recovery_code(&self.random()?);
        set.codes.push(self.recovery_digest(id, &set.id, code.expose()));
        self.put_methods(batch, id, methods, now).await?;
        Ok(Some(code))
    }

    fn recovery_digest(&self, id: AccountId, set: &str, code: &str) -> String {
        self.digest("recovery-code", &[id.as_bytes(), set.as_bytes(), code.as_bytes()])
    }
}

/// What became of a code that was not sent.
#[derive(Debug, PartialEq, Eq)]
pub enum AppTried {
    Right,
    /// Wrong, or too many.
    Other(Tried),
}

/// What is registered already, and good: a closed one is registered anew.
fn registered(methods: &Methods, via: Via, to: &str) -> Option<Registered> {
    if methods.id_of(via.kind()).is_some_and(|id| methods.closed.iter().any(|closed| closed.method == id)) {
        return None;
    }
    match via {
        Via::Phone => methods.phones.iter().find(|phone| phone.number == to).cloned().map(Registered::Phone),
        Via::Email => methods.emails.iter().find(|email| email.address == to).cloned().map(Registered::Email),
    }
}

#[cfg(test)]
mod tests;

//! What a step is given: the vault, the settings, the time, and who is asking.

use crate::settings::Settings;
use relatch_core::Timestamp;
use relatch_core::hashing::{self, DECOY_HASH, HashingError};
use relatch_core::limits::{DEVICE_LIFE, Limit, NOTICE_LIFE};
use relatch_core::methods::{Kind, Kinds};
use relatch_core::roles::Right;
use relatch_core::{AccountId, Password, PhoneNumber, Secret, session::Stage};
use relatch_delivery::{Message, Notice};
use relatch_http::{Code, Problem, Reply, Request, cookies, guard};
use relatch_store::challenges::CodeFor;
use relatch_store::events::{Event, EventKind};
use relatch_store::outbox::{Channel, OutboxTicket, Outgoing};
use relatch_store::records::{
    By, EarlierPassword, Lately, Methods, PasswordRecord, Person, Policy, Purpose, StoredHash,
};
use relatch_store::sessions::{OpenSession, Opened};
use relatch_store::{Batch, Entropy, Kv, StoreError, Vault};

pub struct App<K, E> {
    pub vault: Vault<K, E>,
    pub settings: Settings,
    pub now: Timestamp,
    /// The client's address as limits count it.
    pub client: String,
    pub request_id: String,
}

/// A step that did not answer: a refusal with its problem, or something that broke.
#[derive(Debug)]
pub enum StepError {
    Refused(Problem),
    Store(StoreError),
    Hashing,
}

pub type Stepped<T> = Result<T, StepError>;

impl From<Problem> for StepError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}
impl From<Code> for StepError {
    fn from(code: Code) -> Self {
        Self::Refused(Problem::new(code))
    }
}
impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
impl From<HashingError> for StepError {
    fn from(_: HashingError) -> Self {
        Self::Hashing
    }
}

impl From<StepError> for Problem {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Refused(problem) => problem,
            StepError::Store(StoreError::Contended) => Problem::new(Code::BusyRecord),
            StepError::Store(error) => Problem::new(Code::Unavailable).because(error),
            StepError::Hashing => Problem::new(Code::Internal).because("password hashing failed"),
        }
    }
}

fn over(wait: Option<u64>) -> Stepped<()> {
    wait.map_or(Ok(()), |wait| Err(Problem::new(Code::TooManyRequests).retry_after(wait).into()))
}

/// A signed-in person's cookie and session.
pub struct Caller {
    pub session: OpenSession,
    pub cookie: String,
}

impl Caller {
    pub fn person(&self) -> &Person {
        &self.session.person
    }

    /// What a code for this session's owner is bound to.
    pub fn code_for(&self, purpose: Purpose) -> CodeFor<'_> {
        let account = self.person().account.id;
        let record = &self.session.record;
        CodeFor { purpose, subject: account, kept_at: account, generation: record.generation, binding: &record.binding }
    }
}

impl<K: Kv, E: Entropy> App<K, E> {
    /// Charges a use of `limit` to the client's address; over it, refuses with 429. One commit.
    pub async fn limit(&self, limit: Limit) -> Stepped<()> {
        over(self.vault.over_limit(limit, self.slot(), self.now).await?)
    }

    /// Where limits count the client's address.
    fn slot(&self) -> u32 {
        self.vault.client_slot(&self.client)
    }

    /// Refuses with 429 what comes from an address whose failures have closed `limit`. No commit.
    pub async fn need_open(&self, limit: Limit) -> Stepped<()> {
        over(self.vault.closed_limit(limit, self.slot(), self.now).await?)
    }

    /// Charges a failure from the client's address. One commit.
    pub async fn limit_failures(&self, batch: &mut Batch, limit: Limit) -> Stepped<()> {
        over(self.vault.charge_failure(batch, limit, self.slot(), self.now).await?)
    }

    /// Charges what `caller` does with `account` and is told of, wherever it comes from. One commit.
    pub async fn limit_person(&self, limit: Limit, caller: &Caller, account: AccountId) -> Stepped<()> {
        let slot = self.vault.account_slot(caller.person().account.id, account);
        over(self.vault.over_limit(limit, slot, self.now).await?)
    }

    /// Tells whoever runs this that they should look: a line in the log that can wake somebody, and an event (SEC-78).
    /// One commit, and a line in the batch.
    pub async fn raise(&self, batch: &mut Batch, what: &str) -> Stepped<()> {
        crate::entry::log("alert", &self.request_id, what);
        Ok(self.vault.put_event(batch, &self.event(EventKind::Alert, what)).await?)
    }

    /// The session a request carries, if it is alive.
    pub async fn caller(&self, request: &Request) -> Stepped<Option<Caller>> {
        let Some(cookie) = cookies::get(request, cookies::SESSION) else { return Ok(None) };
        let session = self.vault.session(cookie, self.now).await?;
        Ok(session.map(|session| Caller { session, cookie: cookie.to_owned() }))
    }

    /// A live session, with its CSRF token on writes.
    pub async fn need_session(&self, request: &Request) -> Stepped<Caller> {
        let caller = self.caller(request).await?.ok_or(Code::NotSignedIn)?;
        if !request.method.is_safe() {
            guard::csrf(request, &self.vault.csrf_token(&caller.cookie))?;
        }
        Ok(caller)
    }

    /// A live session that has come exactly this far. One that has not finished signing in has no
    /// other rights (SEC-51).
    pub async fn need_stage(&self, request: &Request, stages: &[Stage]) -> Stepped<Caller> {
        let caller = self.need_session(request).await?;
        if stages.contains(&caller.session.stage) {
            Ok(caller)
        } else if stages == [Stage::SignedIn] {
            Err(Code::NotSignedIn.into())
        } else {
            Err(Code::WrongStep.into())
        }
    }

    /// Somebody signed in whose roles give `right`, as of this very request (SEC-57, SEC-60).
    pub async fn need_right(&self, request: &Request, right: Right) -> Stepped<Caller> {
        let caller = self.need_stage(request, &[Stage::SignedIn]).await?;
        if caller.person().account.may(right) { Ok(caller) } else { Err(Code::NotAllowed.into()) }
    }

    /// Moves a session on: a new token, the old one dead in the same batch (SEC-49).
    pub async fn rotate(&self, batch: &mut Batch, caller: &Caller, generation: u64, stage: Stage) -> Stepped<Opened> {
        self.vault.end_session(batch, &caller.session)?;
        let binding = Some(caller.session.record.binding.as_str());
        Ok(self.vault.open_session(batch, caller.person(), generation, stage, binding, self.now).await?)
    }

    /// A password record for a password that was judged: one hash.
    pub fn hash_password(&self, password: &Password, generation: u64, must_change: bool) -> Stepped<PasswordRecord> {
        let hash = hashing::hash(password, &self.vault.random()?, self.settings.pepper().expose())?;
        Ok(PasswordRecord {
            generation,
            hash,
            pepper: self.settings.peppers.first().id.clone(),
            must_change,
            changed_at: self.now,
            earlier: Vec::new(),
            lately: Lately::default(),
        })
    }

    /// The record that takes the place of `before`: its generation is the next one, and as many earlier
    /// passwords are kept as policy wants remembered.
    pub fn replace_password(
        &self,
        before: &PasswordRecord,
        password: &Password,
        policy: &Policy,
        what: &str,
    ) -> Stepped<PasswordRecord> {
        let mut record = self.hash_password(password, before.generation.saturating_add(1), false)?;
        let last = EarlierPassword { hash: before.hash.clone(), pepper: before.pepper.clone() };
        let earlier = std::iter::once(last).chain(before.earlier.iter().cloned());
        record.earlier = earlier.take(policy.passwords.history.saturating_sub(1)).collect();
        record.lately = before.lately.clone().noted(what, By::Owner, self.now);
        Ok(record)
    }

    /// Is this one of the passwords policy remembers? One hash for each of them.
    pub fn was_used_before(&self, person: &Person, password: &Password, policy: &Policy) -> Stepped<bool> {
        for stored in person.password.all_stored().take(policy.passwords.history) {
            if self.verify_password(password, stored)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Compares a password: one hash, whatever the answer. Under a pepper that was taken out of the list nothing is
    /// right any more.
    pub fn verify_password(&self, password: &Password, stored: StoredHash) -> Stepped<bool> {
        Ok(match self.settings.peppers.named(stored.pepper) {
            Some(pepper) => hashing::verify(password, stored.hash, pepper.key.expose())?,
            None => hashing::verify(password, DECOY_HASH, self.settings.pepper().expose())?,
        })
    }

    /// A hash that was made with an older pepper or other parameters is made anew while the password is at hand
    /// (SEC-38). It counts as a change: sessions and flows that began before are over, and whoever is changing the
    /// password at this moment is not written over. The generation that is valid once `batch` is committed.
    pub async fn renew_hash(&self, batch: &mut Batch, person: &Person, password: &Password) -> Stepped<u64> {
        let (id, before) = (person.account.id, &person.password);
        let newest = before.pepper == self.settings.peppers.first().id && !hashing::is_outdated(&before.hash);
        // Whoever has to choose another password gets a new hash with it.
        if newest || before.must_change || !self.vault.claim_password_change(id, before.generation, self.now).await? {
            return Ok(before.generation);
        }
        let made = self.hash_password(password, before.generation.saturating_add(1), false)?;
        let record =
            PasswordRecord { generation: made.generation, hash: made.hash, pepper: made.pepper, ..before.clone() };
        self.vault.put_password(batch, id, &record)?;
        Ok(record.generation)
    }

    /// Puts what was done with somebody's account on its way to everything they had registered before
    /// and have registered now (SEC-30), unless the administrator switched that off. `None`: nobody to
    /// tell.
    pub fn notify(
        &self,
        batch: &mut Batch,
        policy: &Policy,
        notice: Notice,
        reach: &[&Methods],
    ) -> Stepped<Option<OutboxTicket>> {
        let reach = if policy.notifications.person { reach } else { &[] };
        self.put_notices(batch, self.notices(policy, notice, reach))
    }

    /// A notice to every phone and address of `reach`, each once.
    pub fn notices(&self, policy: &Policy, notice: Notice, reach: &[&Methods]) -> Vec<Outgoing> {
        let message = Message::Notice(notice);
        let organisation = self.organisation_name(policy);
        let mut outgoing: Vec<Outgoing> = Vec::new();
        let mut add = |channel, to: String, subject: String, body: String| {
            if !outgoing.iter().any(|known| known.to == to) {
                outgoing.push(Outgoing { channel, to, subject, body, created: self.now });
            }
        };
        for methods in reach {
            for phone in &methods.phones {
                if let Some(number) = PhoneNumber::from_stored(&phone.number) {
                    add(Channel::Text, number.expose().to_owned(), String::new(), message.text(organisation));
                }
            }
            for email in &methods.emails {
                let mail = message.mail(organisation);
                add(Channel::Mail, email.address.clone(), mail.subject, mail.body);
            }
        }
        outgoing
    }

    /// A new recovery code for one that was used, to be shown once. What it belongs to is done already,
    /// so failing here costs nothing but the new code.
    pub async fn replacement_code(&self, account: AccountId, proven: Kinds) -> Option<Secret<String>> {
        if !proven.has(Kind::RecoveryCodes) {
            return None;
        }
        let mut batch = Batch::default();
        let code = self.vault.replace_recovery_code(&mut batch, account, self.now).await.ok()??;
        self.vault.commit(batch).await.ok()?;
        Some(code)
    }

    /// Puts notices under one ticket; none, if there are none.
    pub fn put_notices(&self, batch: &mut Batch, notices: Vec<Outgoing>) -> Stepped<Option<OutboxTicket>> {
        if notices.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.vault.put_outgoing(batch, &notices, self.now.plus(NOTICE_LIFE))?))
    }

    /// What the organisation calls itself: the administrator's word, else the deployment's.
    pub fn organisation_name<'a>(&'a self, policy: &'a Policy) -> &'a str {
        let chosen = &policy.customisation.organisation;
        if chosen.is_empty() { &self.settings.organisation } else { chosen }
    }

    /// An event of this request, to be put in the batch that does what it reports.
    pub fn event(&self, kind: EventKind, result: &str) -> Event {
        Event { client: self.client.clone(), request: self.request_id.clone(), ..Event::new(kind, result, self.now) }
    }
}

/// A reply that sets the session cookie and, once a sign-in is complete, the one that makes this device
/// known.
pub fn with_session(reply: Reply, opened: &Opened) -> Reply {
    let reply = reply.cookie(cookies::set(cookies::SESSION, opened.expose()));
    match &opened.device {
        Some(device) => reply.cookie(cookies::keep(cookies::DEVICE, device.expose(), DEVICE_LIFE)),
        None => reply,
    }
}

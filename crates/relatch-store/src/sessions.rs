//! Sessions: opaque 256-bit tokens, stored under their keyed hash, rotated at every step.

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{Person, SessionRecord, StoredStage};
use crate::vault::{Batch, Vault};
use data_encoding::BASE64URL_NOPAD;
use relatch_core::limits::SESSION_LIFE;
use relatch_core::session::{SEEN_EVERY, Stage, is_over};
use relatch_core::{Secret, Timestamp, generate};
use serde::{Deserialize, Serialize};

/// A live session, its token and the person it belongs to, as they are in this very moment.
pub struct OpenSession {
    pub record: SessionRecord,
    pub stage: Stage,
    pub person: Person,
    token: SessionToken,
}

impl OpenSession {
    /// True when the person proved themselves less than `seconds` ago.
    pub fn is_fresh(&self, now: Timestamp, seconds: u64) -> bool {
        !now.is_past(self.record.proven_at, seconds)
    }
}

/// Sessions one account may have; one more ends the oldest.
const SESSIONS: u64 = 20;

/// Which session has a place in its owner's list.
#[derive(Serialize, Deserialize)]
struct SessionPlace {
    number: u64,
    key: String,
}

/// A session as its owner sees it.
pub struct ListedSession {
    /// Names it among its owner's sessions; no secret.
    pub number: u64,
    pub record: SessionRecord,
    pub seen: Timestamp,
    key: String,
}

impl ListedSession {
    /// Is this the session that asks?
    pub fn is(&self, session: &OpenSession) -> bool {
        self.record.binding == session.record.binding
    }
}

/// What the browser is given for a session that was opened.
pub struct Opened {
    token: Secret<String>,
    /// Makes the device known; only once the sign-in is complete.
    pub device: Option<Secret<String>>,
}

impl Opened {
    /// The text of the session's cookie.
    pub fn expose(&self) -> &str {
        self.token.expose()
    }
}

/// What the cookie holds: the hour its record ends in, and 256 random bits.
struct SessionToken {
    end: Timestamp,
    secret: [u8; 32],
}

impl SessionToken {
    fn parse(cookie: &str) -> Option<Self> {
        let (hour, secret) = cookie.split_once('.')?;
        let hour: u64 = hour.parse().ok()?;
        Some(Self { end: Timestamp(hour.checked_mul(3_600)?), secret: generate::parse_token(secret)? })
    }

    fn text(&self) -> Secret<String> {
        Secret::new(format!("{}.{}", self.end.window(3_600), BASE64URL_NOPAD.encode(&self.secret)))
    }
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Opens a session for a person who has just shown something; gives what goes into its cookies.
    /// A finished sign-in takes one of the account's [`SESSIONS`] places, so that its owner can see it, and
    /// makes the device a known one.
    pub async fn open_session(
        &self,
        batch: &mut Batch,
        person: &Person,
        generation: u64,
        stage: Stage,
        binding: Option<&str>,
        now: Timestamp,
    ) -> Result<Opened, StoreError> {
        let binding = match binding {
            Some(binding) => binding.to_owned(),
            None => self.random_id()?,
        };
        let token = SessionToken { end: end_of(now), secret: self.random()? };
        let record = SessionRecord {
            account: person.account.id,
            generation,
            stage: stage.into(),
            binding,
            proven_at: now,
            begun: now,
        };
        let key = self.keys.session(&token.secret, token.end);
        let mut device = None;
        if stage == Stage::SignedIn {
            device = Some(self.seal_device(person.account.id, generation, now)?);
            let number = self.count(&self.keys.session_seq(person.account.id)).await?;
            let place = self.keys.session_at(person.account.id, number % SESSIONS);
            self.end_oldest(batch, &place).await?;
            self.put(batch, place, &SessionPlace { number, key: key.clone() })?;
        }
        self.put(batch, key, &record)?;
        Ok(Opened { token: token.text(), device })
    }

    /// Ends the session that had a place before: what cannot be listed cannot be ended by its owner.
    async fn end_oldest(&self, batch: &mut Batch, place: &str) -> Result<(), StoreError> {
        let Some(SessionPlace { key, .. }) = self.read(place).await? else { return Ok(()) };
        let Some(record) = self.read::<SessionRecord>(&key).await? else { return Ok(()) };
        self.put(batch, key, &SessionRecord { stage: StoredStage::Ended, ..record })
    }

    /// The live sessions of an account, newest first.
    pub async fn sessions_of(&self, person: &Person, now: Timestamp) -> Result<Vec<ListedSession>, StoreError> {
        let mut found = Vec::new();
        for place in 0..SESSIONS {
            let place: Option<SessionPlace> = self.read(&self.keys.session_at(person.account.id, place)).await?;
            let Some(SessionPlace { number, key }) = place else { continue };
            let Some(record) = self.read::<SessionRecord>(&key).await? else { continue };
            let seen = self.last_seen(&record, now).await?;
            if live_stage(&record, seen, person, now).is_some() {
                found.push(ListedSession { number, record, seen, key });
            }
        }
        found.sort_by_key(|session| std::cmp::Reverse(session.number));
        Ok(found)
    }

    /// Ends a session its owner saw in a list.
    pub fn end_listed(&self, batch: &mut Batch, session: &ListedSession) -> Result<(), StoreError> {
        let ended = SessionRecord { stage: StoredStage::Ended, ..session.record.clone() };
        self.put(batch, session.key.clone(), &ended)
    }

    /// When a session was last seen. A record of its own, so that noting it never writes over an end that came at the
    /// same moment.
    async fn last_seen(&self, record: &SessionRecord, now: Timestamp) -> Result<Timestamp, StoreError> {
        if !now.is_past(record.begun, SEEN_EVERY) {
            return Ok(record.begun);
        }
        let seen: Option<u64> = self.read(&self.keys.session_seen(&record.binding, end_of(record.begun))).await?;
        Ok(seen.map_or(record.begun, |seen| record.begun.max(Timestamp(seen))))
    }

    /// Ends a session; its token is dead with the batch.
    pub fn end_session(&self, batch: &mut Batch, session: &OpenSession) -> Result<(), StoreError> {
        let ended = SessionRecord { stage: StoredStage::Ended, ..session.record.clone() };
        self.put(batch, self.keys.session(&session.token.secret, session.token.end), &ended)
    }

    /// The session of a cookie, if it is alive.
    pub async fn session(&self, cookie: &str, now: Timestamp) -> Result<Option<OpenSession>, StoreError> {
        let Some(token) = SessionToken::parse(cookie) else { return Ok(None) };
        let key = self.keys.session(&token.secret, token.end);
        let Some(record) = self.read::<SessionRecord>(&key).await? else { return Ok(None) };
        let Some(person) = self.person(record.account).await? else { return Ok(None) };
        let seen = self.last_seen(&record, now).await?;
        let Some(stage) = live_stage(&record, seen, &person, now) else { return Ok(None) };
        if now.is_past(seen, SEEN_EVERY) {
            let mut batch = Batch::default();
            self.put(&mut batch, self.keys.session_seen(&record.binding, end_of(record.begun)), &now.0)?;
            self.commit(batch).await?;
        }
        Ok(Some(OpenSession { record, stage, person, token }))
    }

    /// The CSRF token of a session: a keyed hash of its cookie, so nothing more is stored.
    pub fn csrf_token(&self, cookie: &str) -> String {
        BASE64URL_NOPAD.encode(&self.keys.mac("csrf", &[cookie.as_bytes()]))
    }
}

/// How far a session is, if it is alive: not ended, not too old, not idle, its account enabled, its password not
/// changed since.
fn live_stage(record: &SessionRecord, seen: Timestamp, person: &Person, now: Timestamp) -> Option<Stage> {
    let stage = record.stage.live()?;
    let over = is_over(stage, person.account.is_administrator(), record.begun, seen, now);
    let dead = over || !person.account.is_enabled() || person.password.generation != record.generation;
    (!dead).then_some(stage)
}

/// The end of the hour in which a session is over at the latest.
fn end_of(begun: Timestamp) -> Timestamp {
    Timestamp::end_of_window(begun.plus(SESSION_LIFE).window(3_600), 3_600)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account_changes::AccountChange;
    use crate::vault::testing::{TestVault, account, vault};
    use relatch_core::limits::{SESSION_IDLE, SESSION_LIFE};

    const NOW: Timestamp = Timestamp(1_763_000_000);

    async fn opened(vault: &TestVault, person: &Person, generation: u64) -> String {
        let mut batch = Batch::default();
        let opened = vault.open_session(&mut batch, person, generation, Stage::SignedIn, None, NOW).await.unwrap();
        vault.commit(batch).await.unwrap();
        opened.expose().to_owned()
    }

    #[test]
    fn a_session_lives_while_its_account_its_password_and_its_time_do() {
        pollster::block_on(async {
            let vault = vault();
            let id = account(&vault, "mia", "", Vec::new(), NOW).await.id;
            let person = vault.person(id).await.unwrap().unwrap();
            let (session, older) = (opened(&vault, &person, 1).await, opened(&vault, &person, 0).await);
            let lives = async |token: &str, now| vault.session(token, now).await.unwrap().is_some();
            assert!(lives(&session, NOW).await);
            assert!(!lives(&older, NOW).await, "of another password");
            assert!(!lives(&opened(&vault, &person, 1).await, NOW.plus(SESSION_IDLE)).await, "idle");
            assert_eq!(vault.sessions_of(&person, NOW).await.unwrap().len(), 2);
            let block = |blocked| AccountChange { blocked: Some(blocked), ..AccountChange::default() };
            let mut batch = Batch::default();
            vault.change_account(&mut batch, id, None, block(true), NOW).await.unwrap();
            vault.commit(batch).await.unwrap();
            assert!(!lives(&session, NOW).await, "of somebody who is blocked");
            assert!(!lives(&session, NOW.plus(SESSION_LIFE)).await);
        });
    }

    #[test]
    fn a_session_is_fresh_for_a_while_and_has_a_token_of_its_own() {
        pollster::block_on(async {
            let vault = vault();
            let id = account(&vault, "mia", "", Vec::new(), NOW).await.id;
            let person = vault.person(id).await.unwrap().unwrap();
            let (one, other) = (opened(&vault, &person, 1).await, opened(&vault, &person, 1).await);
            let session = vault.session(&one, NOW).await.unwrap().unwrap();
            assert!(session.is_fresh(NOW.plus(299), 300));
            assert!(!session.is_fresh(NOW.plus(300), 300));
            assert_eq!(vault.csrf_token(&one), vault.csrf_token(&one));
            assert_ne!(vault.csrf_token(&one), vault.csrf_token(&other));
            opened(&vault, &person, 1).await;
            let listed = vault.sessions_of(&person, NOW).await.unwrap();
            let asks: Vec<bool> = listed.iter().map(|listed| listed.is(&session)).collect();
            assert_eq!(asks, [false, false, true], "the newest come first");
        });
    }

    #[test]
    fn a_session_that_is_used_goes_on_and_its_end_is_final() {
        pollster::block_on(async {
            let vault = vault();
            let id = account(&vault, "mia", "", Vec::new(), NOW).await.id;
            let person = vault.person(id).await.unwrap().unwrap();
            let token = opened(&vault, &person, 1).await;
            let later = NOW.plus(SESSION_IDLE - 1);
            let session = vault.session(&token, later).await.unwrap().unwrap();
            assert_eq!(vault.sessions_of(&person, later).await.unwrap()[0].seen, later);
            assert!(vault.session(&token, later.plus(SESSION_IDLE - 1)).await.unwrap().is_some());
            // What a request that began before the end notes after it.
            let mut end = Batch::default();
            vault.end_session(&mut end, &session).unwrap();
            vault.commit(end).await.unwrap();
            let mut late = Batch::default();
            vault.put(&mut late, vault.keys.session_seen(&session.record.binding, end_of(NOW)), &later.0).unwrap();
            vault.commit(late).await.unwrap();
            assert!(vault.session(&token, later).await.unwrap().is_none());
        });
    }

    #[test]
    fn the_twenty_first_session_ends_the_oldest_and_an_owner_any() {
        pollster::block_on(async {
            let vault = vault();
            let id = account(&vault, "mia", "", Vec::new(), NOW).await.id;
            let person = vault.person(id).await.unwrap().unwrap();
            let mut tokens = Vec::new();
            for _ in 0..=SESSIONS {
                tokens.push(opened(&vault, &person, 1).await);
            }
            let lives = async |token: &String| vault.session(token, NOW).await.unwrap().is_some();
            assert!(!lives(&tokens[0]).await);
            for token in &tokens[1..] {
                assert!(lives(token).await);
            }
            let newest = &vault.sessions_of(&person, NOW).await.unwrap()[0];
            let mut batch = Batch::default();
            vault.end_listed(&mut batch, newest).unwrap();
            vault.commit(batch).await.unwrap();
            assert!(!lives(&tokens[20]).await);
            assert!(lives(&tokens[19]).await);
        });
    }
}

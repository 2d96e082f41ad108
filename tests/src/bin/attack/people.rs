//! The administrator and the people of a run. Their numbers end in 555-01xx, which no telephone company gives to
//! anybody.

use crate::outcome::Stop;
use crate::target::{Sink, Target, explain_origin};
use crate::world::{Client, World, client, text_to};
use anyhow::{Context, Result, bail, ensure};
use data_encoding::HEXLOWER;
use relatch_core::keyed::keyed_hash;
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

/// Area codes of the United States. Each has a hundred numbers that are kept for stories.
const AREAS: [u32; 60] = [
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234,
    239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309,
    310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330,
];

/// The n-th number; neighbours are in different areas, because new numbers of one are counted together.
pub fn made_up_number(n: u32) -> String {
    let areas = u32::try_from(AREAS.len()).unwrap_or(1);
    let area = AREAS.get((n % areas) as usize).copied().unwrap_or(202);
    format!("+1{area}55501{:02}", (n / areas) % 100)
}

/// The administrator this command makes of a set-up secret, the same every time: so it knows its own deployments.
pub struct Admin {
    name: String,
    password: String,
    phone: String,
    client: AsyncMutex<Client>,
}

impl Admin {
    /// Sets the target up, or signs in where an earlier run with the same secret did.
    pub async fn arrive(target: &Target, sink: &Sink, secret: &str, number: u32) -> Result<Self> {
        let derived = keyed_hash(&[0; 32], &[b"relatch attack", secret.as_bytes()]);
        let [a, b, ..] = derived;
        let admin = Self {
            name: "attack-admin".to_owned(),
            password: format!("made to be attacked {}", HEXLOWER.encode(&derived)),
            phone: made_up_number(u32::from(a) * 256 + u32::from(b)),
            client: AsyncMutex::new(client(target, number).map_err(stopped)?),
        };
        if target.fresh {
            admin.set_up(target, sink, secret).await?;
        } else {
            admin.sign_in(target, sink).await.with_context(|| {
                format!(
                    "{} was set up by somebody else, or with another secret; attack a deployment made for the purpose, not one people use",
                    target.url
                )
            })?;
        }
        Ok(admin)
    }

    async fn set_up(&self, target: &Target, sink: &Sink, secret: &str) -> Result<()> {
        let client = self.client.lock().await;
        let first =
            json!({ "secret": secret, "name": self.name, "display_name": "Ada Attacked", "password": self.password });
        let made = client.post("/api/setup", first).await.map_err(stopped)?;
        if let Some(advice) = explain_origin(&made, &target.origin) {
            bail!(advice);
        }
        ensure!(made.code() != "wrong_secret", "--secret is not the set-up secret of {}", target.url);
        made.want(201).map_err(stopped)?;
        client.sign_in(&self.name, &self.password).await.map_err(stopped)?.want(200).map_err(stopped)?;
        self.prove_phone(&client, sink, "register").await?;
        client.post("/api/register/finish", json!({})).await.map_err(stopped)?.want(200).map_err(stopped)?;
        Ok(())
    }

    async fn sign_in(&self, target: &Target, sink: &Sink) -> Result<()> {
        let client = self.client.lock().await;
        let half = client.sign_in(&self.name, &self.password).await.map_err(stopped)?;
        if let Some(advice) = explain_origin(&half, &target.origin) {
            bail!(advice);
        }
        let stage = half.want(200).and_then(|half| half.text_at("/stage")).map_err(stopped)?;
        match stage.as_str() {
            "second_factor_required" => self.prove_phone(&client, sink, "sign-in").await,
            "registration_required" => {
                self.prove_phone(&client, sink, "register").await?;
                client.post("/api/register/finish", json!({})).await.map_err(stopped)?.want(200).map_err(stopped)?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The first message: where it does not arrive, nothing is attacked.
    async fn prove_phone(&self, client: &Client, sink: &Sink, purpose: &str) -> Result<()> {
        let to = if purpose == "register" { text_to(&self.phone) } else { json!({ "delivery": "text" }) };
        let path = format!("/api/send-code/{purpose}");
        let mut before = sink.messages().await?;
        let mut sent = client.post(&path, to.clone()).await.map_err(stopped)?;
        if sent.code() == "too_soon" {
            let wait = sent.header("retry-after").parse().unwrap_or(30_u64).min(300);
            eprintln!("waiting {wait} s: the administrator of an earlier run was sent a code a moment ago");
            tokio::time::sleep(Duration::from_secs(wait + 1)).await;
            before = sink.messages().await?;
            sent = client.post(&path, to).await.map_err(stopped)?;
        }
        ensure!(
            sent.code() != "too_many_codes",
            "the administrator has been sent five codes this hour; wait, or make the deployment anew"
        );
        sent.want(202).map_err(stopped)?;
        let caught = sink.next(&before, |message| message.to == self.phone && message.code().is_some()).await?;
        let Some(code) = caught.and_then(|message| message.code()) else {
            bail!(
                "the target's first message did not arrive at the catcher: nothing was attacked. Its twilio_base_url and postmark_base_url must be the catcher's address"
            );
        };
        let path = format!("/api/verify-code/{purpose}");
        client.post(&path, json!({ "code": code })).await.map_err(stopped)?.want(200).map_err(stopped)?;
        Ok(())
    }
}

/// Somebody with a password, a phone, ten recovery codes and a signed-in browser.
pub struct Person {
    pub id: String,
    pub name: String,
    pub password: String,
    pub phone: String,
    pub client: Client,
    /// When their session was opened, or a moment later.
    pub made: Instant,
    codes: Mutex<Vec<String>>,
    /// When their phone may be written to again.
    free: Mutex<Instant>,
}

/// The shortest wait between two messages, and a second more.
const COOLDOWN: Duration = Duration::from_secs(31);

impl Person {
    /// Waits until the phone may be written to; the next message has to wait longer.
    pub async fn cooled(&self) {
        let free = *self.free.lock().unwrap_or_else(|lock| lock.into_inner());
        tokio::time::sleep_until(free).await;
        *self.free.lock().unwrap_or_else(|lock| lock.into_inner()) = Instant::now() + 2 * COOLDOWN;
    }

    /// One that was not used.
    pub fn recovery_code(&self) -> Result<String, Stop> {
        let code = self.codes.lock().unwrap_or_else(|lock| lock.into_inner()).pop();
        code.ok_or_else(|| Stop::NotRun("no recovery code is left".to_owned()))
    }
}

impl World {
    /// Makes this many people, who can wait for their phones together.
    pub async fn prepare(&self, people: usize) -> Result<(), Stop> {
        use futures::stream::{self, StreamExt, TryStreamExt};
        let made: Vec<Person> =
            stream::iter(0..people).map(|_| self.create()).buffer_unordered(3).try_collect().await?;
        self.pool.lock().unwrap_or_else(|lock| lock.into_inner()).extend(made);
        Ok(())
    }

    /// Somebody whom only one probe knows.
    pub async fn person(&self) -> Result<Person, Stop> {
        let ready = self.pool.lock().unwrap_or_else(|lock| lock.into_inner()).pop();
        match ready {
            Some(person) => Ok(person),
            None => self.create().await,
        }
    }

    /// Somebody new, as an administrator makes them: with an initial password.
    pub async fn create_user(&self) -> Result<(String, String, String), Stop> {
        let name = format!("attack-{:08x}-{}", self.run, self.made.fetch_add(1, Ordering::Relaxed));
        let body = json!({ "name": name, "display_name": "Mallory Steele" });
        let made = self.admin().await?.patient_post("/api/users", &body).await?.want(201)?;
        Ok((made.text_at("/user/id")?, name, made.text_at("/initial_password")?))
    }

    async fn create(&self) -> Result<Person, Stop> {
        let (id, name, initial) = self.create_user().await?;
        let client = self.stranger()?;
        client.sign_in(&name, &initial).await?.want(200)?;
        let password = format!("long quiet evenings of {:x}", self.run.rotate_left(7));
        let chosen = json!({ "password": password });
        let view = client.patient_post("/api/set-password/sign-in", &chosen).await?.want(200)?.json();
        let phone = made_up_number(self.run.wrapping_add(self.made.fetch_add(1, Ordering::Relaxed)));
        let before = self.messages().await?;
        client.post("/api/send-code/register", text_to(&phone)).await?.want(202)?;
        let code = self.code_since(&before, &phone).await?;
        client.post("/api/verify-code/register", json!({ "code": code })).await?.want(200)?;
        if view["stage"] == "registration_required" {
            client.post("/api/register/finish", json!({})).await?.want(200)?;
        }
        let made = client.post("/api/register/recovery-codes", json!({})).await?.want(200)?.json();
        let codes = made["codes"].as_array().into_iter().flatten();
        let codes = Mutex::new(codes.filter_map(|code| code.as_str()).map(str::to_owned).collect());
        let free = Mutex::new(Instant::now() + COOLDOWN);
        Ok(Person { id, name, password, phone, client, made: Instant::now(), codes, free })
    }

    /// The administrator's browser, signed in again if need be.
    pub async fn admin(&self) -> Result<tokio::sync::MutexGuard<'_, Client>, Stop> {
        let client = self.admin.client.lock().await;
        if client.stage().await? == "signed_in" {
            return Ok(client);
        }
        drop(client);
        let again = self.admin.sign_in(&self.target, &self.sink).await;
        again.map_err(|error| Stop::NotRun(format!("the administrator's session ended: {error:#}")))?;
        Ok(self.admin.client.lock().await)
    }

    /// Password reset for everybody.
    pub async fn enable_all(&self) -> Result<(), Stop> {
        let admin = self.admin().await?;
        let version = admin.get("/api/enable-group").await?.want(200)?.json()["version"].clone();
        let all = json!({ "scope": "all", "groups": [], "version": version });
        admin.send(reqwest::Method::PUT, "/api/enable-group", Some(all.to_string()), &[]).await?.want(200)?;
        Ok(())
    }

    pub fn admin_name(&self) -> &str {
        &self.admin.name
    }

    pub fn admin_phone(&self) -> &str {
        &self.admin.phone
    }

    /// The administrator's name and password, half a sign-in.
    pub async fn half_signed_in(&self) -> Result<Client, Stop> {
        let half = self.stranger()?;
        let stage = half.sign_in(&self.admin.name, &self.admin.password).await?.want(200)?.text_at("/stage")?;
        safe!(stage == "second_factor_required", "an administrator's password alone led to {stage}");
        Ok(half)
    }
}

fn stopped(stop: Stop) -> anyhow::Error {
    match stop {
        Stop::Fell(said) | Stop::NotRun(said) => anyhow::anyhow!(said),
    }
}

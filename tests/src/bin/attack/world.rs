//! What the probes share: the target, its messages, an administrator and people made for this.

use crate::outcome::{Got, Probed, Stop, brief};
use crate::target::{Caught, Sink, Target};
use relatch_tests::Browser;
use relatch_tests::race::{self, Held};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::OnceCell;

use crate::people::{Admin, Person};

pub const NEW_PASSWORD: &str = "seven green bottles standing";

/// A browser whose failures are findings.
pub struct Client {
    pub browser: Browser,
    pub address: [u8; 4],
}

impl Client {
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        extra: &[(&str, &str)],
    ) -> Result<Got, Stop> {
        let what = format!("{method} {path}");
        match self.browser.try_send(method, path, body, extra).await {
            Ok(answer) => Ok(Got { what, answer }),
            Err(said) => Err(Stop::Fell(format!("{what}: {}", brief(&said)))),
        }
    }

    pub async fn raw(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Got, Stop> {
        let what = format!("{method} {path}");
        match self.browser.try_raw(method, path, headers, body).await {
            Ok(answer) => Ok(Got { what, answer }),
            Err(said) => Err(Stop::Fell(format!("{what}: {}", brief(&said)))),
        }
    }

    pub async fn get(&self, path: &str) -> Result<Got, Stop> {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Got, Stop> {
        self.send(Method::POST, path, Some(body.to_string()), &[]).await
    }

    /// The same, again when the service is busy hashing or somebody else is changing the same record.
    pub async fn patient_post(&self, path: &str, body: &Value) -> Result<Got, Stop> {
        for _ in 0..8 {
            let got = self.post(path, body.clone()).await?;
            if !matches!(got.code().as_str(), "unavailable" | "busy_record") {
                return Ok(got);
            }
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        self.post(path, body.clone()).await
    }

    /// How far this browser is in signing in.
    pub async fn stage(&self) -> Result<String, Stop> {
        self.get("/api/sign-in").await?.want(200)?.text_at("/stage")
    }

    /// START.
    pub async fn start(&self, name: &str) -> Result<Got, Stop> {
        self.post("/api/start-reset", json!({ "name": name })).await?.want(200)
    }

    /// SEND, in a reset.
    pub async fn ask_for_code(&self, phone: &str) -> Result<Got, Stop> {
        self.post("/api/send-code/reset", text_to(phone)).await?.want(202)
    }

    /// VERIFY, in a reset, with a code that was sent.
    pub async fn verify(&self, code: &str) -> Result<Got, Stop> {
        self.post("/api/verify-code/reset", json!({ "code": code })).await
    }

    /// VERIFY, in a reset, with a recovery code.
    pub async fn recover(&self, code: &str) -> Result<Got, Stop> {
        self.post("/api/verify-code/reset", json!({ "method": "recovery_code", "code": code })).await
    }

    /// SETPW, in a reset.
    pub async fn set_password(&self, password: &str) -> Result<Got, Stop> {
        self.post("/api/set-password/reset", json!({ "password": password })).await
    }

    /// SIGNIN.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<Got, Stop> {
        self.patient_post("/api/sign-in", &json!({ "name": name, "password": password })).await
    }
}

pub fn text_to(phone: &str) -> Value {
    json!({ "delivery": "text", "country": "US", "number": phone })
}

/// Another code of as many digits.
pub fn other_than(code: &str) -> String {
    let digits = code.len();
    let number: u64 = code.parse().unwrap_or(0);
    format!("{:0digits$}", (number + 1) % 10_u64.pow(u32::try_from(digits).unwrap_or(8)))
}

pub struct World {
    pub target: Target,
    pub sink: Sink,
    pub full: bool,
    /// Different in every run.
    pub run: u32,
    pub(crate) admin: Admin,
    pub(crate) pool: Mutex<Vec<Person>>,
    pair: OnceCell<(Person, Person)>,
    addresses: AtomicU32,
    pub(crate) made: AtomicU32,
}

impl World {
    pub fn new(target: Target, sink: Sink, full: bool, admin: Admin, run: u32) -> Self {
        let (addresses, made) = (AtomicU32::new(0), AtomicU32::new(0));
        let (pool, pair) = (Mutex::default(), OnceCell::new());
        Self { target, sink, full, run, admin, pool, pair, addresses, made }
    }

    /// Somebody nobody has seen, from an address of their own where there is more than one.
    pub fn stranger(&self) -> Result<Client, Stop> {
        let number = self.addresses.fetch_add(1, Ordering::Relaxed);
        client(&self.target, self.run.wrapping_add(number))
    }

    /// Another browser with what this one remembers.
    pub fn twin(&self, of: &Client) -> Result<Client, Stop> {
        let twin = self.stranger()?;
        twin.browser.restore(&of.browser.remember());
        Ok(twin)
    }

    pub fn many_addresses(&self, why: &str) -> Probed {
        if self.target.many_addresses {
            return Ok(());
        }
        Err(Stop::NotRun(format!(
            "{why}: needs a target on this machine, where every request has an address of its own"
        )))
    }

    /// Two people whom no probe changes.
    pub async fn pair(&self) -> Result<(&Person, &Person), Stop> {
        let made = async || Ok((self.person().await?, self.person().await?));
        let (one, other) = self.pair.get_or_try_init(made).await?;
        Ok((one, other))
    }

    pub async fn messages(&self) -> Result<Vec<Caught>, Stop> {
        self.sink.messages().await.map_err(lost)
    }

    /// How many messages reached these since, once they had the time to.
    pub async fn sent_since(&self, before: &[Caught], to: &[&str]) -> Result<usize, Stop> {
        let new = self.sink.settled_since(before).await.map_err(lost)?;
        Ok(new.iter().filter(|message| to.contains(&message.to.as_str())).count())
    }

    pub async fn new_messages(&self, before: &[Caught]) -> Result<Vec<Caught>, Stop> {
        self.sink.settled_since(before).await.map_err(lost)
    }

    /// START and SEND: a browser that waits for a code, and the code.
    pub async fn code_for(&self, person: &Person) -> Result<(Client, String), Stop> {
        let client = self.stranger()?;
        client.start(&person.name).await?;
        let code = self.code_in(&client, person).await?;
        Ok((client, code))
    }

    /// SEND in this flow, once the person may be written to again.
    pub async fn code_in(&self, client: &Client, person: &Person) -> Result<String, Stop> {
        person.cooled().await;
        let before = self.messages().await?;
        client.ask_for_code(&person.phone).await?;
        self.code_since(&before, &person.phone).await
    }

    pub async fn code_since(&self, before: &[Caught], to: &str) -> Result<String, Stop> {
        let fits = |message: &Caught| message.to == to && message.code().is_some();
        let caught = self.sink.next(before, fits).await.map_err(lost)?;
        caught
            .and_then(|message| message.code())
            .ok_or_else(|| Stop::Fell("a code did not arrive at the catcher".to_owned()))
    }

    /// START and a recovery code: a browser that may choose a password.
    pub async fn granted(&self, person: &Person) -> Result<Client, Stop> {
        let client = self.stranger()?;
        client.start(&person.name).await?;
        client.recover(&person.recovery_code()?).await?.want(200)?;
        Ok(client)
    }

    /// All of these arrive at the same moment: held back to their last byte where that can be done.
    pub async fn race(&self, requests: &[(&Client, &str, Value)]) -> Result<Vec<(u16, String)>, Stop> {
        let Some(plain) = self.target.plain else {
            let all = requests.iter().map(|(client, path, body)| client.post(path, body.clone()));
            let all = futures::future::join_all(all).await;
            return all.into_iter().map(|got| got.map(|got| (got.status, got.code()))).collect();
        };
        let url = format!("http://{plain}");
        let mut held = Vec::new();
        for (client, path, body) in requests {
            held.push(Held::post(client.address, &url, &client.browser, path, body).await);
        }
        let answers = race::release(held).await;
        let code = |text: &str| {
            let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            let start = body.split_once("\"code\":\"").map_or("", |(_, rest)| rest);
            start.split('"').next().unwrap_or_default().to_owned()
        };
        Ok(answers.into_iter().map(|answer| (answer.status, code(&answer.text))).collect())
    }
}

/// A browser of its own: from 127.x.y.z when the target is on this machine.
pub fn client(target: &Target, number: u32) -> Result<Client, Stop> {
    // 254 of each part, so that no two numbers of a run share an address.
    let part = |of: u32| u8::try_from(of % 254 + 1).unwrap_or(1);
    let address =
        if target.many_addresses { [127, part(number / 64_516), part(number / 254), part(number)] } else { [0; 4] };
    let browser = target.browser(target.many_addresses.then_some(address)).map_err(Stop::NotRun)?;
    Ok(Client { browser, address })
}

fn lost(error: anyhow::Error) -> Stop {
    Stop::NotRun(format!("the catcher is lost: {error:#}"))
}

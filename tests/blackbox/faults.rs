//! SEC-65, SEC-74: every store operation of every step, broken in turn. Which operations there are is asked of a run
//! without faults, so a new one is tried without anybody remembering it.
//!
//! At each the store refuses it, or the request dies right after it, on one of the stores; with `RELATCH_FULL=1` its
//! answer gets lost as well, and every fault is tried on both. Whatever happens: an honest answer, an account that is as before or
//! as it was to be, nothing that works twice, and a person who can start again and gets there.

use relatch_host::testing::{StoreEffect, StoreFault, When};
use relatch_tests::people::{ADMIN_PASSWORD, ADMIN_PHONE, enabled, mail_to, number, register_email, sign_in};
use relatch_tests::{Answer, Backend, Browser, Person, Site, contract};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

mod covered;
mod endings;
mod groups;
#[path = "faults_judged.rs"]
mod judged;
mod policy;
mod proofs;
mod registering;
mod stage;
mod users;
mod whole;

on_both_stores!(
    sec_74_faults_in_a_sign_in_leave_nothing_half_done,
    sec_74_faults_in_a_reset_leave_nothing_half_done,
    sec_74_faults_in_a_change_of_password_leave_nothing_half_done,
    sec_74_faults_in_a_change_of_methods_leave_nothing_half_done,
    sec_74_faults_in_a_save_of_policy_leave_nothing_half_done,
    sec_74_a_slow_store_holds_up_nobody_else,
);

const SIGN_IN: &[Step] = &[Step::SignIn, Step::SecondFactor];
const RESET: &[Step] = &[Step::Start, Step::Send, Step::Verify, Step::SetPassword, Step::Unlock];
const PASSWORD: &[Step] = &[Step::ChangePassword];
const METHODS: &[Step] = &[Step::RegisterPhone, Step::AddEmail, Step::RemoveEmail];
const POLICY: &[Step] = &[Step::SavePolicy];

async fn sec_74_faults_in_a_sign_in_leave_nothing_half_done(backend: Backend) {
    break_each(backend, SIGN_IN).await;
}

async fn sec_74_faults_in_a_reset_leave_nothing_half_done(backend: Backend) {
    break_each(backend, RESET).await;
}

async fn sec_74_faults_in_a_change_of_password_leave_nothing_half_done(backend: Backend) {
    break_each(backend, PASSWORD).await;
}

async fn sec_74_faults_in_a_change_of_methods_leave_nothing_half_done(backend: Backend) {
    break_each(backend, METHODS).await;
}

async fn sec_74_faults_in_a_save_of_policy_leave_nothing_half_done(backend: Backend) {
    break_each(backend, POLICY).await;
}

async fn sec_74_a_slow_store_holds_up_nobody_else(backend: Backend) {
    let mut world = World::new(backend).await;
    for step in [Step::Verify, Step::SetPassword] {
        let ready = world.ready(step).await;
        let delay = StoreEffect::Delay(Duration::from_secs(2));
        world.site.t.break_store(StoreFault { when: When::Nth(1), ..StoreFault::every(delay) });
        let slow = async {
            let answer = ready.send().await;
            (answer, std::time::Instant::now())
        };
        let neighbours = async {
            // The first operation is the slow one's.
            while world.site.t.operations().is_empty() {
                tokio::task::yield_now().await;
            }
            for _ in 0..3 {
                world.site.browser().post("/api/start-reset", json!({ "name": "nobody" })).await.expect(200);
            }
            std::time::Instant::now()
        };
        world.site.t.mark();
        let ((answer, late), early) = futures::join!(slow, neighbours);
        assert!(early < late, "{step:?}: the others waited for it");
        answer.clone().expect(ready.normal);
        world.site.t.mend();
        world.judge(step, &ready, &answer, "slow").await;
    }
}

/// One request of the journey.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    SignIn,
    SecondFactor,
    Start,
    Send,
    Verify,
    SetPassword,
    Unlock,
    ChangePassword,
    RegisterPhone,
    AddEmail,
    RemoveEmail,
    SavePolicy,
}

impl Step {
    /// Which of the documented operations it is.
    fn operation(self) -> &'static str {
        match self {
            Self::SignIn => "POST /api/sign-in",
            Self::SecondFactor => "POST /api/verify-code/sign-in",
            Self::Start => "POST /api/start-reset",
            Self::Send => "POST /api/send-code/reset",
            Self::Verify => "POST /api/verify-code/reset",
            Self::SetPassword => "POST /api/set-password/reset",
            Self::Unlock => "POST /api/unlock",
            Self::ChangePassword => "POST /api/set-password/change",
            Self::RegisterPhone | Self::AddEmail => "POST /api/verify-code/register",
            Self::RemoveEmail => "DELETE /api/account/methods/{id}",
            Self::SavePolicy => "PUT /api/policy/notifications",
        }
    }
}

async fn break_each(backend: Backend, steps: &[Step]) {
    let mut world = World::new(backend).await;
    let mut tried = 0;
    for step in steps.iter().copied() {
        let ready = world.ready(step).await;
        assert_eq!(ready.operation(), step.operation());
        world.site.t.mark();
        let answer = ready.send().await.expect(ready.normal);
        world.site.settled().await;
        let operations = world.site.t.operations();
        world.judge(step, &ready, &answer, "without faults").await;
        assert!(!operations.is_empty(), "{step:?} asks the store");
        for (at, operation) in operations.iter().enumerate() {
            for effect in effects(backend, at, operations.len()) {
                let told = format!("{effect:?} at {} of {}, {operation:?}", at + 1, operations.len());
                let ready = world.ready(step).await;
                let when = When::Nth(at as u64 + 1);
                world.site.t.break_store(StoreFault { when, ..StoreFault::every(effect) });
                let answer = ready.send().await;
                world.site.settled().await;
                world.site.t.mend();
                world.judge(step, &ready, &answer, &told).await;
                tried += 1;
            }
        }
    }
    println!("{backend:?}: {tried} faults in {steps:?}");
}

/// Each operation on one of the two stores, refusals and deaths in turn, and one in the middle late; with more time,
/// everything on both.
fn effects(backend: Backend, at: usize, of: usize) -> Vec<StoreEffect> {
    let late = StoreEffect::Delay(Duration::from_secs(2));
    if relatch_tests::full() {
        return vec![StoreEffect::Fail, StoreEffect::LoseAnswer, StoreEffect::Kill, late];
    }
    if at.is_multiple_of(2) != (backend == Backend::Sqlite) {
        return if at == of / 2 { vec![late] } else { Vec::new() };
    }
    vec![if at % 4 < 2 { StoreEffect::Fail } else { StoreEffect::Kill }]
}

/// The id of the registered address, as its owner sees it.
async fn registered_email(browser: &Browser) -> Option<String> {
    let account = browser.get("/api/account").await.expect(200).json();
    let methods = account["methods"].as_array().expect("methods");
    methods.iter().find(|method| method["kind"] == "email").and_then(|method| method["id"].as_str()).map(str::to_owned)
}

/// A request with everything that must have happened before it.
struct Ready {
    browser: Browser,
    method: Method,
    path: String,
    body: Option<Value>,
    normal: u16,
    /// What the step would set: a password, a number, a switch.
    wanted: String,
    /// Beside what a page of ours sends.
    headers: Vec<(&'static str, String)>,
}

impl Ready {
    fn post(browser: Browser, path: &str, body: Value, normal: u16, wanted: &str) -> Self {
        Self { wanted: wanted.to_owned(), ..Self::of(browser, Method::POST, path, Some(body), normal) }
    }

    fn of(browser: Browser, method: Method, path: &str, body: Option<Value>, normal: u16) -> Self {
        let (path, wanted) = (path.to_owned(), String::new());
        Self { browser, method, path, body, normal, wanted, headers: Vec::new() }
    }

    /// Which of the documented operations it is.
    fn operation(&self) -> String {
        contract::operation(&self.method, &self.path).expect("it is in docs/openapi.yaml")
    }

    async fn send(&self) -> Answer {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.browser.send(self.method.clone(), &self.path, self.body.as_ref().map(Value::to_string), &headers).await
    }

    /// The same request with the cookies it had, `times` more: how often it was right.
    async fn again(&self, cookies: &Cookies, times: usize) -> usize {
        let mut right = 0;
        for _ in 0..times {
            self.browser.restore(cookies);
            right += usize::from(self.send().await.status == self.normal);
        }
        right
    }
}

type Cookies = (std::collections::BTreeMap<String, String>, Option<String>);

struct World {
    site: Site,
    person: Person,
    turn: usize,
    /// What the browser held before the request that was broken.
    before: Cookies,
}

impl World {
    async fn new(backend: Backend) -> Self {
        let site = Site::start(backend).await;
        let (_, person) = enabled(&site).await;
        Self { site, person, turn: 0, before: Cookies::default() }
    }

    fn password(&mut self) -> String {
        self.turn += 1;
        format!("seven green bottles and {}", self.turn)
    }

    /// Another address each time: one whose registration failed half-way may count it as used by one account more.
    fn mail(&self) -> String {
        format!("alice{}@mail.example.org", self.turn)
    }

    /// Every code of the last hours is forgotten, so one password and one code do.
    async fn signed_in(&self) -> Browser {
        let browser = self.waiting_for_a_code().await;
        let code = json!({ "code": self.site.code_sent_to(&self.person.phone).await });
        browser.post("/api/verify-code/sign-in", code).await.expect(200);
        browser
    }

    async fn waiting_for_a_code(&self) -> Browser {
        let browser = self.site.browser();
        let body = json!({ "name": self.person.name, "password": self.person.password });
        browser.post("/api/sign-in", body).await.expect(200);
        browser.post("/api/send-code/sign-in", json!({ "delivery": "text" })).await.expect(202);
        browser
    }

    async fn ready(&mut self, step: Step) -> Ready {
        // Everything a fault can burn is usable again, and a phone gets ten codes a day.
        self.site.advance(20_000);
        self.site.amid_claims();
        let ready = match step {
            Step::Start | Step::Send | Step::Verify | Step::SetPassword | Step::Unlock => {
                self.ready_to_reset(step).await
            }
            Step::SavePolicy => self.ready_to_save().await,
            _ => self.ready_in_a_session(step).await,
        };
        self.site.settled().await;
        self.before = ready.browser.remember();
        ready
    }

    async fn ready_to_reset(&mut self, step: Step) -> Ready {
        let password = self.password();
        let (site, person) = (&self.site, &self.person);
        let browser = site.browser();
        let reason = if step == Step::Unlock { "locked" } else { "forgot" };
        let start = json!({ "name": person.name, "reason": reason });
        if step == Step::Start {
            return Ready::post(browser, "/api/start-reset", start, 200, "");
        }
        browser.post("/api/start-reset", start).await.expect(200);
        if step == Step::Send {
            return Ready::post(browser, "/api/send-code/reset", number(&person.phone), 202, "");
        }
        browser.post("/api/send-code/reset", number(&person.phone)).await.expect(202);
        let code = json!({ "code": site.code_sent_to(&person.phone).await });
        if step == Step::Verify {
            return Ready::post(browser, "/api/verify-code/reset", code, 200, "");
        }
        browser.post("/api/verify-code/reset", code).await.expect(200);
        if step == Step::Unlock {
            return Ready::post(browser, "/api/unlock", json!({}), 200, "");
        }
        Ready::post(browser, "/api/set-password/reset", json!({ "password": password }), 200, &password)
    }

    async fn ready_in_a_session(&mut self, step: Step) -> Ready {
        let password = self.password();
        let name_and_password = json!({ "name": self.person.name, "password": self.person.password });
        if step == Step::SignIn {
            return Ready::post(self.site.browser(), "/api/sign-in", name_and_password, 200, "");
        }
        if step == Step::SecondFactor {
            let browser = self.waiting_for_a_code().await;
            let code = json!({ "code": self.site.code_sent_to(&self.person.phone).await });
            return Ready::post(browser, "/api/verify-code/sign-in", code, 200, "");
        }
        let browser = self.signed_in().await;
        if step == Step::ChangePassword {
            let body = json!({ "current": self.person.password, "password": password });
            return Ready::post(browser, "/api/set-password/change", body, 200, &password);
        }
        let registered = registered_email(&browser).await;
        if step == Step::RemoveEmail {
            if registered.is_none() {
                register_email(&self.site, &browser, &self.mail()).await;
            }
            let id = registered_email(&browser).await.expect("it is registered");
            let path = format!("/api/account/methods/{id}");
            return Ready::of(browser, Method::DELETE, &path, None, 200);
        }
        if let Some(id) = registered.filter(|_| step == Step::AddEmail) {
            browser.delete(&format!("/api/account/methods/{id}")).await.expect(200);
        }
        let phone = format!("+4474002{:05}", self.turn);
        let (to, wanted) =
            if step == Step::AddEmail { (mail_to(&self.mail()), self.mail()) } else { (number(&phone), phone) };
        browser.post("/api/send-code/register", to).await.expect(202);
        let code = json!({ "code": self.site.code_sent_to(&wanted).await });
        Ready::post(browser, "/api/verify-code/register", code, 200, &wanted)
    }

    async fn ready_to_save(&mut self) -> Ready {
        let browser = self.site.browser();
        sign_in(&self.site, &browser, "admin", ADMIN_PASSWORD, ADMIN_PHONE).await.expect(200);
        let mut page = browser.get("/api/policy").await.expect(200).json()["notifications"].clone();
        let wanted = !page["administrators"].as_bool().unwrap();
        page["administrators"] = json!(wanted);
        let ready = Ready::of(browser, Method::PUT, "/api/policy/notifications", Some(page), 200);
        Ready { wanted: wanted.to_string(), ..ready }
    }
}

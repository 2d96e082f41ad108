//! The cast of the security contract: an administrator, A and B (registered), N (nobody), D (blocked
//! in the store), G (not in the group), R (nothing registered).

use crate::browser::{Answer, Browser};
use crate::site::{SETUP_SECRET, Site};
use relatch_core::totp::{STEP, Seed};
use serde_json::{Value, json};

pub const ADMIN_PASSWORD: &str = "a calm harbour at first light";
pub const ADMIN_PHONE: &str = "+447400999000";
pub const NEW_PASSWORD: &str = "seven green bottles standing";

/// A signed-in administrator.
pub struct Admin {
    pub browser: Browser,
}

/// A user with a browser that is signed in, a password that was chosen and a phone, where they have one.
pub struct Person {
    pub id: String,
    pub name: String,
    pub password: String,
    pub phone: String,
    pub browser: Browser,
}

pub fn number(phone: &str) -> Value {
    json!({ "delivery": "text", "country": "GB", "number": phone })
}

impl Admin {
    /// Set-up, first sign-in, registration of the administrator's phone.
    pub async fn new(site: &Site) -> Self {
        let browser = site.browser();
        let first =
            json!({ "secret": SETUP_SECRET, "name": "admin", "display_name": "Ada Admin", "password": ADMIN_PASSWORD });
        browser.post("/api/setup", first).await.expect(201);
        let view = browser
            .post("/api/sign-in", json!({ "name": "admin", "password": ADMIN_PASSWORD }))
            .await
            .expect(200)
            .json();
        assert_eq!(view["stage"], "registration_required");
        register(site, &browser, ADMIN_PHONE).await;
        Self { browser }
    }

    /// Password and second factor, in this administrator's own browser.
    pub async fn sign_in_again(&self, site: &Site) {
        sign_in(site, &self.browser, "admin", ADMIN_PASSWORD, ADMIN_PHONE).await.expect(200);
    }

    /// An administrator's session ends after fifteen idle minutes, and tests move the clock.
    async fn ready(&self, site: &Site) {
        if self.browser.get("/api/sign-in").await.json()["stage"] != "signed_in" {
            self.sign_in_again(site).await;
        }
    }

    pub async fn create_user(&self, name: &str) -> (String, String) {
        let created = self
            .browser
            .post("/api/users", json!({ "name": name, "display_name": format!("{name} Steele") }))
            .await
            .expect(201)
            .json();
        (text(&created["user"]["id"]), text(&created["initial_password"]))
    }

    pub async fn create_group(&self, name: &str, members: &[&str]) -> String {
        let created = self
            .browser
            .post("/api/groups", json!({ "name": name, "description": "for a test", "members": members }))
            .await
            .expect(201);
        text(&created.json()["group"]["id"])
    }

    pub async fn add_member(&self, group: &str, user: &str) {
        self.browser.post(&format!("/api/groups/{group}/members"), json!({ "add_members": [user] })).await.expect(200);
    }

    pub async fn remove_member(&self, group: &str, user: &str) {
        self.browser
            .post(&format!("/api/groups/{group}/members"), json!({ "remove_members": [user] }))
            .await
            .expect(200);
    }

    pub async fn enable(&self, scope: &str, groups: &[&str]) {
        let version = self.browser.get("/api/enable-group").await.expect(200).json()["version"].clone();
        self.browser
            .put("/api/enable-group", json!({ "scope": scope, "groups": groups, "version": version }))
            .await
            .expect(200);
    }

    /// Saves one page of the policy with these fields changed.
    pub async fn policy(&self, page: &str, changes: Value) -> Answer {
        let mut wanted = self.browser.get("/api/policy").await.expect(200).json()[page].clone();
        for (field, value) in changes.as_object().expect("fields") {
            wanted[field] = value.clone();
        }
        self.browser.put(&format!("/api/policy/{page}"), wanted).await
    }

    /// A user in nobody's group who has signed in, chosen a password and, with a phone, registered it.
    pub async fn person(&self, site: &Site, name: &str, phone: &str) -> Person {
        self.ready(site).await;
        let (id, initial) = self.create_user(name).await;
        let browser = site.browser();
        browser.post("/api/sign-in", json!({ "name": name, "password": initial })).await.expect(200);
        let password = format!("{name} likes long quiet evenings");
        let view = browser.post("/api/set-password/sign-in", json!({ "password": password })).await.expect(200).json();
        if !phone.is_empty() {
            let code = send_register(site, &browser, phone).await;
            browser.post("/api/verify-code/register", json!({ "code": code })).await.expect(200);
            if view["stage"] == "registration_required" {
                browser.post("/api/register/finish", json!({})).await.expect(200);
            }
        }
        Person { id, name: name.to_owned(), password, phone: phone.to_owned(), browser }
    }
}

/// Reset is on for everybody, alice is registered, and it is an hour later.
pub async fn enabled(site: &Site) -> (Admin, Person) {
    let admin = Admin::new(site).await;
    admin.enable("all", &[]).await;
    let a = admin.person(site, "alice", "+447400123456").await;
    site.advance(3_600);
    (admin, a)
}

/// An authenticator app, registered in this session: what it shows at any moment.
pub struct AuthenticatorApp {
    seed: Seed,
}

impl AuthenticatorApp {
    /// Registers it; uses up the code of this half minute.
    pub async fn register(site: &Site, browser: &Browser) -> Self {
        let app = Self::shown(&browser.post("/api/register/app", json!({})).await.expect(200).json());
        browser.post("/api/register/app/confirm", json!({ "code": app.code(site, 0) })).await.expect(200);
        app
    }

    /// The app that read what the page shows.
    pub fn shown(page: &Value) -> Self {
        Self { seed: Seed::parse(&text(&page["secret"]).replace(' ', "")).expect("a seed") }
    }

    /// Six digits that it does not show now.
    pub fn wrong_code(&self, site: &Site) -> &'static str {
        if self.code(site, 0) == "000000" { "000001" } else { "000000" }
    }

    /// What it shows now, or `steps` half minutes from now.
    pub fn code(&self, site: &Site, steps: i64) -> String {
        let step = site.now().window(STEP).checked_add_signed(steps).expect("a step");
        self.seed.code_at(step).expect("a code")
    }
}

/// Ten recovery codes, made in this session.
pub async fn recovery_codes(browser: &Browser) -> Vec<String> {
    let made = browser.post("/api/register/recovery-codes", json!({})).await.expect(200).json();
    made["codes"].as_array().expect("codes").iter().map(text).collect()
}

/// Registers an address in this session.
pub async fn register_email(site: &Site, browser: &Browser, address: &str) {
    browser.post("/api/send-code/register", mail_to(address)).await.expect(202);
    let code = site.code_sent_to(address).await;
    browser.post("/api/verify-code/register", json!({ "code": code })).await.expect(200);
}

pub fn mail_to(address: &str) -> Value {
    json!({ "delivery": "mail", "address": address })
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

async fn send_register(site: &Site, browser: &Browser, phone: &str) -> String {
    browser.post("/api/send-code/register", number(phone)).await.expect(202);
    site.code_sent_to(phone).await
}

pub async fn register(site: &Site, browser: &Browser, phone: &str) {
    let code = send_register(site, browser, phone).await;
    browser.post("/api/verify-code/register", json!({ "code": code })).await.expect(200);
    browser.post("/api/register/finish", json!({})).await.expect(200);
}

/// Name, password, and the code if one is asked for. The last answer.
pub async fn sign_in(site: &Site, browser: &Browser, name: &str, password: &str, phone: &str) -> Answer {
    let answer = browser.post("/api/sign-in", json!({ "name": name, "password": password })).await;
    if answer.status != 200 || answer.json()["stage"] != "second_factor_required" {
        return answer;
    }
    let text = json!({ "delivery": "text" });
    if browser.post("/api/send-code/sign-in", text.clone()).await.status != 202 {
        // Too soon after the last one; nobody in a test wants to wait for that.
        site.advance(301);
        let answer = browser.post("/api/sign-in", json!({ "name": name, "password": password })).await.expect(200);
        assert_eq!(answer.json()["stage"], "second_factor_required");
        browser.post("/api/send-code/sign-in", text).await.expect(202);
    }
    let code = site.code_sent_to(phone).await;
    browser.post("/api/verify-code/sign-in", json!({ "code": code })).await
}

/// Does this password sign in, as far as a password does?
pub async fn opens(site: &Site, name: &str, password: &str) -> bool {
    match site.browser().post("/api/sign-in", json!({ "name": name, "password": password })).await.status {
        200 => true,
        401 => false,
        other => panic!("sign-in answered {other}"),
    }
}

/// Half signed in, from an address of its own: the second factor is still to come.
pub async fn password_given(site: &Site, person: &Person) -> Browser {
    let browser = site.browser();
    let given = json!({ "name": person.name, "password": person.password });
    browser.post("/api/sign-in", given).await.expect(200);
    browser
}

/// START, SEND: a browser that waits for a code.
pub async fn start_and_send(browser: &Browser, name: &str, phone: &str) {
    browser.post("/api/start-reset", json!({ "name": name })).await.expect(200);
    browser.post("/api/send-code/reset", number(phone)).await.expect(202);
}

/// START because of a lock, SEND, VERIFY, UNLOCK: free again, with the password there was.
pub async fn unlock(site: &Site, person: &Person) {
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": person.name, "reason": "locked" })).await.expect(200);
    browser.post("/api/send-code/reset", number(&person.phone)).await.expect(202);
    let code = site.code_sent_to(&person.phone).await;
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
    browser.post("/api/unlock", json!({})).await.expect(200);
}

/// START, SEND, VERIFY: a browser that holds a grant.
pub async fn prove(site: &Site, browser: &Browser, person: &Person) {
    start_and_send(browser, &person.name, &person.phone).await;
    let code = site.code_sent_to(&person.phone).await;
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
}

/// Wrong passwords, each from another address, until signing in on new devices waits.
///
/// The tenth locks. One more, because a guess is free once in 21,845 (see relatch-store's `lockout`).
pub async fn lock_out(site: &Site, person: &Person) {
    for n in 0..11 {
        let wrong = json!({ "name": person.name, "password": format!("wrong guess number {n}") });
        site.browser().post("/api/sign-in", wrong).await.expect(401);
    }
}

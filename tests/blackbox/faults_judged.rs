//! What must be true after a step of `faults.rs`, whatever happened to it.

use super::{Ready, Step, World, registered_email};
use relatch_tests::Answer;
use relatch_tests::people::{ADMIN_PASSWORD, ADMIN_PHONE, mail_to, number, opens, prove, register_email, sign_in};
use serde_json::json;

/// It was answered as always, or the request died, or the service said that it cannot. Was it the first?
pub fn honest(ready: &Ready, answer: &Answer, told: &str) -> (bool, String) {
    let told = format!("{told}: {} {}", answer.status, answer.text);
    // A request that died is answered by the host; it has no number of ours.
    let died = answer.status == 500 && !answer.headers.contains_key("x-request-id");
    let unavailable = answer.status == 503 && answer.code() == "unavailable";
    assert!(answer.status == ready.normal || died || unavailable, "{told}");
    (answer.status == ready.normal, told)
}

impl World {
    /// The answer was honest, the state is old or new, nothing works twice, and the person gets there.
    pub async fn judge(&mut self, step: Step, ready: &Ready, answer: &Answer, told: &str) {
        let (done, told) = honest(ready, answer, &format!("{step:?}, {told}"));
        let done = usize::from(done);
        match step {
            Step::SignIn => {
                let view = ready.browser.get("/api/sign-in").await.expect(200).json();
                assert_eq!(view["stage"] == "signed_out", done == 0, "{told}");
            }
            Step::Start | Step::Send => {}
            Step::SecondFactor | Step::Verify | Step::Unlock => {
                assert!(done + ready.again(&self.before, 2).await <= 1, "a code or grant worked twice: {told}");
            }
            Step::SetPassword | Step::ChangePassword => self.judge_password(step, ready, done, &told).await,
            Step::RegisterPhone | Step::AddEmail => {
                assert!(done + ready.again(&self.before, 2).await <= 1, "a code worked twice: {told}");
                self.judge_method(step, ready, &told).await;
            }
            Step::RemoveEmail => {
                let there = registered_email(&ready.browser).await.is_some();
                assert!(done == 0 || !there, "{told}");
            }
            Step::SavePolicy => return self.judge_policy(ready, done, &told).await,
        }
        self.finish(step, ready, &told).await;
    }

    async fn opens(&self, password: &str) -> bool {
        opens(&self.site, &self.person.name, password).await
    }

    /// Exactly one of the two passwords is right, and the grant that may have set the new one sets no other.
    async fn judge_password(&mut self, step: Step, ready: &Ready, done: usize, told: &str) {
        let new = self.opens(&ready.wanted).await;
        assert_eq!(self.opens(&self.person.password).await, !new, "neither old nor new, or both: {told}");
        assert!(new || done == 0, "said to be done: {told}");
        if new {
            self.person.password.clone_from(&ready.wanted);
        }
        if step == Step::ChangePassword {
            return;
        }
        let mut set = usize::from(new);
        for _ in 0..2 {
            let another = self.password();
            ready.browser.restore(&self.before);
            let answer = ready.browser.post(&ready.path, json!({ "password": another })).await;
            assert!(matches!(answer.status, 200 | 403), "{told}, then {} {}", answer.status, answer.text);
            if answer.status == 200 {
                self.person.password = another;
                set += 1;
            }
        }
        assert!(set <= 1, "a grant worked twice: {told}");
    }

    /// The destination is registered once or not at all; a phone takes the place of the one before.
    async fn judge_method(&mut self, step: Step, ready: &Ready, told: &str) {
        let messages = self.site.messages().await.len();
        self.site.advance(1_000);
        let browser = self.site.browser();
        browser.post("/api/start-reset", json!({ "name": self.person.name })).await.expect(200);
        let to = if step == Step::AddEmail { mail_to(&ready.wanted) } else { number(&ready.wanted) };
        browser.post("/api/send-code/reset", to).await.expect(202);
        let reached = self.site.messages().await.len() - messages;
        assert!(reached <= 1, "{told}");
        if step == Step::RegisterPhone && reached == 1 {
            self.person.phone.clone_from(&ready.wanted);
        }
    }

    async fn judge_policy(&self, ready: &Ready, done: usize, told: &str) {
        let now = ready.browser.get("/api/policy").await.expect(200).json();
        let saved = now["notifications"]["administrators"].as_bool() == ready.wanted.parse().ok();
        assert!(saved || done == 0, "{told}");
        // A writer that died holds the page for a minute, and for the next one too where it died between two.
        self.site.advance(151);
        let browser = self.site.browser();
        sign_in(&self.site, &browser, "admin", ADMIN_PASSWORD, ADMIN_PHONE).await.expect(200);
        let page = browser.get("/api/policy").await.expect(200).json()["notifications"].clone();
        browser.put("/api/policy/notifications", page).await.expect(200);
    }

    /// The person starts again, and gets there.
    async fn finish(&mut self, step: Step, ready: &Ready, told: &str) {
        self.site.advance(10_000);
        match step {
            Step::Start | Step::Send | Step::Verify | Step::SetPassword | Step::Unlock => {
                let (browser, password) = (self.site.browser(), self.password());
                prove(&self.site, &browser, &self.person).await;
                browser.post("/api/set-password/reset", json!({ "password": password })).await.expect(200);
                self.person.password = password;
                assert!(self.opens(&self.person.password).await, "{told}");
            }
            _ => {
                let browser = self.signed_in().await;
                if step == Step::AddEmail && registered_email(&browser).await.is_none() {
                    register_email(&self.site, &browser, &ready.wanted).await;
                }
                if step == Step::RegisterPhone && self.person.phone != ready.wanted {
                    browser.post("/api/send-code/register", number(&ready.wanted)).await.expect(202);
                    let code = json!({ "code": self.site.code_sent_to(&ready.wanted).await });
                    browser.post("/api/verify-code/register", code).await.expect(200);
                    self.person.phone.clone_from(&ready.wanted);
                }
                let account = browser.get("/api/account").await.expect(200).json();
                let methods = account["methods"].as_array().unwrap();
                for kind in ["phone", "email"] {
                    let count = methods.iter().filter(|method| method["kind"] == kind).count();
                    assert!(count <= 1 && (kind != "phone" || count == 1), "{told}, then {methods:?}");
                }
            }
        }
    }
}

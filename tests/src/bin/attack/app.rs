//! An authenticator app.

use crate::outcome::Stop;
use crate::world::Client;
use relatch_core::totp::{STEP, Seed};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

pub struct App {
    seed: Seed,
}

impl App {
    /// Registers it with the code of the half minute before, so that the one of now is still good.
    pub async fn register(client: &Client) -> Result<Self, Stop> {
        let shown = client.post("/api/register/app", json!({})).await?.want(200)?.text_at("/secret")?;
        let seed = Seed::parse(&shown.replace(' ', "")).ok_or_else(|| Stop::Fell("the seed is none".to_owned()))?;
        let app = Self { seed };
        let proof = json!({ "code": app.code(-1)? });
        let proven = client.post("/api/register/app/confirm", proof).await?;
        if proven.code() == "wrong_code" {
            return Err(Stop::NotRun("the clock of the target is not the clock here".to_owned()));
        }
        proven.want(200)?;
        Ok(app)
    }

    /// What it shows now, or so many half minutes from now.
    pub fn code(&self, steps: i64) -> Result<String, Stop> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or(0);
        let code = (now / STEP).checked_add_signed(steps).and_then(|step| self.seed.code_at(step));
        code.ok_or_else(|| Stop::NotRun("no clock".to_owned()))
    }
}

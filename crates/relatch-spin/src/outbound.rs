//! Telling the messenger that something waits in the outbox.

use crate::SpinApp;
use relatch_store::outbox::OutboxTicket;
use serde::{Deserialize, Serialize};
use spin_sdk::http;

/// What a step and the messenger say to one another.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deliver {
    pub ticket: OutboxTicket,
    pub request_id: String,
}

/// Delivers what a request put in the outbox, if anything.
pub fn deliver(app: &SpinApp, ticket: Option<OutboxTicket>) {
    if let Some(ticket) = ticket {
        deliver_later(ticket, app.request_id.clone());
    }
}

/// Delivers after the reply has left: how long it takes is in nobody's sight.
fn deliver_later(ticket: OutboxTicket, request_id: String) {
    let body = Deliver { ticket, request_id: request_id.clone() };
    spin_sdk::wit_bindgen::spawn(async move {
        let Ok(body) = serde_json::to_vec(&body) else { return };
        let told = http::post("http://messenger.spin.internal/deliver", body).await;
        if let Err(error) = told {
            crate::entry::log("error", &request_id, &format!("messenger out of reach: {error:?}"));
        }
    });
}

//! Telling the messenger that something waits in the outbox.

use relatch_store::outbox::OutboxTicket;
use serde::{Deserialize, Serialize};
use spin_sdk::http;

/// What send-code and messenger say to one another.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deliver {
    pub id: String,
    pub expires: u64,
    pub request_id: String,
}

/// Delivers after the reply has left: how long it takes is in nobody's sight.
pub fn deliver_later(ticket: OutboxTicket, request_id: String) {
    let body = Deliver { id: ticket.id, expires: ticket.expires, request_id: request_id.clone() };
    spin_sdk::wit_bindgen::spawn(async move {
        let Ok(body) = serde_json::to_vec(&body) else { return };
        let told = http::post("http://messenger.spin.internal/deliver", body).await;
        if let Err(error) = told {
            crate::entry::log("error", &request_id, &format!("messenger out of reach: {error:?}"));
        }
    });
}

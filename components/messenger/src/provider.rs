//! Providers' request shapes: Twilio for texts and calls, Postmark for mail.

use data_encoding::BASE64;
use relatch_delivery::xml_escape;
use relatch_store::outbox::{Channel, Outgoing};

/// Where the providers are and how we show who we are.
pub struct Providers {
    pub twilio_base_url: String,
    pub twilio_account_sid: String,
    pub twilio_auth_token: String,
    pub twilio_from: String,
    pub postmark_base_url: String,
    pub postmark_server_token: String,
    pub mail_from: String,
}

/// One request to a provider. Holds secrets, so it has no `Debug`.
pub struct Call {
    pub url: String,
    pub content_type: &'static str,
    pub credentials: Vec<(&'static str, String)>,
    pub body: String,
}

const FORM: &str = "application/x-www-form-urlencoded";

impl Providers {
    /// The call that delivers a message; none for [`Channel::Nobody`].
    pub fn call(&self, outgoing: &Outgoing) -> Option<Call> {
        match outgoing.channel {
            Channel::Text => Some(
                self.twilio("Messages", &[("To", &outgoing.to), ("From", &self.twilio_from), ("Body", &outgoing.body)]),
            ),
            Channel::Call => {
                let twiml =
                    format!("<Response><Say language=\"en-US\">{}</Say></Response>", xml_escape(&outgoing.body));
                Some(self.twilio("Calls", &[("To", &outgoing.to), ("From", &self.twilio_from), ("Twiml", &twiml)]))
            }
            Channel::Mail => Some(self.postmark(outgoing)),
            Channel::Nobody => None,
        }
    }

    fn twilio(&self, resource: &str, fields: &[(&str, &String)]) -> Call {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            form.append_pair(name, value);
        }
        let credentials = BASE64.encode(format!("{}:{}", self.twilio_account_sid, self.twilio_auth_token).as_bytes());
        Call {
            url: format!("{}/2010-04-01/Accounts/{}/{resource}.json", self.twilio_base_url, self.twilio_account_sid),
            content_type: FORM,
            credentials: vec![("authorization", format!("Basic {credentials}"))],
            body: form.finish(),
        }
    }

    fn postmark(&self, outgoing: &Outgoing) -> Call {
        let body = serde_json::json!({
            "From": self.mail_from,
            "To": outgoing.to,
            "Subject": outgoing.subject,
            "TextBody": outgoing.body,
            "MessageStream": "outbound",
            "TrackOpens": false,
            "TrackLinks": "None",
        });
        Call {
            url: format!("{}/email", self.postmark_base_url),
            content_type: "application/json",
            credentials: vec![
                ("x-postmark-server-token", self.postmark_server_token.clone()),
                ("accept", "application/json".to_owned()),
            ],
            body: body.to_string(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use relatch_core::Timestamp;

    pub(crate) fn providers() -> Providers {
        let text = str::to_owned;
        Providers {
            twilio_base_url: text("http://127.0.0.1:1"),
            twilio_account_sid: text("AC1"),
            twilio_auth_token: text("t0k"),
            twilio_from: text("+15005550006"),
            postmark_base_url: text("http://127.0.0.1:2"),
            postmark_server_token: text("pm"),
            mail_from: text("reset@contoso.example"),
        }
    }

    pub(crate) fn outgoing(channel: Channel) -> Outgoing {
        Outgoing {
            channel,
            to: "+447400123456".to_owned(),
            subject: "A subject".to_owned(),
            body: "1 & <2>".to_owned(),
            created: Timestamp(1_000),
        }
    }

    #[test]
    fn a_text_is_a_form_with_basic_credentials() {
        let call = providers().call(&outgoing(Channel::Text)).unwrap();
        assert_eq!(call.url, "http://127.0.0.1:1/2010-04-01/Accounts/AC1/Messages.json");
        assert_eq!(call.body, "To=%2B447400123456&From=%2B15005550006&Body=1+%26+%3C2%3E");
        assert_eq!(call.credentials, [("authorization", "Basic QUMxOnQwaw==".to_owned())]);
    }

    #[test]
    fn a_call_s_words_are_escaped_for_xml() {
        let call = providers().call(&outgoing(Channel::Call)).unwrap();
        assert!(call.url.ends_with("/Calls.json"));
        let twiml =
            form_urlencoded::parse(call.body.as_bytes()).find(|(name, _)| name == "Twiml").unwrap().1.into_owned();
        assert_eq!(twiml, "<Response><Say language=\"en-US\">1 &amp; &lt;2&gt;</Say></Response>");
    }

    #[test]
    fn mail_is_json_without_tracking() {
        let call = providers().call(&outgoing(Channel::Mail)).unwrap();
        let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
        assert_eq!((body["TrackOpens"].clone(), body["TrackLinks"].clone()), (false.into(), "None".into()));
        assert_eq!(call.credentials[0], ("x-postmark-server-token", "pm".to_owned()));
    }
}

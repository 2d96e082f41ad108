//! Everything that can go wrong, as `application/problem+json` (RFC 9457).

use http::StatusCode;
use relatch_core::password::Rejection;
use serde::Serialize;

macro_rules! codes {
    ($($name:ident $code:literal $status:literal $title:literal),+ $(,)?) => {
        /// A permanent error code. docs/ERRORS.md lists them all; a test compares.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($name),+ }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }
            fn status_number(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }
            /// What a person is told: what happened, what to do next.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }
        }
    };
}

codes! {
    InvalidBody "invalid_body" 400 "The request could not be read. Reload the page and try again.",
    InvalidRule "invalid_rule" 400 "This rule cannot be read. Look at the place that is named and try again.",
    InvalidField "invalid_field" 400 "Something in the form cannot be used. Check it and try again.",
    SignInFailed "sign_in_failed" 401 "That name and password do not match, or signing in is not possible right now. Check both and try again.",
    NotSignedIn "not_signed_in" 401 "Please sign in first.",
    CrossSite "cross_site" 403 "This request did not come from this site, so it was not carried out.",
    CsrfFailed "csrf_failed" 403 "This page is out of date. Reload it and try again.",
    NotAllowed "not_allowed" 403 "Your account may not do this.",
    StepUpRequired "step_up_required" 403 "For your safety, please sign in again before changing this.",
    BotCheckFailed "bot_check_failed" 403 "We could not make sure that you are not a robot. Try again.",
    GrantSpent "grant_spent" 403 "This password reset has been used or has ended. Start again.",
    WrongPassword "wrong_password" 403 "That is not your current password.",
    WrongSecret "wrong_secret" 403 "That set-up secret is not right.",
    NotFound "not_found" 404 "There is nothing here.",
    MethodNotAllowed "method_not_allowed" 405 "This cannot be done here.",
    NameTaken "name_taken" 409 "Somebody already has this user name. Choose another.",
    GroupNameTaken "group_name_taken" 409 "A group already has this name. Choose another.",
    GroupCycle "group_cycle" 409 "A group cannot hold itself, also not through other groups.",
    DynamicGroup "dynamic_group" 409 "Who is in this group is decided by its rule. Change the rule instead.",
    LastAdministrator "last_administrator" 409 "This is the last global administrator who can sign in. Make somebody else one first.",
    NotYourself "not_yourself" 409 "You cannot do this to your own account. Ask another administrator.",
    NotRestorable "not_restorable" 409 "This account can no longer be restored, or is not deleted.",
    ResetElsewhere "reset_elsewhere" 409 "The password of this account lives in another directory, which is not connected.",
    StaleVersion "stale_version" 409 "Somebody else saved this page after you opened it. Nothing was changed.",
    BusyRecord "busy_record" 409 "Somebody else is changing this right now. Try again in a moment.",
    WrongStep "wrong_step" 409 "This step is not the next one. Reload the page to go on from where you are.",
    LastMethod "last_method" 409 "This is the last phone or app of your account, or the only way back in. Register another one first.",
    MethodClosed "method_closed" 409 "This way to sign in was closed after too many wrong codes. Use another one, or ask your helpdesk.",
    RegistrationIncomplete "registration_incomplete" 409 "Register one more way first.",
    AlreadySetUp "already_set_up" 409 "This service is already set up. Sign in instead.",
    FlowExpired "flow_expired" 410 "This took longer than allowed, or has ended. Start again.",
    CodeExpired "code_expired" 410 "That code is too old. Ask for a new one.",
    BodyTooLarge "body_too_large" 413 "The request is too large.",
    UnsupportedMediaType "unsupported_media_type" 415 "Only JSON is understood here.",
    WrongCode "wrong_code" 422 "That code is not right. Check it and type it again.",
    PasswordRejected "password_rejected" 422 "This password cannot be used. Choose another one.",
    PolicyRefused "policy_refused" 422 "With these settings nobody could get back in. Nothing was changed.",
    CountryNotAllowed "country_not_allowed" 422 "Your organisation does not send codes to numbers in this country. Use another number, or ask your helpdesk.",
    NumberNotUsable "number_not_usable" 422 "This is not a phone number we can use. Check the country and the number.",
    TooManyRequests "too_many_requests" 429 "Too many tries from here. Wait a while, then try again.",
    TooSoon "too_soon" 429 "A code was sent a moment ago. Wait before you ask for another.",
    TooManyCodes "too_many_codes" 429 "No more codes can be sent for now. Use the last one, or start again later.",
    TooManyAttempts "too_many_attempts" 429 "Too many wrong codes. This code can no longer be used: ask for a new one, or try again tomorrow.",
    Internal "internal" 500 "Something went wrong on our side. Nothing was changed. Try again later.",
    BotCheckUnavailable "bot_check_unavailable" 503 "We cannot find out right now whether you are a robot. Nothing was changed. Try again in a few minutes, or ask your helpdesk.",
    Unavailable "unavailable" 503 "The service cannot answer right now. Nothing was changed. Try again in a moment.",
}

impl Code {
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.status_number()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// One refusal or failure, for the person and for the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub code: Code,
    pub field: Option<&'static str>,
    pub retry_after: Option<u64>,
    pub reasons: Vec<&'static str>,
    pub current: Option<Box<serde_json::Value>>,
    /// Where in what was typed the trouble is, from 1, and what it is.
    pub place: Option<Box<(usize, String)>>,
    /// For the log only; never a secret.
    pub cause: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: &'a Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: &'a Option<Box<serde_json::Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

impl Problem {
    pub fn new(code: Code) -> Self {
        Self { code, field: None, retry_after: None, reasons: Vec::new(), current: None, place: None, cause: None }
    }

    pub fn field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    pub fn reasons(mut self, rejections: &[Rejection]) -> Self {
        self.reasons = rejections.iter().map(|rejection| rejection.code()).collect();
        self
    }

    /// Permanent codes of why something other than a password is refused.
    pub fn because_of(mut self, reasons: Vec<&'static str>) -> Self {
        self.reasons = reasons;
        self
    }

    pub fn current(mut self, current: serde_json::Value) -> Self {
        self.current = Some(Box::new(current));
        self
    }

    /// Points to a place in what was typed, in characters from 1, and says what is wrong there.
    pub fn pointing_at(mut self, at: usize, detail: String) -> Self {
        self.place = Some(Box::new((at, detail)));
        self
    }

    pub fn because(mut self, cause: impl ToString) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// The JSON body.
    pub fn to_json(&self, request_id: &str) -> Vec<u8> {
        let body = Body {
            r#type: format!("urn:relatch:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status_number(),
            code: self.code.as_str(),
            request_id,
            field: self.field,
            retry_after: self.retry_after,
            reasons: &self.reasons,
            current: &self.current,
            at: self.place.as_ref().map(|place| place.0),
            detail: self.place.as_ref().map(|place| place.1.as_str()),
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_statuses_real() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.status().as_u16() == code.status_number()));
    }

    #[test]
    fn the_cause_stays_inside() {
        let text = String::from_utf8(Problem::new(Code::Unavailable).because("disk full").to_json("r1")).unwrap();
        assert!(!text.contains("disk"), "{text}");
        assert!(text.contains(r#""code":"unavailable""#));
    }
}

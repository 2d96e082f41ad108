//! What a step answers, before headers are added.

use crate::problem::Problem;
use http::StatusCode;
use serde::Serialize;

/// A reply in the making.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub kind: Kind,
    /// Values of `Set-Cookie`.
    pub cookies: Vec<String>,
    pub clear_site_data: bool,
    pub allow: Option<&'static str>,
}

#[derive(Debug)]
pub enum Kind {
    Json(Vec<u8>),
    /// An image whose address is another as soon as it is another image.
    Png(Vec<u8>),
    Empty,
    Problem(Problem),
}

impl Reply {
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        Self::of(status, Kind::Json(serde_json::to_vec(body).unwrap_or_default()))
    }

    pub fn ok(body: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// An image that may be kept for ever, by anybody.
    pub fn png(image: Vec<u8>) -> Self {
        Self::of(StatusCode::OK, Kind::Png(image))
    }

    pub fn empty() -> Self {
        Self::of(StatusCode::NO_CONTENT, Kind::Empty)
    }

    fn of(status: StatusCode, kind: Kind) -> Self {
        Self { status, kind, cookies: Vec::new(), clear_site_data: false, allow: None }
    }

    pub fn cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    pub fn clearing_site_data(mut self) -> Self {
        self.clear_site_data = true;
        self
    }

    /// 405, naming what is allowed.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let mut reply = Self::from(Problem::new(crate::Code::MethodNotAllowed));
        reply.allow = Some(allow);
        reply
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        Self::of(problem.code.status(), Kind::Problem(problem))
    }
}

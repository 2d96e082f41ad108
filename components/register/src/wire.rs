//! Bodies of registration.

use relatch_core::session::Stage;
use relatch_spin::app::Caller;
use relatch_spin::views::MethodView;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

#[derive(Serialize)]
pub struct Registration {
    required: bool,
    methods: Vec<MethodView>,
    deliveries: [&'static str; 2],
}

impl Registration {
    pub fn of(caller: &Caller) -> Self {
        Self {
            required: caller.session.stage == Stage::RegistrationRequired,
            methods: caller.person().methods.phones.iter().map(MethodView::from).collect(),
            deliveries: ["text", "call"],
        }
    }
}

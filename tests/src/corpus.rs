//! What attackers type, for the tests here and for the attack on a deployment.

/// Names and cookies that mean something to a store, a directory, a shell or a log.
pub const NASTY_NAMES: [&str; 12] = [
    "' OR c.id LIKE 's%",
    "*",
    "..",
    "../../etc/passwd",
    "a\r\nX-Evil: 1",
    "${jndi:ldap://x}",
    "<b>x</b>",
    "account:0",
    "limit:e1:x",
    "*)(uid=*",
    "%00",
    "\u{202e}eve",
];

/// Ways to write the address of the list of users that a careless router takes for another one.
pub const PATH_TRICKS: [&str; 12] = [
    "/api//users",
    "/api/./users",
    "/api/%75sers",
    "/api/users;x",
    "/api/Users",
    "/api/users/",
    "//api/users",
    "/API/users",
    "/api/sign-in/../users",
    "/api/users%2f",
    "/api/users/.",
    "/api/users%00",
];

/// Bodies that are not quite JSON, or not quite what was asked for. Too deep ones are made by whoever sends them.
pub const BROKEN_BODIES: [&[u8]; 22] = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"1",
    b"\"x\"",
    b"{}",
    br#"{"name":"a","name":"b"}"#,
    br#"{"name":"a","n\u0061me":"b"}"#,
    br#"{"name":"a","x":1}"#,
    br#"{"name":"a"} trailing"#,
    br#"{"name":"a"}{}"#,
    br#"{"name":"a\u0000"}"#,
    b"{\"name\":\"a\xff\"}",
    b"\xef\xbb\xbf{\"name\":\"a\"}",
    br#"{"name":"\ud800"}"#,
    b"{\"name\":\"a\0\"}",
    br#"{name:"a"}"#,
    br#"{"name":1e999}"#,
    br#"{"name":NaN}"#,
    br#"{"name":["a"]}"#,
    br#"{"name":{"$gt":""}}"#,
];

/// Where hooks of tests or of development could have been left in.
pub const HOOK_PATHS: [&str; 18] = [
    "/debug",
    "/api/debug",
    "/api/test",
    "/test/clock",
    "/clock",
    "/faults",
    "/metrics",
    "/api/messages",
    "/deliver",
    "/api/messenger/deliver",
    "/range",
    "/internal/",
    "/.env",
    "/spin.toml",
    "/api/users/../../spin.toml",
    "/advance/60",
    "/.git/config",
    "/index.json",
];

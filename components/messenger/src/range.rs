//! Asking for a list of breached passwords: the range query of Pwned Passwords, or anything that speaks it.

use http::Request;

/// The request for those whose hash begins with `prefix`; nothing when the address cannot be used.
pub fn ask(base_url: &str, prefix: &str) -> Option<Request<()>> {
    let url = format!("{}/range/{prefix}", base_url.trim_end_matches('/'));
    // Padding makes every answer about as long, so its length tells nobody on the way what was asked.
    let request = Request::get(url).header("add-padding", "true").header("user-agent", "relatch");
    request.body(()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_asked_for_with_padding() {
        for base in ["https://api.example", "https://api.example/"] {
            let request = ask(base, "5BAA6").unwrap();
            assert_eq!(
                (request.method(), request.uri().to_string().as_str()),
                (&http::Method::GET, "https://api.example/range/5BAA6")
            );
            assert_eq!(request.headers()["add-padding"], "true");
        }
        assert!(ask("not an address", "5BAA6").is_none());
    }
}

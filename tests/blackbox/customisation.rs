//! S32: colour, logo, and where people may be sent on to.

use data_encoding::BASE64;
use relatch_tests::{Admin, Answer, Backend, Site};
use reqwest::Method;
use serde_json::{Value, json};

on_both_stores!(
    s32_a_colour_is_dark_enough_for_white,
    s32_a_logo_is_an_image_and_nothing_else,
    s32_what_is_no_logo_is_refused,
    s32_only_a_logo_may_be_large,
    s32_people_are_sent_on_to_listed_addresses_only,
);

/// Two pixels, and the same with a comment and something after its end.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADUlEQVR4nGPgz9kLRAAHMwJxcy0usAAAAABJRU5ErkJggg==";
const PNG_AND_MORE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAEHRFWHRDb21tZW50ADxzY3JpcHQ+3c8QCQAAAA1JREFUeJxj4M/ZC0QABzMCcXMtLrAAAAAASUVORK5CYII8c2NyaXB0Pg==";
/// 481 pixels wide.
const WIDE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAeEAAAABCAIAAABmG4FvAAAAFklEQVR4nGPgz9k7ikbRKBpFo2hwIgBxckpXQscD2AAAAABJRU5ErkJggg==";
const LOGO: &str = "/api/policy/logo";

async fn version(admin: &Admin) -> Value {
    admin.browser.get("/api/policy").await.expect(200).json()["customisation"]["version"].clone()
}

async fn put_logo(admin: &Admin, png: &str) -> Answer {
    let version = version(admin).await;
    admin.browser.put(LOGO, json!({ "png": png, "version": version })).await
}

async fn remove_logo(admin: &Admin, version: &Value) -> Answer {
    let body = json!({ "version": version }).to_string();
    admin.browser.send(Method::DELETE, LOGO, Some(body), &[]).await
}

async fn organisation(site: &Site) -> Value {
    site.browser().get("/api/sign-in").await.expect(200).json()["organisation"].clone()
}

async fn s32_a_colour_is_dark_enough_for_white(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.policy("customisation", json!({ "colour": "#0f6cbd" })).await.expect(200);
    assert_eq!(organisation(&site).await["colour"], "#0f6cbd");
    let pale = admin.policy("customisation", json!({ "colour": "#ffff00" })).await.expect(400);
    let pale = pale.expect_code("invalid_field").json();
    assert_eq!((pale["field"].clone(), pale["reasons"].clone()), (json!("colour"), json!(["too_pale"])));
    for bad in ["red", "#FFF", "#0F6CBD", "#0f6cbd;", "url(x)"] {
        admin.policy("customisation", json!({ "colour": bad })).await.expect(400).expect_code("invalid_field");
    }
    admin.policy("customisation", json!({ "colour": "" })).await.expect(200);
    assert!(organisation(&site).await.get("colour").is_none());
}

async fn s32_a_logo_is_an_image_and_nothing_else(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let stranger = site.browser();
    stranger.get("/api/logo/0").await.expect(404).expect_code("not_found");
    let saved = put_logo(&admin, PNG_AND_MORE).await.expect(200).json();
    let number = saved["customisation"]["logo"].as_u64().expect("a number");
    let address = format!("/api/logo/{number}");
    assert_eq!(organisation(&site).await["logo"], address.as_str());
    let shown = stranger.get(&address).await.expect(200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(shown.header(name), value, "{name}");
    }
    assert!(shown.header("content-security-policy").contains("default-src 'none'"));
    assert!(shown.text.contains("PNG") && !shown.text.contains("script"));
    for other in ["/api/logo/0", "/api/logo/007", "/api/logo/x", "/api/logo", format!("/api/logo/0{number}").as_str()] {
        stranger.get(other).await.expect(404).expect_code("not_found");
    }
    stranger.post(&address, json!({})).await.expect(405);
    // Saving the page leaves the logo alone; the next one has another number; the old one is gone.
    admin.policy("customisation", json!({ "organisation": "Fabrikam", "logo": 99 })).await.expect(200);
    assert_eq!(organisation(&site).await["logo"], address.as_str());
    let next = put_logo(&admin, PNG).await.expect(200).json()["customisation"].clone();
    assert_ne!(next["logo"], number);
    stranger.get(&address).await.expect(404);
    stranger.get(&format!("/api/logo/{}", next["logo"])).await.expect(200);
    remove_logo(&admin, &next["version"]).await.expect(200);
    assert!(organisation(&site).await.get("logo").is_none());
    stranger.get(&format!("/api/logo/{}", next["logo"])).await.expect(404);
}

async fn s32_what_is_no_logo_is_refused(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let text = BASE64.encode(b"<svg onload=alert(1)>");
    let large = BASE64.encode(&[0; 24 * 1_024 + 1]);
    for (png, reason) in [
        (text.as_str(), "not_an_image"),
        ("%", "not_an_image"),
        (large.as_str(), "too_large"),
        (WIDE, "too_many_pixels"),
    ] {
        let refused = put_logo(&admin, png).await.expect(400).expect_code("invalid_field").json();
        assert_eq!((refused["field"].clone(), refused["reasons"].clone()), (json!("png"), json!([reason])));
    }
    // Whoever saved the page first wins, and nobody else may save at all.
    let version = version(&admin).await;
    admin.policy("customisation", json!({ "organisation": "Fabrikam" })).await.expect(200);
    let body = json!({ "png": PNG, "version": version });
    let stale = admin.browser.put(LOGO, body.clone()).await.expect(409).expect_code("stale_version").json();
    assert_eq!(stale["current"]["organisation"], "Fabrikam");
    remove_logo(&admin, &version).await.expect(409).expect_code("stale_version");
    site.browser().put(LOGO, body).await.expect(401);
    assert!(organisation(&site).await.get("logo").is_none());
}

async fn s32_only_a_logo_may_be_large(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let of = |bytes: usize| json!({ "png": "x".repeat(bytes), "version": 0 });
    admin.browser.put(LOGO, of(9_000)).await.expect(400).expect_code("invalid_field");
    admin.browser.put(LOGO, of(41_000)).await.expect(413).expect_code("body_too_large");
    admin.browser.put("/api/policy/customisation", of(9_000)).await.expect(413);
    admin.browser.send(Method::DELETE, LOGO, Some(of(9_000).to_string()), &[]).await.expect(413);
}

async fn s32_people_are_sent_on_to_listed_addresses_only(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let listed = json!({ "return_addresses": ["https://app.example.org/portal"] });
    admin.policy("customisation", listed).await.expect(200);
    for bad in ["http://app.example.org", "https://user@app.example.org", "javascript:alert(1)"] {
        let refused = admin.policy("customisation", json!({ "return_addresses": [bad] })).await.expect(400).json();
        assert_eq!(refused["field"], "return_addresses");
    }
    let many = |count: u32| (0..count).map(|n| format!("https://app{n}.example.org/portal")).collect::<Vec<_>>();
    let refused = admin.policy("customisation", json!({ "return_addresses": many(11) })).await.expect(400).json();
    assert_eq!(refused["field"], "return_addresses");
    let start = async |name: &str, wanted: &str| {
        let body = json!({ "name": name, "return_to": wanted });
        site.browser().post("/api/start-reset", body).await.expect(200).json()["return_to"].clone()
    };
    let wanted = "https://app.example.org/portal/home?x=1";
    for name in ["admin", "nobody"] {
        assert_eq!(start(name, wanted).await, wanted);
    }
    for other in [
        "https://app.example.org/",
        "https://app.example.org/portals",
        "https://app.example.org/portal/../x",
        "https://app.example.org.evil.example/portal",
        "https://app.example.org@evil.example/portal",
        "https:/\\evil.example/portal",
        "//evil.example",
        "javascript:alert(1)",
    ] {
        assert_eq!(start("admin", other).await, Value::Null, "{other}");
    }
}

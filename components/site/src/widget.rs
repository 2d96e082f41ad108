//! The page of a bot check that somebody else makes: the only one with a script that is not ours (docs/adr/0017).

use relatch_core::coded::Coded;
use relatch_core::siteverify::{Provider, is_site_key, origin_of};
use relatch_http::headers::WidgetHosts;
use relatch_spin::settings::BadSetting;

/// Where it is. Without such a check there is nothing.
pub const PATH: &str = "/bot-check";
/// What their script calls when it is there; `static/js/bot-check.js` gives it.
const READY: &str = "botCheckReady";

/// The variables that say what is on the page.
pub struct Raw {
    pub site_key: String,
    pub turnstile_base_url: String,
    pub hcaptcha_script_url: String,
}

/// A provider's widget: everything in it can stand in a page and in its policy.
pub struct Widget {
    provider: Provider,
    site_key: String,
    script: String,
    origin: String,
}

impl Widget {
    pub fn check(provider: Provider, raw: Raw) -> Result<Self, BadSetting> {
        if !is_site_key(&raw.site_key) {
            return Err(BadSetting("bot_check_site_key"));
        }
        let (name, script) = match provider {
            Provider::Turnstile => {
                let base = raw.turnstile_base_url.trim_end_matches('/');
                ("turnstile_base_url", format!("{base}/turnstile/v0/api.js"))
            }
            Provider::Hcaptcha => ("hcaptcha_script_url", raw.hcaptcha_script_url),
        };
        let origin = origin_of(&script).ok_or(BadSetting(name))?.to_owned();
        Ok(Self { provider, site_key: raw.site_key, script, origin })
    }

    /// What the page may load. Turnstile needs its script and its frame; hCaptcha says that it needs more.
    pub fn hosts(&self) -> WidgetHosts {
        let connections = self.provider.more_hosts();
        let scripts = format!("{} {connections}", self.origin).trim_end().to_owned();
        WidgetHosts { frames: scripts.clone(), scripts, connections: connections.to_owned() }
    }

    /// The page with whose widget it is, and its script after ours: ours has to listen first.
    pub fn put_into(&self, page: &str) -> String {
        let Self { provider, site_key, script, .. } = self;
        let head = format!(
            "<meta name=\"bot-check\" content=\"{}\" data-site-key=\"{site_key}\">\n\
             <script src=\"{script}?render=explicit&amp;onload={READY}\" defer></script>\n</head>",
            provider.code()
        );
        page.replacen("</head>", &head, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> Raw {
        Raw {
            site_key: "0x4AAA".to_owned(),
            turnstile_base_url: "https://challenges.cloudflare.com".to_owned(),
            hcaptcha_script_url: "https://js.hcaptcha.com/1/api.js".to_owned(),
        }
    }

    #[test]
    fn each_loads_what_its_makers_ask_for() {
        let turnstile = Widget::check(Provider::Turnstile, raw()).ok().unwrap();
        let hosts = turnstile.hosts();
        assert_eq!(hosts.scripts, "https://challenges.cloudflare.com");
        assert_eq!((hosts.frames, hosts.connections), (hosts.scripts, String::new()));
        let page = turnstile.put_into("<head><title>x</title></head><body></head></body>");
        assert_eq!(
            page,
            "<head><title>x</title><meta name=\"bot-check\" content=\"turnstile\" data-site-key=\"0x4AAA\">\n\
             <script src=\"https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit&amp;onload=botCheckReady\" \
             defer></script>\n</head><body></head></body>"
        );
        let hcaptcha = Widget::check(Provider::Hcaptcha, raw()).ok().unwrap();
        assert_eq!(hcaptcha.hosts().scripts, "https://js.hcaptcha.com https://hcaptcha.com https://*.hcaptcha.com");
        assert_eq!(hcaptcha.hosts().connections, "https://hcaptcha.com https://*.hcaptcha.com");
        assert!(hcaptcha.put_into("</head>").contains("\"https://js.hcaptcha.com/1/api.js?render=explicit&amp;"));
    }

    #[test]
    fn what_cannot_stand_in_a_page_is_named() {
        let bad = |provider, change: fn(&mut Raw)| {
            let mut raw = raw();
            change(&mut raw);
            Widget::check(provider, raw).err().unwrap().0
        };
        assert_eq!(bad(Provider::Turnstile, |raw| raw.site_key.clear()), "bot_check_site_key");
        assert_eq!(bad(Provider::Hcaptcha, |raw| raw.site_key.push('"')), "bot_check_site_key");
        assert_eq!(bad(Provider::Turnstile, |raw| raw.turnstile_base_url.clear()), "turnstile_base_url");
        assert_eq!(bad(Provider::Turnstile, |raw| raw.turnstile_base_url.push_str("/;x")), "turnstile_base_url");
        assert_eq!(bad(Provider::Hcaptcha, |raw| raw.hcaptcha_script_url.push('"')), "hcaptcha_script_url");
    }
}

//! Bodies of registration.

use relatch_core::totp::Seed;
use relatch_core::{Secret, Timestamp};
use relatch_spin::views::{MethodView, RecoveryView, deliveries, method_views, offered};
use relatch_store::records::{Person, Policy};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    pub code: String,
}

#[derive(Serialize)]
pub struct Registration {
    required: bool,
    methods: Vec<MethodView>,
    recovery_codes: Option<RecoveryView>,
    offered: Vec<&'static str>,
    deliveries: Vec<&'static str>,
    needed: usize,
    more_needed: usize,
    complete: bool,
}

impl Registration {
    pub fn of(person: &Person, policy: &Policy, required: bool, complete: bool) -> Self {
        let standing = person.standing(policy);
        // Whoever must still add something needs one more at least, whatever the count says.
        let more_needed = if complete { 0 } else { standing.more_needed().max(1) };
        Self {
            required,
            methods: method_views(&person.methods),
            recovery_codes: RecoveryView::of(&person.methods),
            offered: offered(policy),
            deliveries: deliveries(policy),
            needed: standing.needed,
            more_needed,
            complete,
        }
    }
}

/// A seed, shown this once.
#[derive(Serialize)]
pub struct NewApp {
    /// Base32 in groups of four, for typing.
    secret: String,
    uri: String,
    qr: Picture,
}

/// A QR code as one path of an SVG whose viewBox is `0 0 size size`, quiet zone included.
#[derive(Serialize)]
pub struct Picture {
    size: usize,
    path: String,
}

/// The quiet zone that scanners want (ISO/IEC 18004: four modules).
const QUIET: usize = 4;

impl NewApp {
    /// `None`: the address does not fit a picture, which names of sane length rule out.
    pub fn show(seed: &Seed, organisation: &str, name: &str) -> Option<Self> {
        let uri = seed.uri(organisation, name);
        let code = qrcode::QrCode::with_error_correction_level(uri.as_bytes(), qrcode::EcLevel::M).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (at, colour) in code.to_colors().into_iter().enumerate() {
            if colour == qrcode::Color::Dark {
                path.push_str(&format!("M{},{}h1v1h-1z", at % width + QUIET, at / width + QUIET));
            }
        }
        let text = seed.to_text();
        let groups: Vec<&str> = text.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
        Some(Self { secret: groups.join(" "), uri, qr: Picture { size: width + 2 * QUIET, path } })
    }
}

#[derive(Serialize)]
pub struct Registered {
    pub registered: MethodView,
}

/// Saved codes, shown this once.
#[derive(Serialize)]
pub struct NewCodes<'a> {
    codes: Vec<&'a str>,
    created_at: String,
}

impl<'a> NewCodes<'a> {
    pub fn show(codes: &'a [Secret<String>], now: Timestamp) -> Self {
        Self { codes: codes.iter().map(|code| code.expose().as_str()).collect(), created_at: now.rfc3339() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the path as a browser would: one dark dot for each module.
    fn drawn(picture: &Picture) -> Vec<Vec<bool>> {
        let mut dark = vec![vec![false; picture.size]; picture.size];
        for module in picture.path.split('M').skip(1) {
            let place = module.strip_suffix("h1v1h-1z").expect("a square");
            let (x, y) = place.split_once(',').expect("a place");
            dark[y.parse::<usize>().unwrap()][x.parse::<usize>().unwrap()] = true;
        }
        dark
    }

    #[test]
    fn the_picture_says_the_address_and_the_address_says_the_seed() {
        let seed = Seed::new([0x5a; relatch_core::totp::SEED]);
        for (organisation, name) in [
            ("Contoso", "mia@contoso.example"),
            ("Schule für Kunst: Süd & Nord", &*format!("{}@x.example", "y".repeat(64))),
        ] {
            let shown = NewApp::show(&seed, organisation, name).unwrap();
            assert_eq!(shown.uri, seed.uri(organisation, name));
            assert_eq!(shown.secret.replace(' ', ""), seed.to_text());
            assert!(shown.uri.contains(&format!("secret={}&", seed.to_text())));
            let dark = drawn(&shown.qr);
            let edge = |at: usize| at < QUIET || at >= shown.qr.size - QUIET;
            assert!(
                dark.iter()
                    .enumerate()
                    .all(|(y, row)| row.iter().enumerate().all(|(x, dot)| !(*dot && (edge(x) || edge(y)))))
            );
            // As a camera sees it: several dots to a module.
            let side = shown.qr.size * 4;
            let mut seen =
                rqrr::PreparedImage::prepare_from_greyscale(
                    side,
                    side,
                    |x, y| if dark[y / 4][x / 4] { 0 } else { 255 },
                );
            let codes = seen.detect_grids();
            assert_eq!(codes.len(), 1);
            assert_eq!(codes[0].decode().unwrap().1, shown.uri);
        }
    }
}

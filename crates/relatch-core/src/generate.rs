//! Secrets made from random bytes that the caller brings.

use crate::secret::Secret;
use data_encoding::BASE32_NOPAD;
use data_encoding::BASE64URL_NOPAD;

/// Letters and digits that cannot be mistaken for one another when read aloud or copied by hand.
const CLEAR: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789A";

/// Characters of a generated initial password, in four groups: 80 bits (5 each).
const INITIAL_CHARACTERS: usize = 16;

/// An initial password such as `kx4p-9mdw-tq7z-hc2n`: 16 characters, 80 random bits, 19 with dashes.
///
/// The alphabet has 32 characters, so five bits of each random byte give one without bias.
pub fn initial_password(random: &[u8; INITIAL_CHARACTERS]) -> Secret<String> {
    let mut text = String::with_capacity(INITIAL_CHARACTERS + 3);
    for (at, byte) in random.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        let index = usize::from(byte & 31);
        text.push(CLEAR.get(index).copied().map_or('a', char::from));
    }
    Secret::new(text)
}

/// 256 random bits as text for a cookie.
pub fn token(random: &[u8; 32]) -> Secret<String> {
    Secret::new(BASE64URL_NOPAD.encode(random))
}

/// Reads a token back; exactly 256 bits in canonical base64url, or nothing.
pub fn parse_token(text: &str) -> Option<[u8; 32]> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// Random bytes of a recovery code: 120 bits, so that a plain keyed hash of it is enough (ASVS 6.5.2).
pub const RECOVERY_CODE: usize = 15;
/// Codes of a set.
pub const RECOVERY_CODES: usize = 10;

/// A saved recovery code: 24 base32 characters in groups of four.
pub fn recovery_code(random: &[u8; RECOVERY_CODE]) -> Secret<String> {
    let text = BASE32_NOPAD.encode(random);
    let groups: Vec<&str> = text.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    Secret::new(groups.join("-"))
}

/// What was typed, without what people add: spaces, hyphens, small letters. `None`: it cannot be one.
pub fn parse_recovery_code(typed: &str) -> Option<Secret<String>> {
    if typed.len() > 64 {
        return None;
    }
    let text: String = typed.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
    let bytes = BASE32_NOPAD.decode(text.as_bytes()).ok()?;
    let random: [u8; RECOVERY_CODE] = bytes.try_into().ok()?;
    Some(recovery_code(&random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_read_as_people_type_it() {
        let code = recovery_code(&[0xA5; RECOVERY_CODE]);
        assert_eq!(code.expose().len(), 29);
        let sloppy = format!(" {} ", code.expose().to_lowercase().replace('-', " "));
        assert_eq!(parse_recovery_code(&sloppy).unwrap().expose(), code.expose());
        for bad in ["", "ABCD", "1111-1111-1111-1111-1111-1111", &"A".repeat(65), &code.expose()[1..]] {
            assert!(parse_recovery_code(bad).is_none(), "{bad}");
        }
        // As long as may be typed, and one more.
        let spaced = |length: usize| format!("{:length$}", code.expose());
        assert!(parse_recovery_code(&spaced(64)).is_some() && parse_recovery_code(&spaced(65)).is_none());
    }
    use std::collections::HashSet;

    #[test]
    fn the_alphabet_has_thirty_two_different_characters() {
        assert_eq!(CLEAR.iter().collect::<HashSet<_>>().len(), 32);
    }

    #[test]
    fn an_initial_password_is_four_groups_from_five_bits_each() {
        let bytes = std::array::from_fn(|at| u8::try_from(at).unwrap());
        assert_eq!(initial_password(&bytes).expose(), "abcd-efgh-jkmn-pqrs");
        assert_eq!(initial_password(&bytes.map(|byte| byte | 0b1110_0000)).expose(), "abcd-efgh-jkmn-pqrs");
        assert_eq!(initial_password(&[255; 16]).expose(), "AAAA-AAAA-AAAA-AAAA");
    }

    #[test]
    fn initial_passwords_pass_our_own_rules() {
        let text = initial_password(&[9; 16]);
        assert_eq!(text.expose().len(), 19);
        let password = crate::Password::parse(text.expose()).unwrap();
        assert!(crate::password::PasswordRules::new(false, &["mias"]).judge(&password).is_empty());
    }

    #[test]
    fn tokens_come_back() {
        assert_eq!(parse_token(token(&[3; 32]).expose()), Some([3; 32]));
        assert_eq!(parse_token("short"), None);
        assert_eq!(parse_token(&"A".repeat(44)), None);
    }
}

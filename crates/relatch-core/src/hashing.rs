//! Password hashing: argon2id with a pepper that is not in the store.

use crate::Password;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// Memory in KiB, passes, lanes: the OWASP minimum that ASVS 5.0 (appendix C) takes over.
pub const MEMORY_KIB: u32 = 19_456;
pub const PASSES: u32 = 2;
pub const LANES: u32 = 1;
/// Bytes of salt and of output (RFC 9106).
pub const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;

/// Hashing failed: only wrong parameters or a damaged stored hash can cause it. Always a refusal.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("password hashing failed")]
pub struct HashingError;

fn hasher(pepper: &[u8; 32]) -> Result<Argon2<'_>, HashingError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT_BYTES)).map_err(|_| HashingError)?;
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params).map_err(|_| HashingError)
}

/// The PHC string `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. Costs about 50 ms in a guest.
pub fn hash(password: &Password, salt: &[u8; SALT_BYTES], pepper: &[u8; 32]) -> Result<String, HashingError> {
    hasher(pepper)?
        .hash_password_with_salt(password.expose().as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|_| HashingError)
}

/// Is this the password that was hashed? Costs the same whatever the answer.
pub fn verify(password: &Password, stored: &str, pepper: &[u8; 32]) -> Result<bool, HashingError> {
    let stored = PasswordHash::new(stored).map_err(|_| HashingError)?;
    Ok(hasher(pepper)?.verify_password(password.expose().as_bytes(), &stored).is_ok())
}

/// A well-formed hash nobody's password has: strangers and locked accounts are compared with it, so
/// that they cost what everybody costs (SEC-2, SEC-5).
pub const DECOY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$ZGVjb3lkZWNveWRlY295ZA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// True when a stored hash was made with other parameters and should be made anew at sign-in.
pub fn is_outdated(stored: &str) -> bool {
    !stored.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_argon2id_and_needs_the_pepper() {
        let password = Password::parse("correct horse battery").unwrap();
        let stored = hash(&password, &[1; SALT_BYTES], &[2; 32]).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(verify(&password, &stored, &[2; 32]), Ok(true));
        assert_eq!(verify(&password, &stored, &[3; 32]), Ok(false));
        assert_eq!(verify(&Password::parse("correct horse batterx").unwrap(), &stored, &[2; 32]), Ok(false));
        assert!(!is_outdated(&stored));
        assert!(is_outdated("$argon2id$v=19$m=4096,t=2,p=1$x$y"));
    }

    #[test]
    fn the_decoy_is_well_formed_and_matches_nothing() {
        let password = Password::parse("anything").unwrap();
        assert_eq!(verify(&password, DECOY_HASH, &[0; 32]), Ok(false));
        assert!(!is_outdated(DECOY_HASH));
        assert_eq!(verify(&password, "not a hash", &[0; 32]), Err(HashingError));
    }
}

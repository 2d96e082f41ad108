//! Sealing: XChaCha20-Poly1305 with a random 24-byte nonce, which is safe without a counter.

use crate::kv::{Entropy, StoreError};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;
use relatch_core::Secret;

/// The shape of sealed bytes: version, length of the key id, key id, nonce, ciphertext.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// A named 256-bit key.
pub struct NamedKey {
    pub id: String,
    pub key: Secret<[u8; 32]>,
}

/// Reads `id:base64url[,id:base64url...]`; ids are 1-8 lower-case letters and digits, keys 32 bytes.
pub fn parse_keys(text: &str) -> Option<Vec<NamedKey>> {
    let one = |part: &str| {
        let (id, key) = part.trim().split_once(':')?;
        let key: [u8; 32] = BASE64URL_NOPAD.decode(key.as_bytes()).ok()?.try_into().ok()?;
        (is_id(id) && key != [0; 32]).then(|| NamedKey { id: id.to_owned(), key: Secret::new(key) })
    };
    let keys: Option<Vec<_>> = text.split(',').map(one).collect();
    keys.filter(|keys| !keys.is_empty())
}

fn is_id(id: &str) -> bool {
    (1..=8).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// Seals with the first key and opens with any: keys rotate with an overlap.
pub struct Sealer {
    keys: Vec<NamedKey>,
}

impl Sealer {
    /// `None` without any key.
    pub fn new(keys: Vec<NamedKey>) -> Option<Self> {
        (!keys.is_empty()).then_some(Self { keys })
    }

    /// `context` says where the sealed bytes belong; they open nowhere else.
    pub fn seal(&self, entropy: &impl Entropy, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let named = self.keys.first().ok_or(StoreError::Damaged)?;
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce)?;
        let sealed = cipher(named)
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context })
            .map_err(|_| StoreError::Damaged)?;
        let id = named.id.as_bytes();
        let mut bytes = Vec::with_capacity(2 + id.len() + NONCE_BYTES + sealed.len());
        bytes.push(VERSION);
        bytes.push(u8::try_from(id.len()).unwrap_or(0));
        bytes.extend_from_slice(id);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(bytes)
    }

    /// The key that seals.
    pub fn newest(&self) -> &str {
        self.keys.first().map_or("", |named| &named.id)
    }

    pub fn open(&self, context: &[u8], bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.try_open(context, bytes).ok_or(StoreError::Damaged)
    }

    fn try_open(&self, context: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        let (id, rest) = split(bytes)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let named = self.keys.iter().find(|named| named.id.as_bytes() == id)?;
        cipher(named).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: context }).ok()
    }
}

/// The id of the key that sealed these bytes; `None` if nothing sealed them.
pub fn sealed_with(bytes: &[u8]) -> Option<&str> {
    let (id, rest) = split(bytes)?;
    // A counter may begin like a seal, and is shorter.
    let id = std::str::from_utf8(id).ok().filter(|id| is_id(id))?;
    (rest.len() >= NONCE_BYTES + TAG_BYTES).then_some(id)
}

/// The key's id, and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[version, id_length], rest) = bytes.split_first_chunk::<2>()?;
    if version != VERSION {
        return None;
    }
    rest.split_at_checked(usize::from(id_length))
}

fn cipher(named: &NamedKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*named.key.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::CountingEntropy;

    fn sealer(keys: &[(&str, u8)]) -> Sealer {
        let named = |(id, byte): &(&str, u8)| NamedKey { id: (*id).to_owned(), key: Secret::new([*byte; 32]) };
        Sealer::new(keys.iter().map(named).collect()).unwrap()
    }

    #[test]
    fn opens_only_where_it_belongs_and_unchanged() {
        let (sealer, entropy) = (sealer(&[("k1", 1)]), CountingEntropy::new(1));
        let sealed = sealer.seal(&entropy, b"here", b"secret").unwrap();
        assert_eq!(sealer.open(b"here", &sealed).unwrap(), b"secret");
        assert_eq!(sealer.open(b"there", &sealed), Err(StoreError::Damaged));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(sealer.open(b"here", &changed).is_err(), "byte {at}");
            assert!(sealer.open(b"here", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn what_is_too_short_was_sealed_with_nothing() {
        let (sealer, entropy) = (sealer(&[("k1", 1)]), CountingEntropy::new(1));
        let empty = sealer.seal(&entropy, b"here", b"").unwrap();
        assert_eq!(sealed_with(&empty), Some("k1"));
        assert_eq!(sealed_with(&empty[..empty.len() - 1]), None);
    }

    #[test]
    fn keys_rotate_with_an_overlap() {
        let entropy = CountingEntropy::new(1);
        let old = sealer(&[("k1", 1)]).seal(&entropy, b"c", b"m").unwrap();
        let both = sealer(&[("k2", 2), ("k1", 1)]);
        assert_eq!(both.open(b"c", &old).unwrap(), b"m");
        let new = both.seal(&entropy, b"c", b"m").unwrap();
        assert_eq!((sealed_with(&old), sealed_with(&new), both.newest()), (Some("k1"), Some("k2"), "k2"));
        for counter in [1_i64, 257, 0x6161_6161_6161_0101] {
            assert_eq!(sealed_with(&counter.to_le_bytes()), None);
            assert_eq!(sealed_with(counter.to_string().as_bytes()), None);
        }
        assert!(sealer(&[("k1", 1)]).open(b"c", &new).is_err());
    }

    #[test]
    fn weak_or_broken_keys_are_refused() {
        let key = BASE64URL_NOPAD.encode(&[7; 32]);
        assert_eq!(parse_keys(&format!("k1:{key}, k0:{key}")).unwrap().len(), 2);
        let zeros = BASE64URL_NOPAD.encode(&[0; 32]);
        for bad in [
            "",
            "k1",
            "k1:",
            "k1:abc",
            &format!(":{key}"),
            &format!("K1:{key}"),
            &format!("k1:{zeros}"),
            &format!("k1:{key},"),
        ] {
            assert!(parse_keys(bad).is_none(), "{bad}");
        }
    }
}

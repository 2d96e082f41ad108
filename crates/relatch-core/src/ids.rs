//! Random identifiers. They say nothing and are never guessed: 128 bits each.

use data_encoding::HEXLOWER;
use std::marker::PhantomData;

/// A 128-bit identifier of one kind; printed as 32 lower-case hex digits.
pub struct Id<Kind> {
    bytes: [u8; 16],
    kind: PhantomData<fn() -> Kind>,
}

/// What an [`AccountId`] identifies.
pub enum Account {}
/// What a [`GroupId`] identifies.
pub enum Group {}
/// What a [`MethodId`] identifies.
pub enum Method {}

pub type AccountId = Id<Account>;
pub type GroupId = Id<Group>;
pub type MethodId = Id<Method>;

impl<Kind> Id<Kind> {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self { bytes, kind: PhantomData }
    }

    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// Exactly 32 lower-case hex digits, or nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        Some(Self::from_bytes(bytes.try_into().ok()?))
    }
}

impl<Kind> Clone for Id<Kind> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Kind> Copy for Id<Kind> {}
impl<Kind> PartialEq for Id<Kind> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}
impl<Kind> Eq for Id<Kind> {}
impl<Kind> PartialOrd for Id<Kind> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<Kind> Ord for Id<Kind> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes.cmp(&other.bytes)
    }
}
impl<Kind> std::hash::Hash for Id<Kind> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}
impl<Kind> std::fmt::Display for Id<Kind> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.bytes))
    }
}
impl<Kind> std::fmt::Debug for Id<Kind> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_same_when_their_bytes_are() {
        let [one, two] = [1, 2].map(|byte| AccountId::from_bytes([byte; 16]));
        assert!(one == AccountId::from_bytes([1; 16]) && one != two && one < two);
        let set = std::collections::HashSet::from([one, two]);
        assert!(set.len() == 2 && set.contains(&AccountId::from_bytes([2; 16])));
        let hashed = |id: AccountId| std::hash::BuildHasher::hash_one(set.hasher(), id);
        assert_ne!(hashed(one), hashed(two));
    }

    #[test]
    fn parses_what_it_prints_and_nothing_else() {
        let id = AccountId::from_bytes([0xab; 16]);
        assert_eq!(AccountId::parse(&id.to_string()), Some(id));
        assert_eq!((id.to_string(), format!("{id:?}")), ("ab".repeat(16), "ab".repeat(16)));
        for bad in ["", "ab", &"AB".repeat(16), &"ab".repeat(17), &"zz".repeat(16)] {
            assert_eq!(AccountId::parse(bad), None, "{bad}");
        }
    }
}

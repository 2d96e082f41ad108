//! Where a code can go.

use crate::methods::Kind;
use crate::{EmailAddress, PhoneNumber};

/// A phone or a mailbox.
#[derive(Clone, Debug)]
pub enum Destination {
    Phone(PhoneNumber),
    Email(EmailAddress),
}

impl Destination {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Phone(_) => Kind::Phone,
            Self::Email(_) => Kind::Email,
        }
    }

    /// What a provider is told.
    pub fn expose(&self) -> &str {
        match self {
            Self::Phone(number) => number.expose(),
            Self::Email(address) => address.expose(),
        }
    }

    /// The one spelling that limits and decoys are counted under.
    pub fn folded(&self) -> String {
        match self {
            Self::Phone(number) => number.expose().to_owned(),
            Self::Email(address) => address.folded(),
        }
    }

    /// What the record of methods holds.
    pub fn to_stored(&self) -> String {
        match self {
            Self::Phone(number) => number.to_stored(),
            Self::Email(address) => address.expose().to_owned(),
        }
    }

    /// What its owner may see once signed in.
    pub fn hint(&self) -> String {
        match self {
            Self::Phone(number) => number.hint(),
            Self::Email(address) => address.hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_destination_are_one() {
        let mail = |typed: &str| Destination::Email(EmailAddress::parse(typed).unwrap());
        assert_eq!(mail("Mia@Mail.Example").folded(), mail("mia@mail.example").folded());
        assert_ne!(mail("mia@mail.example").folded(), mail("max@mail.example").folded());
        let phone = |typed: &str| Destination::Phone(PhoneNumber::parse(typed, "GB").unwrap());
        assert_eq!(phone("07400 123456").folded(), phone("+44 7400 123456").folded());
        assert_eq!(phone("07400 123456").folded(), "+447400123456");
    }

    #[test]
    fn a_hint_is_the_destination_s_own() {
        let address = EmailAddress::parse("mia@mail.example").unwrap();
        let number = PhoneNumber::parse("07400 123456", "GB").unwrap();
        assert_eq!(Destination::Email(address.clone()).hint(), address.hint());
        assert_eq!(Destination::Phone(number.clone()).hint(), number.hint());
        assert_ne!(number.hint(), address.hint());
    }

    #[test]
    fn a_provider_is_told_the_whole_of_it() {
        let mail = Destination::Email(EmailAddress::parse("Mia@mail.example").unwrap());
        let phone = Destination::Phone(PhoneNumber::parse("07400 123456", "GB").unwrap());
        assert_eq!((mail.expose(), phone.expose()), ("Mia@mail.example", "+447400123456"));
    }

    #[test]
    fn what_is_stored_is_read_back_as_the_same() {
        let mail = Destination::Email(EmailAddress::parse("Mia@mail.example").unwrap());
        assert_eq!(mail.to_stored(), "Mia@mail.example");
        let number = PhoneNumber::parse("07400 123456", "GB").unwrap();
        let stored = Destination::Phone(number.clone()).to_stored();
        assert_eq!(PhoneNumber::from_stored(&stored).unwrap().expose(), number.expose());
    }
}

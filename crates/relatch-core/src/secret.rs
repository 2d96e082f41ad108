//! A value that must not be printed, serialised or left behind in memory.

use std::fmt;
use zeroize::Zeroize;

/// Wraps a secret: no `Display`, no `Serialize`, an empty `Debug`, wiped on drop.
///
/// Wiping is best effort: a wasm guest never returns memory to its host.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The only way to the value; the name makes each use easy to find in a review.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hunter2".to_owned())), "Secret");
    }

    #[test]
    fn what_is_dropped_is_wiped() {
        struct Tells(Rc<Cell<u32>>);
        impl Zeroize for Tells {
            fn zeroize(&mut self) {
                self.0.update(|times| times + 1);
            }
        }
        let wiped = Rc::new(Cell::new(0));
        let secret = Secret::new(Tells(wiped.clone()));
        assert_eq!(wiped.get(), 0);
        drop(secret);
        assert_eq!(wiped.get(), 1);
    }
}

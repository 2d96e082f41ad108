//! `application/x-www-form-urlencoded`, read strictly.

use std::collections::BTreeMap;

/// Every field once, by name; `Err` says what is wrong.
pub(crate) fn parse(body: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the body is not text".to_owned())?;
    let mut fields = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or("a field has no =")?;
        let name = decode(name)?;
        if fields.insert(name.clone(), decode(value)?).is_some() {
            return Err(format!("the field {name} is there twice"));
        }
    }
    Ok(fields)
}

fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit =
                    |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                match (high, low) {
                    (Some(high), Some(low)) => (high << 4) | low,
                    _ => return Err("a % is not followed by two hexadecimal digits".to_owned()),
                }
            }
            b'!'..=b'~' => byte,
            _ => return Err("a character is not encoded".to_owned()),
        });
    }
    String::from_utf8(bytes).map_err(|_| "a field is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded() {
        let fields = parse(b"To=%2B4912345&Body=a+b%26c+%C3%A4").unwrap();
        assert_eq!(fields["To"], "+4912345");
        assert_eq!(fields["Body"], "a b&c ä");
    }

    #[test]
    fn sloppy_bodies_are_refused() {
        let bodies: [&[u8]; 8] = [b"a=1&a=2", b"a", b"a=%", b"a=%2", b"a=%zz", b"a=%ff", b"a=\xff", b"a=x y"];
        for body in bodies {
            assert!(parse(body).is_err(), "{}", String::from_utf8_lossy(body));
        }
    }
}

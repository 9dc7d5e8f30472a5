//! Basic authentication in front of an environment.
use hyper::{HeaderMap, header::AUTHORIZATION};

use crate::model::Lock;

/// What a request must bear in `Authorization` to pass the lock.
pub fn authorization(lock: &Lock) -> String {
    format!("Basic {}", base64(format!("{}:{}", lock.user, lock.password).as_bytes()))
}

/// Whether the request bears the lock's user and password.
pub(super) fn opens(lock: &Lock, headers: &HeaderMap) -> bool {
    let expected = base64(format!("{}:{}", lock.user, lock.password).as_bytes());
    headers.get_all(AUTHORIZATION).iter().any(|value| {
        let Some((scheme, token)) = value.to_str().ok().and_then(|text| text.split_once(' '))
        else {
            return false;
        };
        scheme.eq_ignore_ascii_case("basic") && same(token.trim().as_bytes(), expected.as_bytes())
    })
}

/// Compares in a time that depends only on the lengths.
fn same(given: &[u8], expected: &[u8]) -> bool {
    let mut difference = given.len() ^ expected.len();
    for (index, byte) in expected.iter().enumerate() {
        difference |= usize::from(byte ^ given.get(index).unwrap_or(&0));
    }
    difference == 0
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - group.len()));
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit > group.len() { '=' } else { DIGITS[index as usize] as char });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let expected = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, text) in expected.iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), *text);
        }
    }

    #[test]
    fn only_the_right_user_and_password_open_it() {
        let lock = Lock { user: "team".into(), password: "pä:ss".into() };
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            opens(&lock, &headers)
        };
        let right = base64("team:pä:ss".as_bytes());
        assert!(with(&format!("Basic {right}")));
        assert!(with(&format!("basic {right}")));
        for wrong in ["Basic", "Basic ", "Bearer x", "Basic dGVhbTo=", &format!("Basic {right}A")] {
            assert!(!with(wrong), "{wrong}");
        }
        assert!(!opens(&lock, &HeaderMap::new()));
    }
}

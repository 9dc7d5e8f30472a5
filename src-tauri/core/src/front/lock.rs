//! Basic authentication in front of an environment. The site's own requests show a pass instead.
use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::{HeaderMap, header::AUTHORIZATION};

use crate::model::Lock;

/// The header of the pass by which a site's own requests open its lock; it is never handed on.
pub(super) const PASS: &str = "x-portico-pass";

/// Whether the request bears the lock's user and password, or the environment's pass.
pub(super) fn opens(lock: &Lock, pass: &str, headers: &HeaderMap) -> bool {
    let shown = headers.get(PASS).map(|value| value.as_bytes());
    if !pass.is_empty() && shown.is_some_and(|shown| same(shown, pass.as_bytes())) {
        return true;
    }
    let expected = BASE64_STANDARD.encode(format!("{}:{}", lock.user, lock.password));
    headers.get_all(AUTHORIZATION).iter().any(|value| {
        let Some((scheme, token)) = value.to_str().ok().and_then(|text| text.split_once(' '))
        else {
            return false;
        };
        scheme.eq_ignore_ascii_case("basic") && same(token.trim().as_bytes(), expected.as_bytes())
    })
}

/// What a request must bear in `Authorization` to pass the lock.
pub fn authorization(lock: &Lock) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", lock.user, lock.password)))
}

/// Compares in a time that depends only on the lengths.
fn same(given: &[u8], expected: &[u8]) -> bool {
    let mut difference = given.len() ^ expected.len();
    for (index, byte) in expected.iter().enumerate() {
        difference |= usize::from(byte ^ given.get(index).unwrap_or(&0));
    }
    difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_user_and_password_open_it() {
        let lock = Lock { user: "team".into(), password: "pä:ss".into() };
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            opens(&lock, "secret", &headers)
        };
        let right = BASE64_STANDARD.encode("team:pä:ss");
        assert!(with(&format!("Basic {right}")));
        assert!(with(&format!("basic {right}")));
        for wrong in ["Basic", "Basic ", "Bearer x", "Basic dGVhbTo=", &format!("Basic {right}A")] {
            assert!(!with(wrong), "{wrong}");
        }
        assert!(!opens(&lock, "", &HeaderMap::new()));
        let mut headers = HeaderMap::new();
        headers.insert(PASS, "secret".parse().unwrap());
        assert!(opens(&lock, "secret", &headers));
        assert!(!opens(&lock, "another", &headers));
        headers.insert(PASS, "".parse().unwrap());
        assert!(!opens(&lock, "", &headers), "no pass opens nothing");
    }
}

//! The head of a CGI answer (RFC 3875, section 6) made into that of an HTTP answer.
use hyper::{
    HeaderMap, StatusCode,
    header::{self, HeaderName, HeaderValue},
};

/// The most bytes of a head.
pub(super) const LONGEST_HEAD: usize = 256 * 1024;

/// Headers that concern one connection only: ours to the client is not PHP's to us.
const CONNECTION: &[HeaderName] = &[
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TRAILER,
    header::TE,
    header::PROXY_AUTHENTICATE,
];

/// Where the head ends and where the body begins; looks from `from` on.
pub(super) fn end_of_head(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    memchr::memchr_iter(b'\n', &bytes[from..]).map(|at| from + at).find_map(|at| {
        match &bytes[at + 1..] {
            [b'\n', ..] => Some((at, at + 2)),
            [b'\r', b'\n', ..] => Some((at, at + 3)),
            _ => None,
        }
    })
}

/// Reads a head. The status is 200 unless it says otherwise, 302 if it only says where to go.
pub(super) fn parse(head: &[u8]) -> Result<(StatusCode, HeaderMap), &'static str> {
    let (mut status, mut headers) = (None, HeaderMap::new());
    for line in head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end) {
        if line.is_empty() {
            continue;
        }
        let colon = memchr::memchr(b':', line).ok_or("a header without a colon")?;
        let name =
            HeaderName::from_bytes(&line[..colon]).map_err(|_| "a header of no valid name")?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii())
            .map_err(|_| "a header of no valid value")?;
        if name == "status" {
            let code = value.as_bytes().get(..3).and_then(|code| StatusCode::from_bytes(code).ok());
            // 1xx is no end of a request.
            let code = code.filter(|code| !code.is_informational());
            status = Some(code.ok_or("a status that is no number")?);
        } else if name == header::CONTENT_LENGTH {
            headers.insert(name, value);
        } else if !CONNECTION.contains(&name) && name != "keep-alive" {
            headers.append(name, value);
        }
    }
    let moved = headers.contains_key(header::LOCATION);
    Ok((status.unwrap_or(if moved { StatusCode::FOUND } else { StatusCode::OK }), headers))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_head_ends_at_the_first_empty_line_with_or_without_returns() {
        assert_eq!(end_of_head(b"a: b\r\n\r\nbody", 0), Some((5, 8)));
        assert_eq!(end_of_head(b"a: b\n\nbody\n\n", 0), Some((4, 6)));
        assert_eq!(end_of_head(b"a: b\r\nc: d\r\n", 0), None);
    }

    #[test]
    fn several_cookies_stay_several_and_one_length_is_enough() {
        let head = b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 3\r\nContent-Length: 3";
        let (status, headers) = parse(head).unwrap();
        assert_eq!(status, 200);
        assert_eq!(headers.get_all(header::SET_COOKIE).iter().count(), 2);
        assert_eq!(headers.get_all(header::CONTENT_LENGTH).iter().count(), 1);
    }

    #[test]
    fn status_and_location_make_the_status() {
        assert_eq!(parse(b"Status: 404 Not Found").unwrap().0, 404);
        assert_eq!(parse(b"Location: /there").unwrap().0, 302);
        assert_eq!(parse(b"Status: 301\nLocation: /there").unwrap().0, 301);
        for wrong in ["Status: x", "Status: 100 Continue", "hello", "a b: c", "a: \x01"] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn headers_of_the_connection_are_not_passed_on() {
        let (_, headers) =
            parse(b"Connection: close\nTransfer-Encoding: chunked\nKeep-Alive: x").unwrap();
        assert!(headers.is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_head_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = end_of_head(&bytes, 0);
            let _ = parse(&bytes);
        }
    }
}

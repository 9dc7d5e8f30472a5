use proptest::prelude::*;

use super::*;

/// A responder's record, padded as the specification allows.
pub(in crate::front) fn responder_record(kind: u8, content: &[u8], padding: u8) -> Vec<u8> {
    let mut out = Vec::new();
    header(&mut out, kind, content.len());
    out[6] = padding;
    out.extend_from_slice(content);
    out.extend(std::iter::repeat_n(0xAA, usize::from(padding)));
    out
}

fn decode_in_pieces(wire: &[u8], sizes: &[usize]) -> io::Result<Vec<Record>> {
    let (mut decoder, mut records, mut at, mut turn) = (Decoder::default(), Vec::new(), 0, 0);
    while at < wire.len() {
        let piece =
            sizes.get(turn % sizes.len().max(1)).copied().unwrap_or(1).clamp(1, wire.len() - at);
        decoder.buffer().extend_from_slice(&wire[at..at + piece]);
        (at, turn) = (at + piece, turn + 1);
        while let Some(record) = decoder.next()? {
            records.push(record);
        }
    }
    Ok(records)
}

/// Reads a parameter stream back, as a responder does.
fn decode_params(wire: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let (mut block, mut rest) = (Vec::new(), wire);
    loop {
        assert_eq!(rest[1], PARAMS);
        let content = usize::from(u16::from_be_bytes([rest[4], rest[5]]));
        if content == 0 {
            assert_eq!(rest.len(), HEADER, "nothing follows the end");
            break;
        }
        block.extend_from_slice(&rest[HEADER..HEADER + content]);
        rest = &rest[HEADER + content..];
    }
    let mut block = block.as_slice();
    let take = |block: &mut &[u8]| -> usize {
        let (length, used) = match block[0] {
            short @ 0..=0x7f => (usize::from(short), 1),
            _ => {
                let long = u32::from_be_bytes(block[..4].try_into().unwrap()) & 0x7fff_ffff;
                (long as usize, 4)
            }
        };
        *block = &block[used..];
        length
    };
    let mut pairs = Vec::new();
    while !block.is_empty() {
        let (name, value) = (take(&mut block), take(&mut block));
        pairs.push((block[..name].to_vec(), block[name..name + value].to_vec()));
        block = &block[name + value..];
    }
    pairs
}

proptest! {
    #[test]
    fn parameters_come_back_whatever_their_length(
        pairs in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..300), prop::collection::vec(any::<u8>(), 0..70_000)), 0..6)
    ) {
        let mut out = Vec::new();
        params(&mut out, pairs.iter().map(|(name, value)| (name.as_slice(), value.as_slice())));
        prop_assert_eq!(decode_params(&out), pairs);
    }

    #[test]
    fn records_come_back_however_the_bytes_are_split(
        contents in prop::collection::vec((prop::bool::ANY, prop::collection::vec(any::<u8>(), 1..400), any::<u8>()), 0..12),
        sizes in prop::collection::vec(1usize..600, 1..8),
    ) {
        let (mut wire, mut expected) = (Vec::new(), Vec::new());
        for (error, content, padding) in contents {
            wire.extend(responder_record(if error { STDERR } else { STDOUT }, &content, padding));
            let content = Bytes::from(content);
            expected.push(if error { Record::Stderr(content) } else { Record::Stdout(content) });
        }
        wire.extend(responder_record(END_REQUEST, &[0; 8], 3));
        expected.push(Record::End(Ending::Complete));
        prop_assert_eq!(decode_in_pieces(&wire, &sizes).unwrap(), expected);
    }

    #[test]
    fn garbage_ends_in_an_error_or_waits_but_never_panics(
        wire in prop::collection::vec(prop_oneof![4 => 0u8..12, 1 => any::<u8>()], 0..2000),
        sizes in prop::collection::vec(1usize..100, 1..8),
    ) {
        let _ = decode_in_pieces(&wire, &sizes);
    }
}

#[test]
fn a_body_piece_longer_than_a_record_is_cut_and_an_empty_one_does_not_end_the_body() {
    let mut out = Vec::new();
    stdin(&mut out, &vec![7; LONGEST_CONTENT + 1]);
    assert_eq!(out.len(), 2 * HEADER + LONGEST_CONTENT + 1);
    out.clear();
    stdin(&mut out, &[]);
    assert!(out.is_empty());
}

#[test]
fn a_refusal_is_told_from_a_complete_answer() {
    let wire = responder_record(END_REQUEST, &[0, 0, 0, 0, 2, 0, 0, 0], 0);
    assert_eq!(decode_in_pieces(&wire, &[3]).unwrap(), [Record::End(Ending::Refused(2))]);
}

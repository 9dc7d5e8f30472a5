//! Tests that change good inputs at random for as long as they are given, and ask that nothing breaks.
//!
//! `PORTICO_FUZZ_SECONDS` says how long each runs (`./test` gives them a minute, a plain run two seconds). What fails is
//! made shorter, written to a file, and named; put into `tests/fixtures/fuzz`, it is tried first in every later run.
//! Coverage-guided tools need a nightly compiler; these inputs are kept by what the code says of them instead.
use std::{
    collections::HashSet,
    env, fs,
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    time::{Duration, Instant},
};

/// So long is an input at most: what is packed in a longer one could fill the disk.
const LONGEST: usize = 4 << 10;
/// So many inputs are kept beside the seeds.
const KEPT: usize = 4_000;

/// Runs `target` on the seeds in `tests/fixtures/fuzz/<name>`, then on changed ones. It panics when a rule is broken,
/// and answers what the code said of the input: one that makes it say something new is changed further.
pub(crate) fn fuzz(name: &str, words: &[&[u8]], target: impl Fn(&[u8]) -> String) {
    let folder = format!("{}/../../tests/fixtures/fuzz/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> =
        fs::read_dir(&folder).expect("seeds").map(|it| it.expect("a seed").path()).collect();
    paths.sort();
    let mut pool: Vec<Vec<u8>> = paths.iter().map(|it| fs::read(it).expect("a seed")).collect();
    let seconds = env::var("PORTICO_FUZZ_SECONDS").ok().and_then(|it| it.parse().ok());
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(2));
    let mut seen = HashSet::new();
    for seed in &pool {
        seen.insert(tried(name, seed, &target));
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ u64::from(std::process::id()));
    while Instant::now() < until {
        let input = changed(&pool, words, &mut random);
        if seen.insert(tried(name, &input, &target)) && pool.len() < KEPT {
            pool.push(input);
        }
    }
}

/// What `target` says of an input; a panic ends the test, with the shortest input that was found for it.
fn tried(name: &str, input: &[u8], target: &impl Fn(&[u8]) -> String) -> String {
    let run = |input: &[u8]| panic::catch_unwind(AssertUnwindSafe(|| target(input)));
    match run(input) {
        Ok(said) => said,
        Err(_) => {
            let short = shortened(input, |input| run(input).is_err());
            let file = env::temp_dir().join(format!("portico-fuzz-{name}"));
            fs::write(&file, &short).expect("writes");
            panic!("{name} breaks on {} ({})", short.escape_ascii(), file.display());
        }
    }
}

/// The same without whatever it breaks without, too; within a few seconds.
fn shortened(input: &[u8], breaks: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let until = Instant::now() + Duration::from_secs(10);
    let mut short = input.to_vec();
    let mut step = short.len().div_ceil(2);
    while step > 0 && Instant::now() < until {
        let mut at = 0;
        while at < short.len() && Instant::now() < until {
            let without = [&short[..at], &short[(at + step).min(short.len())..]].concat();
            if breaks(&without) {
                short = without;
            } else {
                at += step;
            }
        }
        step /= 2;
    }
    short
}

fn changed(pool: &[Vec<u8>], words: &[&[u8]], random: &mut Random) -> Vec<u8> {
    let mut input = pool[random.below(pool.len())].clone();
    for _ in 0..=random.below(6) {
        let at = random.below(input.len() + 1);
        let end = (at + 1 + random.below(40)).min(input.len());
        match random.below(9) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 if at < input.len() => input[at] = (random.next() & 255) as u8,
            2 if at < end => drop(input.drain(at..end)),
            3 if at < end => {
                let part = input[at..end].to_vec();
                let to = random.below(input.len() + 1);
                input.splice(to..to, part);
            }
            4 => input.truncate(at),
            5 => {
                let other = &pool[random.below(pool.len())];
                let from = random.below(other.len() + 1);
                let to = (from + random.below(200)).min(other.len());
                input.splice(at..at, other[from..to].iter().copied());
            }
            // A number that is counted by, made another.
            6 => {
                if let Some(digit) = input.iter().skip(at).position(u8::is_ascii_digit) {
                    input[at + digit] = b'0' + (random.next() % 10) as u8;
                }
            }
            _ if !words.is_empty() => {
                let word = words[random.below(words.len())];
                input.splice(at..at, word.iter().copied());
            }
            _ => {}
        }
    }
    input.truncate(LONGEST);
    input
}

/// Xorshift: quick, and good enough to choose by.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).expect("fits")).expect("fits")
    }
}

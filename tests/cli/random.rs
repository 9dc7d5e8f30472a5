//! Faults at moments that nobody chose.
use std::time::Duration;

/// How many moments a test of faults tries: `PORTICO_FAULTS` of them where it is set.
pub(crate) fn moments(otherwise: usize) -> usize {
    std::env::var("PORTICO_FAULTS").map_or(otherwise, |it| it.parse().unwrap())
}

/// Random numbers from a seed that is printed: a failure can be had again.
pub(crate) struct Random(u64);

impl Random {
    #[expect(clippy::print_stdout, reason = "whoever sees a failure needs the seed")]
    pub(crate) fn new() -> Self {
        let given = std::env::var("PORTICO_FAULTS_SEED").ok().and_then(|it| it.parse().ok());
        let clock = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
        let seed = given.unwrap_or_else(|| u64::from(clock));
        println!("PORTICO_FAULTS_SEED={seed}");
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        limit.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

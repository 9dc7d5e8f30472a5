//! Numbers as people read them.

/// Bytes in the largest unit that keeps them above 1, with decimal prefixes as disks are sold: "8.2 GB".
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    match (unit, value) {
        (0, _) => format!("{bytes} bytes"),
        (_, value) if value < 10.0 => format!("{value:.1} {}", UNITS[unit]),
        (_, value) => format!("{value:.0} {}", UNITS[unit]),
    }
}

/// A count with its noun: "1 file", "3 files".
pub fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The rows of a table or a database: "1 row", "about 1500000 rows" where they are estimated.
pub fn rows(number: u64, estimated: bool) -> String {
    if !estimated {
        return count(number, "row");
    }
    // Two digits are more than an estimate is worth.
    let unit = 10_u64.pow(number.max(1).ilog10().saturating_sub(1));
    format!("about {} rows", (number + unit / 2) / unit * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_true() {
        assert_eq!(human_bytes(999), "999 bytes");
        assert_eq!(human_bytes(8_240_000_000), "8.2 GB");
        assert_eq!(human_bytes(14_000_000), "14 MB");
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(rows(1, false), "1 row");
        assert_eq!(rows(1_487_312, true), "about 1500000 rows");
        assert_eq!(rows(0, true), "about 0 rows");
    }
}

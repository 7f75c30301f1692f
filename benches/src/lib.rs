//! Benchmarks of the libraries.

/// Prints a figure as a line that a program reads: `BENCHMARK {"row": …}`. `n` is the size it was measured at, and `beside`
/// what was measured in the same run to compare it with.
pub fn row(name: &str, n: u64, value: f64, unit: &str, beside: Option<(&str, f64)>) {
    let beside =
        beside.map_or_else(String::new, |(what, value)| format!(r#", "beside": "{what}", "peer": {value:.3}"#));
    println!(r#"BENCHMARK {{"row": "{name}", "n": {n}, "value": {value:.3}, "unit": "{unit}"{beside}}}"#);
}

/// A line of this process's memory in Linux's own words, such as `VmHWM:` for the peak, in kB; 0 where there is none.
#[must_use]
pub fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

/// The processor time of this process so far, in seconds; Linux counts it in hundredths of a second.
#[must_use]
pub fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after_name.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

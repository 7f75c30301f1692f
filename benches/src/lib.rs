//! Benchmarks of the libraries.

/// Prints a figure as a line that a program reads: `BENCHMARK {"row": …}`. `n` is the size it was measured at, and `beside`
/// what was measured in the same run to compare it with.
pub fn row(name: &str, n: u64, value: f64, unit: &str, beside: Option<(&str, f64)>) {
    let beside =
        beside.map_or_else(String::new, |(what, value)| format!(r#", "beside": "{what}", "peer": {value:.3}"#));
    println!(r#"BENCHMARK {{"row": "{name}", "n": {n}, "value": {value:.3}, "unit": "{unit}"{beside}}}"#);
}

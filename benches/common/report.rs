//! Numbers as people read them, and the Markdown around them.

use std::fs;
use std::time::Duration;

/// The middle one.
pub(crate) fn median<T: Copy + Ord>(values: &[T]) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// `2,771 ms`, `26 ms`, `4.2 ms`, `0.31 ms`.
pub(crate) fn millis(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    if millis < 99.5 {
        format!("{} ms", digits(millis))
    } else {
        format!("{} ms", grouped(millis.round()))
    }
}

/// Two significant digits for small numbers.
pub(crate) fn digits(value: f64) -> String {
    let decimals = if value < 0.995 { 2 } else { usize::from(value < 9.95) };
    format!("{value:.decimals$}")
}

/// A whole number with separators: `5,000`.
pub(crate) fn grouped(value: impl Into<f64>) -> String {
    let digits = format!("{:.0}", value.into());
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A row of a Markdown table.
pub(crate) fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    cells.into_iter().fold(String::from("|"), |row, cell| row + " " + cell + " |")
}

/// The head of a Markdown table whose columns but the first hold numbers.
pub(crate) fn head(cells: &[&str]) -> String {
    let columns =
        cells.iter().enumerate().map(|(column, _)| if column == 0 { "---" } else { "---:" });
    row(cells.iter().copied()) + "\n" + &row(columns).replace(' ', "")
}

/// Whether a number to hold is held, for the last column.
pub(crate) fn verdict(held: bool) -> &'static str {
    if held { "met" } else { "**missed**" }
}

/// What it was measured on, and how to measure it again.
pub(crate) fn footer(bench: &str) -> String {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    // Vendors' suffixes say nothing about speed.
    let kernel = kernel.trim().split('-').next().unwrap_or_default();
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let model = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(format!(" ({})", line.split_once(':')?.1.trim()))
    });
    format!(
        "Medians of one run on Linux {kernel}, {cpus} CPUs{}; again with `cargo bench --bench {bench}`.",
        model.unwrap_or_default(),
    )
}

//! The order in which people expect names: `eth2` before `eth10`.

use std::cmp::Ordering;

/// Compares bytes, with runs of digits compared by their value.
pub fn natural(a: &[u8], b: &[u8]) -> Ordering {
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i].is_ascii_digit() && b[j].is_ascii_digit() {
            let (run_a, run_b) = (digits(&a[i..]), digits(&b[j..]));
            let (value_a, value_b) = (trim(run_a), trim(run_b));
            let order = value_a.len().cmp(&value_b.len()).then_with(|| value_a.cmp(value_b));
            if order != Ordering::Equal {
                return order;
            }
            i += run_a.len();
            j += run_b.len();
        } else if a[i] == b[j] {
            i += 1;
            j += 1;
        } else {
            return a[i].cmp(&b[j]);
        }
    }
    // Equal in value so far: the shorter first, then `eth01` and `eth1` by their bytes.
    (a.len() - i).cmp(&(b.len() - j)).then_with(|| a.cmp(b))
}

fn digits(bytes: &[u8]) -> &[u8] {
    let len = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    &bytes[..len]
}

fn trim(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    &digits[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_count_as_numbers() {
        let mut names = ["eth10", "eth2", "eth", "eth02", "a", "eth2a"];
        names.sort_by(|a, b| natural(a.as_bytes(), b.as_bytes()));
        assert_eq!(names, ["a", "eth", "eth02", "eth2", "eth2a", "eth10"]);
    }

    proptest! {
        #[test]
        fn it_is_a_total_order(a in "[a0-2]{0,6}", b in "[a0-2]{0,6}", c in "[a0-2]{0,6}") {
            let cmp = |x: &str, y: &str| natural(x.as_bytes(), y.as_bytes());
            prop_assert_eq!(cmp(&a, &b), cmp(&b, &a).reverse());
            if cmp(&a, &b) != Ordering::Greater && cmp(&b, &c) != Ordering::Greater {
                prop_assert!(cmp(&a, &c) != Ordering::Greater);
            }
            prop_assert_eq!(a == b, cmp(&a, &b) == Ordering::Equal);
        }
    }
}

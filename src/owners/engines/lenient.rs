//! Lists out of which only that is left out which can't be understood.
//!
//! A newer engine has words that we do not know, such as another state of a container; one of them
//! must not hide all the others.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What is used of networks and containers; the last is the first to be done without.
const USED: [&str; 12] = [
    "Id",
    "Names",
    "Name",
    "Driver",
    "Options",
    "Internal",
    "IPAM",
    "Labels",
    "Image",
    "NetworkSettings",
    "Created",
    "State",
];

/// What of a list could be understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct List<T> {
    /// The items that were understood.
    pub(super) items: Vec<T>,
    /// How many were not.
    pub(super) left_out: usize,
}

/// Reads a list of JSON item by item.
pub(super) fn list<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<List<T>> {
    // `null` is how Go writes an empty list.
    let all = Option::<Vec<Value>>::deserialize(&mut serde_json::Deserializer::from_slice(json))?;
    let all = all.unwrap_or_default();
    let count = all.len();
    let items: Vec<T> = all.into_iter().filter_map(item).collect();
    Ok(List { left_out: count - items.len(), items })
}

/// Reads an item whole, or as much of it as is used, or even without its state.
fn item<T: DeserializeOwned>(mut value: Value) -> Option<T> {
    if let Ok(item) = T::deserialize(&value) {
        return Some(item);
    }
    [&USED[..], &USED[..USED.len() - 1]].into_iter().find_map(|used| {
        value.as_object_mut()?.retain(|key, _| used.contains(&key.as_str()));
        T::deserialize(&value).ok()
    })
}

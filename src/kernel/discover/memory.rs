//! What was dear to find out and stays true, kept for as long as each scan meets it again.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;

/// Answers of this scan and of the one before.
pub(super) struct Memory<K, V> {
    known: HashMap<K, V>,
    before: HashMap<K, V>,
}

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self { known: HashMap::new(), before: HashMap::new() }
    }
}

impl<K: Eq + Hash, V: Clone> Memory<K, V> {
    /// Begins a scan: what it doesn't meet is forgotten at the next.
    pub(super) fn begin(&mut self) {
        self.before = mem::take(&mut self.known);
    }

    /// The known answer, or the one that `ask` gives; a failure is not kept.
    pub(super) fn recall<E>(&mut self, key: K, ask: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        if let Some(value) = self.known.get(&key) {
            return Ok(value.clone());
        }
        let value = self.before.remove(&key).map_or_else(ask, Ok)?;
        self.known.insert(key, value.clone());
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_lasts_while_it_is_met() {
        let mut memory = Memory::<u64, u64>::default();
        let fail = || Err(());
        assert_eq!(memory.recall(7, || Ok::<_, ()>(70)), Ok(70));
        for _ in 0..3 {
            memory.begin();
            assert_eq!(memory.recall(7, fail), Ok(70));
            assert_eq!(memory.recall(7, fail), Ok(70));
        }
        memory.begin();
        memory.begin();
        assert_eq!(memory.recall(7, fail), Err(()));
        assert_eq!(memory.recall(7, || Ok::<_, ()>(71)), Ok(71));
    }
}

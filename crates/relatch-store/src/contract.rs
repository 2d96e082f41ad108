//! What every backend must do; run over memory here and over each real backend in `tests/`.

use crate::kv::Kv;

/// Panics with a sentence when the backend breaks the contract. `prefix` keeps runs apart.
#[allow(clippy::panic, reason = "a contract suite fails by panicking")]
pub async fn check(kv: &impl Kv, prefix: &str) {
    let key = |name: &str| format!("{prefix}:{name}");
    let must = |what: &str, ok: bool| {
        if !ok {
            panic!("contract broken: {what}");
        }
    };
    let get = async |name: &str| kv.get(&key(name)).await.unwrap_or_else(|error| panic!("get: {error}"));
    must("an absent key reads as nothing", get("absent").await.is_none());
    let entries = [(key("a"), vec![0, 255, 10, 13]), (key("b"), Vec::new())];
    must("a batch is written", kv.set_many(&entries).await.is_ok());
    must("any bytes come back", get("a").await == Some(vec![0, 255, 10, 13]));
    must("empty values come back", get("b").await == Some(Vec::new()));
    must("a value is replaced", kv.set_many(&[(key("a"), vec![1])]).await.is_ok() && get("a").await == Some(vec![1]));
    must("a key is deleted", kv.delete(&key("a")).await.is_ok() && get("a").await.is_none());
    must("deleting nothing is fine", kv.delete(&key("a")).await.is_ok());
    for (delta, expected) in [(0, 0), (1, 1), (1, 2), (-1, 1), (5, 6)] {
        must("increment returns the exact sum", kv.increment(&key("n"), delta).await == Ok(expected));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn memory_keeps_the_contract() {
        let kv = crate::MemoryKv::default();
        pollster::block_on(super::check(&kv, "t"));
    }

    #[test]
    fn memory_refuses_to_mix_counters_and_values() {
        use crate::Kv;
        let kv = crate::MemoryKv::default();
        pollster::block_on(async {
            kv.increment("n", 1).await.unwrap();
            assert!(kv.get("n").await.is_err());
            assert!(kv.set_many(&[("n".to_owned(), vec![1])]).await.is_err());
            kv.set_many(&[("v".to_owned(), vec![1])]).await.unwrap();
            assert!(kv.increment("v", 1).await.is_err());
        });
    }
}

//! `wasi:keyvalue`: the same stores, with counters and batches. These calls are synchronous in the guest.

use wasmtime::component::Resource;

use super::bindings::NoSwap;
use super::bindings::wasi::keyvalue::store::{Error, KeyResponse};
use super::bindings::wasi::keyvalue::{atomics, batch, store};
use super::guest::{Guest, OpenStore};
use crate::probe::OpKind;
use relatch_backends::StoreError;

type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Other(error.0)
    }
}

/// Compare-and-swap is unsound in two of Spin's backends, so nothing that runs here may come to rely on it.
fn no_swap() -> Error {
    Error::Other("compare-and-swap is not offered by this host".to_owned())
}

impl store::Host for Guest {
    async fn open(&mut self, label: String) -> Answer<Resource<OpenStore>> {
        Ok(match self.open_store(label)? {
            None => Err(Error::AccessDenied),
            Some(None) => Err(Error::Other("store table full".to_owned())),
            Some(Some(store)) => Ok(store),
        })
    }
}

impl store::HostBucket for Guest {
    async fn get(&mut self, bucket: Resource<OpenStore>, key: String) -> Answer<Option<Vec<u8>>> {
        let caller = self.caller(&bucket)?;
        let answer = caller.run(OpKind::Get, [key.as_str()].into_iter(), |store, label| store.get(label, &key));
        Ok(answer.await?.map_err(Error::from))
    }

    async fn set(&mut self, bucket: Resource<OpenStore>, key: String, value: Vec<u8>) -> Answer<()> {
        let caller = self.caller(&bucket)?;
        let answer = caller.run(OpKind::Set, [key.as_str()].into_iter(), |store, label| store.set(label, &key, value));
        Ok(answer.await?.map_err(Error::from))
    }

    async fn delete(&mut self, bucket: Resource<OpenStore>, key: String) -> Answer<()> {
        let caller = self.caller(&bucket)?;
        let answer = caller.run(OpKind::Delete, [key.as_str()].into_iter(), |store, label| store.delete(label, &key));
        Ok(answer.await?.map_err(Error::from))
    }

    async fn exists(&mut self, bucket: Resource<OpenStore>, key: String) -> Answer<bool> {
        let caller = self.caller(&bucket)?;
        let answer = caller.run(OpKind::Exists, [key.as_str()].into_iter(), |store, label| store.exists(label, &key));
        Ok(answer.await?.map_err(Error::from))
    }

    async fn list_keys(&mut self, bucket: Resource<OpenStore>, cursor: Option<String>) -> Answer<KeyResponse> {
        if cursor.is_some() {
            return Ok(Err(Error::Other("list_keys: cursor not supported".to_owned())));
        }
        let caller = self.caller(&bucket)?;
        let answer = caller.run(OpKind::GetKeys, std::iter::empty(), |store, label| store.get_keys(label));
        Ok(answer.await?.map(|keys| KeyResponse { keys, cursor: None }).map_err(Error::from))
    }

    async fn drop(&mut self, bucket: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.close_store(bucket)
    }
}

impl batch::Host for Guest {
    async fn get_many(
        &mut self,
        bucket: Resource<OpenStore>,
        keys: Vec<String>,
    ) -> Answer<Vec<(String, Option<Vec<u8>>)>> {
        let caller = self.caller(&bucket)?;
        if keys.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let asked = keys.clone();
        let answer =
            caller.run(OpKind::GetMany, keys.iter().map(String::as_str), |store, label| store.get_many(label, asked));
        Ok(answer.await?.map_err(Error::from))
    }

    async fn set_many(&mut self, bucket: Resource<OpenStore>, values: Vec<(String, Vec<u8>)>) -> Answer<()> {
        let caller = self.caller(&bucket)?;
        if values.is_empty() {
            return Ok(Ok(()));
        }
        let keys: Vec<String> = values.iter().map(|(key, _)| key.clone()).collect();
        let answer =
            caller.run(OpKind::SetMany, keys.iter().map(String::as_str), |store, label| store.set_many(label, values));
        Ok(answer.await?.map_err(Error::from))
    }

    async fn delete_many(&mut self, bucket: Resource<OpenStore>, keys: Vec<String>) -> Answer<()> {
        let caller = self.caller(&bucket)?;
        if keys.is_empty() {
            return Ok(Ok(()));
        }
        let gone = keys.clone();
        let answer = caller
            .run(OpKind::DeleteMany, keys.iter().map(String::as_str), |store, label| store.delete_many(label, gone));
        Ok(answer.await?.map_err(Error::from))
    }
}

impl atomics::Host for Guest {
    async fn increment(&mut self, bucket: Resource<OpenStore>, key: String, delta: i64) -> Answer<i64> {
        let caller = self.caller(&bucket)?;
        let answer = caller
            .run(OpKind::Increment, [key.as_str()].into_iter(), |store, label| store.increment(label, &key, delta));
        Ok(answer.await?.map_err(Error::from))
    }

    async fn swap(
        &mut self,
        swap: Resource<NoSwap>,
        _value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let _ = swap;
        Ok(Err(atomics::CasError::StoreError(no_swap())))
    }
}

impl atomics::HostCas for Guest {
    async fn new(&mut self, _bucket: Resource<OpenStore>, _key: String) -> Answer<Resource<NoSwap>> {
        Ok(Err(no_swap()))
    }

    async fn current(&mut self, _swap: Resource<NoSwap>) -> Answer<Option<Vec<u8>>> {
        Ok(Err(no_swap()))
    }

    async fn drop(&mut self, _swap: Resource<NoSwap>) -> wasmtime::Result<()> {
        Ok(())
    }
}

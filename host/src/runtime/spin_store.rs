//! `spin:key-value`, whose calls do not block the instance.

use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::bindings::spin::key_value::key_value::{Error, Host, HostStore, HostStoreWithStore};
use super::guest::{Guest, GuestAccess, OpenStore};
use super::store_calls::{Caller, MOST_OPEN_STORES};
use crate::probe::OpKind;
use relatch_backends::StoreError;

type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Other(error.0)
    }
}

impl Guest {
    pub(super) fn caller(&mut self, store: &Resource<OpenStore>) -> wasmtime::Result<Caller> {
        let label = self.table.get(store)?.label.clone();
        Ok(Caller { grants: self.grants.clone(), services: self.services.clone(), label })
    }

    /// `None`: not granted. `Some(None)`: too many.
    pub(super) fn open_store(&mut self, label: String) -> wasmtime::Result<Option<Option<Resource<OpenStore>>>> {
        if !self.grants.stores.contains(&label) {
            return Ok(None);
        }
        if self.open_stores >= MOST_OPEN_STORES {
            return Ok(Some(None));
        }
        self.open_stores += 1;
        Ok(Some(Some(self.table.push(OpenStore { label })?)))
    }

    pub(super) fn close_store(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        self.open_stores = self.open_stores.saturating_sub(1);
        Ok(())
    }
}

impl Host for Guest {}

impl HostStore for Guest {
    async fn drop(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.close_store(store)
    }
}

fn caller<T>(accessor: &Accessor<T, GuestAccess>, store: &Resource<OpenStore>) -> wasmtime::Result<Caller> {
    accessor.with(|mut access| access.get().caller(store))
}

impl<T: Send> HostStoreWithStore<T> for GuestAccess {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> Answer<Resource<OpenStore>> {
        Ok(match accessor.with(|mut access| access.get().open_store(label))? {
            None => Err(Error::AccessDenied),
            Some(None) => Err(Error::StoreTableFull),
            Some(Some(store)) => Ok(store),
        })
    }

    async fn get(accessor: &Accessor<T, Self>, store: Resource<OpenStore>, key: String) -> Answer<Option<Vec<u8>>> {
        let caller = caller(accessor, &store)?;
        let answer = caller.run(OpKind::Get, [key.as_str()].into_iter(), |store, label| store.get(label, &key));
        Ok(answer.await?.map_err(Error::from))
    }

    async fn set(accessor: &Accessor<T, Self>, store: Resource<OpenStore>, key: String, value: Vec<u8>) -> Answer<()> {
        let caller = caller(accessor, &store)?;
        let answer = caller.run(OpKind::Set, [key.as_str()].into_iter(), |store, label| store.set(label, &key, value));
        Ok(answer.await?.map_err(Error::from))
    }

    async fn delete(accessor: &Accessor<T, Self>, store: Resource<OpenStore>, key: String) -> Answer<()> {
        let caller = caller(accessor, &store)?;
        let answer = caller.run(OpKind::Delete, [key.as_str()].into_iter(), |store, label| store.delete(label, &key));
        Ok(answer.await?.map_err(Error::from))
    }

    async fn exists(accessor: &Accessor<T, Self>, store: Resource<OpenStore>, key: String) -> Answer<bool> {
        let caller = caller(accessor, &store)?;
        let answer = caller.run(OpKind::Exists, [key.as_str()].into_iter(), |store, label| store.exists(label, &key));
        Ok(answer.await?.map_err(Error::from))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let caller = caller(accessor, &store)?;
        // Unlike Spin, the list is complete before the guest sees its first key: no lock is held while it reads.
        let answer = caller.run(OpKind::GetKeys, std::iter::empty(), |store, label| store.get_keys(label)).await?;
        let (keys, end) = match answer {
            Ok(keys) => (keys, Ok(())),
            Err(error) => (Vec::new(), Err(Error::from(error))),
        };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            let end = FutureReader::new(&mut access, async move { Ok::<_, wasmtime::Error>(end) })?;
            Ok((keys, end))
        })
    }
}

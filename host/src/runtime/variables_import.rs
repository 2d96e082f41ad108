//! `spin:variables`: a component reads what its manifest entry lists, and nothing else.

use wasmtime::component::Accessor;

use super::bindings::spin::variables::variables::{Error, Host, HostWithStore};
use super::guest::{Guest, GuestAccess};
use crate::manifest::is_variable_name;

impl Host for Guest {}

impl<T: Send> HostWithStore<T> for GuestAccess {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> wasmtime::Result<Result<String, Error>> {
        Ok(accessor.with(|mut access| {
            let grants = &access.get().grants;
            if !is_variable_name(&name) {
                return Err(Error::InvalidName(format!("{name:?}: not a variable name")));
            }
            match grants.variables.get(&name) {
                None => Err(Error::Undefined(format!("no variable for {:?}.{name:?}", grants.id))),
                Some(Err(missing)) => {
                    Err(Error::Provider(format!("no provider resolved required variable {missing:?}")))
                }
                Some(Ok(value)) => Ok(value.clone()),
            }
        }))
    }
}

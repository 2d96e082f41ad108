//! What `wasmtime` makes of `wit/`.

pub use super::guest::OpenStore;

/// Compare-and-swap is not offered, so no value of this type exists.
pub enum NoSwap {}

wasmtime::component::bindgen!({
    path: "wit",
    world: "relatch:host/platform",
    imports: { default: async | trappable },
    with: {
        "spin:key-value/key-value.store": OpenStore,
        "wasi:keyvalue/store.bucket": OpenStore,
        "wasi:keyvalue/atomics.cas": NoSwap,
    },
});

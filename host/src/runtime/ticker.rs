//! The clock that makes a computing guest give way.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use wasmtime::Engine;

use super::Activity;

const BUSY: Duration = Duration::from_millis(5);
const QUIET: Duration = Duration::from_millis(20);

/// Ticks while the engine lives; more slowly while no guest is at work.
pub fn start(engine: &Engine, activity: &Arc<Activity>) -> Result<()> {
    let (engine, activity) = (engine.weak(), Arc::downgrade(activity));
    std::thread::Builder::new().name("ticker".into()).spawn(move || {
        while let Some(activity) = activity.upgrade() {
            let busy = activity.any();
            drop(activity);
            if busy {
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
            std::thread::sleep(if busy { BUSY } else { QUIET });
        }
    })?;
    Ok(())
}

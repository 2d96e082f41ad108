//! The instances of one component.
//!
//! An instance works on one request at a time, until the work it left for after its answer is done too: nothing of one
//! request is ever in memory beside another. It is used again while it is well, and while no other
//! instance waits for the memory it holds.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{sleep, timeout};
use wasmtime::component::Accessor;
use wasmtime::{AsContextMut, Store};
use wasmtime_wasi_http::p3::Request as GuestRequest;
use wasmtime_wasi_http::p3::bindings::{Service, ServicePre};
use wasmtime_wasi_http::{WasiBody, WasiHttpView};

use super::Services;
use super::guest::{Grants, Guest};
use crate::log::lock;

const MOST_IDLE: usize = 16;
const LONGEST_IDLE: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// All instances are busy, and stayed so.
    Busy,
    /// The guest took too long.
    TimedOut,
    /// The guest trapped, or returned an error. The text is for the operator only.
    Guest(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("no instance became free in time"),
            Self::TimedOut => f.write_str("it took too long"),
            Self::Guest(reason) => f.write_str(reason),
        }
    }
}

type Answer = Result<Response<WasiBody>, Failure>;

struct Instance {
    store: Store<Guest>,
    service: Service,
    served: u32,
    rested_since: Instant,
}

impl Instance {
    fn is_large(&self) -> bool {
        self.store.data().memory.is_large()
    }
}

/// One component, ready to answer.
pub struct Pool {
    prepared: ServicePre<Guest>,
    grants: Arc<Grants>,
    services: Arc<Services>,
    idle: Mutex<Vec<Instance>>,
    active: Arc<Semaphore>,
    lingering: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(prepared: ServicePre<Guest>, grants: Arc<Grants>, services: Arc<Services>) -> Self {
        let active = Arc::new(Semaphore::new(services.limits.active_per_component));
        let lingering = Arc::new(Semaphore::new(services.limits.lingering_per_component));
        Self { prepared, grants, services, idle: Mutex::default(), active, lingering }
    }

    /// Has a component answer a request. The work goes on if this future is dropped: a client that hangs up must not
    /// leave half of it undone.
    pub async fn handle(self: &Arc<Self>, request: Request<WasiBody>) -> Answer {
        let permit = timeout(self.services.request_timeout, Arc::clone(&self.active).acquire_owned())
            .await
            .map_err(|_| Failure::Busy)?
            .map_err(|_| Failure::Busy)?;
        let (answer, receive) = oneshot::channel();
        tokio::spawn(Arc::clone(self).work(request, permit, answer));
        receive.await.unwrap_or_else(|_| Err(Failure::Guest("the instance ended without an answer".to_owned())))
    }

    /// Throws away instances that had nothing to do for a while.
    pub(super) fn sweep(&self) {
        let old: Vec<Instance> =
            lock(&self.idle).extract_if(.., |instance| instance.rested_since.elapsed() > LONGEST_IDLE).collect();
        drop(old);
    }

    async fn work(
        self: Arc<Self>,
        request: Request<WasiBody>,
        permit: OwnedSemaphorePermit,
        answer: oneshot::Sender<Answer>,
    ) {
        let _at_work = self.services.activity.enter();
        let rested = lock(&self.idle).pop();
        let mut instance = match rested {
            Some(instance) => instance,
            None => match self.instantiate().await {
                Ok(instance) => instance,
                Err(error) => {
                    let _ = answer.send(Err(Failure::Guest(format!("it could not be started: {error:#}"))));
                    return;
                }
            },
        };
        let mut answer = Some(answer);
        let result = self.run(&mut instance, request, permit, &mut answer).await;
        match (result, answer) {
            (Ok(()), _) => self.rest(instance),
            (Err(failure), Some(answer)) => {
                let _ = answer.send(Err(failure));
            }
            (Err(failure), None) => {
                self.services.log.line(&format!("[{}] failed after its answer: {failure}", self.grants.id));
            }
        }
    }

    async fn instantiate(&self) -> anyhow::Result<Instance> {
        let guest = Guest::new(&self.grants, &self.services)?;
        let mut store = Store::new(self.prepared.engine(), guest);
        store.limiter_async(|guest| &mut guest.memory);
        // A guest that computes lets its neighbours run at every tick.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let service = self.prepared.instantiate_async(&mut store).await?;
        Ok(Instance { store, service, served: 0, rested_since: Instant::now() })
    }

    /// Runs a request to its end, which is later than its answer.
    async fn run(
        &self,
        instance: &mut Instance,
        request: Request<WasiBody>,
        permit: OwnedSemaphorePermit,
        answer: &mut Option<oneshot::Sender<Answer>>,
    ) -> Result<(), Failure> {
        let Instance { store, service, .. } = instance;
        let service = &*service;
        let (answered, has_answered) = oneshot::channel();
        let work = store.run_concurrent(async |accessor: &Accessor<Guest>| {
            let response = respond(accessor, service, request).await?;
            if let Some(answer) = answer.take() {
                let _ = answer.send(Ok(response));
            }
            let _ = answered.send(());
            std::future::poll_fn(|cx| accessor.poll_no_interesting_tasks(cx)).await;
            wasmtime::Result::Ok(())
        });
        tokio::select! {
            result = work => match result {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) | Err(error) => Err(Failure::Guest(format!("{error:#}"))),
            },
            () = self.limit(permit, has_answered) => Err(Failure::TimedOut),
        }
    }

    /// Ends when a guest has used up its time: one stretch until the answer, another one after it.
    async fn limit(&self, permit: OwnedSemaphorePermit, has_answered: oneshot::Receiver<()>) {
        let longest = self.services.request_timeout;
        match timeout(longest, has_answered).await {
            Err(_) => {}
            // It ended without an answer: the other branch knows more.
            Ok(Err(_)) => std::future::pending().await,
            Ok(Ok(())) => {
                // What goes on after the answer gives its place to the next request, as long as few do so.
                let _place = match Arc::clone(&self.lingering).try_acquire_owned() {
                    Ok(lingering) => {
                        drop(permit);
                        lingering
                    }
                    Err(_) => permit,
                };
                sleep(longest).await;
            }
        }
    }

    fn rest(&self, mut instance: Instance) {
        instance.served += 1;
        instance.rested_since = Instant::now();
        if instance.served >= self.services.limits.requests_per_instance {
            return;
        }
        let large = instance.is_large();
        let mut idle = lock(&self.idle);
        if idle.len() < MOST_IDLE {
            idle.push(instance);
        }
        drop(idle);
        if large && self.services.large_is_wanted() {
            self.give_up_large();
        }
    }

    /// Throws away one resting instance that is large, if there is one.
    pub(super) fn give_up_large(&self) -> bool {
        let mut idle = lock(&self.idle);
        let found = idle.iter().position(Instance::is_large).map(|index| idle.swap_remove(index));
        drop(idle);
        found.is_some()
    }
}

async fn respond(
    accessor: &Accessor<Guest>,
    service: &Service,
    request: Request<WasiBody>,
) -> wasmtime::Result<Response<WasiBody>> {
    let (request, sent) = accessor.with(|mut access| {
        let (request, sent) = GuestRequest::from_http(access.get().http().hooks, request);
        let sent: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(sent);
        (request, sent)
    });
    let response = service.handle(accessor, request).await??;
    accessor.with(|mut access| response.into_http_with_getter(access.as_context_mut(), sent, Guest::http))
}

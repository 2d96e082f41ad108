//! Does one thing per path and says in words what came of it.

use spin_sdk::experimental::wasi::keyvalue::{atomics, batch, store};
use spin_sdk::http::body::IncomingBodyExt;
use spin_sdk::http::{EmptyBody, IntoResponse, Request, Response, Result, send};
use spin_sdk::key_value::Store;
use spin_sdk::wasip3::clocks::{monotonic_clock, system_clock};
use spin_sdk::{http_service, variables};

const NANOS_PER_MILLI: u64 = 1_000_000;

struct Query(String);

impl Query {
    fn text(&self, name: &str) -> String {
        let value = self.0.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_default().to_owned()
    }

    fn number(&self, name: &str) -> u64 {
        self.text(name).parse().unwrap_or(0)
    }
}

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let query = Query(request.uri().query().unwrap_or_default().to_owned());
    let act = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let said = match act.as_str() {
        "plain" => "hello".to_owned(),
        "request" => describe(&request),
        "body" => format!("{:?}", request.into_body().bytes().await.map(|body| body.len())),
        "store" => on_store(&query).await,
        "bucket" => on_bucket(&query),
        "stores" => many_stores(&query).await,
        "variable" => format!("{:?}", variables::get(query.text("name")).await),
        "call" => call(&query.text("url")).await,
        "later" => later(query),
        "file" => format!("{:?}", std::fs::read_to_string(query.text("name")).map_err(|error| error.kind())),
        "write-file" => format!("{:?}", std::fs::write(query.text("name"), b"x").map_err(|_| "refused")),
        "random" => random(),
        "clocks" => clocks(),
        "log" => log(&query),
        "panic" => panic!("told to panic"),
        "fail" => return Err(spin_sdk::http::Error::other("told to fail")),
        "hang" => hang().await,
        "compute" => compute(&query),
        "memory" => memory(&query),
        _ => return answer(404, "what?".to_owned()),
    };
    answer(200, said)
}

fn answer(status: u16, said: String) -> Result<Response<String>> {
    Ok(Response::builder().status(status).header("content-type", "text/plain").body(said)?)
}

fn describe(request: &Request) -> String {
    let mut lines = vec![format!("{} {}", request.method(), request.uri())];
    for (name, value) in request.headers() {
        lines.push(format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    }
    lines.join("\n")
}

async fn on_store(query: &Query) -> String {
    let label = query.text("label");
    let store = match Store::open(if label.is_empty() { "default".to_owned() } else { label }).await {
        Ok(store) => store,
        Err(error) => return format!("{error:?}"),
    };
    let key = query.text("key");
    match query.text("op").as_str() {
        "set" => format!("{:?}", store.set(key, query.text("value")).await),
        "delete" => format!("{:?}", store.delete(key).await),
        "exists" => format!("{:?}", store.exists(key).await),
        "keys" => format!("{:?}", store.get_keys().await.collect().await),
        _ => format!("{:?}", store.get(key).await.map(|value| value.map(|v| String::from_utf8_lossy(&v).into_owned()))),
    }
}

async fn many_stores(query: &Query) -> String {
    let mut open = Vec::new();
    for _ in 0..query.number("count") {
        match Store::open_default().await {
            Ok(store) => open.push(store),
            Err(error) => return format!("{error:?} after {}", open.len()),
        }
    }
    format!("{} open", open.len())
}

fn on_bucket(query: &Query) -> String {
    let label = query.text("label");
    let bucket = match store::open(if label.is_empty() { "default" } else { &label }) {
        Ok(bucket) => bucket,
        Err(error) => return format!("{error:?}"),
    };
    let key = query.text("key");
    let pair = || [("m1".to_owned(), b"1".to_vec()), ("m2".to_owned(), b"2".to_vec())];
    let names = || ["m1".to_owned(), "m2".to_owned()];
    match query.text("op").as_str() {
        "set" => format!("{:?}", bucket.set(&key, query.text("value").as_bytes())),
        "increment" => format!("{:?}", atomics::increment(&bucket, &key, query.text("by").parse().unwrap_or(1))),
        "swap" => format!("{:?}", atomics::Cas::new(&bucket, &key).map(|_| ())),
        "set-many" => format!("{:?}", batch::set_many(&bucket, &pair())),
        "get-many" => format!("{:?}", batch::get_many(&bucket, &names())),
        "delete-many" => format!("{:?}", batch::delete_many(&bucket, &names())),
        _ => format!("{:?}", bucket.get(&key)),
    }
}

async fn call(url: &str) -> String {
    let request = match Request::builder().uri(url).header("x-from", "guest").body(EmptyBody::new()) {
        Ok(request) => request,
        Err(error) => return format!("{error:?}"),
    };
    match send(request).await {
        Ok(response) => {
            let status = response.status().as_u16();
            let body = response.into_body().bytes().await.map(|body| String::from_utf8_lossy(&body).into_owned());
            format!("{status} {}", body.unwrap_or_else(|error| format!("{error:?}")))
        }
        Err(error) => format!("{error:?}"),
    }
}

fn later(query: Query) -> String {
    spin_sdk::wit_bindgen::spawn(async move {
        monotonic_clock::wait_for(query.number("ms") * NANOS_PER_MILLI).await;
        let url = query.text("url");
        let said = if url.is_empty() { "done".to_owned() } else { call(&url).await };
        if let Ok(store) = Store::open_default().await {
            let _ = store.set(query.text("key"), said).await;
        }
    });
    "accepted".to_owned()
}

fn random() -> String {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => format!("{bytes:?}"),
        Err(error) => error.to_string(),
    }
}

/// Seconds by std (WASI 0.2) and by WASI 0.3.
fn clocks() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{} {}", since.as_secs(), system_clock::now().seconds)
}

fn log(query: &Query) -> String {
    println!("out {}", query.text("text"));
    eprint!("half ");
    eprintln!("err {}", query.text("text"));
    "logged".to_owned()
}

async fn hang() -> String {
    monotonic_clock::wait_for(3_600_000 * NANOS_PER_MILLI).await;
    "late".to_owned()
}

fn compute(query: &Query) -> String {
    let rounds = match query.number("rounds") {
        0 => u64::MAX,
        rounds => rounds,
    };
    let sum = (0..rounds).fold(0_u64, |sum, round| std::hint::black_box(sum.wrapping_mul(31).wrapping_add(round)));
    sum.to_string()
}

fn memory(query: &Query) -> String {
    let mut block = vec![1_u64; (query.number("mib") as usize) << 17];
    for round in 0..query.number("rounds") {
        for (index, word) in block.iter_mut().enumerate() {
            *word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(index as u64 ^ round);
        }
    }
    block.iter().fold(0_u64, |sum, word| sum ^ word).to_string()
}

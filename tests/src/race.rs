//! Requests that arrive at the same moment: everything is sent but each body's last byte, then all last bytes.

use crate::browser::Browser;
use futures::future::join_all;
use reqwest::Method;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// A request whose last byte has not been sent yet.
pub struct Held {
    stream: TcpStream,
    last: u8,
}

/// What came back: enough of it to count winners.
pub struct Raced {
    pub status: u16,
    pub text: String,
}

impl Held {
    /// Sends all but the last byte, from `address` to `url`, with the cookies and the token of `browser`.
    pub async fn post(address: [u8; 4], url: &str, browser: &Browser, path: &str, body: &Value) -> Self {
        Self::begin(Method::POST, address, url, browser, path, body).await
    }

    pub async fn begin(
        method: Method,
        address: [u8; 4],
        url: &str,
        browser: &Browser,
        path: &str,
        body: &Value,
    ) -> Self {
        let mut stream = open(address, url).await;
        let body = body.to_string();
        let (first, last) = body.as_bytes().split_at(body.len() - 1);
        stream.write_all(head(&method, browser, path, body.len()).as_bytes()).await.expect("a head");
        stream.write_all(first).await.expect("a body");
        Self { stream, last: last[0] }
    }

    /// Sends the rest. Nothing if the host died over it.
    pub async fn finish(mut self) -> Option<Raced> {
        self.stream.write_all(&[self.last]).await.ok()?;
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).await.ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let status = text.get(9..12)?.parse().ok()?;
        Some(Raced { status, text })
    }
}

/// A connection from an address of this machine to where `url` points.
pub async fn open(address: [u8; 4], url: &str) -> TcpStream {
    let to: SocketAddr = url.trim_start_matches("http://").parse().expect("an address");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((address, 0).into()).expect("an address of this machine");
    let stream = socket.connect(to).await.expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    stream
}

/// The head of a request as a page of ours would send it.
pub fn head(method: &Method, browser: &Browser, path: &str, length: usize) -> String {
    let (cookies, token) = browser.remember();
    let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\norigin: {}\r\n\
         sec-fetch-site: same-origin\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n",
        browser.host(),
        browser.origin()
    );
    if !cookies.is_empty() {
        head.push_str(&format!("cookie: {}\r\n", cookies.join("; ")));
    }
    if let Some(token) = token {
        head.push_str(&format!("x-csrf-token: {token}\r\n"));
    }
    head + "\r\n"
}

/// Lets all of them go at once.
pub async fn release(held: Vec<Held>) -> Vec<Raced> {
    let answers = join_all(held.into_iter().map(Held::finish)).await;
    answers.into_iter().map(|answer| answer.expect("an answer")).collect()
}

/// How many were answered so?
pub fn count(answers: &[Raced], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

/// Nobody was answered otherwise.
pub fn only(answers: &[Raced], allowed: &[u16]) {
    for answer in answers {
        assert!(allowed.contains(&answer.status), "{}", answer.text);
    }
}

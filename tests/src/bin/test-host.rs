//! One more host on a store that a test has open already: a process that can be killed. Told in its arguments the
//! store, the catcher and by how many milliseconds its clock is ahead; says its address, then obeys its standard
//! input line by line (`advance SECONDS`, `die COMPONENT N`) and ends with it.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "test support")]

use relatch_host::testing::{StoreEffect, StoreFault, When};
use relatch_host::{Host, StoreConfig};
use relatch_tests::site::host_options;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().expect("a store, a catcher, milliseconds");
    let state = tempfile::tempdir().expect("a folder");
    let store = StoreConfig::parse(&argument()).expect("a store");
    let mut options = host_options(state.path(), &argument());
    options.store = store;
    let host = Host::start(options).await.expect("the host");
    let testing = host.testing();
    testing.advance(Duration::from_millis(argument().parse().expect("milliseconds")));
    println!("http://{}", host.addr());
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(order)) = orders.next_line().await {
        match order.split(' ').collect::<Vec<_>>()[..] {
            ["advance", seconds] => testing.advance(Duration::from_secs(seconds.parse().expect("seconds"))),
            ["die", component, number] => testing.break_store(StoreFault {
                component: Some(component.to_owned()),
                when: When::Nth(number.parse().expect("a number")),
                ..StoreFault::every(StoreEffect::Die)
            }),
            _ => panic!("not understood: {order}"),
        }
        println!("done");
    }
}

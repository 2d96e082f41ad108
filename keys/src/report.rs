//! Which keys are still needed.

use crate::keyring::Deployment;
use crate::records::Value;
use anyhow::Result;
use relatch_store::records::PasswordRecord;
use relatch_store::seal::sealed_with;
use std::collections::BTreeMap;

#[derive(Default)]
struct Counts {
    sealed: BTreeMap<String, u64>,
    /// By pepper: passwords in use, and earlier ones that are remembered.
    passwords: BTreeMap<String, (u64, u64)>,
    counters: u64,
    closed: u64,
}

/// False if something could not be opened.
pub async fn run(at: &Deployment) -> Result<bool> {
    let mut counts = Counts::default();
    for names in at.portions().await? {
        for (key, value) in at.values(&names).await? {
            counts.add(&key, &value);
        }
    }
    counts.print(at);
    Ok(counts.closed == 0)
}

impl Counts {
    fn add(&mut self, key: &str, value: &Value) {
        match value {
            Value::Counter(_) => self.counters += 1,
            Value::Closed => self.closed += 1,
            Value::Record { raw, plain } => {
                *self.sealed.entry(sealed_with(raw).unwrap_or_default().to_owned()).or_default() += 1;
                if key.starts_with("password:") {
                    self.add_password(plain);
                }
            }
        }
    }

    fn add_password(&mut self, plain: &[u8]) {
        let Ok(record) = serde_json::from_slice::<PasswordRecord>(plain) else {
            self.closed += 1;
            return;
        };
        self.passwords.entry(record.pepper).or_default().0 += 1;
        for earlier in record.earlier {
            self.passwords.entry(earlier.pepper).or_default().1 += 1;
        }
    }

    fn print(&self, at: &Deployment) {
        let listed = |listed: &[String], used: Vec<&String>| -> Vec<String> {
            let others = used.into_iter().filter(|id| !listed.contains(id)).cloned();
            listed.iter().cloned().chain(others).collect()
        };
        println!("sealing_keys");
        for (place, id) in listed(&at.sealing, self.sealed.keys().collect()).into_iter().enumerate() {
            let sealed = self.sealed.get(&id).copied().unwrap_or_default();
            println!("  {id:8} {sealed:9} records  {}", advice(place, sealed, "relatch-keys reseal"));
        }
        println!("pepper");
        for (place, id) in listed(&at.peppers, self.passwords.keys().collect()).into_iter().enumerate() {
            let (current, earlier) = self.passwords.get(&id).copied().unwrap_or_default();
            let advice = if at.peppers.contains(&id) {
                advice(place, current, "a sign-in of each of these people, or a reset once it is gone")
            } else {
                "not listed: these people have to reset their passwords".to_owned()
            };
            println!("  {id:8} {current:9} passwords, {earlier} earlier ones  {advice}");
        }
        println!("{} counters and gates, which are not sealed", self.counters);
        if self.closed > 0 {
            println!(
                "{} values could not be opened: sealed with a key that is not listed, damaged, or not Relatch's",
                self.closed
            );
        }
    }
}

fn advice(place: usize, used: u64, way: &str) -> String {
    match (place, used) {
        (0, _) => "in use".to_owned(),
        (_, 0) => "no longer needed".to_owned(),
        _ => format!("still needed until: {way}"),
    }
}

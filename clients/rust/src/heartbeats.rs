//! Saying that the worker lives, as often as the server wants to hear it. One task for each trial in hand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::ErrorKind;
use crate::holding::Holding;
use crate::transport::Transport;
use crate::trial::lock;

/// A heartbeat that did not get through is tried again within this, however long the interval.
const SOON: Duration = Duration::from_secs(2);
/// Of one try, within the interval: the next heartbeat is the second try.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(10);

/// Keep the lease of *holding* alive until it is over.
pub(crate) async fn beat(transport: Arc<Transport>, holding: Arc<Mutex<Holding>>) {
    loop {
        let (is_over, due) = {
            let held = lock(&holding);
            (held.is_over, held.heartbeat_at)
        };
        if is_over {
            return;
        }
        if due > Instant::now() {
            tokio::time::sleep_until(due).await; // a report may have postponed it meanwhile
            continue;
        }
        let (request, timeout) = {
            let held = lock(&holding);
            (held.heartbeat(), held.heartbeat_interval.clamp(SHORTEST, LONGEST))
        };
        let answer = transport.once(&request, timeout).await;
        let mut held = lock(&holding);
        let now = Instant::now();
        match answer {
            Ok(answer) => held.heard(answer, now),
            Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::DeadlineExceeded) => {
                held.heartbeat_at = now + SOON.min(held.heartbeat_interval);
            }
            Err(error) => {
                tracing::warn!(trial = held.record.name, %error, "heartbeat refused");
                held.refused(&error);
                held.heartbeat_at = now + held.heartbeat_interval;
            }
        }
    }
}

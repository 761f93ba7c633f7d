//! The order that the user's process hands to root's.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mkservice::session::order;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(order) = order::read(bytes) {
        let written = order::write(&order);
        let again = order::read(&written).expect("what is written is read");
        assert_eq!(order::write(&again), written);
    }
});

#![no_main]

use git_baton_fuzz::handoff;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| handoff::all(data));

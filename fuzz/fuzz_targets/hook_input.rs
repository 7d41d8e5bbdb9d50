#![no_main]

use git_baton_fuzz::hook_input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hook_input::all(data));

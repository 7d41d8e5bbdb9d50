#![no_main]

use git_baton_fuzz::index;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| index::all(data));

#![no_main]

use git_baton_fuzz::policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| policy::all(data));

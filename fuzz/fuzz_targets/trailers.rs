#![no_main]

use git_baton_fuzz::trailers;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| trailers::all(data));

#![no_main]

use git_baton_fuzz::policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|commit: &[u8]| {
    policy::a_signature_holds_for_its_payload(commit);
});

//! `git baton`: parse, run, exit code.

fn main() {}

//! The ground for a statically linked program to start others cheaply.

#[expect(
    unsafe_code,
    reason = "a function of the C library is named; it is never called from here"
)]
unsafe extern "C" {
    /// Since glibc 2.29.
    fn posix_spawn_file_actions_addchdir_np();
}

/// The standard library starts a program in another directory without copying this process only
/// where it finds this function (`posix_spawn` in its `sys/process/unix/unix.rs`, by a weak
/// reference). Nothing else refers to it, so it would not be linked; each start of git would take
/// half a millisecond more.
#[used]
static LINKED: unsafe extern "C" fn() = posix_spawn_file_actions_addchdir_np;

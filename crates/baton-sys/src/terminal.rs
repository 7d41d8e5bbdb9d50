//! The terminal of this process.

use std::io::IsTerminal;

/// True if somebody can be asked at a terminal, whatever the standard streams are.
pub fn can_ask() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

/// The columns and rows of the terminal; `None` where standard output is none. One that does
/// not tell, as on a serial line, counts as 80 by 24.
pub fn size() -> Option<(usize, usize)> {
    let out = std::io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&out).ok();
    let size = size.map(|size| (usize::from(size.ws_col), usize::from(size.ws_row)));
    size.filter(|(columns, rows)| *columns > 0 && *rows > 0)
        .or(Some((80, 24)))
}

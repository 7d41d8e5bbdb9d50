//! The terminal of this process.

use std::io::{IsTerminal, Write};

/// Returns true if a user can be asked at a terminal, whatever the standard streams are.
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

/// Asks a person, and gives the line that they type; `None` where there is no person to ask.
pub fn ask(question: &str) -> Option<String> {
    let (input, mut out) = (std::io::stdin(), std::io::stderr());
    if !input.is_terminal() || !out.is_terminal() {
        return None;
    }
    out.write_all(question.as_bytes()).ok()?;
    out.flush().ok()?;
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    Some(line.trim().to_owned())
}

/// Writes to standard output what moves a terminal's cursor: the program's own bytes, as they are.
pub fn steer(sequence: &str) {
    let mut out = std::io::stdout();
    // Nobody may read any more.
    out.write_all(sequence.as_bytes())
        .and_then(|()| out.flush())
        .ok();
}

//! A section of Baton's in a page that agents read, between two lines that mark it.

const BEGIN: &str = "<!-- begin: git baton init -->";
const END: &str = "<!-- end: git baton init -->";

/// The page with the section: in place of the one that is there, or at the end. The section ends with a line break if the page does,
/// so that it can be taken out again byte for byte.
pub(super) fn add(found: Option<&str>, section: &str) -> String {
    let page = found.unwrap_or_default();
    let newline = if page.contains("\r\n") { "\r\n" } else { "\n" };
    let section = format!("{BEGIN}\n{}\n{END}", section.trim_end()).replace('\n', newline);
    if let Some((before, after)) = around(page) {
        return format!("{before}{section}{after}");
    }
    match page {
        "" => section + "\n",
        page if page.ends_with('\n') => format!("{page}{newline}{section}{newline}"),
        page => format!("{page}{newline}{newline}{section}"),
    }
}

/// The page without the section; `None` where there is none, and nothing where nothing else is left.
pub(super) fn remove(page: &str) -> Option<String> {
    let (before, after) = around(page)?;
    let newline = if page.contains("\r\n") { "\r\n" } else { "\n" };
    let cut = |text: &'_ str| text.strip_suffix(newline).map(str::to_owned);
    let rest = after.strip_prefix(newline);
    let kept = match rest {
        // The page had no line break at its end.
        None => cut(before).and_then(|text| cut(&text)),
        Some(_) => cut(before),
    };
    let kept = kept.unwrap_or_else(|| before.to_owned());
    Some(kept + rest.unwrap_or(after))
}

/// Returns the text before the section and the text after it.
fn around(page: &str) -> Option<(&str, &str)> {
    let begin = page.find(BEGIN)?;
    let end = begin + page[begin..].find(END)? + END.len();
    Some((&page[..begin], &page[end..]))
}

//! Pictures among the files that a check leaves, by their names.

/// Returns the kind of image a file of this name holds, as the type of a `data:` URL calls it, where a
/// browser shows such images; checks leave logs and films beside them.
pub fn kind(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "png" => "png",
        "jpg" | "jpeg" => "jpeg",
        "gif" => "gif",
        "webp" => "webp",
        "svg" => "svg+xml",
        "avif" => "avif",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_the_end_of_its_name() {
        for (name, expected) in [
            ("page.png", Some("png")),
            ("a/PAGE.JPG", Some("jpeg")),
            ("a.b.jpeg", Some("jpeg")),
            ("drawing.Svg", Some("svg+xml")),
            ("trace.png.zip", None),
            ("film.webm", None),
            ("page.png ", None),
            ("page.html", None),
            ("png", None),
            ("page.", None),
            ("", None),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }
}

//! What a server says, so that it can be shown and stored.

/// Where a text of a server is cut, in bytes: a 409 of NetBox may name thousands of objects.
const LONGEST: usize = 2000;

/// A text of a server for people: cut at some length, and without what steers a terminal or no database takes (NetBox's PostgreSQL refuses a
/// NUL). Lines stay lines.
#[must_use]
pub fn legible(text: &str) -> String {
    let shown =
        |char: char| if char.is_control() && !matches!(char, '\n' | '\t') { char::REPLACEMENT_CHARACTER } else { char };
    let end = (0..=LONGEST.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or_default();
    let cut = if end < text.len() { "…" } else { "" };
    text[..end].chars().filter(|char| *char != '\r').map(shown).chain(cut.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_not_told() {
        assert_eq!(
            legible("VM is locked (clone)\r\n\tsee \u{1b}[31mlog\0"),
            "VM is locked (clone)\n\tsee \u{fffd}[31mlog\u{fffd}"
        );
        assert_eq!(legible("ä").len(), 2);
    }

    #[test]
    fn it_is_cut_between_letters() {
        let long = "ä".repeat(LONGEST);
        let told = legible(&long);
        assert_eq!((told.chars().count(), told.ends_with("ä…")), (LONGEST / 2 + 1, true));
    }
}

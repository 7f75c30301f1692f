//! NetBox's line in a guest's description: what the record's description says. All other lines are people's.
//!
//! `netbox-description: web server of the shop`

const PREFIX: &str = "netbox-description:";

/// The text of the line, if a description has it.
pub(crate) fn find(description: &str) -> Option<String> {
    let line = description.lines().find_map(|line| line.trim().strip_prefix(PREFIX))?;
    Some(line.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The description with this text in the line, in place of any it holds; without the line for none.
#[cfg(any(feature = "live", test))]
pub(crate) fn write_into(description: &str, text: Option<&str>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut at = None;
    for line in description.lines() {
        if line.trim_start().starts_with(PREFIX) {
            at.get_or_insert(lines.len());
        } else {
            lines.push(line.to_owned());
        }
    }
    if let Some(text) = text {
        // A line of its own, whatever NetBox holds.
        let text: Vec<&str> = text.split_whitespace().collect();
        lines.insert(at.unwrap_or(0), format!("{PREFIX} {}", text.join(" ")));
    }
    lines.join("\n")
}

/// How many characters Proxmox takes as a description (the schema of Proxmox VE 9.1).
#[cfg(feature = "live")]
const MOST: usize = 8192;

/// Refuses notes that are longer than Proxmox takes, with what to do.
#[cfg(feature = "live")]
pub(crate) fn fits(description: &str) -> Result<(), String> {
    let length = description.chars().count();
    if length <= MOST {
        return Ok(());
    }
    let over = length - MOST;
    Err(format!(
        "the guest's notes are too long for the line that is added to them: shorten them in Proxmox by {over} characters or \
         more ({MOST} is the most that it takes)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_ours_and_the_rest_is_peoples() {
        let text = "ask Ops\n\nnetbox-proxmox: n record 1 vmid 100 ready";
        let with = write_into(text, Some("web server\r\nof the shop"));
        assert_eq!(with, format!("{PREFIX} web server of the shop\n{text}"));
        assert_eq!(find(&with).as_deref(), Some("web server of the shop"));
        assert_eq!(write_into(&with, Some("mail")), format!("{PREFIX} mail\n{text}"));
        assert_eq!(write_into(&with, None), text);
        assert_eq!((find(text), find(PREFIX)), (None, None));
    }
}

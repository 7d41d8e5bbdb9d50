//! The report of an end-to-end check, in a box.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Panel;
use crate::layout::Screen;
use crate::report::escape::visible;

/// The report of an end-to-end check on the work that it looked at. The check prints lines such as
/// `Viewports tested: mobile, desktop`; what it does not print is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndToEndReport {
    /// The sizes of screen that it tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewports: Option<String>,
    /// The directory of the pictures that it left; absent where it left none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screenshots: Option<String>,
    /// The visual regressions that it found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regressions: Option<String>,
    /// The tests of what can be clicked, and how many passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interactive: Option<String>,
    /// The decision.
    pub status: EndToEndStatus,
    /// Why it did not approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The decision of an end-to-end check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndToEndStatus {
    /// It approved.
    Pass,
    /// It rejected.
    Fail,
    /// It could not look.
    #[default]
    Blocked,
}

/// The beginnings of the lines that are looked for.
const VIEWPORTS: &str = "Viewports tested:";
const SCREENSHOTS: &str = "Screenshots:";
const REGRESSIONS: &str = "Visual regressions:";
const INTERACTIVE: &str = "Interactive tests:";

impl EndToEndReport {
    /// Takes a line that the check printed, where it tells something.
    pub fn take(&mut self, line: &str) {
        let line = line.trim();
        for (label, value) in [
            (VIEWPORTS, &mut self.viewports),
            (REGRESSIONS, &mut self.regressions),
            (INTERACTIVE, &mut self.interactive),
        ] {
            if let Some(told) = line.strip_prefix(label) {
                *value = Some(told.trim().to_owned());
            }
        }
    }

    /// The decision and its reason, in a line.
    pub fn status_text(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{}: {reason}", self.status.as_str()),
            None => self.status.as_str().to_owned(),
        }
    }
}

impl EndToEndStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Blocked => "BLOCKED",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Pass => "✅ ",
            Self::Fail => "❌ ",
            Self::Blocked => "⏸\u{fe0f} ",
        }
    }
}

/// The box that says what an end-to-end check told.
pub fn end_to_end(report: &EndToEndReport, screen: Screen) -> String {
    let mut panel = Panel::open(screen);
    panel.line(0, "E2E Validation: FRONTEND");
    panel.line(0, "");
    let groups = [
        [
            (VIEWPORTS, &report.viewports),
            (SCREENSHOTS, &report.screenshots),
        ],
        [
            (REGRESSIONS, &report.regressions),
            (INTERACTIVE, &report.interactive),
        ],
    ];
    for group in groups {
        let told = group
            .iter()
            .filter_map(|(label, value)| Some((label, value.as_ref()?)));
        let mut is_told = false;
        for (label, value) in told {
            is_told = true;
            panel.clipped(2, &format!("{label} "), &visible(value.as_bytes()), "");
        }
        if is_told {
            panel.line(0, "");
        }
    }
    let sign = if panel.ascii {
        ""
    } else {
        report.status.sign()
    };
    panel.line(2, &format!("Status: {sign}{}", report.status.as_str()));
    if let Some(reason) = &report.reason {
        panel.clipped(2, "Reason: ", &visible(reason.as_bytes()), "");
    }
    panel.close()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(ascii: bool) -> Screen {
        Screen { ascii, columns: 80 }
    }

    #[test]
    fn what_was_looked_at_is_drawn() {
        let mut report = EndToEndReport {
            screenshots: Some(".claude/screenshots/current/".to_owned()),
            status: EndToEndStatus::Pass,
            ..EndToEndReport::default()
        };
        for line in [
            "  Viewports tested: mobile, tablet, desktop, wide",
            "Visual regressions: 0\r",
            "Interactive tests: 5/5 passed",
            "TASK_APPROVED",
        ] {
            report.take(line);
        }
        let drawn = "\
┌─────────────────────────────────────────────────────────────┐
│ E2E Validation: FRONTEND                                    │
│                                                             │
│   Viewports tested: mobile, tablet, desktop, wide           │
│   Screenshots: .claude/screenshots/current/                 │
│                                                             │
│   Visual regressions: 0                                     │
│   Interactive tests: 5/5 passed                             │
│                                                             │
│   Status: ✅ PASS                                           │
└─────────────────────────────────────────────────────────────┘
";
        assert_eq!(end_to_end(&report, screen(false)), drawn);
        assert!(end_to_end(&report, screen(true)).is_ascii());
    }

    #[test]
    fn what_was_not_told_is_left_out() {
        let report = EndToEndReport {
            status: EndToEndStatus::Fail,
            reason: Some("no \u{1b}[31mbutton".to_owned()),
            ..EndToEndReport::default()
        };
        let drawn = end_to_end(&report, screen(true));
        assert_eq!(drawn.lines().count(), 6, "{drawn}");
        assert!(drawn.contains("|   Status: FAIL  "), "{drawn}");
        assert!(
            drawn.contains("|   Reason: no ") && !drawn.contains('\u{1b}'),
            "{drawn}"
        );
    }
}

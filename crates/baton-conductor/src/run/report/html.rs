//! A run as one HTML page: no script, and nothing loaded from elsewhere.

use std::fmt::Write;

use base64ct::{Base64, Encoding};

use super::{RunReport, Span, TaskReport, Work, duration};
use crate::run::picture;
use baton_core::report::escape;

const STYLE: &str = include_str!("page.css");

/// The run as an HTML page.
pub fn html(report: &RunReport) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Run {run}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <h1>Run {run} <span class=\"phase {phase}\">{phase}</span></h1>\n<dl class=\"facts\">\n",
        run = text(&report.run),
        phase = text(&report.phase),
    );
    let facts = [
        ("Mode", &report.mode),
        ("Target", &report.target),
        ("Tasks", &report.tally()),
        ("Gain over sequential work", &report.gain()),
    ];
    for (name, value) in facts {
        put(
            &mut page,
            format_args!("<div><dt>{name}</dt><dd>{}</dd></div>\n", text(value)),
        );
    }
    page.push_str("</dl>\n");
    timeline(&mut page, report);
    table(&mut page, report);
    pictures(&mut page, report);
    refused_writes(&mut page, report);
    landed(&mut page, report);
    page.push_str("</body>\n</html>\n");
    page
}

fn timeline(page: &mut String, report: &RunReport) {
    page.push_str("<h2>Timeline</h2>\n<div class=\"timeline\" role=\"img\" aria-label=\"");
    page.push_str(&text(&report.gain()));
    page.push_str("\">\n");
    let mut group = 0;
    for task in &report.tasks {
        if task.group != group {
            group = task.group;
            put(
                page,
                format_args!("<div class=\"group\">Group {group}</div>\n"),
            );
        }
        put(
            page,
            format_args!(
                "<div class=\"name\">{}</div><div class=\"lane\">",
                text(&task.id)
            ),
        );
        for span in &task.spans {
            bar(page, report, span);
        }
        page.push_str("</div>\n");
    }
    let ticks = (0..=4).map(|tick| report.wall() / 4 * tick);
    page.push_str("<div class=\"name\"></div><div class=\"scale\">");
    for tick in ticks {
        put(page, format_args!("<span>{}</span>", duration(tick)));
    }
    page.push_str(
        "</div>\n</div>\n<p class=\"legend\"><span class=\"agent well\"></span> an agent at work\n\
         <span class=\"agent ill\"></span> an attempt that failed or was interrupted\n\
         <span class=\"gate well\"></span> a quality gate</p>\n",
    );
}

fn bar(page: &mut String, report: &RunReport, span: &Span) {
    let wall = report.wall().max(1);
    let permille = |at: u64| at.saturating_sub(report.began).min(wall) * 1000 / wall;
    let (from, to) = (permille(span.from), permille(span.to));
    let length = to.saturating_sub(from).max(2);
    put(
        page,
        format_args!(
            "<span class=\"{} {}\" style=\"left:{}.{}%;width:{}.{}%\" title=\"{}\"></span>",
            span.work.as_str(),
            if span.ok { "well" } else { "ill" },
            from / 10,
            from % 10,
            length / 10,
            length % 10,
            text(&said(span)),
        ),
    );
}

/// Returns the description of a span, in a line.
fn said(span: &Span) -> String {
    let time = duration(span.length());
    let what = match (span.work, &span.taken_over_by) {
        (Work::Agent, None) => format!("attempt {}", span.attempt),
        (Work::Agent, Some(agent)) => format!("attempt {}, taken over by {agent}", span.attempt),
        (Work::Gate, _) => format!("gate of attempt {}", span.attempt),
    };
    format!("{what}: {}, {time}", span.outcome)
}

fn table(page: &mut String, report: &RunReport) {
    page.push_str(
        "<h2>Tasks</h2>\n<table>\n<thead><tr><th>Task</th><th>Status</th><th>What was done</th>\
         <th>Outcome</th><th>Branch</th><th>Session</th></tr></thead>\n<tbody>\n",
    );
    report.tasks.iter().for_each(|task| row(page, task));
    page.push_str("</tbody>\n</table>\n");
}

fn row(page: &mut String, task: &TaskReport) {
    let optional = |value: &Option<String>| value.as_deref().map(text).unwrap_or_default();
    let spans: String = task
        .spans
        .iter()
        .map(|span| format!("<li>{}</li>", text(&said(span))))
        .collect();
    put(
        page,
        format_args!(
            "<tr><td><strong>{}</strong><br>{}</td><td class=\"{status}\">{status}</td>\
             <td><ul>{spans}</ul></td><td>{}</td><td><code>{}</code></td><td>{}</td></tr>\n",
            text(&task.id),
            text(&task.title),
            text(&task.outcome),
            optional(&task.branch),
            optional(&task.session),
            status = task.status.as_str(),
        ),
    );
}

fn pictures(page: &mut String, report: &RunReport) {
    let all = || {
        let tasks = report.tasks.iter();
        tasks.flat_map(|task| task.pictures.iter().map(move |picture| (task, picture)))
    };
    if all().next().is_none() {
        return;
    }
    page.push_str("<h2>Pictures</h2>\n<div class=\"pictures\">\n");
    for (task, picture) in all() {
        let name = picture.path.rsplit('/').next().unwrap_or_default();
        let image = match (&picture.data, picture::kind(name)) {
            (Some(data), Some(kind)) => format!(
                "<img src=\"data:image/{kind};base64,{}\" alt=\"\">",
                Base64::encode_string(data)
            ),
            _ => "<p>not at hand</p>".to_owned(),
        };
        put(
            page,
            format_args!(
                "<figure>{image}<figcaption>{}: {}</figcaption></figure>\n",
                text(&task.id),
                text(name),
            ),
        );
    }
    page.push_str("</div>\n");
}

/// Writes the list of writes that confined agents were refused.
fn refused_writes(page: &mut String, report: &RunReport) {
    let tasks = report.tasks.iter();
    let mut all = tasks
        .flat_map(|task| task.refused_writes.iter().map(move |one| (task, one)))
        .peekable();
    if all.peek().is_none() {
        return;
    }
    page.push_str("<h2>Refused outside of the worktree</h2>\n<ul>\n");
    for (task, sentence) in all {
        put(
            page,
            format_args!("<li>{}: {}</li>\n", text(&task.id), text(sentence)),
        );
    }
    page.push_str("</ul>\n");
}

fn landed(page: &mut String, report: &RunReport) {
    if report.landed.is_empty() {
        return;
    }
    page.push_str("<h2>Landed</h2>\n<ul>\n");
    for (what, commit) in &report.landed {
        put(
            page,
            format_args!("<li><code>{}</code> {}</li>\n", text(commit), text(what)),
        );
    }
    page.push_str("</ul>\n");
}

fn put(page: &mut String, part: std::fmt::Arguments<'_>) {
    page.write_fmt(part).expect("a String takes all");
}

/// Text that is no markup, in an element or an attribute.
fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for c in escape::visible(raw.as_bytes()).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn a_run_is_one_page_with_its_timeline() {
        let page = html(&example());
        for part in [
            "<title>Run 20251218-1</title>",
            "<dd>1 min 30 s of work in 1 min 0 s: 1.5 times</dd>",
            "class=\"agent ill\" style=\"left:0.0%;width:33.3%\" title=\"attempt 1: timed out, 20.0 s\"",
            "class=\"gate well\" style=\"left:83.3%;width:16.7%\"",
            "<ul>\n<li>api: attempt 1 was refused /m/&lt;x&gt;, as the agent printed it: no | way</li>\n</ul>",
            "<li><code>0123abcd</code> merge of auto/auth</li>",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        for elsewhere in ["<script", "http:", "https:", "@import", "<link"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn what_others_wrote_is_no_markup() {
        let page = html(&example());
        assert!(page.contains("Log in &lt;b&gt;safely&lt;/b&gt; | now"));
        assert!(page.contains("auth: auth &quot;1&quot;.png"));
        assert!(page.contains("<img src=\"data:image/png;base64,UE5H\""));
        assert!(page.contains("<p>not at hand</p><figcaption>auth: gone.jpeg"));
        assert_eq!(text("a\u{202e}'b"), "a\\u{202e}&#39;b");
    }
}

//! The detail of one object on screen: tabs, and what each of them shows.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::Ui;
use super::canvas::Canvas;
use super::detail::{Detail, Tab, Yaml};
use super::freshness;
use super::layout::Tone;
use super::page::{Page, Scroll};
use super::pane_screen::{self, Frame};
use super::text;
use super::theme::Role;
use crate::model::cluster::Cluster;
use crate::model::event::Event;
use crate::model::finding::{Finding, Severity};
use crate::model::key::Target;
use crate::model::value::age;
use crate::views::{self, Line, Opens, Rows, Section, View, autoscalers, nodes};

/// The column of labels, where none is longer.
const LABELS: usize = 18;
/// A longer label stands on a line of its own.
const LONGEST_LABEL: usize = 40;

/// Returns what an action would act on.
pub(crate) fn draw(
    ui: &mut Ui,
    cluster: &Cluster,
    now: Timestamp,
    canvas: &mut Canvas,
    body: Rect,
) -> Option<Target> {
    let scope = ui.settings.scope.clone();
    let detail = ui.details.last_mut()?;
    tabs(detail, cluster, canvas, Rect { height: 1, ..body });
    let area = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
    if detail.tab == Tab::Pods {
        detail.pods.arrange(cluster, &scope, &ui.seen, now);
        let frame = Frame { number: None, tone: Tone::Focused, scope: &scope, area };
        pane_screen::draw(&mut detail.pods, &frame, cluster, now, canvas);
        return detail.pods.target().cloned();
    }
    let inner = canvas.frame(area, Role::BorderFocus);
    let text = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let scroll = match detail.tab {
        Tab::Summary | Tab::Pods => {
            let asks = ui.settings.kubelet;
            let page = summary(detail, asks, ui.seen.outlook.findings(), cluster, now, text.width);
            page.draw(canvas, text, &mut detail.summary_scroll);
            detail.summary_scroll
        }
        Tab::Events => {
            events(detail.events.as_deref(), now, text.width).draw(canvas, text, &mut detail.events_scroll);
            detail.events_scroll
        }
        Tab::Yaml => {
            yaml(detail, canvas, text);
            detail.yaml_scroll
        }
    };
    edge(detail, scroll, canvas, area);
    if let Some((words, role)) = freshness::remark(detail.target.kind, cluster, now) {
        canvas.put_right(area.x + 2, area.right().saturating_sub(2), area.y, &format!(" {words} "), role);
    }
    Some(detail.target.clone())
}

/// The object's name and its tabs.
fn tabs(detail: &Detail, cluster: &Cluster, canvas: &mut Canvas, area: Rect) {
    let mut x = area.x + 1;
    let tabs = detail.tabs();
    let reserved: u16 = tabs.iter().map(|tab| tab.title().len() as u16 + 2).sum();
    let room = area.width.saturating_sub(reserved + 8);
    x += canvas.put(x, area.y, room, &detail.target.to_string(), Role::TextStrong);
    if !cluster.has(&detail.target) {
        x += canvas.put(x + 1, area.y, 6, "(gone)", Role::Warning) + 1;
    }
    x += 3;
    for tab in tabs {
        let role = if *tab == detail.tab { Role::TabFocus } else { Role::Tab };
        x += canvas.put(x, area.y, area.right().saturating_sub(x), tab.title(), role) + 2;
    }
}

/// Position, and what was left out, in the lower edge.
fn edge(detail: &Detail, scroll: Scroll, canvas: &mut Canvas, area: Rect) {
    let y = area.bottom().saturating_sub(1);
    let mut right = area.right().saturating_sub(2);
    if let Some(place) = scroll.place() {
        right = canvas.put_right(area.x + 2, right, y, &format!(" {place} "), Role::TextDim);
    }
    if let (Tab::Yaml, Yaml::Loaded(_, hidden)) = (detail.tab, &detail.yaml)
        && *hidden > 0
    {
        let note = format!(" managedFields hidden: {} ", text::counted(*hidden, "line"));
        canvas.put(area.x + 2, y, right.saturating_sub(area.x + 3), &note, Role::TextDim);
    }
}

/// Findings with evidence, forecast and remedy, then all that the views know of the object.
fn summary(
    detail: &Detail,
    asks: bool,
    found: &[Arc<Finding>],
    cluster: &Cluster,
    now: Timestamp,
    width: u16,
) -> Page {
    let mut sections: Vec<Section> = Vec::new();
    let mut above = 0;
    for view in describing(detail) {
        let Opens::Detail(describe) = view.opens else { continue };
        let described = describe(cluster, &detail.target.key, now);
        let known = !described.is_empty();
        if sections.is_empty() {
            above = view.above.min(described.len());
        }
        sections.extend(described);
        if known && view.id == nodes::VIEW.id {
            sections.extend(fetched(detail, asks, now));
        }
        if known && view.id == autoscalers::VIEW.id {
            let title = "Rescales that events tell of";
            sections.extend(told(detail.events.as_deref(), "SuccessfulRescale", title, now));
        }
    }
    let described = !sections.is_empty();
    let mut page = Page::new(width);
    for section in sections.drain(..above) {
        describe_section(&mut page, &section);
    }
    for finding in found.iter().filter(|finding| finding.target == detail.target) {
        page.blank();
        describe_finding(&mut page, finding);
    }
    for section in &sections {
        describe_section(&mut page, section);
    }
    if !described {
        page.blank();
        let remark = if cluster.has(&detail.target) {
            "Its events and its YAML tell the rest."
        } else {
            "It is gone, or not among what foretop watches."
        };
        page.paragraph(0, remark, Role::TextDim);
    }
    page
}

/// What was fetched of a node when it was opened.
fn fetched(detail: &Detail, asks: bool, now: Timestamp) -> Vec<Section> {
    let reboots = told(detail.events.as_deref(), "Rebooted", "Events of reboots", now);
    let mut sections: Vec<Section> = reboots.into_iter().collect();
    match (&detail.machine, &detail.yaml) {
        (Some(machine), _) => sections.extend(nodes::machine::sections(machine)),
        (None, Yaml::Failed(why)) => sections.push(remark("Images", why)),
        (None, Yaml::Loading) => sections.push(remark("Images", "Asking the server for them …")),
        (None, Yaml::Loaded(..)) => {}
    }
    sections.push(if asks {
        nodes::kubelet::section(&detail.kubelet)
    } else {
        remark(nodes::kubelet::TITLE, nodes::kubelet::OFF)
    });
    sections
}

/// A section of one sentence.
fn remark(title: &str, text: &str) -> Section {
    Section { title: title.to_owned(), lines: vec![Line::new("", text)] }
}

/// What events of one reason tell, which also tell of what nobody watched; the newest first.
fn told(events: Option<&[Event]>, reason: &str, title: &str, now: Timestamp) -> Option<Section> {
    let mut found: Vec<&Event> = events?.iter().filter(|event| event.reason == reason).collect();
    found.sort_by_key(|event| std::cmp::Reverse(event.last));
    let line = |event: &&Event| {
        let when = event.last.map_or("at an unknown time".to_owned(), |at| {
            format!("{} ago", age(now.duration_since(at).as_secs()))
        });
        Line::new(when, event.message.clone())
    };
    let lines: Vec<Line> = found.iter().map(line).collect();
    (!lines.is_empty()).then(|| Section { title: title.to_owned(), lines })
}

/// The views that describe the object, the one it was opened from first.
fn describing(detail: &Detail) -> Vec<&'static View> {
    let kind = detail.target.kind;
    let mut found: Vec<&View> =
        views::ALL.iter().copied().filter(|view| view.rows == Rows::Objects(kind)).collect();
    if let Some(opener) = detail.view {
        found.sort_by_key(|view| view.id != opener.id);
    }
    found
}

fn describe_finding(page: &mut Page, finding: &Finding) {
    let role = Role::of(finding.severity);
    let word = finding.severity.word();
    page.marked(finding.severity.glyph(), &format!("{} {word}: {}", finding.code, finding.summary), role);
    for (at, evidence) in finding.evidence.iter().enumerate() {
        page.pair(LABELS, if at == 0 { "  evidence" } else { "" }, evidence, Role::Text);
    }
    if let Some(forecast) = &finding.forecast {
        page.pair(LABELS, "  next", forecast, Role::Text);
    }
    page.pair(LABELS, "  remedy", &finding.remedy, Role::Text);
}

fn describe_section(page: &mut Page, section: &Section) {
    page.heading(&section.title);
    let most = LONGEST_LABEL.min(page.width() * 2 / 5);
    let widths = section.lines.iter().map(|line| text::width(&line.label, most));
    let widest = widths.filter(|width| *width <= most).max().unwrap_or(0);
    let column = (widest + 4).max(LABELS);
    for line in &section.lines {
        let role = Role::of(line.severity);
        let value = match line.severity {
            Severity::Ok => line.value.clone(),
            severity => format!("{} {}", severity.glyph(), line.value),
        };
        if line.label.is_empty() {
            page.paragraph(2, &value, role);
        } else {
            page.pair(column, &format!("  {}", line.label), &value, role);
        }
    }
}

/// The events, the newest first.
fn events(events: Option<&[Event]>, now: Timestamp, width: u16) -> Page {
    let mut page = Page::new(width);
    let Some(events) = events else {
        page.paragraph(0, "Asking the server for its events …", Role::TextDim);
        return page;
    };
    if events.is_empty() {
        page.paragraph(0, "No events; the API server keeps them for one hour by default.", Role::TextDim);
    }
    let mut sorted: Vec<&Event> = events.iter().collect();
    sorted.sort_by_key(|event| std::cmp::Reverse(event.last));
    for event in sorted {
        let when =
            event.last.map_or("-".into(), |at| format!("{} ago", age(now.duration_since(at).as_secs())));
        let (glyph, role) = match event.kind.as_str() {
            "Normal" => (" ", Role::Text),
            _ => (Severity::Warning.glyph(), Role::Warning),
        };
        let times = if event.count > 1 { format!(" ×{}", event.count) } else { String::new() };
        let source = if event.source.is_empty() { String::new() } else { format!(" ({})", event.source) };
        let label = format!("{glyph} {when}");
        page.pair(13, &label, &format!("{}{times}: {}{source}", event.reason, event.message), role);
    }
    page
}

/// The YAML; only the visible lines become cells.
fn yaml(detail: &mut Detail, canvas: &mut Canvas, area: Rect) {
    let lines = match &detail.yaml {
        Yaml::Loaded(lines, _) => lines,
        Yaml::Loading => {
            canvas.put(area.x, area.y, area.width, "Asking the server for its YAML …", Role::TextDim);
            return;
        }
        Yaml::Failed(why) => {
            let mut page = Page::new(area.width);
            page.paragraph(0, why, Role::Warning);
            page.draw(canvas, area, &mut detail.yaml_scroll);
            return;
        }
    };
    detail.yaml_scroll.fit(usize::from(area.height), lines.len());
    let top = detail.yaml_scroll.top;
    let visible = lines.iter().enumerate().skip(top).take(usize::from(area.height));
    for (y, (at, line)) in (area.y..).zip(visible) {
        let keyed =
            line.split_once(": ").map(|(key, _)| key.len() + 1).or(line.ends_with(':').then_some(line.len()));
        canvas.put(area.x, y, area.width, line, Role::Text);
        if let Some(key) = keyed {
            let width = text::width(&line[..key], usize::from(area.width)) as u16;
            canvas.tint(Rect { x: area.x, y, width: width.min(area.width), height: 1 }, Role::Label);
        }
        if detail.match_at == Some(at) {
            canvas.tint(Rect { y, height: 1, ..area }, Role::Match);
        }
    }
}

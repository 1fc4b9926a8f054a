//! The header: who is connected to what, and how fresh every stream is. Trouble is never the part that is cut.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::Ui;
use super::canvas::Canvas;
use super::freshness::{self, Length, Words};
use super::text;
use super::theme::Role;
use crate::model::cluster::Cluster;

/// How many lines the header takes.
pub(crate) fn height(cluster: &Cluster) -> u16 {
    if cluster.server.unreachable.is_some() { 3 } else { 2 }
}

pub(crate) fn draw(ui: &Ui, cluster: &Cluster, now: Timestamp, canvas: &mut Canvas, area: Rect) {
    let right = badges(ui, canvas, area);
    identity(ui, cluster, canvas, Rect { width: right.saturating_sub(area.x), height: 1, ..area });
    let line = Rect { y: area.y + 1, height: 1, ..area };
    let right = rate(ui, canvas, line);
    streams(cluster, now, canvas, Rect { width: right.saturating_sub(line.x), ..line });
    if let Some((why, hint)) = &cluster.server.unreachable {
        let line = Rect { y: area.y + 2, height: 1, ..area };
        canvas.tint(line, Role::Banner);
        let hint = if hint.is_empty() { String::new() } else { format!(" · {hint}") };
        let text = format!("✖ {}{hint} · what is shown was seen last", why.trim_end_matches('.'));
        canvas.put(line.x + 1, line.y, line.width.saturating_sub(2), &text, Role::Banner);
    }
}

/// Draws the badges at the right; returns where they begin.
fn badges(ui: &Ui, canvas: &mut Canvas, area: Rect) -> u16 {
    let settings = &ui.settings;
    let demo = settings.demo.as_ref().map(|scenario| format!(" DEMO {scenario} "));
    let all = [
        settings.read_only.then(|| " READ-ONLY ".to_owned()),
        settings.dry_run.then(|| " DRY-RUN ".to_owned()),
        demo,
    ];
    let mut right = area.right().saturating_sub(1);
    for badge in all.into_iter().flatten().rev() {
        right = canvas.put_right(area.x + 12, right, area.y, &badge, Role::Badge).saturating_sub(1);
    }
    right
}

/// Who is connected to what; the least telling parts give way first.
fn identity(ui: &Ui, cluster: &Cluster, canvas: &mut Canvas, area: Rect) {
    let server = &cluster.server;
    let identity = &server.identity;
    let namespace = ui.settings.scope.namespace.as_deref();
    // Label, value, role, and how soon it gives way.
    let parts = [
        ("context", identity.context.as_str(), Role::TextStrong, 0_u8),
        (
            "namespace",
            namespace.unwrap_or("all"),
            if namespace.is_some() { Role::Accent } else { Role::Text },
            1,
        ),
        ("cluster", if identity.cluster == identity.context { "" } else { &identity.cluster }, Role::Text, 3),
        ("server", identity.server.as_str(), Role::Text, 4),
        ("version", server.version.as_deref().unwrap_or_default(), Role::Text, 2),
        ("user", identity.user.as_str(), Role::Text, 3),
    ];
    let mut shown: Vec<_> = parts.into_iter().filter(|(_, value, ..)| !value.is_empty()).collect();
    let room = usize::from(area.width.saturating_sub(12));
    let wide = |parts: &[(&str, &str, Role, u8)]| -> usize {
        parts.iter().map(|(label, value, ..)| label.len() + 3 + text::width(value, room)).sum()
    };
    while wide(&shown) > room && shown.len() > 1 {
        let worst = shown.iter().map(|part| part.3).max().unwrap_or(0);
        if let Some(at) = shown.iter().rposition(|part| part.3 == worst) {
            shown.remove(at);
        }
    }
    let mut x = area.x + 1;
    x += canvas.put(x, area.y, area.width, "foretop", Role::TitleFocus) + 3;
    for (label, value, role, _) in shown {
        x += canvas.put(x, area.y, area.right().saturating_sub(x), label, Role::Label) + 1;
        x += canvas.put(x, area.y, area.right().saturating_sub(x), value, role) + 2;
    }
}

/// The state of every stream, as long as there is room for it.
fn streams(cluster: &Cluster, now: Timestamp, canvas: &mut Canvas, area: Rect) {
    let room = usize::from(area.width.saturating_sub(2));
    let fits = |words: &Vec<Words>| {
        words.iter().map(|(words, _)| text::width(words, room) + 3).sum::<usize>() <= room + 3
    };
    let lengths = [Length::Full, Length::Medium, Length::Short];
    let all = lengths.map(|length| freshness::overview(cluster, now, length));
    let Some(words) = all.iter().find(|words| fits(words)).or(all.last()) else { return };
    let mut x = area.x + 1;
    for (at, (words, role)) in words.iter().enumerate() {
        if at > 0 {
            x += canvas.put(x, area.y, area.right().saturating_sub(x + 1), " · ", Role::TextDim);
        }
        x += canvas.put(x, area.y, area.right().saturating_sub(x + 1), words, *role);
    }
}

/// How much is going on, at the right; returns where it begins.
fn rate(ui: &Ui, canvas: &mut Canvas, area: Rect) -> u16 {
    let Some(rate) = ui.looked.rate else { return area.right() };
    let right = area.right().saturating_sub(1);
    canvas.put_right(area.x + area.width / 2, right, area.y, &format!("{rate} changes/s"), Role::TextDim)
}

//! Where things stand: header, body and footer, and the panes within the body. It draws nothing.

use ratatui::layout::Rect;

/// Below this size one sentence is all there is.
pub(crate) const SMALLEST: (u16, u16) = (60, 12);
/// From this size on several panes are shown at once.
const WIDE: (u16, u16) = (150, 24);
/// A pane's frame and its headings.
const AROUND: u16 = 3;
/// The fewest rows of a pane besides its frame and headings.
const FEWEST: u16 = 2;

/// Whether there is room for anything at all.
pub(crate) fn enough(area: Rect) -> bool {
    area.width >= SMALLEST.0 && area.height >= SMALLEST.1
}

/// Whether there is room for several panes.
pub(crate) fn wide(area: Rect) -> bool {
    area.width >= WIDE.0 && area.height >= WIDE.1
}

/// Header, body and footer, from the top.
pub(crate) fn rows(area: Rect, header: u16) -> [Rect; 3] {
    let header = Rect { height: header.min(area.height), ..area };
    let footer = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
    let body = Rect { y: header.bottom(), height: footer.y.saturating_sub(header.bottom()), ..area };
    [header, body, footer]
}

/// Whether a pane has the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Focused,
    Quiet,
}

/// What a pane would like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// How many rows it has.
    pub(crate) rows: usize,
    /// Whether it has the keys.
    pub(crate) focus: Tone,
}

/// Arranges panes: the first has the full width when their number is odd, the others stand in pairs. Each pair is as
/// high as its rows need; where that is too much, the focused ones get more than their share.
pub(crate) fn panes(area: Rect, wishes: &[Wish]) -> Vec<Rect> {
    let groups = groups(wishes);
    let heights = heights(area.height, &groups);
    let mut rects = Vec::new();
    let mut y = area.y;
    for (group, height) in groups.iter().zip(heights) {
        let count = group.len() as u16;
        for at in 0..count {
            let x = area.x + area.width * at / count;
            let right = area.x + area.width * (at + 1) / count;
            rects.push(Rect { x, y, width: right - x, height });
        }
        y += height;
    }
    rects
}

/// Panes that stand side by side.
fn groups(wishes: &[Wish]) -> Vec<&[Wish]> {
    let (first, pairs) = wishes.split_at(wishes.len() % 2);
    first.chunks(1).chain(pairs.chunks(2)).collect()
}

fn wanted(group: &[Wish]) -> u16 {
    let rows = group.iter().map(|wish| wish.rows).max().unwrap_or(0);
    AROUND + (rows.min(2000) as u16).max(FEWEST)
}

fn heights(total: u16, groups: &[&[Wish]]) -> Vec<u16> {
    let wanted: Vec<u16> = groups.iter().map(|group| wanted(group)).collect();
    let weights: Vec<u16> = groups
        .iter()
        .map(|group| if group.iter().any(|wish| wish.focus == Tone::Focused) { 3 } else { 2 })
        .collect();
    let mut heights = vec![0; groups.len()];
    let mut open: Vec<usize> = (0..groups.len()).collect();
    let mut left = total;
    // Those that want less than their share get what they want; the others share the rest.
    while !open.is_empty() {
        let sum: u16 = open.iter().map(|at| weights[*at]).sum();
        let share = |at: usize| (u32::from(left) * u32::from(weights[at]) / u32::from(sum.max(1))) as u16;
        let (content, greedy): (Vec<usize>, Vec<usize>) =
            open.iter().partition(|at| wanted[**at] <= share(**at));
        if content.is_empty() {
            for at in &greedy {
                heights[*at] = share(*at);
            }
            open.clear();
        } else {
            for at in content {
                heights[at] = wanted[at];
                left -= wanted[at];
            }
            open = greedy;
        }
    }
    let spare = total - heights.iter().sum::<u16>();
    if let Some(last) = heights.last_mut() {
        *last += spare;
    }
    heights
}

/// How high the strip of findings is: as high as it needs, but where the panes need the room too, at most a quarter of
/// the body, and more while it has the keys.
pub(crate) fn strip(body: Rect, panes: &[Wish], findings: Wish) -> u16 {
    let focus = findings.focus == Tone::Focused;
    if findings.rows == 0 && !focus {
        return 0;
    }
    let needed = groups(panes).iter().fold(0_u16, |sum, group| sum.saturating_add(wanted(group)));
    let most = if focus { body.height * 2 / 5 } else { body.height / 4 };
    let most = most.max(body.height.saturating_sub(needed));
    (findings.rows.min(500) as u16 + AROUND).clamp(AROUND + FEWEST, most.max(AROUND + FEWEST))
}

/// A rectangle in the middle of another one, no larger than it.
pub(crate) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(height: u16, rows: &[usize], focused: usize) -> Vec<(u16, u16)> {
        let tone = |at| if at == focused { Tone::Focused } else { Tone::Quiet };
        let wishes: Vec<_> =
            rows.iter().enumerate().map(|(at, rows)| Wish { rows: *rows, focus: tone(at) }).collect();
        panes(Rect::new(0, 0, 160, height), &wishes).iter().map(|rect| (rect.width, rect.height)).collect()
    }

    #[test]
    fn panes_are_as_high_as_they_need_and_share_what_is_short() {
        assert_eq!(laid_out(40, &[5, 3, 4], 0), [(160, 8), (80, 32), (80, 32)]);
        assert_eq!(laid_out(40, &[500, 300, 4], 0), [(160, 24), (80, 16), (80, 16)]);
        assert_eq!(laid_out(40, &[500, 300, 4], 1), [(160, 16), (80, 24), (80, 24)]);
        assert_eq!(laid_out(40, &[500], 0), [(160, 40)]);
        assert_eq!(laid_out(20, &[], 0), []);
    }

    #[test]
    fn findings_take_what_the_panes_leave_and_at_least_their_share() {
        let body = Rect::new(0, 0, 160, 40);
        let wish = |rows, focus| Wish { rows, focus };
        let (few, many) = ([wish(5, Tone::Focused)], [wish(500, Tone::Focused)]);
        assert_eq!(strip(body, &few, wish(0, Tone::Quiet)), 0);
        assert_eq!(strip(body, &few, wish(50, Tone::Quiet)), 32);
        assert_eq!(strip(body, &few, wish(4, Tone::Quiet)), 7);
        assert_eq!(strip(body, &many, wish(50, Tone::Quiet)), 10);
        assert_eq!(strip(body, &many, wish(50, Tone::Focused)), 16);
    }
}

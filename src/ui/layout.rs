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

/// Whether cells of this many columns of the screen show most of what they hold.
pub(crate) fn roomy(width: u16) -> bool {
    width >= WIDE.0 - 10
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

/// Arranges the panes and, below them, the strip of findings, which is left out when there is nothing in it.
///
/// Where all their rows fit, the panes stand one below the other with all their columns; else the first has the full
/// width when their number is odd, and the others stand in pairs.
pub(crate) fn panes(body: Rect, wishes: &[Wish], findings: Wish) -> (Vec<Rect>, Rect) {
    let strip = strip(body, 0, findings);
    // A pane that has no rows yet will have some soon; it is not arranged anew then.
    let later = |wish: &Wish| wanted(&[Wish { rows: if wish.rows == 0 { 10 } else { wish.rows }, ..*wish }]);
    let stacked: u16 = wishes.iter().map(later).fold(strip, u16::saturating_add);
    let groups = if stacked <= body.height { wishes.chunks(1).collect() } else { pairs(wishes) };
    let needed = groups.iter().fold(0_u16, |sum, group| sum.saturating_add(wanted(group)));
    let strip = self::strip(body, body.height.saturating_sub(needed), findings);
    let above = Rect { height: body.height - strip, ..body };
    (stand(above, &groups), Rect { y: above.bottom(), height: strip, ..body })
}

/// The rectangles of panes in groups, each group as high as its rows need; where that is too much, the focused one
/// gets more than its share.
fn stand(area: Rect, groups: &[&[Wish]]) -> Vec<Rect> {
    let mut rects = Vec::new();
    let mut y = area.y;
    for (group, height) in groups.iter().zip(heights(area.height, groups)) {
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
fn pairs(wishes: &[Wish]) -> Vec<&[Wish]> {
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

/// How high the strip of findings is: as high as it needs, but no more than `spare`, what the panes leave, or a quarter
/// of the body; and more while it has the keys.
fn strip(body: Rect, spare: u16, findings: Wish) -> u16 {
    let focus = findings.focus == Tone::Focused;
    if findings.rows == 0 && !focus {
        return 0;
    }
    let most = if focus { body.height * 2 / 5 } else { body.height / 4 };
    let most = most.max(spare).max(AROUND + FEWEST);
    (findings.rows.min(500) as u16 + AROUND).clamp(AROUND + FEWEST, most)
}

/// A rectangle in the middle of another one, no larger than it.
pub(crate) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Wish = Wish { rows: 0, focus: Tone::Quiet };

    fn laid_out(height: u16, rows: &[usize], focused: usize) -> Vec<(u16, u16)> {
        let tone = |at| if at == focused { Tone::Focused } else { Tone::Quiet };
        let wishes: Vec<_> =
            rows.iter().enumerate().map(|(at, rows)| Wish { rows: *rows, focus: tone(at) }).collect();
        let (rects, _) = panes(Rect::new(0, 0, 160, height), &wishes, NONE);
        rects.iter().map(|rect| (rect.width, rect.height)).collect()
    }

    #[test]
    fn panes_are_as_high_as_they_need_and_share_what_is_short() {
        assert_eq!(laid_out(40, &[25, 3, 4], 0), [(160, 28), (80, 12), (80, 12)]);
        assert_eq!(laid_out(40, &[500, 300, 4], 0), [(160, 24), (80, 16), (80, 16)]);
        assert_eq!(laid_out(40, &[500, 300, 4], 1), [(160, 16), (80, 24), (80, 24)]);
        assert_eq!(laid_out(40, &[500], 0), [(160, 40)]);
        assert_eq!(laid_out(20, &[], 0), []);
    }

    #[test]
    fn panes_that_fit_stand_one_below_the_other() {
        assert_eq!(laid_out(40, &[12, 9, 4], 0), [(160, 15), (160, 12), (160, 13)]);
        assert_eq!(laid_out(40, &[12, 9, 14], 0), [(160, 15), (80, 25), (80, 25)]);
        assert_eq!(laid_out(40, &[12, 0, 12], 0)[1].0, 80, "rows that are still to come are reckoned with");
    }

    #[test]
    fn findings_take_what_the_panes_leave_and_at_least_their_share() {
        let strip = |rows: usize, findings: usize, focus: Tone| {
            let wishes = [Wish { rows, focus: Tone::Quiet }];
            panes(Rect::new(0, 0, 160, 40), &wishes, Wish { rows: findings, focus }).1
        };
        assert_eq!(strip(5, 0, Tone::Quiet).height, 0);
        assert_eq!(strip(5, 50, Tone::Quiet), Rect::new(0, 8, 160, 32));
        assert_eq!(strip(5, 4, Tone::Quiet), Rect::new(0, 33, 160, 7));
        assert_eq!(strip(500, 50, Tone::Quiet).height, 10);
        assert_eq!(strip(500, 50, Tone::Focused).height, 16);
    }
}

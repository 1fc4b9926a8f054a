//! The live screen follows what happens to nodes.
use crate::cluster::cluster;
use crate::support::controlplane::GRACE;
use crate::support::fixtures::{Heart, SOON};
use crate::support::program::live;
use crate::support::screen::{self, Pane};

#[test]
fn a_node_that_joins_and_leaves_is_seen() {
    let Some(cluster) = cluster() else { return };
    let live = live(&cluster.kubeconfig(), &[]);
    screen::show(&live.terminal, Pane::Nodes);
    let heart = Heart::of_new_node(&cluster.admin, "joins", 20);
    screen::wait_for_row(&live.terminal, "joins", SOON, screen::row_is_ready);
    drop(heart);
    live.terminal.wait_for("the row to go", SOON, |screen| screen::rows(screen, "joins").is_empty());
}

#[test]
fn a_silent_node_turns_unknown_with_its_taints() {
    let Some(cluster) = cluster() else { return };
    let mut heart = Heart::of_new_node(&cluster.admin, "falls-silent", 21);
    let live = live(&cluster.kubeconfig(), &[]);
    screen::select(&live.terminal, Pane::Nodes, "falls-silent");
    heart.stop();
    screen::wait_for_row(&live.terminal, "falls-silent", GRACE + SOON, screen::row_is_unreachable);
    heart.start();
    screen::wait_for_row(&live.terminal, "falls-silent", SOON, screen::row_is_ready);
}

#[test]
fn the_terminal_is_left_as_it_was() {
    let Some(cluster) = cluster() else { return };
    let live = live(&cluster.kubeconfig(), &[]);
    screen::show(&live.terminal, Pane::Nodes);
    screen::wait_for_row(&live.terminal, crate::cluster::CALM, SOON, |_| true);
    assert!(live.terminal.modes().alternate_screen);
    live.terminal.press(screen::QUIT);
    live.terminal.wait_until_ended(SOON);
    assert_eq!(live.terminal.modes(), *live.terminal.fresh_modes());
}

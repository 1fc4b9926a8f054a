//! The program while its API server crashes and comes back, on a control plane of its own.
#[cfg(test)]
#[expect(dead_code, reason = "each test program uses its part of the harness")]
mod support;

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::sync::{Mutex, PoisonError};

    use crate::support::controlplane;
    use crate::support::credentials::User;
    use crate::support::fixtures::{self, Heart, SOON};
    use crate::support::objects;
    use crate::support::program::{live, run};
    use crate::support::screen::{self, Pane};

    const NODES: [&str; 3] = ["outage-1", "outage-2", "outage-3"];
    const SNAPSHOT: [&str; 7] =
        ["snapshot", "-o", "json", "--timeout=30s", "--all-namespaces", "--view", "nodes,autoscalers,pods"];

    /// There is one API server to kill, so there is one test at a time.
    static ALONE: Mutex<()> = Mutex::new(());

    #[test]
    fn the_api_server_comes_back_where_it_was_with_what_it_had() {
        let Some(plane) = controlplane::shared() else { return };
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let admin = plane.api(User::Admin);
        fixtures::namespace(&admin, "kept");
        let before = plane.pids();
        plane.kill_apiserver();
        assert!(TcpStream::connect(plane.address()).is_err(), "it still listens");
        plane.restart_apiserver();
        let after = plane.pids();
        assert!(before[0] != after[0] && before[1..] == after[1..], "{before:?} {after:?}");
        assert!(admin.exists("/api/v1/namespaces/kept"));
    }

    #[test]
    fn the_live_screen_keeps_its_rows_through_a_crash_and_recovers() {
        let Some(plane) = controlplane::shared() else { return };
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let admin = plane.api(User::Admin);
        let beating = |(node, subnet)| Heart::of_new_node(&admin, node, subnet);
        let mut hearts: Vec<Heart> = NODES.into_iter().zip(1..).map(beating).collect();
        let namespace = fixtures::namespace(&admin, "outage");
        fixtures::running_deployment(&admin, &namespace, "web", NODES[0], 3);
        admin.create(&objects::autoscalers(&namespace), &objects::autoscaler("web", 1, 5));
        let kubeconfig = plane.kubeconfig(User::Admin);
        let live = live(&kubeconfig, &["--all-namespaces"]);
        screen::show(&live.terminal, Pane::Nodes);
        for node in NODES {
            screen::wait_for_row(&live.terminal, node, SOON, |_| true);
        }

        plane.kill_apiserver();
        screen::wait_for_stale(&live.terminal, SOON);
        for node in NODES {
            screen::wait_for_row(&live.terminal, node, SOON, |_| true);
        }
        let refused = run(&kubeconfig, &["snapshot", "-o", "json", "--timeout=5s"]);
        assert_eq!(refused.code, Some(screen::UNREACHABLE), "{}{}", refused.stdout, refused.stderr);

        plane.restart_apiserver();
        // Changed before the program can be back: whatever it missed, it has to find out.
        drop(hearts.pop());
        hearts.iter_mut().for_each(Heart::start);
        hearts.push(Heart::of_new_node(&admin, "outage-4", 4));
        screen::wait_for_fresh(&live.terminal, 2 * SOON);
        screen::wait_for_row(&live.terminal, "outage-4", SOON, |_| true);
        live.terminal.wait_for("the deleted node to go", SOON, |now| screen::rows(now, NODES[2]).is_empty());

        let snapshot = run(&kubeconfig, &SNAPSHOT).json();
        assert!(screen::is_complete(&snapshot), "{snapshot:#}");
        assert_eq!(screen::names(&snapshot, Pane::Nodes), admin.names(objects::NODES));
        assert_eq!(screen::names(&snapshot, Pane::Pods), admin.names("/api/v1/pods"));
        let autoscalers = admin.names("/apis/autoscaling/v2/horizontalpodautoscalers");
        assert_eq!(screen::names(&snapshot, Pane::Autoscalers), autoscalers);
    }
}

//! The program while its API server crashes and comes back, on a control plane of its own.
#[cfg(test)]
#[expect(dead_code, reason = "each test program uses its part of the harness")]
mod support;

#[cfg(test)]
mod tests {
    use crate::support::controlplane;
    use crate::support::credentials::User;
    use crate::support::fixtures::{self, Heart, SOON};
    use crate::support::objects;
    use crate::support::program::{live, run};
    use crate::support::screen::{self, Pane};

    const NODES: [&str; 3] = ["outage-1", "outage-2", "outage-3"];
    const SNAPSHOT: [&str; 7] =
        ["snapshot", "-o", "json", "--timeout=30s", "--all-namespaces", "--view", "nodes,autoscalers,pods"];

    /// One after the other, because there is one API server to kill.
    #[test]
    fn a_crash_of_the_api_server() {
        let Some(plane) = controlplane::shared() else { return };
        let admin = plane.api(User::Admin);
        let subnets = 1..;
        let mut hearts =
            NODES.into_iter().zip(subnets).map(|(node, subnet)| Heart::of_new_node(&admin, node, subnet));
        let mut hearts: Vec<Heart> = hearts.by_ref().collect();
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
        admin.delete(&objects::node_path(NODES[2]));
        hearts.truncate(2);
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

//! Pod address arithmetic: how many pods a node's CIDRs can address, and whether they lie where they should.

use std::net::IpAddr;

use ipnet::IpNet;

/// How many pods can have an address of this CIDR: all but the network, the broadcast and the bridge's address, which
/// is what host-local hands out. Saturates for IPv6. `None` when the text is no CIDR.
pub fn capacity(cidr: &str) -> Option<i64> {
    let net: IpNet = cidr.parse().ok()?;
    let host_bits = u32::from(net.max_prefix_len() - net.prefix_len());
    let all = if host_bits >= 62 { i64::MAX } else { 1_i64 << host_bits };
    Some(all.saturating_sub(3).max(0))
}

/// The capacity of a node's CIDRs: the smallest, because a dual-stack pod takes one address of each.
pub fn node_capacity<'a>(cidrs: impl Iterator<Item = &'a str>) -> Option<i64> {
    cidrs.filter_map(capacity).min()
}

/// Whether `network` contains all of `cidr`; flannel's own test is prefix(network) <= prefix(cidr) and contains its address.
pub fn contains(network: &str, cidr: &str) -> Option<bool> {
    let network: IpNet = network.parse().ok()?;
    let cidr: IpNet = cidr.parse().ok()?;
    Some(network.prefix_len() <= cidr.prefix_len() && network.contains(&cidr.addr()))
}

/// The first and last address of a CIDR, for overlap checks over a sorted list.
pub fn range(cidr: &str) -> Option<(IpAddr, IpAddr)> {
    let net: IpNet = cidr.parse().ok()?;
    Some((net.network(), net.broadcast()))
}

/// Whether a CIDR is of IPv6.
pub fn is_v6(cidr: &str) -> bool {
    cidr.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_24_addresses_253_pods() {
        assert_eq!(capacity("10.244.1.0/24"), Some(253));
        assert_eq!(capacity("10.244.1.0/30"), Some(1));
        assert_eq!(capacity("10.244.1.0/32"), Some(0));
        assert_eq!(capacity("fd00::/64"), Some(i64::MAX - 3));
        assert_eq!(capacity("nonsense"), None);
    }

    #[test]
    fn p8_p9_containment_is_flannels() {
        assert_eq!(contains("10.244.0.0/16", "10.244.255.0/24"), Some(true));
        assert_eq!(contains("10.244.0.0/16", "10.244.0.0/15"), Some(false));
        assert_eq!(contains("10.244.0.0/16", "192.168.0.0/24"), Some(false));
        assert_eq!(contains("2001:db8:1234::/48", "2001:db8:1234:ffff::/64"), Some(true));
        assert_eq!(contains("2001:db8:1234::/48", "2001:db8:1234::/47"), Some(false));
    }
}

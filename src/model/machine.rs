//! What a node's object says beyond what is kept of every node: its images, its volumes by name, what its runtime and
//! its kubelet can do. It is read when somebody opens the node, from the same answer as its YAML, and kept as long as
//! that is open: of 5,000 nodes with 50 images each it would be most of the memory.

/// What one node has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// How many images status.images names.
    pub images: usize,
    /// What they add up to, in bytes; layers that images share count in each.
    pub image_bytes: i64,
    /// The largest of them, the largest first.
    pub largest: Vec<Image>,
    /// status.volumesAttached and status.volumesInUse alike.
    pub volumes: Vec<String>,
    /// status.volumesAttached alone.
    pub attached: Vec<String>,
    /// status.volumesInUse alone.
    pub in_use: Vec<String>,
    /// The runtime's handlers with what they can, such as `runc: userNamespaces`.
    pub handlers: Vec<String>,
    /// What kubelet and runtime can: status.features and status.declaredFeatures.
    pub features: Vec<String>,
    /// Names and numbers of the machine by what they are: provider ID, machine ID, boot ID, swap, kubelet's port.
    pub facts: Vec<(&'static str, String)>,
}

/// An image on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The name with a tag where it has one, else by digest.
    pub name: String,
    /// Bytes.
    pub bytes: i64,
}

/// A kubelet posts no more images than this unless it is told otherwise (nodeStatusMaxImages).
pub const MOST_IMAGES: usize = 50;
/// So many images are named.
pub const NAMED_IMAGES: usize = 10;

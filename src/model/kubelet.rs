//! What a kubelet says of itself when it is asked through the API server: chosen fields of three answers. It says
//! nothing of pods, and never anything of credentials.

/// What a kubelet is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Question {
    /// Whether it is well.
    Health,
    /// How it is configured.
    Config,
    /// What its machine uses.
    Stats,
}

impl Question {
    /// In the order in which they are asked.
    pub const ALL: [Self; 3] = [Self::Health, Self::Config, Self::Stats];

    /// The path below the node's proxy.
    pub fn path(self) -> &'static str {
        match self {
            Self::Health => "healthz",
            Self::Config => "configz",
            Self::Stats => "stats/summary",
        }
    }
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The answer's text; `ok` when it is well.
    Health(String),
    /// Chosen fields with their values, as the kubelet writes them.
    Config(Vec<(String, String)>),
    /// What the machine uses.
    Stats(Box<Stats>),
    /// There is no answer to this question: why, in a sentence or two.
    Nothing(Question, String),
    /// The kubelet is not reached, or may not be asked: why. The other questions would fare no better.
    Unreached(String),
}

impl Told {
    /// What was asked; who is not reached was asked for his health.
    pub fn question(&self) -> Question {
        match self {
            Self::Health(_) | Self::Unreached(_) => Question::Health,
            Self::Config(_) => Question::Config,
            Self::Stats(_) => Question::Stats,
            Self::Nothing(question, _) => *question,
        }
    }
}

/// What a machine uses; the kubelet may leave out any of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// Billionths of a core.
    pub cpu: Option<i64>,
    /// Bytes that cannot be taken back.
    pub working_set: Option<i64>,
    /// Bytes that are left.
    pub available: Option<i64>,
    /// Bytes of swap in use.
    pub swap: Option<i64>,
    /// The disk of the kubelet.
    pub node_disk: Disk,
    /// The disk of the images.
    pub image_disk: Disk,
    /// Processes, and the most that there can be.
    pub processes: (Option<i64>, Option<i64>),
    /// How long work waited for a resource: its name, and of the last 10 s the per cent in which some, and all, waited.
    pub pressure: Vec<(&'static str, f64, f64)>,
}

/// A file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// Bytes in all.
    pub capacity: Option<i64>,
    /// Bytes that are left.
    pub available: Option<i64>,
    /// Inodes in all.
    pub inodes: Option<i64>,
    /// Inodes that are left.
    pub inodes_free: Option<i64>,
}

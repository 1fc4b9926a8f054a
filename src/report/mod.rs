//! Reports: the cluster on paper, one file per format. They ask nothing of the network and know no terminal.

pub mod svg;

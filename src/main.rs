#![doc = "The foretop binary."]
fn main() {}

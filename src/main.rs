//! The `chatferry` command (to be laid).

fn main() {}

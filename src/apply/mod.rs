//! Performs a plan: the only stage that is given something that can write.

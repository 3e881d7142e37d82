//! What runs by itself on the customer side.

pub mod closing;

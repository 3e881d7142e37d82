//! The API through the real router, on a real database in a folder that goes away.

mod company;
mod device;
mod lists;
mod live;
mod openapi;
mod operations;
mod session;
mod shell;

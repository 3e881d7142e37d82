//! The server: sync hub, office API, both apps as files, and what runs by itself.
//!
//! [`app`] holds what every request may use; [`http`] is the way in; [`identity`] says who is
//! asking. SQL is in `roundsman-store` and behind the ERP's port, never here.

pub mod app;
pub mod background;
pub mod backup;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connector;
pub mod crm;
pub mod demo;
pub mod desk;
pub mod error;
pub mod exchange;
pub mod http;
pub mod hub;
pub mod identity;
pub mod lan;
pub mod metrics;
pub mod serve;

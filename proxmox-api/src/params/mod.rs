//! Parameters of requests: plain data that can be looked at without sending anything.
//!
//! Each struct has the API's names in Rust's spelling (`forceStop` is `force_stop`) and a `to_params` that says exactly
//! what will be sent.

mod clone;
mod config_update;
mod destroy;
mod form;
mod lxc;
mod migrate;
mod power;
mod resize;
mod task_filter;

pub use clone::CloneParams;
pub use config_update::ConfigUpdate;
pub use destroy::DestroyParams;
pub use form::{ParamValue, Params};
pub use lxc::{LxcCloneParams, LxcCreateParams};
pub use migrate::MigrateParams;
pub use power::{ShutdownParams, StartParams, StopParams, SuspendParams};
pub use resize::{Resize, ResizeParams};
pub use task_filter::{TaskFilter, TaskSource};

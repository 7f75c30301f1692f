//! What the agent within a virtual machine tells.

use serde::Deserialize;

/// The agent's answers are in `result`.
#[cfg(any(test, feature = "client"))]
#[derive(Debug, Deserialize)]
pub(crate) struct AgentAnswer<T> {
    pub(crate) result: T,
}

/// A program that runs within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct AgentProcess {
    /// Its number there.
    pub pid: u64,
}

answer! {
    /// How far a program is that was started within: `GET …/agent/exec-status`.
    AgentExit {
        /// Whether it has ended.
        exited: flag,
        /// How.
        exitcode: int,
        /// The signal that ended it.
        signal: int,
        /// What it wrote.
        out_data["out-data"]: text,
        /// What it wrote to its error output.
        err_data["err-data"]: text,
        /// Whether something of its output is missing.
        out_truncated["out-truncated"]: flag,
        /// Whether something of its error output is missing.
        err_truncated["err-truncated"]: flag,
    }
}

answer! {
    /// `GET …/agent/get-osinfo`, as the agent names things.
    AgentOsInfo {
        /// Such as `debian`, `mswindows`.
        id: text,
        /// Such as `Debian GNU/Linux`.
        name: text,
        /// The name with the version.
        pretty_name["pretty-name"]: text,
        /// Such as `12 (bookworm)`.
        version: text,
        /// Such as `12`.
        version_id["version-id"]: text,
        /// The kernel's release.
        kernel_release["kernel-release"]: text,
        /// Such as `x86_64`.
        machine: text,
    }
}

answer! {
    /// An item of `GET …/agent/get-fsinfo`.
    AgentFilesystem {
        /// The device.
        name: text,
        /// Where it is mounted.
        mountpoint: text,
        /// Its type, such as `ext4`.
        kind["type"]: text,
        /// Its size in bytes.
        total_bytes["total-bytes"]: int,
        /// Bytes used.
        used_bytes["used-bytes"]: int,
    }
}

answer! {
    /// An item of `GET …/agent/get-users`.
    AgentUser {
        /// Who.
        user: name,
        /// Since when, in seconds since 1970 UTC.
        login_time["login-time"]: number,
    }
}

answer! {
    /// `GET …/agent/file-read`.
    AgentFile {
        /// Its text.
        content: name,
        /// Whether it goes on.
        truncated: flag,
    }
}

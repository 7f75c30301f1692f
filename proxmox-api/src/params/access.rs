//! Parameters of users, groups, roles, rights and tokens.

params! {
    /// A user.
    UserParams(
        /// The name with the realm: `alice@pve`.
        userid: String,
    ) {
        /// The password, in the realm `pve`.
        password: String,
        /// The groups, separated by commas.
        groups: String,
        /// Whether he or she may log in.
        enable: bool,
        /// Until when, in seconds since 1970 UTC; 0: for ever.
        expire: u64,
        /// First name.
        firstname: String,
        /// Last name.
        lastname: String,
        /// Address for mail.
        email: String,
        /// What the user is for.
        comment: String,
    }
}

params! {
    /// A group of users.
    GroupParams(
        /// Its name.
        groupid: String,
    ) {
        /// What it is for.
        comment: String,
    }
}

params! {
    /// A role: what somebody may do.
    RoleParams(
        /// Its name.
        roleid: String,
    ) {
        /// The privileges, separated by commas: `VM.Audit,VM.PowerMgmt`.
        privs: String,
    }
}

params! {
    /// Who has which roles on what; they are taken away with `delete`.
    AclParams(
        /// On what: `/`, `/vms/100`, `/pool/web`.
        path: String,
        /// The roles, separated by commas.
        roles: String,
    ) {
        /// Users, separated by commas.
        users: String,
        /// Groups, separated by commas.
        groups: String,
        /// Tokens, separated by commas: `alice@pve!ci`.
        tokens: String,
        /// Whether it holds for what is below; default: it does.
        propagate: bool,
        /// Take them away.
        delete: bool,
    }
}

params! {
    /// A token of a user.
    TokenParams() {
        /// What it is for.
        comment: String,
        /// Until when, in seconds since 1970 UTC; 0: for ever.
        expire: u64,
        /// It may do only what it is given itself (default); otherwise what the user may.
        privsep: bool,
    }
}

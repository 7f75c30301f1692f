//! Users, groups, roles, rights and tokens.

answer! {
    /// A user.
    User {
        /// The name with the realm; missing where one was asked for by it.
        userid: text,
        /// Whether he or she may log in.
        enable: flag,
        /// Until when, in seconds since 1970 UTC; 0: for ever.
        expire: int,
        /// First name.
        firstname: text,
        /// Last name.
        lastname: text,
        /// Address for mail.
        email: text,
        /// What the user is for.
        comment: text,
    }
}

answer! {
    /// A group of users.
    Group {
        /// Its name; missing where one was asked for by it.
        groupid: text,
        /// What it is for.
        comment: text,
        /// Its users, separated by commas; in a list.
        users: text,
        /// Its users; of one group.
        members: (Vec<String>),
    }
}

answer! {
    /// A role, as it is listed.
    Role {
        /// Its name.
        roleid: name,
        /// Its privileges, separated by commas.
        privs: text,
        /// Whether it is one of Proxmox's own.
        special: flag,
    }
}

answer! {
    /// Who has which role on what.
    AclEntry {
        /// On what.
        path: name,
        /// The role.
        roleid: name,
        /// `user`, `group` or `token`.
        kind["type"]: text,
        /// Who.
        ugid: name,
        /// Whether it holds for what is below.
        propagate: flag,
    }
}

answer! {
    /// A token of a user.
    Token {
        /// Its name; missing where one was asked for by it.
        tokenid: text,
        /// What it is for.
        comment: text,
        /// Until when, in seconds since 1970 UTC; 0: for ever.
        expire: int,
        /// Whether it may do only what it is given itself.
        privsep: flag,
    }
}

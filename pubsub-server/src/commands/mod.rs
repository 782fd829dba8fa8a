//! What administrators may have the server do (XEP-0133), as data: the commands of XEP-0050 with their forms, and what a filled-in form
//! asks for. Does nothing itself, and knows no accounts.

use crate::address;
use crate::wire::form::{self, Submission};
use crate::wire::{attribute, text};

/// One command.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) node: &'static str,
    pub(crate) name: &'static str,
    pub(crate) verb: Verb,
}

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    AddUser,
    DeleteUser,
    DisableUser,
    EnableUser,
    EndSession,
    ChangePassword,
    CountOnline,
    ListOnline,
}

const ACCOUNT: &str = "accountjid";
const ACCOUNTS: &str = "accountjids";
const PASSWORD: &str = "password";
const AGAIN: &str = "password-verify";

/// The form type of all of them.
const ADMIN: &str = "http://jabber.org/protocol/admin";

/// All commands, in the order of their sections.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        node: "http://jabber.org/protocol/admin#add-user",
        name: "Add User",
        verb: Verb::AddUser,
    },
    Command {
        node: "http://jabber.org/protocol/admin#delete-user",
        name: "Delete User",
        verb: Verb::DeleteUser,
    },
    Command {
        node: "http://jabber.org/protocol/admin#disable-user",
        name: "Disable User",
        verb: Verb::DisableUser,
    },
    Command {
        node: "http://jabber.org/protocol/admin#reenable-user",
        name: "Re-Enable User",
        verb: Verb::EnableUser,
    },
    Command {
        node: "http://jabber.org/protocol/admin#end-user-session",
        name: "End User Session",
        verb: Verb::EndSession,
    },
    Command {
        node: "http://jabber.org/protocol/admin#change-user-password",
        name: "Change User Password",
        verb: Verb::ChangePassword,
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-online-users-num",
        name: "Get Number of Online Users",
        verb: Verb::CountOnline,
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-online-users-list",
        name: "Get List of Online Users",
        verb: Verb::ListOnline,
    },
];

/// A filled-in form.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    /// Normalised addresses of this server, bare but for sessions.
    pub(crate) jids: Vec<String>,
    pub(crate) password: String,
}

impl Command {
    pub(crate) fn find(node: &str) -> Option<&'static Self> {
        COMMANDS.iter().find(|command| command.node == node)
    }

    /// Whether it asks for something first.
    pub(crate) fn has_form(&self) -> bool {
        !matches!(self.verb, Verb::CountOnline | Verb::ListOnline)
    }

    /// The fields of its form: name, kind, label.
    fn fields(&self) -> &'static [(&'static str, &'static str, &'static str)] {
        match self.verb {
            Verb::AddUser => &[
                (ACCOUNT, "jid-single", "The address of the account"),
                (PASSWORD, "text-private", "The password"),
                (AGAIN, "text-private", "The password again"),
            ],
            Verb::ChangePassword => &[
                (ACCOUNT, "jid-single", "The address of the account"),
                (PASSWORD, "text-private", "The new password"),
            ],
            Verb::DeleteUser | Verb::DisableUser | Verb::EnableUser | Verb::EndSession => {
                &[(ACCOUNTS, "jid-multi", "The addresses of the accounts")]
            }
            Verb::CountOnline | Verb::ListOnline => &[],
        }
    }

    /// The form to fill in.
    pub(crate) fn write_form(&self, out: &mut String) {
        form::open(out, "form", ADMIN);
        for (name, kind, label) in self.fields() {
            out.push_str("<field");
            attribute(out, "var", name);
            attribute(out, "type", kind);
            attribute(out, "label", label);
            out.push_str("><required/></field>");
        }
        form::close(out);
    }

    /// What a form asks for, on a server of that domain; or what is wrong with it.
    pub(crate) fn read(&self, form: &Submission<'_>, domain: &str) -> Result<Order, &'static str> {
        let values = |name: &'static str| {
            let fields = form.fields.iter().filter(move |field| field.name == name);
            fields.flat_map(|field| field.values.iter())
        };
        let mut order = Order::default();
        for jid in values(ACCOUNT).chain(values(ACCOUNTS)) {
            let jid = address::normalize(jid).ok_or("an address in the form is none")?;
            if address::domain(&jid) != domain || !jid.contains('@') {
                return Err("only accounts of this server can be managed here");
            }
            let is_session = self.verb == Verb::EndSession;
            let jid = if is_session {
                &*jid
            } else {
                address::bare(&jid)
            };
            order.jids.push(jid.to_owned());
        }
        if order.jids.is_empty() {
            return Err("the form names no account");
        }
        if matches!(self.verb, Verb::AddUser | Verb::ChangePassword) {
            let password = values(PASSWORD).next();
            let password = password.ok_or("the form has no password")?;
            if values(AGAIN).next().is_some_and(|again| again != password) {
                return Err("the two passwords are not the same");
            }
            if password.is_empty() {
                return Err("the password is empty");
            }
            order.password.push_str(password);
        }
        Ok(order)
    }
}

/// The result of a command that asks: one field with its values.
pub(crate) fn write_result(out: &mut String, name: &str, values: impl Iterator<Item = String>) {
    form::open(out, "result", ADMIN);
    out.push_str("<field");
    attribute(out, "var", name);
    out.push('>');
    for value in values {
        out.push_str("<value>");
        text(out, &value);
        out.push_str("</value>");
    }
    out.push_str("</field>");
    form::close(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::options::Field;

    fn read(node: &str, fields: &[(&'static str, &[&'static str])]) -> Result<Order, &'static str> {
        let command = Command::find(&format!("{ADMIN}#{node}")).expect("there is one");
        let fields = fields.iter().map(|(name, values)| Field {
            name: (*name).into(),
            values: values.iter().map(|value| (*value).into()).collect(),
        });
        let form = Submission {
            fields: fields.collect(),
            ..Submission::default()
        };
        command.read(&form, "d")
    }

    #[test]
    fn forms_are_read_or_refused_with_the_reason() {
        let two = read("delete-user", &[(ACCOUNTS, &["Ann@d/x", "bob@D"])]);
        assert_eq!(two.expect("fine").jids, ["ann@d", "bob@d"]);
        let session = read("end-user-session", &[(ACCOUNTS, &["ann@d/x"])]);
        assert_eq!(session.expect("fine").jids, ["ann@d/x"]);
        let added = read("add-user", &[(ACCOUNT, &["ann@d"]), (PASSWORD, &["x"])]);
        assert_eq!(added.expect("fine").password, "x");
        for (node, fields) in [
            ("delete-user", &[(ACCOUNTS, &["ann@elsewhere"][..])][..]),
            ("delete-user", &[(ACCOUNTS, &["d"])]),
            ("delete-user", &[(ACCOUNTS, &["@"])]),
            ("delete-user", &[]),
            ("add-user", &[(ACCOUNT, &["ann@d"])]),
            ("add-user", &[(ACCOUNT, &["ann@d"]), (PASSWORD, &[""])]),
            (
                "add-user",
                &[(ACCOUNT, &["ann@d"]), (PASSWORD, &["x"]), (AGAIN, &["y"])],
            ),
        ] {
            assert!(read(node, fields).is_err(), "{node} {fields:?}");
        }
    }
}

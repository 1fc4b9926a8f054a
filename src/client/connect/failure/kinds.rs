//! What failures distinguish within themselves: whose certificate, what is wrong with it, which credentials, which
//! stage. Their words are in `words`.

/// What was being waited for when the time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The connection.
    Connect,
    /// The head of the answer.
    Answer,
    /// The next piece of the answer.
    Body,
}

/// Whose certificate a failure is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// The one the server showed.
    Server {
        /// The host that was called.
        host: String,
    },
    /// The one foretop shows, from the kubeconfig or a plugin.
    Client {
        /// The user entry of the kubeconfig.
        user: String,
    },
}

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its time is over.
    Expired {
        /// Since when, if known.
        since: Option<jiff::Timestamp>,
    },
    /// Its time has not come.
    NotYetValid {
        /// From when on, if known.
        from: Option<jiff::Timestamp>,
    },
    /// Nobody trusted has signed it.
    UnknownIssuer,
    /// It was made for other names.
    WrongHost {
        /// The name that was expected.
        expected: String,
        /// The names it was made for.
        presented: Vec<String>,
    },
    /// It was revoked.
    Revoked,
    /// Something else, in the words of the TLS library.
    Other(String),
}

/// How foretop showed who is asking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CredentialKind {
    /// Not at all.
    #[default]
    None,
    /// With a token from the kubeconfig or the command line.
    Token,
    /// With a token from a file.
    TokenFile,
    /// With a name and a password.
    Password,
    /// With a client certificate.
    Certificate,
    /// With what a credential plugin printed.
    Plugin,
    /// With a login built into clients.
    Provider,
}

/// One detail of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// For example `DisruptionBudget` or `FieldValueInvalid`.
    pub reason: String,
    /// The server's sentence.
    pub message: String,
    /// The field it is about, if any.
    pub field: String,
}

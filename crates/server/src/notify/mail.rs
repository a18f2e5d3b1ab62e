//! The adapter for mail: one plain text in Japanese and English by SMTP.

use std::time::Duration;

use futures_util::future::BoxFuture;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::{Letter, Notifier, Undelivered};

/// How long a server may take for each answer, and for the whole letter.
const PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE_OF_ALL: Duration = Duration::from_secs(60);

/// How the way to the mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Begins in the clear and must turn to TLS (port 587).
    StartTls,
    /// TLS from the first byte (port 465).
    Implicit,
    /// In the clear; for a relay on the same machine.
    Plain,
}

#[derive(Debug, Clone)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// `Name <name@example.jp>` or the address alone.
    pub from: String,
    /// Name and password, where the server asks for them.
    pub credentials: Option<(String, String)>,
}

pub struct MailNotifier {
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl MailNotifier {
    /// # Errors
    /// Says what is wrong with the sender or the way to the server.
    pub fn new(settings: SmtpSettings) -> Result<MailNotifier, String> {
        let from: Mailbox =
            settings.from.parse().map_err(|e| format!("the sender `{}`: {e}", settings.from))?;
        let tls = || TlsParameters::new(settings.host.clone()).map_err(|e| e.to_string());
        let tls = match settings.security {
            Security::StartTls => Tls::Required(tls()?),
            Security::Implicit => Tls::Wrapper(tls()?),
            Security::Plain => Tls::None,
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host);
        let mut builder = builder.port(settings.port).tls(tls).timeout(Some(PATIENCE));
        if let Some((name, password)) = settings.credentials {
            builder = builder.credentials(Credentials::new(name, password));
        }
        Ok(MailNotifier { from, transport: builder.build() })
    }

    async fn send(&self, letter: &Letter) -> Result<(), Undelivered> {
        let bad = |code: &str| Undelivered::ForGood(code.to_owned());
        let to = letter.address.parse().map_err(|_| bad("bad_address"))?;
        // A second copy after a crash carries the same number, so that mail programs may show it once.
        let id = format!("<{}.{}@{}>", letter.key, letter.rider, self.from.email.domain());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(format!("{} / {}", letter.subject.ja, letter.subject.en))
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\n\n{}\n", letter.text.ja, letter.text.en))
            .map_err(|_| bad("bad_letter"))?;
        let sent = tokio::time::timeout(PATIENCE_OF_ALL, self.transport.send(message)).await;
        let sent = sent.map_err(|_| Undelivered::ForNow("timeout".to_owned()))?;
        sent.map(|_| ()).map_err(|error| undelivered(&error))
    }
}

/// The code alone: a server's words often repeat the address.
fn undelivered(error: &lettre::transport::smtp::Error) -> Undelivered {
    let code = error.status().map(|code| format!("smtp_{code}"));
    match code {
        Some(code) if error.is_permanent() => Undelivered::ForGood(code),
        Some(code) => Undelivered::ForNow(code),
        None if error.is_timeout() => Undelivered::ForNow("timeout".to_owned()),
        None if error.is_client() => Undelivered::ForGood("bad_letter".to_owned()),
        None => Undelivered::ForNow("unreachable".to_owned()),
    }
}

impl Notifier for MailNotifier {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn deliver<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), Undelivered>> {
        Box::pin(self.send(letter))
    }
}

//! The options by which `kuseki serve` is told how to reach people; `docs/notify.md` says what is sent when.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use server::{LogNotifier, MailNotifier, Notifier, Security, SmtpSettings, WebhookNotifier};

use crate::fault::Fault;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Telling riders (docs/notify.md)")]
pub struct NotifyArguments {
    /// Writes a line to standard error for everything that a rider is told, ids only.
    #[arg(long)]
    notify_log: bool,
    /// Where riders who are told by webhook are told: http:// or https://.
    #[arg(long, value_name = "URL", requires = "notify_secret_file")]
    notify_webhook: Option<String>,
    /// File with the secret that signs what the webhook is sent; 16 bytes at least.
    #[arg(long, value_name = "FILE", requires = "notify_webhook")]
    notify_secret_file: Option<PathBuf>,
    /// Mail server for riders who are told by mail.
    #[arg(long, value_name = "HOST:PORT", requires = "smtp_from")]
    smtp: Option<String>,
    /// Sender of the mails.
    #[arg(long, value_name = "ADDRESS", requires = "smtp")]
    smtp_from: Option<String>,
    /// How the way to the mail server is encrypted.
    #[arg(long, value_enum, default_value_t = SmtpSecurity::Starttls, requires = "smtp")]
    smtp_security: SmtpSecurity,
    /// Name at the mail server, where it asks for one.
    #[arg(long, value_name = "NAME", requires_all = ["smtp", "smtp_password_file"])]
    smtp_user: Option<String>,
    /// File with the password at the mail server.
    #[arg(long, value_name = "FILE", requires = "smtp_user")]
    smtp_password_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum SmtpSecurity {
    /// Turns to TLS or gives up; port 587.
    Starttls,
    /// TLS from the first byte; port 465.
    Implicit,
    /// In the clear: for a relay on the same machine.
    Plain,
}

impl NotifyArguments {
    /// The adapters that these options ask for.
    pub fn adapters(&self) -> Result<Vec<Arc<dyn Notifier>>, Fault> {
        let mut adapters: Vec<Arc<dyn Notifier>> = Vec::new();
        if self.notify_log {
            adapters.push(Arc::new(LogNotifier));
        }
        if let (Some(address), Some(file)) = (&self.notify_webhook, &self.notify_secret_file) {
            let webhook = WebhookNotifier::new(address, read_secret(file)?.as_bytes());
            let wrong = |detail| Fault::Usage(format!("--notify-webhook: {detail}"));
            adapters.push(Arc::new(webhook.map_err(wrong)?));
        }
        if let (Some(server), Some(from)) = (&self.smtp, &self.smtp_from) {
            let mail = MailNotifier::new(self.smtp_settings(server, from)?);
            adapters.push(Arc::new(mail.map_err(|detail| Fault::Usage(format!("--smtp: {detail}")))?));
        }
        Ok(adapters)
    }

    fn smtp_settings(&self, server: &str, from: &str) -> Result<SmtpSettings, Fault> {
        let wrong = || Fault::Usage(format!("--smtp {server}: HOST:PORT, such as mail.example.jp:587"));
        let (host, port) = server.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        if host.is_empty() {
            return Err(wrong());
        }
        let security = match self.smtp_security {
            SmtpSecurity::Starttls => Security::StartTls,
            SmtpSecurity::Implicit => Security::Implicit,
            SmtpSecurity::Plain => Security::Plain,
        };
        let credentials = match (&self.smtp_user, &self.smtp_password_file) {
            (Some(user), Some(file)) => Some((user.clone(), read_secret(file)?)),
            _ => None,
        };
        Ok(SmtpSettings { host: host.to_owned(), port, security, from: from.to_owned(), credentials })
    }
}

/// A secret is never an option: every user of the machine can read the command line of a process.
fn read_secret(file: &Path) -> Result<String, Fault> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|source| Fault::File { path: file.to_owned(), source })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

//! The adapter for the log of the process: one structured line for everything that somebody is told, ids only.

use futures_util::future::BoxFuture;

use super::{Letter, Notifier, Undelivered};
use crate::views::name_of;

#[derive(Debug, Default)]
pub struct LogNotifier;

impl Notifier for LogNotifier {
    fn name(&self) -> &'static str {
        "log"
    }

    fn deliver<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), Undelivered>> {
        tracing::info!(
            target: "notify",
            key = letter.key,
            kind = letter.kind,
            rider = letter.rider,
            by = name_of(letter.by),
            notice = letter.notice.as_deref().unwrap_or("-"),
            about = %letter.about,
            "to be told"
        );
        Box::pin(std::future::ready(Ok(())))
    }
}

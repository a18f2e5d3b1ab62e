//! Long lists, page by page. A page goes on behind the last id of the one before, so that what is added or taken away
//! meanwhile neither repeats nor hides a row that was there all the time.

use std::fmt::{Display, Write};
use std::ops::Bound;
use std::str::FromStr;

use axum::Json;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::problem::Problem;

/// Rows of a page where the caller names no number.
const LIMIT: usize = 200;
const LIMIT_MAX: usize = 1_000;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// Rows of the page, 1 to 1,000; 200 by default.
    #[param(minimum = 1, maximum = 1_000)]
    pub limit: Option<usize>,
    /// Where the page begins, as `next` of the page before has it; the first page without it.
    pub cursor: Option<String>,
}

impl Paging {
    pub fn limit(&self) -> Result<usize, Problem> {
        match self.limit {
            None => Ok(LIMIT),
            Some(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
            Some(limit) => Err(Problem::invalid("limit", format!("{limit}; between 1 and {LIMIT_MAX}"))),
        }
    }

    /// The last row of the page before.
    pub fn after<T: FromStr>(&self) -> Result<Option<T>, Problem> {
        let wrong = || Problem::invalid("cursor", "is none that a page gave; follow its `next`");
        self.cursor.as_deref().map(|text| text.parse().map_err(|_| wrong())).transpose()
    }

    /// One page of `rows`, which come in the list's order; the name of each is what a cursor holds.
    pub fn cut<T, N: Display>(
        &self,
        rows: impl Iterator<Item = T>,
        name: impl Fn(&T) -> N,
    ) -> Result<Page<T>, Problem> {
        let limit = self.limit()?;
        let mut rows: Vec<T> = rows.take(limit + 1).collect();
        let is_last = rows.len() <= limit;
        rows.truncate(limit);
        let next = if is_last { None } else { rows.last().map(|row| name(row).to_string()) };
        Ok(Page { rows, next })
    }
}

/// The rows of a map from behind `after` on.
pub fn behind<K: Ord + Copy, V>(rows: &OrdMap<K, V>, after: Option<K>) -> impl Iterator<Item = (&K, &V)> {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    rows.range((from, Bound::Unbounded))
}

/// Rows, and the cursor of those behind them.
pub struct Page<T> {
    pub rows: Vec<T>,
    pub next: Option<String>,
}

impl<T> Page<T> {
    pub fn map<U>(self, view: impl Fn(T) -> Option<U>) -> Page<U> {
        Page { rows: self.rows.into_iter().filter_map(view).collect(), next: self.next }
    }

    /// As it is answered to whoever asked under this address.
    pub fn answer<B>(self, uri: &Uri, body: impl FnOnce(Vec<T>, Option<String>) -> B) -> Paged<B> {
        let link = self.link(uri);
        Paged { body: body(self.rows, link.clone()), link }
    }

    /// Where the next page is: this address with another cursor.
    pub fn link(&self, uri: &Uri) -> Option<String> {
        let cursor = self.next.as_deref()?;
        let mut link = String::from(uri.path());
        let kept = uri.query().unwrap_or_default().split('&');
        let mut mark = '?';
        for pair in kept.filter(|pair| !pair.is_empty() && !pair.starts_with("cursor=")) {
            link.push(mark);
            link.push_str(pair);
            mark = '&';
        }
        link.push(mark);
        link.push_str("cursor=");
        for byte in cursor.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    link.push(char::from(byte))
                }
                // Writing into a text cannot fail.
                _ => drop(write!(link, "%{byte:02X}")),
            }
        }
        Some(link)
    }
}

/// A page as it is answered: the same link in the body and, for programs that know nothing of the body, as RFC 8288 has it.
pub struct Paged<T> {
    pub body: T,
    pub link: Option<String>,
}

impl<T: Serialize> IntoResponse for Paged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        let link = self.link.and_then(|link| HeaderValue::from_str(&format!("<{link}>; rel=\"next\"")).ok());
        if let Some(link) = link {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_what_was_asked_and_moves_on() {
        let page = Page { rows: vec![1], next: Some("7-0 mail".to_owned()) };
        let uri: Uri = "/api/v1/riders?query=%E3%81%95&cursor=rider-1&limit=1".parse().unwrap();
        assert_eq!(page.link(&uri).unwrap(), "/api/v1/riders?query=%E3%81%95&limit=1&cursor=7-0%20mail");
        let uri: Uri = "/api/v1/riders".parse().unwrap();
        assert_eq!(page.link(&uri).unwrap(), "/api/v1/riders?cursor=7-0%20mail");
        assert_eq!(Page { rows: vec![1], next: None }.link(&uri), None);
    }
}

//! Whether a call comes from one of the server's own pages: the second wall against forged calls, beside the cookie's SameSite
//! (OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Fetch Metadata" and "Verifying Origin With Standard Headers").

use axum::http::{HeaderMap, StatusCode, header};

use crate::problem::Problem;

/// How the server is reached from outside.
#[derive(Debug, Clone, Default)]
pub struct PublicUrl(Option<String>);

impl PublicUrl {
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<PublicUrl, String> {
        let wrong = || format!("`{text}`; such as https://kuseki.example.jp, without a path");
        let uri: axum::http::Uri = text.trim_end_matches('/').parse().map_err(|_| wrong())?;
        let scheme = uri.scheme_str().filter(|s| ["http", "https"].contains(s)).ok_or_else(wrong)?;
        let authority = uri.authority().ok_or_else(wrong)?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(wrong());
        }
        Ok(PublicUrl(Some(format!("{scheme}://{authority}"))))
    }

    /// Cookies go over TLS only.
    pub fn is_secure(&self) -> bool {
        self.0.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The address to give to people; `local` where nothing else was said.
    pub fn address_or(&self, local: &str) -> String {
        self.0.clone().unwrap_or_else(|| local.to_owned())
    }

    /// The origin that the caller of this request sees in the address line.
    pub fn origin(&self, headers: &HeaderMap) -> String {
        self.0.clone().unwrap_or_else(|| format!("http://{}", text(headers, "host").unwrap_or_default()))
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

/// Refuses a call that another site's page made. `strict` also refuses one that does not say where it comes from, as no
/// browser of today would.
pub fn check(url: &PublicUrl, headers: &HeaderMap, strict: bool) -> Result<(), Problem> {
    let foreign = |from: &str| {
        let detail = format!(
            "the call comes from {from}; only pages of this server may make it, and programs with an API key"
        );
        Err(Problem::new(StatusCode::FORBIDDEN, "cross_site", detail))
    };
    match text(headers, "sec-fetch-site") {
        Some("same-origin" | "none") => return Ok(()),
        Some(other) => return foreign(other),
        None => {}
    }
    match text(headers, header::ORIGIN.as_str()) {
        Some(origin) if origin.eq_ignore_ascii_case(&url.origin(headers)) => Ok(()),
        Some(origin) => foreign(origin),
        None if strict => foreign("nowhere that it names (neither Origin nor Sec-Fetch-Site)"),
        None => Ok(()),
    }
}

/// Whether the call names this machine as the server. A name that another site has pointed here would open the open door to
/// its pages (DNS rebinding).
pub fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = text(headers, "host") else { return true };
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn only_own_pages_may_call() {
        let (plain, tls) = (PublicUrl::default(), PublicUrl::parse("https://kuseki.example.jp/").unwrap());
        let own = with(&[("host", "town:8080"), ("origin", "http://town:8080")]);
        assert!(check(&plain, &own, true).is_ok());
        assert!(check(&plain, &with(&[("sec-fetch-site", "same-origin")]), true).is_ok());
        assert!(
            check(&tls, &with(&[("host", "inside:1"), ("origin", "https://kuseki.example.jp")]), true)
                .is_ok()
        );
        for forged in [
            with(&[("host", "town:8080"), ("origin", "http://evil.example")]),
            with(&[("host", "town:8080"), ("origin", "null")]),
            with(&[("sec-fetch-site", "cross-site"), ("host", "town:8080"), ("origin", "http://town:8080")]),
            with(&[("sec-fetch-site", "same-site")]),
        ] {
            assert_eq!(check(&plain, &forged, false).unwrap_err().code, "cross_site", "{forged:?}");
        }
        assert!(check(&plain, &with(&[("host", "town:8080")]), true).is_err());
        assert!(check(&plain, &with(&[("host", "town:8080")]), false).is_ok());
        assert!(PublicUrl::parse("kuseki.example.jp").is_err() && PublicUrl::parse("https://a/b").is_err());
    }

    #[test]
    fn a_name_that_points_here_is_not_this_machine() {
        for own in ["localhost:8080", "127.0.0.1:1", "[::1]:8080", "127.0.0.1"] {
            assert!(is_local(&with(&[("host", own)])), "{own}");
        }
        assert!(!is_local(&with(&[("host", "rebound.example:8080")])));
    }
}

//! The problem codes. They are part of the API for ever: a code is added, never renamed, never taken away, and keeps its
//! meaning. `fixtures/golden/problem-codes.txt` holds those that were ever sent, and a test holds this table against it.

/// A kind of problem as clients may rely on it.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    pub code: &'static str,
    /// The statuses with which it may come.
    pub statuses: &'static [u16],
    /// When it comes, and what a client does about it.
    pub meaning: &'static str,
}

const fn code(code: &'static str, statuses: &'static [u16], meaning: &'static str) -> Code {
    Code { code, statuses, meaning }
}

/// All of them, by status and then by name.
pub const CODES: &[Code] = &[
    code("malformed_body", &[400], "The body is not JSON, or goes on behind its end. Send one JSON object."),
    code(
        "invalid_value",
        &[400, 422],
        "A field, header or part of the address has a value that cannot be taken; `errors` names it and says what would be right. \
         400 where it stands in the address, 422 elsewhere.",
    ),
    code(
        "not_signed_in",
        &[401],
        "Nobody is signed in, the session is over, or the API key is not good. Sign in, or send a good key.",
    ),
    code("wrong_sign_in", &[401], "Sign-in name or password is wrong."),
    code(
        "cross_site",
        &[403],
        "Another site's page made the call. Call from the server's own pages or with an API key.",
    ),
    code(
        "not_allowed",
        &[403],
        "Not for this role or scope, or about something that is not one's own (`docs/roles.md`).",
    ),
    code("not_found", &[404], "What the address names is not there."),
    code(
        "method_not_allowed",
        &[405],
        "The address does not take this method; `Allow` names those it takes.",
    ),
    code(
        "import_overtaken",
        &[409],
        "An import stopped because something changed meanwhile. Send the same list again.",
    ),
    code("login_taken", &[409], "Somebody has the sign-in name already. Choose another."),
    code(
        "no_room",
        &[409],
        "The vehicle cannot carry the ride under the promise as it was told; the detail names the rule.",
    ),
    code("not_a_demo", &[409], "Only a demo's clock has a speed."),
    code("offer_expired", &[409], "The offer is older than its expiry. Ask again."),
    code("offer_stale", &[409], "The plan has changed and the offer can no longer be kept. Ask again."),
    code("own_account", &[409], "Nobody locks himself out. Another administrator can do it."),
    code(
        "visit_not_next",
        &[409],
        "The fact is about a visit that is not the vehicle's next one. Read the vehicle again.",
    ),
    code(
        "wrong_state",
        &[409],
        "What the command is about is in a state that does not allow it. Read it again.",
    ),
    code("invitation_over", &[410], "The link was used already, or is too old. Ask for a new one."),
    code(
        "precondition_failed",
        &[412],
        "`If-Match` names an older state: somebody else has changed it. Read it again and decide anew.",
    ),
    code("payload_too_large", &[413], "The body is larger than is taken. Send it in parts."),
    code("unsupported_media_type", &[415], "The body is of a type that is not taken. Send application/json."),
    code("bad_csv", &[422], "The list cannot be read as CSV; the detail names the line."),
    code("bad_encoding", &[422], "The list's bytes are not in its encoding. Save it as UTF-8 or Shift_JIS."),
    code("empty_file", &[422], "The list has no header. Write the names of the columns into the first line."),
    code("faulty_list", &[422], "Rows of the list have flaws and nothing was changed; `errors` names them."),
    code("key_reused", &[422], "The `Idempotency-Key` was used for another command. Use a new key for each."),
    code("no_vehicle_holds", &[422], "No vehicle holds so many people or wheelchairs, whatever the time."),
    code(
        "not_in_shift_jis",
        &[422],
        "The list holds a character that Shift_JIS has not. Export it as UTF-8.",
    ),
    code("not_text", &[422], "The list is no text file. Save it as CSV."),
    code("off_road", &[422], "The position lies too far from every road."),
    code("time_in_past", &[422], "The time is over."),
    code("too_many_rows", &[422], "The list has more rows than are taken at once. Send it in parts."),
    code("unbalanced_quotes", &[422], "The list has a quotation mark that is not closed."),
    code(
        "unknown_id",
        &[422],
        "An id in the body names nothing that is registered; `errors` names the field.",
    ),
    code("weak_password", &[422], "The password is too easy to guess; the detail says what would do."),
    code(
        "locked_out",
        &[429],
        "Too many wrong passwords under this name. Try again after `Retry-After` seconds.",
    ),
    code("too_many_requests", &[429], "Too many calls. Try again after `Retry-After` seconds."),
    code("internal", &[500], "A bug of the server; it has been logged. Nothing was changed."),
    code(
        "plan_refused",
        &[500],
        "A plan did not pass the independent check and was not taken. Nothing was changed.",
    ),
    code(
        "busy",
        &[503],
        "Too many commands wait. Send it again, under the same key, after `Retry-After` seconds.",
    ),
    code(
        "storage_unavailable",
        &[503],
        "What was sent could not be kept, and nothing was changed. Try again later.",
    ),
];

/// The entry of a code.
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|known| known.code == code)
}

/// `docs/problems.md`, made from the table.
#[cfg(test)]
fn page() -> String {
    let mut page = String::from(
        "# Problems\n\n\
         Every error of the API is a problem document (RFC 9457, `application/problem+json`). A program decides by `code`; the words\n\
         beside it are for people and may change. A code never changes its meaning and is never taken away; new ones may come, so a\n\
         program treats one that it does not know by its status. This table is made from `crates/server/src/codes.rs`.\n\n\
         | status | code | meaning |\n|---|---|---|\n",
    );
    for known in CODES {
        let statuses: Vec<String> = known.statuses.iter().map(u16::to_string).collect();
        page.push_str(&format!("| {} | `{}` | {} |\n", statuses.join(", "), known.code, known.meaning));
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// Renewing adds to the golden file and never takes from it.
    #[test]
    fn no_code_is_ever_taken_away_or_sent_with_another_status() {
        let file = root().join("fixtures/golden/problem-codes.txt");
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        let now: BTreeSet<String> = CODES
            .iter()
            .flat_map(|known| known.statuses.iter().map(move |status| format!("{} {status}", known.code)))
            .collect();
        let kept: BTreeSet<String> = kept.lines().map(str::to_owned).collect();
        let gone: Vec<&String> = kept.difference(&now).collect();
        assert!(gone.is_empty(), "clients rely on {gone:?}");
        if std::env::var_os("KUSEKI_GOLDEN").is_some() {
            let all: Vec<&str> = now.union(&kept).map(String::as_str).collect();
            std::fs::write(&file, all.join("\n") + "\n").unwrap();
            std::fs::write(root().join("docs/problems.md"), page()).unwrap();
            return;
        }
        let new: Vec<&String> = now.difference(&kept).collect();
        assert!(new.is_empty(), "renew the golden files (`cargo xtask golden`): {new:?}");
        assert_eq!(std::fs::read_to_string(root().join("docs/problems.md")).unwrap(), page());
    }

    #[test]
    fn each_code_stands_once_and_has_japanese_words() {
        let names: BTreeSet<&str> = CODES.iter().map(|known| known.code).collect();
        assert_eq!(names.len(), CODES.len());
        for known in CODES {
            let words = crate::texts::problem_ja(known.code, None, "");
            assert!(words.chars().any(|c| ('ぁ'..='ゖ').contains(&c)), "{}: {words}", known.code);
        }
    }
}

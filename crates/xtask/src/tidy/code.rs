//! Rules on Rust sources, read as a compiler reads them: comments and strings do not count as code.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::Visit;

use super::Finding;

/// Crates that hold no I/O, no clock, no unseeded randomness and no unordered iteration.
const PURE: [&str; 4] = ["units", "domain", "planner", "stats"];
const FUNCTION_LIMIT: usize = 90;

/// What pure crates must not even name, with what to use instead.
const IMPURE: [(&str, &str); 10] = [
    ("SystemTime", "time is an argument (`units::Timestamp`)"),
    ("Instant", "time is an argument; count steps, not seconds"),
    ("thread_rng", "draw from a generator seeded by the input"),
    ("OsRng", "draw from a generator seeded by the input"),
    ("from_os_rng", "draw from a generator seeded by the input"),
    ("from_entropy", "draw from a generator seeded by the input"),
    ("HashMap", "its order changes from run to run: use `BTreeMap` or `imbl::OrdMap`"),
    ("HashSet", "its order changes from run to run: use `BTreeSet` or `imbl::OrdSet`"),
    ("RandomState", "its order changes from run to run"),
    ("TcpStream", "no I/O here"),
];

pub fn check(file: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if file.ends_with("src/lib.rs") && !text.trim_start().starts_with("//!") {
        findings.push(Finding::fault(
            file,
            1,
            "a crate begins with `//!`: what it knows, where to start".into(),
        ));
    }
    // A file that is no Rust is the compiler's to refuse.
    let Ok(parsed) = syn::parse_file(text) else { return findings };
    let mut lengths = Lengths { file, findings: Vec::new() };
    lengths.visit_file(&parsed);
    findings.append(&mut lengths.findings);

    let Ok(tokens) = text.parse::<TokenStream>() else { return findings };
    let is_pure = PURE.iter().any(|name| file.starts_with(&format!("crates/{name}/src/")));
    let mut words = Words { file, is_pure, says_order: text.contains("// order:"), findings: Vec::new() };
    words.walk(tokens);
    findings.append(&mut words.findings);
    findings
}

fn line_of(span: Span) -> usize {
    span.start().line
}

/// Measures functions from the line of their name's keyword to the closing brace.
struct Lengths<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl Lengths<'_> {
    fn measure(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = line_of(signature.span());
        let lines = block.span().end().line + 1 - first;
        if lines > FUNCTION_LIMIT {
            let message =
                format!("fn {} has {lines} lines, at most {FUNCTION_LIMIT}; split by idea", signature.ident);
            self.findings.push(Finding::fault(self.file, first, message));
        }
    }
}

impl<'ast> Visit<'ast> for Lengths<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.measure(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measure(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.measure(&item.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }
}

/// Walks all tokens, also those inside macros, and looks for words.
struct Words<'a> {
    file: &'a str,
    is_pure: bool,
    says_order: bool,
    findings: Vec<Finding>,
}

impl Words<'_> {
    fn walk(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.walk(group.stream()),
                TokenTree::Ident(ident) => {
                    let is_macro =
                        matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '!');
                    self.judge(&ident.to_string(), is_macro, ident.span());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    fn judge(&mut self, word: &str, is_macro: bool, span: Span) {
        if is_macro && ["todo", "unimplemented", "dbg"].contains(&word) {
            self.refuse(span, format!("`{word}!` must not stay in the code"));
        }
        if !self.is_pure {
            return;
        }
        if let Some((_, instead)) = IMPURE.iter().find(|(banned, _)| *banned == word) {
            self.refuse(span, format!("`{word}` is banned in pure crates: {instead}"));
        }
        if ["FxHashMap", "FxHashSet"].contains(&word) && !self.says_order {
            let why = "say in a comment `// order: ...` why its order cannot matter";
            self.refuse(span, format!("`{word}` in a pure crate: {why}"));
        }
    }

    fn refuse(&mut self, span: Span, message: String) {
        self.findings.push(Finding::fault(self.file, line_of(span), message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, text: &str) -> Vec<String> {
        check(file, text).iter().map(|finding| format!("{} {}", finding.line, finding.message)).collect()
    }

    #[test]
    fn a_crate_needs_a_head() {
        assert_eq!(found("crates/a/src/lib.rs", "//! Knows a.\npub mod b;"), [""; 0]);
        assert_eq!(found("crates/a/src/lib.rs", "pub mod b;").len(), 1);
        assert_eq!(found("crates/a/src/b.rs", "pub mod b;"), [""; 0]);
    }

    #[test]
    fn long_functions_are_refused_wherever_they_stand() {
        let body = |lines| "    call();\n".repeat(lines);
        let text = |lines| {
            let body = body(lines);
            format!(
                "fn a() {{\n{body}}}\nimpl T {{\nfn b() {{\n{body}}}\n}}\ntrait U {{\nfn c() {{\n{body}}}\n}}\n"
            )
        };
        assert_eq!(found("a.rs", &text(88)), [""; 0]);
        let refused = found("a.rs", &text(89));
        assert_eq!(refused.len(), 3);
        assert_eq!(refused[0], "1 fn a has 91 lines, at most 90; split by idea");
    }

    #[test]
    fn unfinished_work_is_found_in_code_only() {
        let text = "// todo!() in a comment\nfn a() { let s = \"dbg!(x)\"; }\nfn b() { m!(todo!()); }\nfn c() { dbg!(1); }";
        assert_eq!(
            found("a.rs", text),
            ["3 `todo!` must not stay in the code", "4 `dbg!` must not stay in the code"]
        );
    }

    #[test]
    fn pure_crates_may_not_look_at_the_clock_or_at_unordered_maps() {
        let text = "use std::collections::HashMap;\nfn a() { let t = std::time::Instant::now(); }";
        assert_eq!(found("crates/planner/src/a.rs", text).len(), 2);
        assert_eq!(found("crates/server/src/a.rs", text), [""; 0]);
        assert_eq!(found("crates/planner/benches/a.rs", text), [""; 0]);
        let fast = "use rustc_hash::FxHashMap;";
        assert_eq!(found("crates/planner/src/a.rs", fast).len(), 1);
        assert_eq!(found("crates/planner/src/a.rs", &format!("// order: only looked up\n{fast}")), [""; 0]);
    }
}

//! Passwords: what is a good one, how it is kept, whether it is right.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use unicode_normalization::UnicodeNormalization;

/// Shortest password. NIST SP 800-63B-4 (3.1.1.2) asks for 15 characters where a password is all there is, 8 beside a second
/// factor; older people at a phone's keyboard get a middle way, with tries limited to a few.
pub const LENGTH_MIN: usize = 10;
/// NIST asks to take at least 64.
pub const LENGTH_MAX: usize = 128;

/// Argon2id with 19 MiB, two passes, one lane: OWASP Password Storage Cheat Sheet, "Argon2id" (the least it recommends).
fn argon2() -> Argon2<'static> {
    const MEMORY_KIB: u32 = 19_456;
    const PASSES: u32 = 2;
    const LANES: u32 = 1;
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The same letters typed on another keyboard are the same password (NIST SP 800-63B-4, 3.1.1.2, asks for normalisation).
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// Why a password is not taken, in English; the code names the sentence in both languages.
pub fn flaw(password: &str, login: &str) -> Option<&'static str> {
    let password = normal(password);
    let length = password.chars().count();
    if length < LENGTH_MIN {
        return Some("at least 10 characters");
    }
    if length > LENGTH_MAX {
        return Some("at most 128 characters");
    }
    let folded = password.to_lowercase();
    let mut letters: Vec<char> = folded.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < 5 || COMMON.iter().any(|common| folded.starts_with(common)) {
        return Some("something that is harder to guess, such as four words");
    }
    if folded.contains(&login.to_lowercase()) {
        return Some("something without the sign-in name in it");
    }
    None
}

/// How the passwords begin that are tried first.
const COMMON: [&str; 8] =
    ["password", "passw0rd", "12345", "123123", "qwerty", "abcdef", "iloveyou", "kuseki"];

/// The PHC string that is kept.
///
/// # Errors
/// Where the operating system gives no randomness for the salt.
pub fn hash(password: &str) -> Result<String, String> {
    argon2()
        .hash_password(normal(password).as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|e| e.to_string())
}

/// What an unknown name is compared with, so that it takes as long as a known one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password").unwrap_or_default());

/// Whether the password is right. Without a hash (nobody of that name, or no password yet) it is not, after the same work.
pub fn is_right(password: &str, kept: Option<&str>) -> bool {
    let hash = PasswordHash::new(kept.unwrap_or(&NOBODY));
    let right = hash.is_ok_and(|hash| argon2().verify_password(normal(password).as_bytes(), &hash).is_ok());
    right && kept.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_as_argon2id_with_the_recommended_cost() {
        let kept = hash("correct horse battery").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_ne!(hash("correct horse battery").unwrap(), kept, "each has a salt of its own");
        assert!(is_right("correct horse battery", Some(&kept)));
        assert!(is_right("ｃｏｒｒｅｃｔ horse battery", Some(&kept)), "full width is the same");
        assert!(!is_right("correct horse batterz", Some(&kept)));
        assert!(!is_right("nobody has this password", None));
    }

    #[test]
    fn easy_passwords_are_turned_away() {
        for easy in ["short", "aaaaaaaaaaaa", "1234567890", "Password2026", "hanako-hanako", "121212121212"] {
            assert!(flaw(easy, "hanako").is_some(), "{easy}");
        }
        for good in ["correct horse battery", "さくら みち くるま ゆうやけ", "kumo7-ame3-yuki"] {
            assert_eq!(flaw(good, "hanako"), None, "{good}");
        }
    }
}

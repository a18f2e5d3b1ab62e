//! Secrets that stand for somebody: drawn by the operating system, kept only as hashes.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A secret of 256 bits in hexadecimal digits; OWASP asks at least 64 bits of a session's
/// (Session Management Cheat Sheet, "Session ID Entropy").
///
/// # Errors
/// Where the operating system gives no randomness.
pub fn draw() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// A code of 128 bits that is short enough for a QR code that a phone reads at once.
pub fn draw_code() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// As a secret is kept and looked up. With so much chance in it, it needs neither salt nor slowness, and where in a map its
/// hash is found tells nobody anything.
pub fn hashed(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

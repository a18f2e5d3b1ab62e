//! `sqlx::migrate!` reads a folder that cargo does not know of; this line makes a new migration rebuild the crate.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=outbox");
    println!("cargo:rerun-if-changed=accounts");
}

//! Examples of requests and answers, as a running server took and gave them. `fixtures/examples/api.json` holds them by
//! method and path; a test of the built binary asks a server for them anew (`cargo xtask golden`).

use std::sync::LazyLock;

use serde_json::{Value, json};

static EXAMPLES: LazyLock<Value> = LazyLock::new(|| {
    // Part of the program and looked at by a test; an unreadable file shows nothing.
    serde_json::from_str(include_str!("../../../../fixtures/examples/api.json")).unwrap_or_default()
});

/// Puts the examples of an operation in.
pub fn fill(path: &str, method: &str, operation: &mut Value) {
    let shown = &EXAMPLES[format!("{} {path}", method.to_uppercase())];
    // Looked up without `[]`, which would put what is absent there as null.
    let content = operation.get_mut("requestBody").and_then(|body| body.get_mut("content"));
    for media in content.and_then(Value::as_object_mut).into_iter().flat_map(|all| all.values_mut()) {
        put(media, &shown["request"]);
    }
    let status = shown["status"].as_u64().unwrap_or_default().to_string();
    let response = operation.get_mut("responses").and_then(|all| all.get_mut(&status));
    let content = response.and_then(|response| response.get_mut("content"));
    for media in content.and_then(Value::as_object_mut).into_iter().flat_map(|all| all.values_mut()) {
        put(media, &shown["answer"]);
    }
}

fn put(media: &mut Value, example: &Value) {
    if !example.is_null() {
        media["example"] = json!(example);
    }
}

//! The OpenAPI document: what the handlers say of themselves, and what holds for all of them alike: headers, problems,
//! examples, and the forms of ids, days and times. It is added here in one place, so that no handler can forget it.

mod examples;
mod forms;
mod problems;

use serde_json::{Map, Value, json};

pub use forms::sharpen;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// The finished document.
pub fn finish(bare: &utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(bare).unwrap_or_default();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.values_mut().for_each(forms::sharpen);
        problems::list_codes(schemas);
    }
    document["components"]["examples"] = problems::examples();
    let Some(paths) = document["paths"].as_object_mut() else { return document };
    for (path, methods) in paths.iter_mut() {
        for method in METHODS {
            if let Some(operation) = methods.get_mut(method) {
                complete(path, method, operation);
            }
        }
    }
    document
}

fn complete(path: &str, method: &str, operation: &mut Value) {
    let is_read = method == "get";
    let parameters = operation.get("parameters").and_then(Value::as_array).cloned();
    let mut parameters = parameters.unwrap_or_default();
    parameters.iter_mut().for_each(forms::sharpen_parameter);
    let mut asked = Vec::new();
    if is_read {
        if is_json(&operation["responses"]["200"]) {
            asked.push(header(
                "If-None-Match",
                "The `ETag` of a former answer: if it is still the same, the answer is 304 and empty.",
                "\"0f343b0931126a20f133d67c2b018a3b\"",
            ));
            operation["responses"]["304"] = json!({ "description": "Nothing has changed since." });
        }
    } else {
        asked.push(header(
            "Idempotency-Key",
            "1 to 200 visible ASCII characters (150 for a list), fresh for each command, such as a UUID. Whoever is unsure whether \
             a command arrived sends it again under the same key: it is carried out once.",
            "7b9f2c1e-5a53-4c0e-9a51-0d1c6b0f7f55",
        ));
        // A key that says nothing is refused; a tag that says nothing only fits nothing.
        asked[0]["schema"]["minLength"] = json!(1);
    }
    if !operation["responses"]["412"].is_null() {
        asked.push(header(
            "If-Match",
            "The `ETag` of what was seen: if somebody has changed it since, nothing is done and the answer is 412.",
            "\"8d1f8d62c0a2e7b4.0f343b0931126a20f133d67c2b018a3b\"",
        ));
    }
    parameters.extend(asked);
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    problems::complete(path, is_read, operation);
    headers(is_read, operation);
    examples::fill(path, method, operation);
}

fn header(name: &str, description: &str, example: &str) -> Value {
    json!({
        "name": name, "in": "header", "required": false, "description": description,
        "schema": { "type": "string" }, "example": example,
    })
}

fn is_json(response: &Value) -> bool {
    !response["content"]["application/json"].is_null()
}

/// The headers of answers.
fn headers(is_read: bool, operation: &mut Value) {
    let is_paged =
        operation["parameters"].as_array().is_some_and(|all| all.iter().any(|p| p["name"] == "cursor"));
    let is_master = !operation["responses"]["412"].is_null();
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in responses.iter_mut() {
        let mut headers = Map::new();
        if status.starts_with('2') && is_json(response) && (is_read || is_master) {
            headers.insert("ETag".to_owned(), text("Names exactly this answer (strong, RFC 9110)"));
        }
        if status == "200" && is_paged {
            headers.insert(
                "Link".to_owned(),
                text("The next page, `rel=\"next\"` (RFC 8288); absent on the last"),
            );
        }
        if status == "503" || status == "429" {
            let seconds = json!({ "description": "Seconds to wait before the next try", "schema": { "type": "integer" } });
            headers.insert("Retry-After".to_owned(), seconds);
        }
        if !headers.is_empty() {
            response["headers"] = Value::Object(headers);
        }
        if response["description"].as_str().is_none_or(str::is_empty) {
            response["description"] = json!(match status.as_str() {
                "201" => "Made.",
                "204" => "Done; there is nothing to say.",
                _ => "As it stands now.",
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn operations() -> Vec<(String, String, Value)> {
        let document: Value = serde_json::from_str(&crate::openapi()).unwrap();
        let mut all = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                all.push((path.clone(), method.clone(), operation.clone()));
            }
        }
        assert!(all.len() > 60);
        all
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_takes_a_key_if_it_changes_anything() {
        let mut names = BTreeSet::new();
        for (path, method, operation) in operations() {
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
            assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{method} {path}");
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let has = |name: &str| parameters.iter().any(|p| p["name"] == name);
            assert_eq!(has("Idempotency-Key"), method != "get", "{method} {path}");
            for place in path.split(['{', '}']).skip(1).step_by(2) {
                assert!(
                    parameters.iter().any(|p| p["name"] == place && p["in"] == "path"),
                    "{method} {path}"
                );
            }
            for parameter in &parameters {
                let is_shown = !parameter["example"].is_null() || parameter["in"] == "query";
                assert!(is_shown, "{method} {path}: {parameter}");
            }
        }
    }

    /// Lists that can grow come in pages.
    #[test]
    fn lists_come_in_pages() {
        let paged = operations().into_iter().filter(|(_, _, operation)| {
            operation["parameters"].as_array().is_some_and(|all| all.iter().any(|p| p["name"] == "cursor"))
        });
        let paged: BTreeSet<String> = paged.map(|(path, _, _)| path).collect();
        for list in [
            "corporations",
            "places",
            "facilities",
            "vehicles",
            "drivers",
            "riders",
            "requests",
            "policies",
            "deliveries",
        ] {
            assert!(paged.contains(&format!("/api/v1/{list}")), "{list}");
        }
    }

    /// Each request and each kind of answer is shown by an example that its own schema allows.
    #[test]
    fn every_operation_has_examples_that_fit_its_schemas() {
        let document: Value = serde_json::from_str(&crate::openapi()).unwrap();
        let mut wrong = Vec::new();
        let mut look = |what: String, content: &Value| {
            for (kind, media) in content.as_object().into_iter().flatten() {
                let one = media.get("example").cloned().into_iter();
                // What many operations answer alike is written once, among the components.
                let value = |example: &'_ Value| match example["$ref"].as_str() {
                    Some(at) => document.pointer(at.trim_start_matches('#')).map(|e| e["value"].clone()),
                    None => Some(example["value"].clone()),
                };
                let many =
                    media["examples"].as_object().into_iter().flat_map(|m| m.values()).filter_map(value);
                let shown: Vec<Value> = one.chain(many).collect();
                if shown.is_empty() && kind != "application/vnd.mapbox-vector-tile" {
                    wrong.push(format!("{what}: no example of {kind}"));
                }
                for example in shown {
                    let faults = crate::shape::faults(&document, &media["schema"], &example);
                    wrong.extend(faults.into_iter().map(|fault| format!("{what}: {fault}")));
                }
            }
        };
        for (path, method, operation) in operations() {
            look(format!("{method} {path}, request"), &operation["requestBody"]["content"]);
            for (status, response) in operation["responses"].as_object().unwrap() {
                look(format!("{method} {path}, {status}"), &response["content"]);
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

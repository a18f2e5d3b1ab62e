//! Holds a JSON value against a JSON Schema, as far as the API's documents use it: types, properties, items, `enum`,
//! `const`, `pattern` (by form only), bounds, `$ref`, `oneOf`, `anyOf` and `allOf`.
//!
//! It is stricter than the standard in one point: what a schema does not name is a fault. The documents say everything
//! that the server sends, so anything else was forgotten there.

use serde_json::{Map, Value};

/// Every place at which `value` is not what `schema` says; `$ref`s are looked up in `document`.
pub fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    look(document, "$", schema, value, &mut faults);
    faults
}

/// The schema that a reference means. One to another document is looked up here by the part behind the `#`.
fn resolve<'a>(document: &'a Value, mut schema: &'a Value) -> Option<&'a Value> {
    for _ in 0..32 {
        let Some(reference) = schema["$ref"].as_str() else { return Some(schema) };
        let (_, pointer) = reference.split_once('#')?;
        schema = document.pointer(pointer)?;
    }
    None
}

fn look(document: &Value, at: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
    let Some(schema) = resolve(document, schema) else {
        faults.push(format!("{at}: the schema's reference leads nowhere: {}", schema["$ref"]));
        return;
    };
    if let Some(parts) = schema["allOf"].as_array() {
        // Together they name the properties; apart, each would find the others' too many.
        let mut whole = schema.as_object().cloned().unwrap_or_default();
        whole.remove("allOf");
        parts.iter().for_each(|part| merge(document, &mut whole, part));
        return plain(document, at, &Value::Object(whole), value, faults);
    }
    for word in ["oneOf", "anyOf"] {
        let Some(choices) = schema[word].as_array() else { continue };
        let tried = choices.iter().map(|choice| {
            let mut found = Vec::new();
            look(document, at, choice, value, &mut found);
            found
        });
        faults.extend(tried.min_by_key(Vec::len).unwrap_or_default());
        return;
    }
    plain(document, at, schema, value, faults);
}

fn merge(document: &Value, whole: &mut Map<String, Value>, part: &Value) {
    let Some(part) = resolve(document, part).and_then(Value::as_object) else { return };
    for (key, value) in part {
        match (whole.get_mut(key), value) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more.clone()),
            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more.iter().cloned()),
            _ => drop(whole.insert(key.clone(), value.clone())),
        }
    }
}

fn plain(document: &Value, at: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
    if !is_of_type(&schema["type"], value) {
        faults.push(format!("{at}: {} is not {}", brief(value), schema["type"]));
        return;
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        faults.push(format!("{at}: {} is none of {}", brief(value), schema["enum"]));
    }
    if schema.get("const").is_some_and(|only| only != value) {
        faults.push(format!("{at}: {} is not {}", brief(value), schema["const"]));
    }
    if let Some(number) = value.as_f64() {
        let below = schema["minimum"].as_f64().is_some_and(|limit| number < limit);
        let above = schema["maximum"].as_f64().is_some_and(|limit| number > limit);
        if below || above {
            faults.push(format!("{at}: {number} is out of {} to {}", schema["minimum"], schema["maximum"]));
        }
    }
    match value {
        Value::Object(fields) => object(document, at, schema, fields, faults),
        Value::Array(items) => array(document, at, schema, items, faults),
        _ => {}
    }
}

fn object(document: &Value, at: &str, schema: &Value, fields: &Map<String, Value>, faults: &mut Vec<String>) {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            faults.push(format!("{at}: `{name}` is missing"));
        }
    }
    let is_free = schema["type"].is_null() && schema["properties"].is_null();
    for (name, field) in fields {
        let at = format!("{at}.{name}");
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(property), _) => look(document, &at, property, field, faults),
            (None, more) if more.is_object() => look(document, &at, more, field, faults),
            (None, Value::Bool(true)) => {}
            (None, _) if is_free => {}
            (None, _) => faults.push(format!("{at}: the schema does not name it")),
        }
    }
}

fn array(document: &Value, at: &str, schema: &Value, items: &[Value], faults: &mut Vec<String>) {
    let count = items.len() as u64;
    let few = schema["minItems"].as_u64().is_some_and(|min| count < min);
    if few || schema["maxItems"].as_u64().is_some_and(|max| count > max) {
        faults.push(format!("{at}: {count} items"));
    }
    for (place, item) in items.iter().enumerate() {
        let schema = schema["prefixItems"].get(place).unwrap_or(&schema["items"]);
        if schema.is_object() {
            look(document, &format!("{at}[{place}]"), schema, item, faults);
        }
    }
}

fn is_of_type(kind: &Value, value: &Value) -> bool {
    let is = |kind: &str| match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    match kind {
        Value::String(kind) => is(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_is_named_by_its_place() {
        let document = json!({ "components": { "schemas": {
            "Place": { "type": "object", "required": ["id"], "properties": {
                "id": { "type": "string" }, "at": { "type": "array", "items": { "type": "number" }, "maxItems": 2 },
            } },
            "Kind": { "type": "string", "enum": ["a", "b"] },
        } } });
        let schema = json!({ "type": "object", "properties": {
            "place": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Place" }] },
            "kind": { "$ref": "./openapi.json#/components/schemas/Kind" },
            "count": { "type": "integer", "minimum": 0 },
        } });
        let found = |value: Value| faults(&document, &schema, &value);
        assert!(found(json!({ "place": null, "kind": "a", "count": 3 })).is_empty());
        assert!(found(json!({ "place": { "id": "x", "at": [1, 2.5] } })).is_empty());
        assert_eq!(found(json!({ "place": { "at": [] } })).len(), 1);
        assert_eq!(found(json!({ "kind": "c" })), ["$.kind: \"c\" is none of [\"a\",\"b\"]"]);
        assert_eq!(found(json!({ "count": -1 })).len(), 1);
        assert_eq!(found(json!({ "more": 1 })), ["$.more: the schema does not name it"]);
        assert_eq!(found(json!({ "place": { "id": 1, "at": [1, 2, 3] } })).len(), 1);
    }

    #[test]
    fn parts_of_a_whole_name_its_fields_together() {
        let document = json!({ "components": { "schemas": { "Head": { "type": "object", "required": ["n"], "properties": { "n": { "type": "integer" } } } } } });
        let schema = json!({ "allOf": [{ "$ref": "#/components/schemas/Head" }, { "properties": { "kind": { "const": "x" } } }] });
        assert!(faults(&document, &schema, &json!({ "n": 1, "kind": "x" })).is_empty());
        assert_eq!(faults(&document, &schema, &json!({ "kind": "y" })).len(), 2);
    }
}

//! The protocol of the WebSocket as an AsyncAPI 3.0 document, made from the types that travel on it.

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::wire::live::{Change, ClockSet, Hello, MapChosen, NotTaken, Pong, Positions, Resync, Said};

/// Version of the messages' schema.
pub const SCHEMA: u32 = 1;

const ABOUT: &str = "\
One connection listens to one topic: `as=board`, `as=town`, `as=driver&vehicle=…` or `as=rider&request=…`. Every message is \
one JSON object in a text frame.\n\n\
**Numbers.** `n` is the number of the last event in the log that the message takes into account; it never falls on a \
connection, except with `resync`. A `change` moves it on; other messages carry the number that holds at the time. `seq` counts the messages of this \
connection from 1 without a gap: who sees a gap has lost a message on the way.\n\n\
**Beginning and resuming.** Read the picture over HTTP (`/board`, `/town`, a vehicle, a request); the pictures carry their `n`, and \
`/health` has it as `log_version` (read it before the picture). Then connect with `after=n`. The first message is `hello`. If something has \
happened since `n`, one `change` with the event `catch_up` follows and brings everything up to date. After a break connect again with the \
highest `n` of a `change` that you took in; wait longer after each failed try, by chance. If the server no longer has what came after \
your number, it sends `resync`: read the picture again.\n\n\
**Slow readers.** Nothing waits for them. The server keeps 512 messages for each connection; who falls further behind gets `resync` (`behind`) in \
place of what was dropped. Who takes no message for 10 s is hung up on. Positions are never kept: only the newest matters.\n\n\
**Silence.** The server sends a ping frame every 20 s; a client that answers nothing for 60 s is hung up on. A client may send \
ping frames, or `ping` where it cannot.\n\n\
**Versions.** `schema` is the version of these messages; a client may ask for one with `schema=1` and is refused (422) if the server does not \
speak it. Within a version, kinds of messages, fields and words of events are only added. So a client ignores every kind and field that it \
does not know, and the server answers what it does not understand with `problem` and stays.\n\n\
`kuseki conformance URL` tries all of this on a running server; `kuseki follow URL --as board` prints the messages.";

#[derive(OpenApi)]
#[openapi(components(schemas(Hello, Change, Positions, ClockSet, MapChosen, Resync, NotTaken, Pong, Said)))]
struct Types;

/// Kind on the wire, the type behind it, and when it is sent.
const SENT: [(&str, &str, &str); 8] = [
    ("hello", "Hello", "First on every connection"),
    ("change", "Change", "After events that touch what the topic shows, and after a break"),
    ("positions", "Positions", "At most every 200 ms while vehicles drive; to `board` and `driver`"),
    ("clock", "ClockSet", "When the speed of a demo's clock was set; to `board` and `town`"),
    ("map", "MapChosen", "When another base map was chosen; to `board` and `town`"),
    ("resync", "Resync", "When the client's picture cannot be gone on from"),
    ("problem", "NotTaken", "When something that the client said was not taken"),
    ("pong", "Pong", "At once after `ping`"),
];

/// The document.
pub fn document() -> Value {
    let types = serde_json::to_value(Types::openapi()).unwrap_or_default();
    let mut schemas = types["components"]["schemas"].as_object().cloned().unwrap_or_default();
    schemas.values_mut().for_each(crate::document::sharpen);
    let mut messages = Map::new();
    for (kind, name, when) in SENT {
        if let Some(schema) = schemas.get_mut(name) {
            headed(schema, kind);
        }
        let payload = json!({ "$ref": format!("#/components/schemas/{name}") });
        messages.insert(kind.to_owned(), json!({ "name": kind, "summary": when, "payload": payload }));
    }
    let said = json!({ "$ref": "#/components/schemas/Said" });
    messages.insert(
        "said".to_owned(),
        json!({ "name": "said", "summary": "What a client may say", "payload": said }),
    );
    let on_channel: Map<String, Value> = messages
        .keys()
        .map(|name| (name.clone(), json!({ "$ref": format!("#/components/messages/{name}") })))
        .collect();
    let here = |name: &str| json!({ "$ref": format!("#/channels/live/messages/{name}") });
    let sent: Vec<Value> = SENT.iter().map(|(kind, _, _)| here(kind)).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "kuseki live",
            "version": format!("{SCHEMA}.0.0"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": { "here": { "host": "127.0.0.1:8080", "protocol": "ws", "description": "`kuseki serve`; `wss` behind a proxy that has TLS" } },
        "channels": { "live": {
            "address": "/api/v1/ws",
            "title": "What happens, as it happens",
            "bindings": { "ws": { "method": "GET", "query": query(), "bindingVersion": "0.1.0" } },
            "messages": on_channel,
        } },
        "operations": {
            "tell": {
                "action": "send", "channel": { "$ref": "#/channels/live" }, "messages": sent,
                "summary": "The server tells what happened",
            },
            "hear": {
                "action": "receive", "channel": { "$ref": "#/channels/live" }, "messages": [here("said")],
                "summary": "The server hears a driver's device, or a ping from anybody",
            },
        },
        "components": { "messages": messages, "schemas": schemas },
    })
}

/// Every message begins with the same three fields.
fn headed(schema: &mut Value, kind: &str) {
    let Some(schema) = schema.as_object_mut() else { return };
    let number = |description: &str| json!({ "type": "integer", "minimum": 0, "description": description });
    let mut properties = Map::new();
    properties.insert("n".to_owned(), number("Number of the last event that is taken into account"));
    properties.insert("seq".to_owned(), number("Counts the messages of this connection from 1"));
    properties.insert("kind".to_owned(), json!({ "type": "string", "const": kind }));
    if let Some(known) = schema.get("properties").and_then(Value::as_object) {
        properties.extend(known.clone());
    }
    let mut required = vec![json!("n"), json!("seq"), json!("kind")];
    if let Some(known) = schema.get("required").and_then(Value::as_array) {
        required.extend(known.iter().cloned());
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("required".to_owned(), Value::Array(required));
}

fn query() -> Value {
    json!({
        "type": "object",
        "required": ["as"],
        "properties": {
            "as": { "type": "string", "enum": ["board", "town", "driver", "rider"], "description": "The topic" },
            "vehicle": { "type": "string", "description": "With `driver`: whose", "examples": ["vehicle-1"] },
            "request": { "type": "string", "description": "With `rider`: which", "examples": ["request-1"] },
            "after": { "type": "integer", "minimum": 0, "description": "The highest number that was taken in; without it, only what comes is told" },
            "schema": { "type": "integer", "const": SCHEMA, "description": "The version of the messages that the client understands" },
        },
    })
}

/// The document as YAML.
pub fn yaml() -> String {
    let mut text = String::from(
        "# The WebSocket of kuseki. Made by `kuseki asyncapi`; renewed with the golden files.\n",
    );
    write(&mut text, &document(), 0, false);
    text
}

/// Block style, with texts in the form that JSON and YAML share.
fn write(text: &mut String, value: &Value, depth: usize, in_list: bool) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (place, (name, field)) in fields.iter().enumerate() {
                if !(in_list && place == 0) {
                    text.push_str(&indent);
                }
                let is_plain =
                    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.is_empty();
                let is_word = is_plain
                    && !matches!(
                        name.as_str(),
                        "n" | "y" | "on" | "off" | "yes" | "no" | "null" | "true" | "false"
                    );
                text.push_str(&if is_word { name.clone() } else { json!(name).to_string() });
                nested(text, field, depth);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (place, item) in items.iter().enumerate() {
                if !(in_list && place == 0) {
                    text.push_str(&indent);
                }
                text.push_str("- ");
                if is_nested(item) {
                    write(text, item, depth + 1, true);
                } else {
                    text.push_str(&format!("{item}\n"));
                }
            }
        }
        _ => text.push_str(&format!("{value}\n")),
    }
}

fn is_nested(value: &Value) -> bool {
    value.as_object().is_some_and(|o| !o.is_empty()) || value.as_array().is_some_and(|a| !a.is_empty())
}

fn nested(text: &mut String, field: &Value, depth: usize) {
    if is_nested(field) {
        text.push_str(":\n");
        write(text, field, depth + 1, false);
    } else {
        text.push_str(&format!(": {field}\n"));
    }
}

/// The schema of a message of this kind, to be looked up in the document.
pub fn schema_of(kind: &str) -> Option<Value> {
    let (_, name, _) = SENT.iter().find(|(known, _, _)| *known == kind)?;
    Some(json!({ "$ref": format!("#/components/schemas/{name}") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        fn walk(document: &Value, value: &Value) {
            match value {
                Value::Object(fields) => {
                    if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                        let pointer = reference.strip_prefix('#').unwrap();
                        assert!(document.pointer(pointer).is_some(), "{reference}");
                    }
                    fields.values().for_each(|field| walk(document, field));
                }
                Value::Array(items) => items.iter().for_each(|item| walk(document, item)),
                _ => {}
            }
        }
        let document = document();
        walk(&document, &document);
        for (kind, _, _) in SENT {
            let schema = &document["components"]["messages"][kind]["payload"];
            let faults = crate::shape::faults(&document, schema, &json!({ "kind": kind }));
            assert!(faults.iter().any(|fault| fault.contains("`seq` is missing")), "{kind}: {faults:?}");
        }
    }

    #[test]
    fn yaml_holds_what_the_document_holds() {
        let mut text = String::new();
        write(
            &mut text,
            &json!({ "a": { "$ref": "#/b", "n": [] }, "list": [{ "x": 1, "y z": "q: \"\n" }, 2, [3]] }),
            0,
            false,
        );
        assert_eq!(
            text,
            "a:\n  \"$ref\": \"#/b\"\n  \"n\": []\nlist:\n  - x: 1\n    \"y z\": \"q: \\\"\\n\"\n  - 2\n  - - 3\n"
        );
    }
}

//! What the OpenAPI document says of signing in, drawn from the table.

use utoipa::openapi::path::{HttpMethod, Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, ResponseBuilder};

use super::routes::{self, Access, Grant, Keys};
use super::who::Role;

const SESSION: &str = "session";
const KEY: &str = "api_key";

/// Says of every operation who may call it and how it turns others away.
pub fn describe(document: &mut OpenApi) {
    let cookie = ApiKeyValue::with_description(
        "kuseki",
        "Set by POST /api/v1/session; `__Host-kuseki` where the server is reached by https",
    );
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key; its scopes say which paths it opens"));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    components.add_security_scheme(KEY, SecurityScheme::Http(bearer.build()));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            if let Some(route) = routes::find(method, path) {
                describe_one(operation, &route.access);
            }
        }
    }
}

/// The operations of a path, with their methods.
pub fn operations(item: &mut PathItem) -> Vec<(&'static str, &mut Operation)> {
    let all = [
        (name(HttpMethod::Get), item.get.as_mut()),
        (name(HttpMethod::Post), item.post.as_mut()),
        (name(HttpMethod::Put), item.put.as_mut()),
        (name(HttpMethod::Delete), item.delete.as_mut()),
        (name(HttpMethod::Patch), item.patch.as_mut()),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation?))).collect()
}

fn name(method: HttpMethod) -> &'static str {
    match method {
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Patch => "PATCH",
        _ => "GET",
    }
}

fn describe_one(operation: &mut Operation, access: &Access) {
    let Access::Signed { roles, keys } = access else {
        operation.security = Some(Vec::new());
        return;
    };
    let none: [&str; 0] = [];
    let mut ways = vec![SecurityRequirement::new(SESSION, none)];
    if *keys != Keys::No {
        ways.push(SecurityRequirement::new(KEY, none));
    }
    operation.security = Some(ways);
    let of_role = |(role, grant): (&Role, &Grant)| match grant {
        Grant::No => None,
        Grant::All => Some(role.code().to_owned()),
        Grant::Own => Some(format!("{} (own)", role.code())),
        Grant::Area => Some(format!("{} (of the whole area)", role.code())),
    };
    let mut who: Vec<String> = Role::ALL.iter().zip(roles).filter_map(of_role).collect();
    match keys {
        Keys::No => {}
        Keys::Any => who.push("machine".to_owned()),
        Keys::Of(scope) => who.push(format!("machine with `{}`", scope.code())),
    }
    let said = operation.description.take().map_or_else(String::new, |d| format!("{d}\n\n"));
    operation.description = Some(format!("{said}For: {}.", who.join(", ")));
    for (status, words) in [
        ("401", "`not_signed_in`: nobody is, or the API key is not good"),
        (
            "403",
            "`not_allowed`: not for this role, or not one's own; `cross_site`: called by another site's page",
        ),
        ("429", "`too_many_requests`; `Retry-After` says when again"),
    ] {
        if operation.responses.responses.contains_key(status) {
            continue;
        }
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(words).content("application/json", problem).build();
        operation.responses.responses.insert(status.to_owned(), response.into());
    }
}

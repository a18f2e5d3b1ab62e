//! Who may import whom: the table in docs/imports.toml against the manifests.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata};
use serde::Deserialize;

use super::Finding;
use crate::fault::Fault;
use crate::workspace::Workspace;

const TABLE: &str = "docs/imports.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    crates: BTreeMap<String, Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    layer: u32,
    may_import: BTreeSet<String>,
    #[serde(default)]
    tests_may_import: BTreeSet<String>,
}

/// One crate of the project importing another.
struct Import {
    from: String,
    to: String,
    /// For tests, examples and benches only.
    is_dev: bool,
}

pub fn check(workspace: &Workspace) -> Result<Vec<Finding>, Fault> {
    let file = workspace.root.join(TABLE);
    let text = std::fs::read_to_string(&file).map_err(|source| Fault::File { file: file.clone(), source })?;
    let table: Table = toml::from_str(&text).map_err(|e| Fault::Table { file, source: Box::new(e) })?;
    let members: BTreeSet<String> =
        workspace.metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    Ok(compare(&table, &members, &imports(&workspace.metadata, &members)))
}

fn imports(metadata: &Metadata, members: &BTreeSet<String>) -> Vec<Import> {
    let mut imports = Vec::new();
    for package in metadata.workspace_packages() {
        for dependency in &package.dependencies {
            // A crate of the registry may bear the name of one of ours; only ours have a path.
            if members.contains(&dependency.name) && dependency.path.is_some() {
                let (from, to) = (package.name.to_string(), dependency.name.clone());
                imports.push(Import { from, to, is_dev: dependency.kind == DependencyKind::Development });
            }
        }
    }
    imports
}

fn compare(table: &Table, members: &BTreeSet<String>, imports: &[Import]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in members.iter().filter(|name| !table.crates.contains_key(*name)) {
        let message = format!("crate `{name}` has no row; say its layer and what it may import");
        findings.push(Finding::fault(TABLE, 1, message));
    }
    for name in table.crates.keys().filter(|name| !members.contains(*name)) {
        findings.push(Finding::fault(TABLE, 1, format!("there is no crate `{name}`; take its row out")));
    }
    for Import { from, to, is_dev } in imports {
        let Some(row) = table.crates.get(from) else { continue };
        let is_low = table.crates.get(to).is_some_and(|other| other.layer <= row.layer);
        let is_allowed =
            row.may_import.contains(to) || *is_dev && (is_low || row.tests_may_import.contains(to));
        if !is_allowed {
            let what = if *is_dev { "even in tests " } else { "" };
            let message = format!("`{from}` must not import `{to}` {what}(see {TABLE})");
            findings.push(Finding::fault(&format!("crates/{from}/Cargo.toml"), 1, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        [crates.units]
        layer = 0
        may_import = []
        [crates.roads]
        layer = 1
        may_import = ["units"]
        [crates.domain]
        layer = 1
        may_import = ["units"]
        [crates.server]
        layer = 4
        may_import = ["domain"]
        tests_may_import = ["kuseki"]
        [crates.kuseki]
        layer = 5
        may_import = []
    "#;

    fn messages(members: &[&str], imports: &[(&str, &str, bool)]) -> Vec<String> {
        let table: Table = toml::from_str(SMALL).unwrap();
        let members = members.iter().map(|name| name.to_string()).collect();
        let imports: Vec<Import> = imports
            .iter()
            .map(|&(from, to, is_dev)| Import { from: from.into(), to: to.into(), is_dev })
            .collect();
        compare(&table, &members, &imports).iter().map(|finding| finding.to_string()).collect()
    }

    const MEMBERS: [&str; 5] = ["units", "roads", "domain", "server", "kuseki"];

    #[test]
    fn allowed_imports_pass() {
        let allowed = [
            ("domain", "units", false),
            ("server", "domain", false),
            // Tests may use what is as low or lower, and what their row names.
            ("server", "roads", true),
            ("domain", "roads", true),
            ("server", "kuseki", true),
        ];
        assert_eq!(messages(&MEMBERS, &allowed), Vec::<String>::new());
    }

    #[test]
    fn forbidden_imports_are_named() {
        let forbidden = [("server", "roads", false), ("roads", "server", true)];
        let expected = [
            "crates/server/Cargo.toml:1: `server` must not import `roads` (see docs/imports.toml)",
            "crates/roads/Cargo.toml:1: `roads` must not import `server` even in tests (see docs/imports.toml)",
        ];
        assert_eq!(messages(&MEMBERS, &forbidden), expected);
    }

    #[test]
    fn table_and_workspace_name_the_same_crates() {
        let found = messages(&["units", "roads", "domain", "server", "extra"], &[]);
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("`extra` has no row"), "{found:?}");
        assert!(found[1].contains("there is no crate `kuseki`"), "{found:?}");
    }
}

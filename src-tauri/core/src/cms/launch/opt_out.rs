//! Checks that a site wants to be left out: Site Audit's `$conf['site_audit']['opt_out']['CachePageCompression'] = TRUE`.
use serde_json::Value;

use crate::model::{Finding, Score};

/// Names of Site Audit's classes, each after that of its report: `Cache` and `PageCompression`.
const CLASSES: &[(&str, &[(&str, &str)])] = &[
    (
        "Best practices",
        &[
            ("Fast 404 pages", "Fast404"),
            ("Folder Structure", "FolderStructure"),
            ("Multi-site", "Multisite"),
            ("PHP Filter", "PhpFilter"),
            ("services.yml", "Services"),
            ("sites/default/settings.php", "Settings"),
            ("sites/sites.php", "Sites"),
            ("sites/all", "SitesAll"),
            ("sites/default", "SitesDefault"),
            ("Superfluous files in /sites", "SitesSuperfluous"),
        ],
    ),
    (
        "Block",
        &[("Block status", "Enabled"), ("Caching", "Cache"), ("Cache report", "CacheReport")],
    ),
    (
        "Cache",
        &[
            ("Anonymous caching", "Anon"),
            ("Caching backends", "Backends"),
            ("Cache bins", "Bins"),
            ("Default class", "DefaultClass"),
            ("Minimum cache lifetime", "Lifetime"),
            ("Lock API", "Lock"),
            ("Cached page compression", "PageCompression"),
            ("Expiration of cached pages", "PageExpire"),
            ("Aggregate and compress CSS", "PreprocessCss"),
            ("Aggregate JavaScript", "PreprocessJs"),
        ],
    ),
    (
        "Codebase",
        &[
            ("Drupal managed file count", "ManagedFileCount"),
            ("Drupal managed file size", "ManagedFileSize"),
            ("Size of entire site", "SizeAll"),
            ("Size of files folder", "SizeFiles"),
        ],
    ),
    (
        "Content",
        &[
            ("Content entity types", "ContentEntityTypes"),
            ("Unused content entity types", "ContentEntityTypesUnused"),
            ("Content types", "ContentTypes"),
            ("Unused content types", "ContentTypesUnused"),
            ("Duplicate titles", "DuplicateTitles"),
            ("Field counts", "FieldCount"),
            ("Field status", "FieldEnabled"),
            ("Field instance counts", "FieldInstances"),
            ("Unused fields", "FieldsUnused"),
            ("Taxonomy status", "Taxonomy"),
            ("Taxonomy vocabularies", "Vocabularies"),
            ("Unused vocabularies", "VocabulariesUnused"),
        ],
    ),
    ("Cron", &[("Enabled", "Enabled"), ("Last run", "Last"), ("Running", "Running")]),
    (
        "Database",
        &[
            ("Collations", "Collation"),
            ("Storage Engines", "Engine"),
            ("Fragmentation", "Fragmentation"),
            ("Tables with at least 1000 rows", "RowCount"),
            ("Total size", "Size"),
        ],
    ),
    (
        "Extensions",
        &[
            ("Count", "Count"),
            ("Development", "Dev"),
            ("Disabled modules", "Disabled"),
            ("Duplicates", "Duplicate"),
            ("Missing", "Missing"),
            ("Redundant", "Redundant"),
            ("Security", "Security"),
            ("Not recommended", "Unrecommended"),
            ("Updates", "Update"),
        ],
    ),
    ("FrontEnd", &[("Template Files", "TemplateFiles")]),
    ("Security", &[("Menu Router", "MenuRouter")]),
    ("Status", &[("System Status", "System")]),
    (
        "Users",
        &[
            ("UID #1 access", "BlockedNumberOne"),
            ("Count All", "CountAll"),
            ("Count Blocked", "CountBlocked"),
            ("List Roles", "RolesList"),
            ("Identify UID #1", "WhoIsNumberOne"),
        ],
    ),
    (
        "Views",
        &[
            ("Rendered output caching", "CacheOutput"),
            ("Query results caching", "CacheResults"),
            ("Count", "Count"),
            ("Views status", "Enabled"),
        ],
    ),
    (
        "Watchdog",
        &[
            ("Number of 404 entries", "404"),
            ("Date range", "Age"),
            ("Count", "Count"),
            ("dblog status", "Enabled"),
            ("PHP messages", "Php"),
            ("syslog status", "Syslog"),
        ],
    ),
];

/// Says of the checks that the site opted out of only that it did. `said` is the site's answer to the probe.
pub(super) fn apply(findings: &mut [Finding], said: &Value) {
    let all = said["opt_out"].as_array().map(Vec::as_slice).unwrap_or_default();
    let out: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
    for finding in findings {
        if class(finding).is_some_and(|class| out.contains(&&*class)) {
            let says = "The site's configuration opts out of this check.";
            *finding = Finding::new(&finding.group, &finding.name, Score::Info, says);
        }
    }
}

fn class(finding: &Finding) -> Option<String> {
    let (group, classes) = CLASSES.iter().find(|(group, _)| *group == finding.group)?;
    let (_, class) = classes.iter().find(|(name, _)| *name == finding.name)?;
    let report = if *group == "Best practices" { "BestPractices" } else { group };
    Some(format!("{report}{class}"))
}

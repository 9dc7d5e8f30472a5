//! The environment variables of a site's PHP: a named list of the owner's, and the environment's own. Tokens and
//! addresses of a person's other programs are none of a site's.
use std::{env, ffi::OsStr, path::Path, process::Command};

use crate::runtime::PhpSpec;

/// What PHP and the programs that it starts need to be told: where programs are, the language, the time zone, where
/// certificates and libraries are that stand somewhere unusual.
const KEPT: &[&str] = &[
    "PATH",
    "LANG",
    "LANGUAGE",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "PHPRC",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    // Windows finds neither its libraries nor the network without these.
    "SystemRoot",
    "SystemDrive",
    "windir",
    "ComSpec",
    "PATHEXT",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
];

/// The way to the internet, where that is not the direct one. Upper case `HTTP_PROXY` is a visitor's header to CGI.
const PROXIES: &[&str] =
    &["http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"];

/// Gives the command these variables and no others.
pub(super) fn give(command: &mut Command, spec: &PhpSpec) {
    command.env_clear();
    command.envs(env::vars_os().filter(|(name, value)| is_kept(name, value)));
    command.envs(spec.variables.iter().map(|(name, value)| (name, value)));
    let temporary = spec.variables.iter().find(|(name, _)| name == "TMPDIR");
    let Some((_, temporary)) = temporary else { return };
    // `HOME` is where Pantheon has code, files and logs side by side; tools keep theirs elsewhere.
    let own = ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "COMPOSER_HOME"];
    own.iter()
        .for_each(|name| _ = command.env(name, Path::new(temporary).join(name.to_lowercase())));
    // Windows asks these for its temporary folder.
    if cfg!(windows) {
        command.env("TEMP", temporary).env("TMP", temporary);
    }
}

fn is_kept(name: &OsStr, value: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    if PROXIES.contains(&name) {
        // One with a password in it is the person's alone.
        return !value.as_encoded_bytes().contains(&b'@');
    }
    let same =
        |kept: &&str| if cfg!(windows) { kept.eq_ignore_ascii_case(name) } else { **kept == *name };
    KEPT.iter().any(same) || name.starts_with("LC_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_another_program_is_not_passed_on() {
        let is_kept = |name: &str, value: &str| is_kept(name.as_ref(), value.as_ref());
        for name in ["PATH", "LANG", "LC_ALL", "TZ", "http_proxy"] {
            assert!(is_kept(name, "x"), "{name}");
        }
        let secrets = ["GITHUB_TOKEN", "SSH_AUTH_SOCK", "PORTICO_HOME", "DBUS_SESSION_BUS_ADDRESS"];
        for name in secrets.into_iter().chain(["HTTP_PROXY", "AWS_SECRET_ACCESS_KEY", "HOME"]) {
            assert!(!is_kept(name, "x"), "{name}");
        }
        assert!(!is_kept("https_proxy", "http://me:pw@proxy:3128"));
    }
}

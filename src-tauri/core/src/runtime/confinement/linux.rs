//! Landlock: what a process may reach is written down once, and holds for it and all that it starts.
use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use landlock::{
    ABI, Access, AccessFs, BitFlags, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, make_bitflags, path_beneath_rules,
};

use super::Reach;
use crate::error::{Doing, Error, Result};

/// Programs, libraries, fonts, time zones, locales; nothing in them is a person's own.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/nix/store",
    "/gnu/store",
    "/run/current-system",
    "/home/linuxbrew/.linuxbrew",
];

/// Settings of the system that PHP, its libraries and the usual programs read. Not the list of users, not the keys of
/// servers, which `/etc` holds too.
const SETTINGS: &[&str] = &[
    "/etc/php",
    "/etc/php.ini",
    "/etc/php.d",
    "/etc/php-fpm.d",
    "/etc/opt/remi",
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/openssl.cnf",
    "/etc/pki/ca-trust",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/gnutls",
    "/var/lib/ca-certificates",
    "/etc/fonts",
    "/var/cache/fontconfig",
    "/etc/ImageMagick-6",
    "/etc/ImageMagick-7",
    "/etc/papersize",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/hostname",
    "/etc/gai.conf",
    "/etc/nsswitch.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/networks",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/mime.types",
    "/etc/magic",
    "/etc/locale.alias",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/os-release",
    // Those who change the name servers replace these files, not what is in them.
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
];

/// What the kernel says of the machine and of this very process. Other processes' folders stay closed.
const KERNEL: &[&str] = &[
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/loadavg",
    "/proc/uptime",
    "/proc/version",
    "/proc/stat",
    "/proc/filesystems",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/kernel/ostype",
    "/proc/sys/kernel/random",
    "/proc/sys/kernel/ngroups_max",
    "/proc/sys/kernel/cap_last_cap",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/net/core/somaxconn",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
];

/// Devices that hold nothing.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Where name servers and users are asked for.
const SOCKETS: &[&str] = &["/run/systemd/resolve", "/run/nscd", "/var/run/nscd"];

/// What is refused unless a rule allows it: all that a kernel knows to ask about, in the best of its ways. Version 9
/// asks about sockets that have a path, 6 about signals and sockets that have none; what is older asks about less.
const ASKED: ABI = ABI::V9;

/// The version of Landlock that holds here; none where the kernel has none or it is turned off. Found out in a thread of
/// its own, which ends with what it took upon itself.
pub(super) fn version() -> Option<u8> {
    let tried = thread::spawn(|| {
        let root = path_beneath_rules(["/"], AccessFs::from_all(ASKED));
        ruleset()?.add_rules(root)?.restrict_self()
    });
    let status = tried.join().ok()?.ok()?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => None,
        (_, LandlockStatus::Available { effective_abi, .. }) => Some(effective_abi as u8),
        _ => None,
    }
}

/// Confines this thread, and what it becomes and starts, to `reach` and what every program needs.
///
/// # Errors
/// A kernel without Landlock: then nothing should run.
pub(super) fn restrict(reach: &Reach) -> Result<()> {
    let status = rules(reach).doing(|| "confine a site's program".into())?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err(Error::failed("confine a site's program")
            .because("the kernel has no Landlock, or it is turned off")),
        _ => Ok(()),
    }
}

fn ruleset() -> Result<landlock::RulesetCreated, RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(ASKED))?
        .scope(Scope::from_all(ASKED))?
        .create()
}

fn rules(reach: &Reach) -> Result<landlock::RestrictionStatus, RulesetError> {
    let run = AccessFs::from_read(ASKED);
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let device = make_bitflags!(AccessFs::{ReadFile | WriteFile | IoctlDev});
    // A device that a root's site makes would be the disk.
    let change: BitFlags<AccessFs> =
        AccessFs::from_all(ASKED) & !make_bitflags!(AccessFs::{MakeChar | MakeBlock});
    let speak: BitFlags<AccessFs> = AccessFs::ResolveUnix.into();
    ruleset()?
        .add_rules(path_beneath_rules(SYSTEM, run))?
        .add_rules(path_beneath_rules(SETTINGS, read))?
        .add_rules(path_beneath_rules(KERNEL, read))?
        .add_rules(path_beneath_rules(DEVICES, device))?
        .add_rules(path_beneath_rules(folders(SOCKETS), speak))?
        .add_rules(path_beneath_rules(&reach.sockets, speak))?
        .add_rules(path_beneath_rules(&reach.read, run))?
        .add_rules(path_beneath_rules(&reach.write, change))?
        .restrict_self()
}

fn folders(paths: &[&str]) -> Vec<PathBuf> {
    let real = paths.iter().filter_map(|path| fs::canonicalize(path).ok());
    real.filter(|path| Path::is_dir(path)).collect()
}

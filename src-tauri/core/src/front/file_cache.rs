//! Small files in memory, each used only while the disk still says that it is the same file.
use std::{
    collections::{HashMap, VecDeque},
    fs::Metadata,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use hyper::header::HeaderValue;

/// Bytes of all files together.
const CACHE_LIMIT: usize = 32 * 1024 * 1024;
/// Bytes of one file.
pub(super) const LARGEST: u64 = 256 * 1024;
/// A file younger than this is read anew: a later change may bear the same time, as coarse as disks keep it.
const SETTLED: Duration = Duration::from_secs(2);

/// Tells a file from its former and later selves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: u128,
    /// Device and inode; where those don't exist, the time of creation.
    pub(super) identity: (u64, u64),
}

/// A file as it is served.
pub(super) struct Cached {
    pub(super) stamp: Stamp,
    pub(super) content: Bytes,
    pub(super) content_type: HeaderValue,
    pub(super) etag: HeaderValue,
    pub(super) last_modified: HeaderValue,
}

/// The files, by the path that they were asked for.
#[derive(Default)]
pub(super) struct FileCache(Mutex<Files>);

#[derive(Default)]
struct Files {
    by_path: HashMap<PathBuf, Arc<Cached>>,
    /// Oldest first.
    order: VecDeque<PathBuf>,
    bytes: usize,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let since_1970 = |time: std::io::Result<SystemTime>| {
            time.ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok())
        };
        let modified = since_1970(metadata.modified()).unwrap_or_default().as_nanos();
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt;
            (metadata.dev(), metadata.ino())
        };
        #[cfg(not(unix))]
        let identity = {
            let created = since_1970(metadata.created()).unwrap_or_default();
            (created.as_secs(), u64::from(created.subsec_nanos()))
        };
        Self { size: metadata.len(), modified, identity }
    }

    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.modified + SETTLED.as_nanos() < now.as_nanos()
    }
}

impl FileCache {
    fn lock(&self) -> std::sync::MutexGuard<'_, Files> {
        self.0.lock().expect("nothing panics while it holds the cache's lock")
    }

    pub(super) fn get(&self, path: &Path, stamp: Stamp) -> Option<Arc<Cached>> {
        self.lock().by_path.get(path).filter(|cached| cached.stamp == stamp).cloned()
    }

    /// Keeps a file, in the place of the oldest ones if need be.
    pub(super) fn put(&self, path: PathBuf, cached: Arc<Cached>) {
        if !cached.stamp.is_settled() {
            return;
        }
        let mut files = self.lock();
        files.bytes += cached.content.len();
        match files.by_path.insert(path.clone(), cached) {
            Some(former) => files.bytes -= former.content.len(),
            None => files.order.push_back(path),
        }
        while files.bytes > CACHE_LIMIT
            && let Some(oldest) = files.order.pop_front()
        {
            if let Some(gone) = files.by_path.remove(&oldest) {
                files.bytes -= gone.content.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, size: usize, modified: u128) -> (PathBuf, Arc<Cached>) {
        let value = HeaderValue::from_static("x");
        let cached = Cached {
            stamp: Stamp { size: size as u64, modified, identity: (1, 2) },
            content: vec![0; size].into(),
            content_type: value.clone(),
            etag: value.clone(),
            last_modified: value,
        };
        (name.into(), Arc::new(cached))
    }

    #[test]
    fn a_file_that_changed_is_not_served_from_memory() {
        let cache = FileCache::default();
        let (path, cached) = file("a", 10, 5);
        let stamp = cached.stamp;
        cache.put(path.clone(), cached);
        assert!(cache.get(&path, stamp).is_some());
        assert!(cache.get(&path, Stamp { modified: 6, ..stamp }).is_none());
        assert!(cache.get(&path, Stamp { identity: (1, 3), ..stamp }).is_none());
    }

    #[test]
    fn a_file_that_was_just_written_is_not_kept() {
        let cache = FileCache::default();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
        let (path, cached) = file("a", 10, now);
        let stamp = cached.stamp;
        cache.put(path.clone(), cached);
        assert!(cache.get(&path, stamp).is_none());
    }

    #[test]
    fn memory_stays_bounded_and_the_oldest_goes_first() {
        let cache = FileCache::default();
        for number in 0..200 {
            let (path, cached) = file(&number.to_string(), LARGEST as usize, 5);
            cache.put(path, cached);
        }
        let files = cache.lock();
        assert!(files.bytes <= CACHE_LIMIT && files.bytes + LARGEST as usize > CACHE_LIMIT);
        assert_eq!(files.by_path.len(), files.order.len());
        assert!(files.by_path.contains_key(Path::new("199")));
        assert!(!files.by_path.contains_key(Path::new("0")));
    }
}

//! Walks an environment's pages, breadth first, a few at a time.
use std::{
    collections::{HashSet, VecDeque},
    net::SocketAddr,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use ureq::unversioned::{
    resolver::{ResolvedSocketAddrs, Resolver},
    transport::{DefaultConnector, NextTimeout},
};

use super::{
    compare,
    page::{Page, path_of, sitemap},
};
use crate::{
    error::{Error, Result},
    model::{PageDifference, Score},
    progress::{Meter, Unit},
};

/// Pages asked for at the same time: fewer than an environment has PHP workers, so that its visitors are served too.
const AT_ONCE: usize = 2;
/// A page takes no longer.
const PAGE_TIMEOUT: Duration = Duration::from_secs(60);
/// Nobody reads a longer page.
const LARGEST: u64 = 8 << 20;
/// Sitemaps that are read; large sites have many.
const SITEMAPS: usize = 20;

/// An environment that answers.
#[derive(Clone, Debug)]
pub struct Target {
    /// As people call it: "Live".
    pub name: String,
    /// Host name and port.
    pub host: String,
    /// Where that is.
    pub address: SocketAddr,
    /// The value of `Authorization` that opens its lock, if it has one.
    pub authorization: Option<String>,
}

/// What to walk.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Only these paths; all that is found when there are none.
    pub paths: Vec<String>,
    /// At most so many pages.
    pub limit: usize,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// Pages that were asked for.
    pub pages: u64,
    /// Pages that were found and not asked for.
    pub left_out: u64,
    /// Pages that are not all right, worst first.
    pub differences: Vec<PageDifference>,
}

/// Resolves every name to one address: the front's.
#[derive(Debug)]
struct Front(SocketAddr);

impl Resolver for Front {
    fn resolve(
        &self,
        _uri: &ureq::http::Uri,
        _config: &ureq::config::Config,
        _timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        found.push(self.0);
        Ok(found)
    }
}

/// One environment with its connections.
struct Visitor<'a> {
    target: &'a Target,
    agent: ureq::Agent,
}

impl<'a> Visitor<'a> {
    fn new(target: &'a Target) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(PAGE_TIMEOUT))
            .user_agent("Portico smoke test")
            .proxy(None)
            .build();
        let resolver = Front(target.address);
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { target, agent }
    }

    /// Status, type, address of a redirect, and text.
    fn get(&self, path: &str) -> Result<(u16, String, Option<String>, String), ureq::Error> {
        let mut request = self.agent.get(format!("http://{}{path}", self.target.host));
        if let Some(value) = &self.target.authorization {
            request = request.header("Authorization", value);
        }
        let answer = request.call()?;
        let header = |name: &str| {
            answer.headers().get(name).and_then(|it| it.to_str().ok()).map(str::to_owned)
        };
        let (kind, location) = (header("content-type").unwrap_or_default(), header("location"));
        let status = answer.status().as_u16();
        let mut body = answer.into_body();
        let bytes = body.with_config().limit(LARGEST).read_to_vec()?;
        Ok((status, kind, location, String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The page of a path, with its own host made equal to anybody's.
    fn page(&self, path: &str) -> Page {
        match self.get(path) {
            Err(error) => {
                Page { status: 599, errors: vec![format!("no answer: {error}")], ..Page::default() }
            }
            Ok((status, kind, location, source)) => {
                let mut page = Page {
                    status,
                    location: location.map(|it| it.replace(&self.target.host, "…")),
                    size: source.len() as u64,
                    is_html: kind.starts_with("text/html"),
                    ..Page::default()
                };
                if page.is_html {
                    page.read(&source);
                }
                page
            }
        }
    }

    /// What `path` links to and leads to.
    fn next(&self, path: &str, page: &Page) -> Vec<String> {
        let host = &self.target.host;
        let location = page.location.iter().map(|it| it.replace('…', host));
        let all = page.links.iter().cloned().chain(location);
        all.filter_map(|link| path_of(&link, host, path)).collect()
    }

    /// Pages that the site's sitemaps name; those that it names in robots.txt, else where they usually are.
    fn mapped(&self, meter: Meter<'_>) -> Result<Vec<String>> {
        let text = |path: &str| match self.get(path) {
            Ok((200, _, _, text)) => text,
            _ => String::new(),
        };
        let robots = text("/robots.txt");
        let mut maps: VecDeque<String> = robots
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Sitemap:"))
            .filter_map(|it| path_of(it.trim(), &self.target.host, "/"))
            .collect();
        if maps.is_empty() {
            maps.extend(["/sitemap.xml".to_owned(), "/wp-sitemap.xml".to_owned()]);
        }
        let mut found = Vec::new();
        for _ in 0..SITEMAPS {
            let Some(map) = maps.pop_front() else { break };
            meter.check()?;
            let links = sitemap(&text(&map));
            for path in links.iter().filter_map(|it| path_of(it, &self.target.host, "/")) {
                if path.ends_with(".xml") { maps.push_back(path) } else { found.push(path) }
            }
        }
        Ok(found)
    }
}

/// What the workers share.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<(String, Option<String>)>,
    seen: HashSet<String>,
    busy: usize,
    walk: Walk,
    stopped: bool,
}

impl Queue {
    fn add(&mut self, path: String, from: Option<&str>) {
        if self.seen.insert(path.clone()) {
            self.waiting.push_back((path, from.map(str::to_owned)));
        }
    }
}

/// Visits the front page, what it leads to, and what the sitemaps name; each page of `against` too, to compare.
pub fn walk(
    target: &Target,
    against: Option<&Target>,
    wanted: &Wanted,
    meter: Meter<'_>,
) -> Result<Walk> {
    let (visitor, other) = (Visitor::new(target), against.map(Visitor::new));
    for agent in [Some(&visitor), other.as_ref()].into_iter().flatten().map(|it| it.agent.clone()) {
        // Pages that are waited for end at once then.
        meter.cancel().when_cancelled(move || agent.shutdown());
    }
    let mut queue = Queue::default();
    for path in &wanted.paths {
        let path = path_of(path, &target.host, "/").ok_or_else(|| {
            Error::usage(format!("`{path}` is no path of the site"))
                .hint("Write paths as in `/about`.")
        })?;
        queue.add(path, None);
    }
    let follows = wanted.paths.is_empty();
    if follows {
        queue.add("/".into(), None);
        for path in visitor.mapped(meter)? {
            queue.add(path, Some("the sitemap"));
        }
    }
    let (queue, change) = (Mutex::new(queue), Condvar::new());
    let visit = || visit_all(&visitor, other.as_ref(), &queue, &change, wanted, meter);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(visit);
        }
    });
    meter.check()?;
    let mut queue = queue.into_inner().unwrap_or_else(PoisonError::into_inner);
    queue.walk.left_out = queue.waiting.len() as u64;
    let differences = &mut queue.walk.differences;
    differences.sort_by(|a, b| (b.score, &a.path).cmp(&(a.score, &b.path)));
    Ok(queue.walk)
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next page to visit; none when all are visited, the limit is reached or the person wants to stop.
fn next(
    queue: &Mutex<Queue>,
    change: &Condvar,
    limit: usize,
    meter: Meter<'_>,
) -> Option<(String, Option<String>)> {
    let mut held = lock(queue);
    loop {
        held.stopped |= meter.check().is_err();
        if held.stopped || held.walk.pages as usize >= limit {
            return None;
        }
        if let Some(found) = held.waiting.pop_front() {
            held.busy += 1;
            held.walk.pages += 1;
            let known = (held.waiting.len() as u64 + held.walk.pages).min(limit as u64);
            meter.progress(held.walk.pages - held.busy as u64, Some(known), Unit::Pages);
            return Some(found);
        }
        // What another visits may lead on.
        if held.busy == 0 {
            return None;
        }
        held = change.wait(held).unwrap_or_else(PoisonError::into_inner);
    }
}

fn visit_all(
    visitor: &Visitor<'_>,
    other: Option<&Visitor<'_>>,
    queue: &Mutex<Queue>,
    change: &Condvar,
    wanted: &Wanted,
    meter: Meter<'_>,
) {
    while let Some((path, from)) = next(queue, change, wanted.limit, meter) {
        let page = visitor.page(&path);
        let beside = other.map(|other| (other.target.name.as_str(), other.page(&path)));
        let (score, what) = compare::judge(&page, beside.as_ref().map(|(name, it)| (*name, it)));
        let mut held = lock(queue);
        held.busy -= 1;
        if wanted.paths.is_empty() {
            // A page that broke here still leads on there: what lies behind it may be broken too.
            let theirs = other.zip(beside.as_ref()).map(|(other, (_, it))| other.next(&path, it));
            for link in visitor.next(&path, &page).into_iter().chain(theirs.into_iter().flatten()) {
                held.add(link, Some(&path));
            }
        }
        if score > Score::Ok {
            let difference = PageDifference { path, score, what, linked_from: from };
            held.walk.differences.push(difference);
        }
        drop(held);
        change.notify_all();
    }
    change.notify_all();
}

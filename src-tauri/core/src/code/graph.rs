//! Which commits one of two commits has and the other lacks.
//!
//! libgit2 has this too, but miscounts where a commit is dated before its parent, as clocks and rebases make them.
use std::collections::{BinaryHeap, HashMap};

use crate::error::{Doing, Result};

const ONE: u8 = 1;
const OTHER: u8 = 2;
const BOTH: u8 = ONE | OTHER;

/// How many common commits are looked at after the last one that is not, in case a date was wrong.
const SLOP: usize = 32;

struct Node {
    sides: u8,
    date: i64,
    parents: Vec<git2::Oid>,
    queued: bool,
}

/// The part of the history in which two commits differ.
pub(super) struct Difference {
    nodes: HashMap<git2::Oid, Node>,
}

impl Difference {
    /// Walks from both commits down to what they share, newest first.
    pub(super) fn between(
        git: &git2::Repository,
        one: git2::Oid,
        other: git2::Oid,
    ) -> Result<Self> {
        let mut walk = Walk {
            git,
            nodes: HashMap::new(),
            queue: BinaryHeap::new(),
            open: 0,
            oldest: i64::MAX,
        };
        if one != other {
            walk.reach(one, ONE)?;
            walk.reach(other, OTHER)?;
        }
        walk.run()?;
        Ok(Self { nodes: walk.nodes })
    }

    /// How many commits only the first has, and only the other.
    pub(super) fn count(&self) -> (u64, u64) {
        let count = |side| self.nodes.values().filter(|node| node.sides == side).count() as u64;
        (count(ONE), count(OTHER))
    }

    /// Commits that only the first has: each before its parents, else newest first.
    pub(super) fn only_one(&self) -> Vec<git2::Oid> {
        let only = |id: &git2::Oid| self.nodes.get(id).filter(|node| node.sides == ONE);
        let mut children: HashMap<git2::Oid, usize> = HashMap::new();
        for node in self.nodes.values().filter(|node| node.sides == ONE) {
            for parent in node.parents.iter().filter(|parent| only(parent).is_some()) {
                *children.entry(*parent).or_default() += 1;
            }
        }
        let mut ready: BinaryHeap<_> = self
            .nodes
            .iter()
            .filter(|(id, node)| node.sides == ONE && !children.contains_key(*id))
            .map(|(id, node)| (node.date, *id))
            .collect();
        let mut order = Vec::new();
        while let Some((_, id)) = ready.pop() {
            order.push(id);
            for parent in &self.nodes[&id].parents {
                let Some(waiting) = children.get_mut(parent) else { continue };
                *waiting -= 1;
                if *waiting == 0 {
                    ready.push((self.nodes[parent].date, *parent));
                }
            }
        }
        order
    }
}

struct Walk<'git> {
    git: &'git git2::Repository,
    nodes: HashMap<git2::Oid, Node>,
    queue: BinaryHeap<(i64, git2::Oid)>,
    /// How many in the queue are not known to be common.
    open: usize,
    /// The oldest date of those that once were not known to be common.
    oldest: i64,
}

impl Walk<'_> {
    fn reach(&mut self, id: git2::Oid, sides: u8) -> Result<()> {
        if !self.nodes.contains_key(&id) {
            let node = read(self.git, id)?;
            self.nodes.insert(id, node);
        }
        let Some(node) = self.nodes.get_mut(&id) else { return Ok(()) };
        let before = node.sides;
        node.sides |= sides;
        if node.sides == before {
            return Ok(());
        }
        if node.sides != BOTH {
            self.oldest = self.oldest.min(node.date);
            self.open += 1;
        } else if node.queued {
            self.open -= 1;
        }
        if !node.queued {
            node.queued = true;
            self.queue.push((node.date, id));
        }
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        let mut slop = SLOP;
        while let Some((date, id)) = self.queue.pop() {
            if self.open == 0 && date < self.oldest {
                if slop == 0 {
                    break;
                }
                slop -= 1;
            } else {
                slop = SLOP;
            }
            let Some(node) = self.nodes.get_mut(&id) else { continue };
            node.queued = false;
            let sides = node.sides;
            if sides != BOTH {
                self.open -= 1;
            }
            for parent in node.parents.clone() {
                self.reach(parent, sides)?;
            }
        }
        Ok(())
    }
}

fn read(git: &git2::Repository, id: git2::Oid) -> Result<Node> {
    let empty = Node { sides: 0, date: i64::MIN, parents: Vec::new(), queued: false };
    match git.find_commit(id) {
        // A shallow history ends where the parent is not there.
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(empty),
        found => {
            let commit = found.doing(|| format!("read the commit {id}"))?;
            let (date, parents) = (commit.time().seconds(), commit.parent_ids().collect());
            Ok(Node { date, parents, ..empty })
        }
    }
}

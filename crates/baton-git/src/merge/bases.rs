//! The best common ancestors of two commits.

use std::cell::RefCell;

use gix::revision::plumbing::{Graph, graph, merge_base};

use crate::objects::{from_gix, to_gix};
use crate::{GitError, Objects, Repo};
use baton_core::model::Oid;

/// Finds merge bases; what one search reads need not be read for the next.
pub(super) struct Bases<'a> {
    repo: &'a Repo,
    /// `None` for a history that was cut off, whose edge git knows.
    graph: Option<RefCell<Graph<'a, 'a, graph::Commit<merge_base::Flags>>>>,
}

/// The common history of two commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Common {
    /// Nothing.
    Nothing,
    /// One commit that is better than all others.
    Base(Oid),
    /// More than one, or it takes git to tell.
    Unclear,
}

impl<'a> Bases<'a> {
    pub fn new(repo: &'a Repo) -> Result<Self, GitError> {
        let whole = repo.shallow_commits()?.is_empty();
        let graph = whole.then(|| RefCell::new(Graph::new(AllStores(repo.objects()), None)));
        Ok(Self { repo, graph })
    }

    pub fn of(&self, one: Oid, other: Oid) -> Result<Common, GitError> {
        let searched = self.graph.as_ref().and_then(|graph| {
            let mut graph = graph.borrow_mut();
            merge_base(to_gix(one), &[to_gix(other)], &mut graph).ok()
        });
        Ok(match searched {
            Some(Some(bases)) if bases.len() == 1 => Common::Base(from_gix(bases.first())),
            Some(Some(_)) => Common::Unclear,
            // A history that ends early, and one that cannot be read, look alike from here.
            Some(None) | None => match self.repo.program().merge_base(one, other)? {
                Some(_) => Common::Unclear,
                None => Common::Nothing,
            },
        })
    }
}

/// The objects as gix looks for them.
struct AllStores<'a>(&'a Objects);

impl gix::objs::Find for AllStores<'_> {
    fn try_find<'b>(
        &self,
        id: &gix::hash::oid,
        buffer: &'b mut Vec<u8>,
    ) -> gix::Result<Option<gix::objs::Data<'b>>> {
        let kind = self.0.try_read(from_gix(id), buffer).ok().flatten();
        Ok(kind.map(|kind| gix::objs::Data::new(buffer, kind, id.kind())))
    }
}

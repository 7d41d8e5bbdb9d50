use bstr::{BStr, BString};

use super::alias::fold;
use super::glob::{GlobError, Shape, check_components};
use crate::model::BranchName;

/// A pattern over the short names of branches, in the same language.
#[derive(Debug, Clone)]
pub struct BranchGlob {
    text: String,
    shape: Shape,
    ignore_case: bool,
}

impl BranchGlob {
    /// Reads a pattern; `ignore_case` when it shall also match a name that a case-insensitive
    /// file system takes for the same.
    ///
    /// # Errors
    /// When it is empty, begins with `refs/`, or is no valid glob.
    pub fn parse(text: &str, ignore_case: bool) -> Result<Self, GlobError> {
        check_components(text)?;
        if text.starts_with("refs/") {
            let main = BranchName::new("main");
            let why = format!(
                "branches are named in short: `{main}`, not `{}`",
                main.full()
            );
            return Err(GlobError(why));
        }
        let shape = Shape::parse(text, ignore_case)?;
        Ok(Self {
            text: text.to_owned(),
            shape: shape.map_names(|name| folded_if(ignore_case, name)),
            ignore_case,
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns true if the short name of a branch matches.
    pub fn matches(&self, name: &BStr) -> bool {
        self.shape
            .matches(folded_if(self.ignore_case, name).as_ref())
    }

    /// Returns true if every branch matches.
    pub fn is_everything(&self) -> bool {
        matches!(self.shape, Shape::Everything)
    }
}

impl PartialEq for BranchGlob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ignore_case == other.ignore_case
    }
}

fn folded_if(ignore_case: bool, name: &BStr) -> BString {
    if ignore_case {
        fold(name).into_owned()
    } else {
        name.to_owned()
    }
}

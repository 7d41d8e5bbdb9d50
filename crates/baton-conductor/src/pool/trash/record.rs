use bstr::{BStr, ByteSlice};

use baton_core::model::{Oid, RefName};

/// The record in the message of a kept commit, beside a reason for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The slot.
    pub slot: String,
    /// Why it was saved, in one line.
    pub reason: String,
    /// The full name of the branch that was checked out.
    pub branch: Option<RefName>,
    /// The commit that was checked out; without a parent or a file where the branch had none yet.
    pub head: Oid,
    /// The commit whose tree is the index.
    pub index: Oid,
    /// The commit with what trees and indexes have no place for.
    pub rest: Option<Oid>,
}

const FORMAT: &str = "Baton-Trash";
const SLOT: &str = "Baton-Slot";
const BRANCH: &str = "Baton-Branch";
const HEAD: &str = "Baton-Head";
const INDEX: &str = "Baton-Index";
const REST: &str = "Baton-Rest";

impl Record {
    /// The message of the commit.
    pub fn message(&self) -> String {
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let slot = line(&self.slot);
        let mut message = format!(
            "Save {slot}: {}\n\n{FORMAT}: 1\n{SLOT}: {slot}\n",
            line(&self.reason)
        );
        let head = Some(self.head.to_string());
        let index = Some(self.index.to_string());
        let rest = self.rest.map(|oid| oid.to_string());
        let branch = self.branch.as_ref().map(RefName::to_string);
        for (key, value) in [(BRANCH, branch), (HEAD, head), (INDEX, index), (REST, rest)] {
            if let Some(value) = value {
                message.push_str(&format!("{key}: {value}\n"));
            }
        }
        message
    }

    /// Reads such a message; `None` where it is another.
    pub fn parse(message: &BStr) -> Option<Self> {
        let message = message.to_str_lossy();
        let (title, trailers) = message.split_once("\n\n")?;
        let value = |key: &str| {
            let of_line = |line: &str| Some(line.strip_prefix(key)?.strip_prefix(": ")?.to_owned());
            trailers.lines().find_map(of_line)
        };
        let id = |key| value(key)?.parse().ok();
        if value(FORMAT)? != "1" {
            return None;
        }
        let slot = value(SLOT)?;
        let reason = title.strip_prefix(&format!("Save {slot}: "))?.to_owned();
        Some(Self {
            reason,
            branch: value(BRANCH).map(RefName::new),
            head: id(HEAD)?,
            index: id(INDEX)?,
            rest: id(REST),
            slot,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let oid = |byte| Oid::from_bytes(&[byte; 20]).unwrap();
        let mut record = Record {
            slot: "wt-1".into(),
            reason: "released by force: Baton-Head: x".into(),
            branch: Some(RefName::new("refs/heads/auto/task")),
            head: oid(1),
            index: oid(2),
            rest: Some(oid(3)),
        };
        assert_eq!(
            Record::parse(record.message().as_str().into()),
            Some(record.clone())
        );
        (record.branch, record.rest) = (None, None);
        assert_eq!(
            Record::parse(record.message().as_str().into()),
            Some(record.clone())
        );
        record.reason = "two\n\nBaton-Head: lines".into();
        let read = Record::parse(record.message().as_str().into()).unwrap();
        assert_eq!(read.reason, "two Baton-Head: lines");
        assert_eq!(Record::parse("Save x: y\n\nBaton-Trash: 2\n".into()), None);
    }
}

//! The sources of the product, parsed, their tests left out: what each file names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// A file of a package.
pub struct Source {
    /// The package.
    pub package: String,
    /// The first folder or file below its sources.
    pub room: String,
    /// The path of its module, without the package's name.
    pub module: Vec<String>,
    /// The file.
    pub file: PathBuf,
    /// The paths and the texts in it.
    pub names: Names,
}

/// A file of this text.
pub fn source(package: &str, room: &str, text: &str) -> Source {
    let mut names = Names::default();
    names.visit_file(&syn::parse_file(text).unwrap());
    names.complete();
    Source {
        package: package.to_owned(),
        room: room.to_owned(),
        module: Vec::new(),
        file: PathBuf::new(),
        names,
    }
}

/// The full paths that a file names, `use` lists flattened, and the macros it calls.
#[derive(Default)]
pub struct Names {
    /// The paths, and those that begin with an imported name also in full.
    pub paths: BTreeSet<String>,
    /// The names that a `use` imports, with their paths.
    short: Vec<(String, String)>,
    /// The names that a `pub use` exports, with their paths.
    pub exports: Vec<(String, String)>,
    /// The literals, comments left out.
    pub texts: BTreeSet<String>,
}

impl Names {
    fn flatten(&mut self, before: &str, tree: &UseTree) {
        let join = |name: String| match before {
            "" => name,
            before => format!("{before}::{name}"),
        };
        let (path, short) = match tree {
            UseTree::Path(path) => return self.flatten(&join(path.ident.to_string()), &path.tree),
            UseTree::Group(group) => {
                return group
                    .items
                    .iter()
                    .for_each(|tree| self.flatten(before, tree));
            }
            UseTree::Glob(_) => (before.to_owned(), None),
            UseTree::Name(name) if name.ident == "self" => (
                before.to_owned(),
                before.rsplit("::").next().map(str::to_owned),
            ),
            UseTree::Name(name) => (join(name.ident.to_string()), Some(name.ident.to_string())),
            UseTree::Rename(name) => (join(name.ident.to_string()), Some(name.rename.to_string())),
        };
        self.short.extend(short.map(|short| (short, path.clone())));
        self.paths.insert(path);
    }

    /// Paths inside a macro's call, which are tokens still.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = String::new();
        for token in tokens {
            match token {
                TokenTree::Ident(name) if path.ends_with("::") => path += &name.to_string(),
                TokenTree::Punct(punct) if punct.as_char() == ':' => path.push(':'),
                other => {
                    self.paths.insert(std::mem::take(&mut path));
                    match other {
                        TokenTree::Ident(name) => path = name.to_string(),
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        TokenTree::Literal(text) => drop(self.texts.insert(text.to_string())),
                        TokenTree::Punct(_) => {}
                    }
                }
            }
        }
        self.paths.insert(path);
    }

    /// Adds, for each path that begins with an imported name, the path in full.
    fn complete(&mut self) {
        let full: Vec<_> = self
            .short
            .iter()
            .flat_map(|(short, path)| {
                let begins = format!("{short}::");
                let paths = self.paths.iter().filter_map(move |used| {
                    used.strip_prefix(&begins)
                        .map(|rest| format!("{path}::{rest}"))
                });
                paths.collect::<Vec<_>>()
            })
            .collect();
        self.paths.extend(full);
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let before = self.short.len();
        self.flatten("", &item.tree);
        if !matches!(item.vis, Visibility::Inherited) {
            self.exports.extend_from_slice(&self.short[before..]);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path
            .segments
            .iter()
            .map(|one| one.ident.to_string())
            .collect();
        self.paths.insert(segments.join("::"));
        visit::visit_path(self, path);
    }

    fn visit_lit(&mut self, text: &'ast syn::Lit) {
        match text {
            syn::Lit::Str(text) => drop(self.texts.insert(text.value())),
            syn::Lit::ByteStr(text) => {
                let text = String::from_utf8_lossy(&text.value()).into_owned();
                self.texts.insert(text);
            }
            _ => {}
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(one) => &one.attrs,
        Item::Fn(one) => &one.attrs,
        Item::Impl(one) => &one.attrs,
        Item::Mod(one) => &one.attrs,
        Item::Static(one) => &one.attrs,
        Item::Use(one) => &one.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|one| {
        let is_test = |list: &syn::MetaList| list.tokens.to_string() == "test";
        one.path().is_ident("cfg") && one.meta.require_list().is_ok_and(is_test)
    })
}

/// The packages and the folders of their sources; the tests' own kit is apart.
pub fn packages() -> Vec<(String, PathBuf)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = fs::read_dir(top.join("crates")).unwrap().map(|entry| {
        let entry = entry.unwrap();
        (
            entry.file_name().into_string().unwrap(),
            entry.path().join("src"),
        )
    });
    crates
        .filter(|(name, _)| name != "baton-testkit")
        .chain([("git-baton".to_owned(), top.join("src"))])
        .collect()
}

/// All files of all packages, but for the tests' kit.
pub fn sources() -> &'static [Source] {
    static SOURCES: OnceLock<Vec<Source>> = OnceLock::new();
    SOURCES.get_or_init(|| {
        let mut found = Vec::new();
        for (package, root) in packages() {
            collect(&package, &root, &root, &mut found);
        }
        found
    })
}

fn collect(package: &str, root: &Path, directory: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            collect(package, root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let below = path.strip_prefix(root).unwrap();
            let room = below.iter().next().unwrap().to_str().unwrap();
            let text = fs::read_to_string(&path).unwrap();
            found.push(Source {
                module: module(below),
                file: path.clone(),
                ..source(package, room.trim_end_matches(".rs"), &text)
            });
        }
    }
}

/// The path of the module that a file below the sources is.
fn module(below: &Path) -> Vec<String> {
    let path = below.with_extension("");
    let mut module: Vec<_> = path
        .iter()
        .map(|one| one.to_str().unwrap().to_owned())
        .collect();
    module.pop_if(|last| matches!(last.as_str(), "mod" | "lib" | "main"));
    module
}

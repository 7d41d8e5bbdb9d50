//! Every source file belongs to a program: a file that no `mod` names is compiled, linted and tested by nobody.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, Item, ItemMod, Lit, Meta};

/// Where programs and libraries begin.
const ROOTS: [&str; 3] = ["lib.rs", "main.rs", "build.rs"];

#[test]
fn no_file_is_forgotten() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = BTreeSet::new();
    for folder in ["src", "crates", "tests", "benches", "fuzz"] {
        collect(&top.join(folder), &mut files);
    }
    let mut reached = BTreeSet::new();
    for root in files.iter().filter(|path| is_root(top, path)) {
        follow(root, root.parent().unwrap(), &mut reached);
    }
    let forgotten: Vec<_> = files.difference(&reached).collect();
    assert!(forgotten.is_empty(), "no `mod` names {forgotten:#?}");
}

#[test]
fn a_file_that_no_mod_names_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("main.rs");
    let write = |path: &str, text: &str| baton_testkit::write_below(directory.path(), path, text);
    write(
        "main.rs",
        "mod a;\nmod inline { mod b; }\n#[path = \"odd/c.rs\"]\nmod c;\n",
    );
    write("a/mod.rs", "mod inner;\n");
    for path in ["a/inner.rs", "inline/b.rs", "odd/c.rs", "a/forgotten.rs"] {
        write(path, "");
    }
    let (mut files, mut reached) = (BTreeSet::new(), BTreeSet::new());
    collect(directory.path(), &mut files);
    follow(&root, directory.path(), &mut reached);
    let forgotten: Vec<_> = files.difference(&reached).collect();
    assert_eq!(forgotten, [&directory.path().join("a/forgotten.rs")]);
}

/// What cargo finds by itself: these names, and each file that lies in a folder of programs.
fn is_root(top: &Path, path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let folders = ["tests", "benches", "fuzz/fuzz_targets"].map(|folder| top.join(folder));
    name.is_some_and(|name| ROOTS.contains(&name))
        || folders.iter().any(|folder| path.parent() == Some(folder))
}

fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().unwrap() != "target" {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.insert(path);
        }
    }
}

/// Notes a file and all that its modules name; `folder` is where those without a path lie.
fn follow(file: &Path, folder: &Path, reached: &mut BTreeSet<PathBuf>) {
    let text =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed =
        syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    reached.insert(file.to_owned());
    follow_items(&parsed.items, file, folder, reached);
}

fn follow_items(items: &[Item], file: &Path, folder: &Path, reached: &mut BTreeSet<PathBuf>) {
    let modules = items.iter().filter_map(|item| match item {
        Item::Mod(module) => Some(module),
        _ => None,
    });
    for module in modules {
        let inner = folder.join(module.ident.to_string());
        match &module.content {
            Some((_, items)) => follow_items(items, file, &inner, reached),
            None => follow_module(module, file, folder, &inner, reached),
        }
    }
}

fn follow_module(
    module: &ItemMod,
    file: &Path,
    folder: &Path,
    inner: &Path,
    reached: &mut BTreeSet<PathBuf>,
) {
    if let Some(path) = module.attrs.iter().find_map(path_of) {
        let named = normal(&file.parent().unwrap().join(path));
        return follow(&named, named.parent().unwrap(), reached);
    }
    let own = folder.join(format!("{}.rs", module.ident));
    match own.exists() {
        true => follow(&own, inner, reached),
        false => follow(&inner.join("mod.rs"), inner, reached),
    }
}

/// The path of `#[path = "..."]`.
fn path_of(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(literal) if pair.path.is_ident("path") => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path {
        match part == ".." {
            true => drop(normal.pop()),
            false => normal.push(part),
        }
    }
    normal
}

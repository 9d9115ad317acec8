//! One source file as its syntax tree: the paths it names, the types it defines, and what of it is test code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// A path that code names, from the crate's root: `["snapshot", "Info"]`.
pub(crate) struct NamedPath {
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
    pub(crate) in_tests: bool,
}

/// A type that a file defines.
pub(crate) struct DefinedType {
    pub(crate) line: usize,
    pub(crate) name: String,
    pub(crate) in_tests: bool,
}

/// An `impl` block of a type's own methods, not of a trait.
pub(crate) struct OwnImpl {
    pub(crate) type_name: String,
    pub(crate) in_tests: bool,
}

pub(crate) struct SourceFile {
    /// `crawl/reader.rs`, below `src`.
    pub(crate) name: String,
    pub(crate) text: String,
    /// Where it stands in the crate: `["crawl", "reader"]`.
    pub(crate) module: Vec<String>,
    pub(crate) paths: Vec<NamedPath>,
    pub(crate) types: Vec<DefinedType>,
    pub(crate) own_impls: Vec<OwnImpl>,
    /// What it re-exports from a child of its own: the name, and the child.
    pub(crate) exports: BTreeMap<String, String>,
    /// The first line of test code, or one behind the last line.
    pub(crate) tests_begin: usize,
}

impl SourceFile {
    pub(crate) fn new(name: &str, text: String) -> Self {
        let tree = syn::parse_file(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let trimmed = name.trim_end_matches(".rs").trim_end_matches("/mod");
        let module: Vec<String> = match trimmed {
            "lib" | "main" => Vec::new(),
            _ => trimmed.split('/').map(str::to_owned).collect(),
        };
        let of_tests = name.trim_end_matches(".rs").split('/').any(|part| {
            part == "tests" || part == "testkit" || part.ends_with("_tests") || part == "fixture"
        }) || name.ends_with("test_server.rs");
        let lines = text.lines().count();
        let mut reader = Reader {
            module: module.clone(),
            in_tests: of_tests,
            paths: Vec::new(),
            types: Vec::new(),
            own_impls: Vec::new(),
            exports: BTreeMap::new(),
            tests_begin: if of_tests { 1 } else { lines + 1 },
        };
        reader.visit_file(&tree);
        let Reader { paths, types, own_impls, exports, tests_begin, .. } = reader;
        Self { name: name.to_owned(), text, module, paths, types, own_impls, exports, tests_begin }
    }

    /// The module of the top level it belongs to; none for `lib.rs` and `main.rs`.
    pub(crate) fn top(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }
}

/// Every file below `src`, in the order of their names. Read once for all tests.
pub(crate) fn sources() -> &'static [SourceFile] {
    static SOURCES: OnceLock<Vec<SourceFile>> = OnceLock::new();
    SOURCES.get_or_init(read)
}

fn read() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|path| SourceFile::new(&name(path), fs::read_to_string(path).unwrap())).collect()
}

struct Reader {
    module: Vec<String>,
    in_tests: bool,
    paths: Vec<NamedPath>,
    types: Vec<DefinedType>,
    own_impls: Vec<OwnImpl>,
    exports: BTreeMap<String, String>,
    tests_begin: usize,
}

impl Reader {
    /// Notes a path that begins with `crate`, `self` or `super`; others are names of other crates or local ones.
    fn note(&mut self, span: Span, segments: &[String]) {
        let mut at = self.module.clone();
        let mut rest = segments;
        match rest.first().map(String::as_str) {
            Some("crate") => {
                at.clear();
                rest = &rest[1..];
            }
            Some("self") => rest = &rest[1..],
            Some("super") => {
                while rest.first().is_some_and(|segment| segment == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            _ => return,
        }
        at.extend(rest.iter().cloned());
        let line = span.start().line;
        self.paths.push(NamedPath { line, segments: at, in_tests: self.in_tests });
    }

    /// Every leaf of a `use`, with the names it binds.
    fn leaves(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<(Span, Vec<String>, String)>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                Self::leaves(&path.tree, before, found);
                before.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    Self::leaves(tree, before, found);
                }
            }
            UseTree::Name(name) => {
                let mut path = before.clone();
                let ident = name.ident.to_string();
                if ident != "self" {
                    path.push(ident.clone());
                }
                let bound = path.last().cloned().unwrap_or(ident);
                found.push((name.ident.span(), path, bound));
            }
            UseTree::Rename(name) => {
                let mut path = before.clone();
                path.push(name.ident.to_string());
                found.push((name.ident.span(), path, name.rename.to_string()));
            }
            UseTree::Glob(glob) => found.push((glob.star_token.span(), before.clone(), "*".to_owned())),
        }
    }

    /// Paths within the tokens of a macro's call, which no tree shows.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<(Span, String)> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.note_tokens(&path);
                        path.clear();
                    }
                    colons = 0;
                    path.push((ident.span(), ident.to_string()));
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
                TokenTree::Group(group) => {
                    self.note_tokens(&path);
                    path.clear();
                    colons = 0;
                    self.tokens(group.stream());
                }
                _ => {
                    self.note_tokens(&path);
                    path.clear();
                    colons = 0;
                }
            }
        }
        self.note_tokens(&path);
    }

    fn note_tokens(&mut self, path: &[(Span, String)]) {
        if let [(span, _), _, ..] = path {
            let segments: Vec<String> = path.iter().map(|(_, name)| name.clone()).collect();
            self.note(*span, &segments);
        }
    }

    fn define(&mut self, ident: &syn::Ident) {
        let (line, name) = (ident.span().start().line, ident.to_string());
        self.types.push(DefinedType { line, name, in_tests: self.in_tests });
    }

    fn note_impl(&mut self, of: &syn::Type) {
        if let syn::Type::Path(path) = of
            && let Some(last) = path.path.segments.last()
        {
            let type_name = last.ident.to_string();
            self.own_impls.push(OwnImpl { type_name, in_tests: self.in_tests });
        }
    }
}

fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|ident| ident == "test")
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let outer = self.in_tests;
        if is_test_only(attributes(item)) {
            self.in_tests = true;
            let inline =
                !matches!(item, Item::Use(_)) && !matches!(item, Item::Mod(of) if of.content.is_none());
            if inline {
                self.tests_begin = self.tests_begin.min(item.span().start().line);
            }
        }
        match item {
            Item::Enum(item) => self.define(&item.ident),
            Item::Struct(item) => self.define(&item.ident),
            Item::Trait(item) => self.define(&item.ident),
            Item::Type(item) => self.define(&item.ident),
            Item::Impl(item) if item.trait_.is_none() => self.note_impl(&item.self_ty),
            _ => {}
        }
        if let Item::Use(item) = item {
            let mut found = Vec::new();
            Self::leaves(&item.tree, &mut Vec::new(), &mut found);
            let exported = !matches!(item.vis, Visibility::Inherited);
            for (span, path, bound) in found {
                let own = match path.first().map(String::as_str) {
                    Some("self") => path.get(1),
                    Some("crate" | "super" | "std") | None => None,
                    Some(_) => path.first(),
                };
                if let (true, Some(child)) = (exported, own) {
                    self.exports.insert(bound, child.clone());
                }
                self.note(span, &path);
            }
        } else if let Item::Mod(of) = item {
            if of.content.is_some() {
                self.module.push(of.ident.to_string());
                visit::visit_item_mod(self, of);
                self.module.pop();
            }
        } else {
            visit::visit_item(self, item);
        }
        self.in_tests = outer;
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.note(path.span(), &segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }
}

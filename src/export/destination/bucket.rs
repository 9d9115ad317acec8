//! Object storage as a destination: `s3://`, `gs://` and `az://`.
//!
//! Large files are multipart uploads that are completed only when the complete export is written; small ones are held back
//! until then. Credentials come from the environment variables that users of the store know (`AWS_…`, `GOOGLE_…`, `AZURE_…`).
//!
//! Why requests block: exports are plain synchronous code, and the store's client is not. Each request is waited for on the
//! export's own thread, within the program's runtime, whose other threads send the parts of uploads meanwhile.
//!
//! **Invariant:** the same order as in a folder: the old package goes first, the new one comes last.

use std::collections::BTreeSet;
use std::future::ready;
use std::io::{self, Write};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart};
use tokio::runtime::Handle;
use url::{Position, Url};

use super::file_destination::FileDestination;
use super::former::{JOURNAL, PACKAGE, examples, former_files, journal};
use crate::export::error::ExportError;

/// The size of a part: S3 takes 10,000 of them, so a file may have 80 GB. Three are held for each open file, two of
/// them in flight.
const PART: usize = 8 * 1024 * 1024;

/// Objects that are read at a time.
const READ_AT_A_TIME: usize = 16;

/// A prefix of a bucket.
pub(in crate::export) struct StorePrefix {
    client: BucketClient,
    former: BTreeSet<String>,
}

/// A prefix of a bucket whose objects appear one by one.
pub(in crate::export) struct StoreObjects(BucketClient);

/// What every file needs to reach its store.
#[derive(Clone)]
struct BucketClient {
    runtime: Handle,
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The URL as messages have it.
    shown: Arc<str>,
}

/// An object that cannot be seen yet.
pub(in crate::export) struct BucketFile {
    client: BucketClient,
    path: Path,
    content: Content,
}

/// What was written to an object.
enum Content {
    /// Less than a part, not sent.
    Held(Vec<u8>),
    Upload(WriteMultipart),
    /// The object is visible, or its upload failed and was removed.
    Ended,
}

impl StorePrefix {
    pub(in crate::export) fn claim(url: &Url, force: bool) -> Result<Self, ExportError> {
        let (store, prefix) = parse(url)?;
        Self::claim_in(store, prefix, url.as_str(), force)
    }

    fn claim_in(
        store: Arc<dyn ObjectStore>,
        prefix: Path,
        shown: &str,
        force: bool,
    ) -> Result<Self, ExportError> {
        let client = BucketClient::new(store, prefix, shown)?;
        let (package, journal) = (client.read(PACKAGE)?, client.read(JOURNAL)?);
        let former = former_files(package.as_deref(), journal.as_deref());
        let names = client.names()?.into_iter();
        let foreign: Vec<String> =
            names.filter(|name| !name.starts_with('.') && !former.contains(name)).collect();
        if !foreign.is_empty() && !force {
            return Err(ExportError::ForeignFiles { path: shown.into(), examples: examples(foreign) });
        }
        Ok(Self { client, former })
    }
}

/// The store that a URL names, and the prefix in it.
fn parse(url: &Url) -> Result<(Arc<dyn ObjectStore>, Path), ExportError> {
    let (store, prefix) = object_store::parse_url_opts(url, std::env::vars())
        .map_err(|source| ExportError::Destination { url: url.to_string(), source: source.into() })?;
    Ok((Arc::from(store), prefix))
}

impl StoreObjects {
    pub(in crate::export) fn open(url: &Url) -> Result<Self, ExportError> {
        let (store, prefix) = parse(url)?;
        Ok(Self(BucketClient::new(store, prefix, url.as_str())?))
    }

    /// Its URL as messages have it.
    pub(in crate::export) fn shown(&self) -> &str {
        &self.0.shown
    }

    pub(in crate::export) fn names(&self) -> Result<Vec<String>, ExportError> {
        self.0.names()
    }

    pub(in crate::export) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ExportError> {
        self.0.read(name)
    }

    pub(in crate::export) fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), ExportError> {
        self.0.put(name, bytes)
    }

    pub(in crate::export) fn create(&self, name: &str) -> BucketFile {
        self.0.create(name)
    }
}

/// The JSON objects at a URL and below it, each with its address. Longer ones than `most_bytes` are left out.
pub(in crate::export) fn json_objects(
    url: &Url,
    most_bytes: u64,
) -> Result<Vec<(String, Vec<u8>)>, ExportError> {
    let (store, prefix) = parse(url)?;
    let client = BucketClient::new(store, prefix, url.as_str())?;
    let bucket = &url[..Position::BeforePath];
    let is_wanted = |object: &ObjectMeta| {
        object.size <= most_bytes && object.location.extension().is_some_and(|ending| ending == "json")
    };
    client.wait(async {
        let listed: Vec<ObjectMeta> = client
            .store
            .list(Some(&client.prefix))
            .try_filter(|object| ready(is_wanted(object)))
            .try_collect()
            .await
            .map_err(|source| store_error("list", &client.shown, source))?;
        let read = listed.into_iter().map(|object| {
            let store = &client.store;
            async move {
                let bytes = async { store.get(&object.location).await?.bytes().await }.await;
                let address = format!("{bucket}/{}", object.location);
                bytes
                    .map(|bytes| (address.clone(), bytes.to_vec()))
                    .map_err(|source| store_error("read", &address, source))
            }
        });
        stream::iter(read).buffered(READ_AT_A_TIME).try_collect().await
    })
}

impl BucketClient {
    fn new(store: Arc<dyn ObjectStore>, prefix: Path, shown: &str) -> Result<Self, ExportError> {
        let runtime = Handle::try_current().map_err(|source| store_error("reach", shown, source))?;
        Ok(Self { runtime, store, prefix, shown: shown.trim_end_matches('/').into() })
    }

    /// The names of the objects and prefixes below it.
    fn names(&self) -> Result<Vec<String>, ExportError> {
        let listed = self.wait(self.store.list_with_delimiter(Some(&self.prefix)));
        let listed = listed.map_err(|source| store_error("list", &self.shown, source))?;
        let names = listed.objects.iter().map(|object| &object.location).chain(&listed.common_prefixes);
        Ok(names.filter_map(Path::filename).map(str::to_owned).collect())
    }

    fn create(&self, name: &str) -> BucketFile {
        BucketFile { client: self.clone(), path: self.path(name), content: Content::Held(Vec::new()) }
    }

    /// Waits for a request. The runtime's other threads go on meanwhile.
    fn wait<T>(&self, request: impl Future<Output = T>) -> T {
        tokio::task::block_in_place(|| self.runtime.block_on(request))
    }

    fn path(&self, name: &str) -> Path {
        self.prefix.clone().join(name)
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ExportError> {
        let path = self.path(name);
        match self.wait(async { self.store.get(&path).await?.bytes().await }) {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(self.error("read", name, source)),
        }
    }

    fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), ExportError> {
        let put = self.wait(self.store.put(&self.path(name), PutPayload::from(bytes)));
        put.map(|_| ()).map_err(|source| self.error("write", name, source))
    }

    fn delete(&self, name: &str) -> Result<(), ExportError> {
        match self.wait(self.store.delete(&self.path(name))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(self.error("remove", name, source)),
        }
    }

    fn error(&self, action: &'static str, name: &str, source: object_store::Error) -> ExportError {
        store_error(action, &format!("{}/{name}", self.shown), source)
    }
}

fn store_error(
    action: &'static str,
    url: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ExportError {
    ExportError::Store { action, url: url.to_owned(), source: source.into() }
}

impl FileDestination for StorePrefix {
    type File = BucketFile;

    fn create(&self, name: &str) -> Result<BucketFile, ExportError> {
        Ok(self.client.create(name))
    }

    fn complete(&self, file: &mut BucketFile) -> io::Result<()> {
        let BucketFile { client, content: Content::Upload(upload), .. } = file else { return Ok(()) };
        Ok(client.wait(upload.wait_for_capacity(0))?)
    }

    fn publish(self, files: Vec<(String, BucketFile)>, package: BucketFile) -> Result<(), ExportError> {
        let new: BTreeSet<String> = files.iter().map(|(name, _)| name.clone()).collect();
        self.client.put(JOURNAL, journal(&new, &self.former))?;
        self.client.delete(PACKAGE)?;
        for (name, file) in files {
            file.publish(&name)?;
        }
        for name in self.former.difference(&new).filter(|name| *name != PACKAGE) {
            self.client.delete(name)?;
        }
        package.publish(PACKAGE)?;
        self.client.delete(JOURNAL)
    }

    fn failed(&self, name: &str, source: io::Error) -> ExportError {
        store_error("write", &format!("{}/{name}", self.client.shown), source)
    }
}

impl BucketFile {
    /// Makes the object visible. An upload that cannot be completed is removed.
    pub(in crate::export) fn publish(mut self, name: &str) -> Result<(), ExportError> {
        match std::mem::replace(&mut self.content, Content::Ended) {
            Content::Held(bytes) => self.client.put(name, bytes),
            Content::Upload(upload) => {
                let completed = self.client.wait(upload.finish());
                completed.map(|_| ()).map_err(|source| self.client.error("write", name, source))
            }
            Content::Ended => Ok(()),
        }
    }
}

impl Write for BucketFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Content::Held(held) = &mut self.content {
            held.extend_from_slice(bytes);
            if held.len() >= PART {
                let started = self.client.wait(self.client.store.put_multipart(&self.path))?;
                let mut upload = WriteMultipart::new_with_chunk_size(started, PART);
                self.client.wait(async { upload.write(held) });
                self.content = Content::Upload(upload);
            }
        } else if let Content::Upload(upload) = &mut self.content {
            self.client.wait(upload.wait_for_capacity(2))?;
            self.client.wait(async { upload.write(bytes) });
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for BucketFile {
    /// An upload that was not completed would be kept, and billed, without ever being seen.
    fn drop(&mut self) {
        if let Content::Upload(upload) = std::mem::replace(&mut self.content, Content::Ended)
            && let Err(error) = self.client.wait(upload.abort())
        {
            tracing::warn!(%error, object = %self.path, "an unfinished upload could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;

    fn bucket(store: &Arc<InMemory>, force: bool) -> Result<StorePrefix, ExportError> {
        let store: Arc<dyn ObjectStore> = Arc::<InMemory>::clone(store);
        StorePrefix::claim_in(store, Path::from("exports/chat"), "s3://bucket/exports/chat", force)
    }

    fn names(bucket: &StorePrefix) -> Vec<String> {
        let client = &bucket.client;
        let listed = client.wait(client.store.list_with_delimiter(Some(&client.prefix)));
        listed.unwrap().objects.iter().map(|object| object.location.filename().unwrap().to_owned()).collect()
    }

    fn write(bucket: &StorePrefix, name: &str, bytes: &[u8]) -> (String, BucketFile) {
        let mut file = bucket.create(name).unwrap();
        file.write_all(bytes).unwrap();
        bucket.complete(&mut file).unwrap();
        (name.to_owned(), file)
    }

    fn package(bucket: &StorePrefix, names: &[&str]) -> BucketFile {
        let resources: Vec<_> = names.iter().map(|name| serde_json::json!({ "path": name })).collect();
        let text = serde_json::json!({ "chatferry": {}, "resources": resources }).to_string();
        write(bucket, PACKAGE, text.as_bytes()).1
    }

    /// Within a runtime of several threads, as the command.
    #[tokio::test(flavor = "multi_thread")]
    async fn objects_appear_together_and_replace_a_former_export() {
        let store = Arc::new(InMemory::new());
        let large = vec![b'x'; PART + PART / 2];
        let first = bucket(&store, false).unwrap();
        let files = vec![write(&first, "users.csv", &large), write(&first, "roles.csv", b"small")];
        assert!(names(&first).is_empty(), "nothing is seen before it is published");
        let described = package(&first, &["users.csv", "roles.csv"]);
        first.publish(files, described).unwrap();
        let second = bucket(&store, false).unwrap();
        assert_eq!(names(&second), ["datapackage.json", "roles.csv", "users.csv"]);
        assert!(second.client.read("users.csv").unwrap().unwrap() == large);
        let files = vec![write(&second, "roles.csv", b"other")];
        let described = package(&second, &["roles.csv"]);
        second.publish(files, described).unwrap();
        let third = bucket(&store, false).unwrap();
        assert_eq!(names(&third), ["datapackage.json", "roles.csv"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_not_published_leaves_nothing_and_what_is_foreign_is_kept() {
        let store = Arc::new(InMemory::new());
        let abandoned = bucket(&store, false).unwrap();
        drop(write(&abandoned, "users.csv", &vec![b'x'; 2 * PART]));
        assert!(names(&abandoned).is_empty());
        abandoned.client.put("thesis.odt", b"years of work".to_vec()).unwrap();
        assert!(matches!(bucket(&store, false), Err(ExportError::ForeignFiles { .. })));
        let forced = bucket(&store, true).unwrap();
        let described = package(&forced, &[]);
        forced.publish(Vec::new(), described).unwrap();
        assert_eq!(names(&abandoned), ["datapackage.json", "thesis.odt"]);
    }

    #[test]
    fn without_a_runtime_a_bucket_is_an_error() {
        let store = Arc::new(InMemory::new());
        assert!(matches!(bucket(&store, false), Err(ExportError::Store { action: "reach", .. })));
    }
}

//! Object storage as a place for an export: `s3://`, `gs://` and `az://`.
//!
//! Large files are multipart uploads that are completed only when the whole export is written; small ones are held back until
//! then. Credentials come from the environment variables that users of the store know (`AWS_…`, `GOOGLE_…`, `AZURE_…`).
//!
//! Why a runtime of its own: exports are plain synchronous code, and the store's client is not. Requests run on that runtime's
//! threads and the export waits for their answers on a channel, so that it may itself be called from wherever it likes.
//!
//! **Invariant:** the same order as in a folder: the old package goes first, the new one comes last.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use url::Url;

use super::error::ExportError;
use super::place::{JOURNAL, Journal, PACKAGE, Place, examples, former_files};

/// The size of a part: S3 takes 10,000 of them, so a file may have 80 GB. Two are held for each open file.
const PART: usize = 8 * 1024 * 1024;

/// A prefix of a bucket.
pub(super) struct Bucket {
    client: Client,
    former: BTreeSet<String>,
}

/// A runtime that may be dropped within another one.
struct Threads(Option<Runtime>);

impl Threads {
    fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self(Some(runtime)))
    }

    fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.0.as_ref().expect("the runtime is there until it is dropped").spawn(work)
    }

    /// Runs on the runtime and waits here; none when the work panicked.
    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let work = self.spawn(async move { sender.send(work.await) });
        let result = receiver.recv().ok();
        drop(work);
        result
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// What every file needs to reach its store.
#[derive(Clone)]
struct Client {
    threads: Arc<Threads>,
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The URL as messages have it.
    shown: Arc<str>,
}

/// An object that cannot be seen yet.
pub(super) struct BucketFile {
    client: Client,
    path: Path,
    buffer: Vec<u8>,
    upload: Option<Box<dyn MultipartUpload>>,
    in_flight: Option<JoinHandle<object_store::Result<()>>>,
}

impl Bucket {
    /// Takes a prefix for an export.
    pub(super) fn claim(url: &Url, force: bool) -> Result<Self, ExportError> {
        let (store, prefix) = object_store::parse_url_opts(url, std::env::vars())
            .map_err(|source| ExportError::Destination { url: url.to_string(), source: source.into() })?;
        Self::claim_in(Arc::from(store), prefix, url.as_str(), force)
    }

    fn claim_in(
        store: Arc<dyn ObjectStore>,
        prefix: Path,
        shown: &str,
        force: bool,
    ) -> Result<Self, ExportError> {
        let threads = Threads::start().map_err(|source| store_error("reach", shown, source))?;
        let client =
            Client { threads: Arc::new(threads), store, prefix, shown: shown.trim_end_matches('/').into() };
        let (package, journal) = (client.read(PACKAGE)?, client.read(JOURNAL)?);
        let former = former_files(package.as_deref(), journal.as_deref());
        let (store, path) = (Arc::clone(&client.store), client.prefix.clone());
        let listed = client.run(async move { store.list_with_delimiter(Some(&path)).await });
        let listed = listed.map_err(|source| store_error("list", shown, source))?;
        let names = listed.objects.iter().map(|object| &object.location).chain(&listed.common_prefixes);
        let foreign: Vec<String> = names
            .filter_map(Path::filename)
            .filter(|name| !name.starts_with('.') && !former.contains(*name))
            .map(str::to_owned)
            .collect();
        if !foreign.is_empty() && !force {
            return Err(ExportError::ForeignFiles { path: shown.into(), examples: examples(foreign) });
        }
        Ok(Self { client, former })
    }
}

impl Client {
    /// Runs a request and waits for its answer.
    fn run<T: Send + 'static>(
        &self,
        request: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> object_store::Result<T> {
        let dropped =
            || object_store::Error::Generic { store: "client", source: "the request was dropped".into() };
        self.threads.run(request).unwrap_or_else(|| Err(dropped()))
    }

    fn path(&self, name: &str) -> Path {
        self.prefix.clone().join(name)
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ExportError> {
        let (store, path) = (Arc::clone(&self.store), self.path(name));
        let read = self.run(async move { store.get(&path).await?.bytes().await });
        match read {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(self.error("read", name, source)),
        }
    }

    fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), ExportError> {
        let (store, path) = (Arc::clone(&self.store), self.path(name));
        let put = self.run(async move { store.put(&path, PutPayload::from(bytes)).await });
        put.map(|_| ()).map_err(|source| self.error("write", name, source))
    }

    fn delete(&self, name: &str) -> Result<(), ExportError> {
        let (store, path) = (Arc::clone(&self.store), self.path(name));
        match self.run(async move { store.delete(&path).await }) {
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

impl Place for Bucket {
    type File = BucketFile;

    fn create(&self, name: &str) -> Result<BucketFile, ExportError> {
        let (client, path) = (self.client.clone(), self.client.path(name));
        Ok(BucketFile { client, path, buffer: Vec::new(), upload: None, in_flight: None })
    }

    fn complete(&self, file: &mut BucketFile) -> io::Result<()> {
        if file.upload.is_some() {
            let rest = std::mem::take(&mut file.buffer);
            if !rest.is_empty() {
                file.send(rest)?;
            }
            file.wait()?;
        }
        Ok(())
    }

    fn publish(self, files: Vec<(String, BucketFile)>, package: BucketFile) -> Result<(), ExportError> {
        let new: BTreeSet<String> = files.iter().map(|(name, _)| name.clone()).collect();
        self.client.put(JOURNAL, Journal::of(&new, &self.former))?;
        self.client.delete(PACKAGE)?;
        for (name, file) in files {
            file.appear(&name)?;
        }
        for name in self.former.difference(&new).filter(|name| *name != PACKAGE) {
            self.client.delete(name)?;
        }
        package.appear(PACKAGE)?;
        self.client.delete(JOURNAL)
    }

    fn failed(&self, name: &str, source: io::Error) -> ExportError {
        store_error("write", &format!("{}/{name}", self.client.shown), source)
    }
}

impl BucketFile {
    /// Sends a part, once the one before it has arrived.
    fn send(&mut self, part: Vec<u8>) -> io::Result<()> {
        self.wait()?;
        let client = &self.client;
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => {
                let (store, path) = (Arc::clone(&client.store), self.path.clone());
                let begun = client.run(async move { store.put_multipart(&path).await });
                none.insert(begun.map_err(io::Error::other)?)
            }
        };
        let sending = upload.put_part(PutPayload::from(part));
        self.in_flight = Some(client.threads.spawn(sending));
        Ok(())
    }

    fn wait(&mut self) -> io::Result<()> {
        match self.in_flight.take() {
            Some(sending) => match self.client.threads.run(sending) {
                Some(Ok(sent)) => sent.map_err(io::Error::other),
                Some(Err(error)) => Err(io::Error::other(error)),
                None => Err(io::Error::other("the request was dropped")),
            },
            None => Ok(()),
        }
    }

    /// Makes the object visible.
    fn appear(mut self, name: &str) -> Result<(), ExportError> {
        match self.upload.take() {
            Some(mut upload) => {
                let completed = self.client.run(async move { upload.complete().await });
                completed.map(|_| ()).map_err(|source| self.client.error("write", name, source))
            }
            None => self.client.put(name, std::mem::take(&mut self.buffer)),
        }
    }
}

impl Write for BucketFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        while self.buffer.len() >= PART {
            let rest = self.buffer.split_off(PART);
            let part = std::mem::replace(&mut self.buffer, rest);
            self.send(part)?;
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
        if let Some(mut upload) = self.upload.take() {
            if let Some(sending) = self.in_flight.take() {
                sending.abort();
            }
            if let Err(error) = self.client.run(async move { upload.abort().await }) {
                tracing::warn!(%error, object = %self.path, "an unfinished upload could not be removed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;

    fn bucket(store: &Arc<InMemory>, force: bool) -> Result<Bucket, ExportError> {
        let store: Arc<dyn ObjectStore> = Arc::<InMemory>::clone(store);
        Bucket::claim_in(store, Path::from("exports/chat"), "s3://bucket/exports/chat", force)
    }

    fn names(bucket: &Bucket) -> Vec<String> {
        let (store, path) = (Arc::clone(&bucket.client.store), bucket.client.prefix.clone());
        let listed = bucket.client.run(async move { store.list_with_delimiter(Some(&path)).await });
        listed.unwrap().objects.iter().map(|object| object.location.filename().unwrap().to_owned()).collect()
    }

    fn write(bucket: &Bucket, name: &str, bytes: &[u8]) -> (String, BucketFile) {
        let mut file = bucket.create(name).unwrap();
        file.write_all(bytes).unwrap();
        bucket.complete(&mut file).unwrap();
        (name.to_owned(), file)
    }

    fn package(bucket: &Bucket, names: &[&str]) -> BucketFile {
        let resources: Vec<_> = names.iter().map(|name| serde_json::json!({ "path": name })).collect();
        let text = serde_json::json!({ "chatferry": {}, "resources": resources }).to_string();
        write(bucket, PACKAGE, text.as_bytes()).1
    }

    #[test]
    fn objects_appear_together_and_replace_a_former_export() {
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

    /// As the command does: it is called on a thread of the program's own runtime.
    #[tokio::test]
    async fn it_may_be_used_within_a_runtime() {
        let store = Arc::new(InMemory::new());
        let bucket = bucket(&store, false).unwrap();
        let (files, described) = (vec![write(&bucket, "a.csv", b"a")], package(&bucket, &["a.csv"]));
        bucket.publish(files, described).unwrap();
    }

    #[test]
    fn what_is_not_published_leaves_nothing_and_what_is_foreign_is_kept() {
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
}

//! A server whose certificate no authority has signed: refused at once, with the remedy, which works.
//!
//! `tests/data/tls` has the certificate, which signs itself and is of 127.0.0.1, and its key.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{chatferry, run};

/// A file of the certificate.
fn file(name: &str) -> String {
    format!("{}/tests/data/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A server that has this certificate and refuses whoever trusts it. Its origin, and how many connections it has seen.
fn server() -> (String, Arc<AtomicU32>) {
    let certificate = CertificateDer::from_pem_file(file("certificate.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&connections);
    // Both threads end with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            seen.fetch_add(1, Ordering::Relaxed);
            let config = Arc::clone(&config);
            std::thread::spawn(move || refuse(stream.unwrap(), config));
        }
    });
    (origin, connections)
}

/// Answers each request with 401, for as long as the other side goes on.
fn refuse(stream: TcpStream, config: Arc<ServerConfig>) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let body = r#"{"code": 20003, "message": "Authenticate", "status": 401}"#;
    let answer = format!("HTTP/1.1 401 Unauthorized\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut request = [0; 8_192];
    while stream.read(&mut request).is_ok_and(|read| read > 0) {
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn a_certificate_that_no_authority_signed_is_final_and_its_remedy_works() {
    let (origin, connections) = server();
    let folder = tempfile::tempdir().unwrap();
    let crawl = || {
        let service = "IS00000000000000000000000000000001";
        let mut command =
            chatferry(folder.path(), &["crawl", "--source", "chat", "--service", service, "--quiet"]);
        command
            .env("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001")
            .env("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef")
            .env("CHATFERRY_CHAT_URL", &origin)
            .env("CHATFERRY_CONVERSATIONS_URL", &origin);
        command
    };
    let ran = run(&mut crawl());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains(&format!("the certificate of {origin} is not trusted")), "{ran:?}");
    assert!(ran.stderr.contains("SSL_CERT_FILE") && ran.stderr.contains("hint: "), "{ran:?}");
    assert_eq!(connections.load(Ordering::Relaxed), 1, "another attempt does not change that: {ran:?}");

    let ran = run(crawl().env("SSL_CERT_FILE", file("certificate.pem")));
    assert_eq!(ran.code, 3, "it is trusted now, and refuses the credentials: {ran:?}");
    assert!(ran.stderr.contains("20003") || ran.stderr.contains("401"), "{ran:?}");
}

//! How a connection is encrypted, and what is checked of the server's certificate: what libpq calls `sslmode` and `sslrootcert`.
//!
//! Why another default than libpq's: without one, a connection to another machine is checked completely, as those to Twilio are. Whoever cannot
//! have that says so.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// What is asked of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EncryptionMode {
    /// `disable`.
    Never,
    /// `prefer`: where the server can; its certificate is not checked.
    Preferred,
    /// `require`: the certificate is checked as with `verify-ca` where authorities are named, and else not.
    Required,
    /// `verify-ca`: the certificate has to be of a named authority, for whatever name.
    Authority,
    /// `verify-full`: for the server's name too.
    Complete,
}

impl EncryptionMode {
    /// By its name in libpq.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "disable" => Self::Never,
            "prefer" => Self::Preferred,
            "require" => Self::Required,
            "verify-ca" => Self::Authority,
            "verify-full" => Self::Complete,
            _ => return None,
        })
    }
}

/// Why no connection could be encrypted.
#[derive(Debug, thiserror::Error)]
pub(super) enum EncryptionError {
    #[error(
        "`sslmode=verify-ca` needs the certificates of the authorities: name their file with `sslrootcert` or PGSSLROOTCERT"
    )]
    NoAuthorities,
    #[error("the certificates in `{}` cannot be read", path.display())]
    Authorities {
        path: PathBuf,
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    #[error("the certificates in `{}` cannot be used", path.display())]
    Unusable {
        path: PathBuf,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("encryption cannot be set up")]
    Setup(#[from] rustls::Error),
}

/// What encrypts, and checks what the mode asks for. `authorities` are certificates in PEM; without them, those of the system count.
pub(super) fn client(
    mode: EncryptionMode,
    authorities: Option<&Path>,
) -> Result<ClientConfig, EncryptionError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let of_file = || authorities.map(|path| of_authorities(path, &provider)).transpose();
    let checks: Arc<dyn ServerCertVerifier> = match mode {
        EncryptionMode::Complete => match of_file()? {
            Some(checks) => checks,
            None => Arc::new(Verifier::new(Arc::clone(&provider))?),
        },
        EncryptionMode::Authority => {
            let authority = of_file()?.ok_or(EncryptionError::NoAuthorities)?;
            Arc::new(NamelessCheck { authority: Some(authority), provider: Arc::clone(&provider) })
        }
        EncryptionMode::Required => {
            Arc::new(NamelessCheck { authority: of_file()?, provider: Arc::clone(&provider) })
        }
        EncryptionMode::Preferred | EncryptionMode::Never => {
            Arc::new(NamelessCheck { authority: None, provider: Arc::clone(&provider) })
        }
    };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    // Dangerous is only what the mode itself gives up.
    Ok(config.dangerous().with_custom_certificate_verifier(checks).with_no_client_auth())
}

fn of_authorities(
    path: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, EncryptionError> {
    let unreadable = |source| EncryptionError::Authorities { path: path.to_owned(), source };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        let added = roots.add(certificate.map_err(unreadable)?);
        added.map_err(|source| EncryptionError::Unusable { path: path.to_owned(), source: source.into() })?;
    }
    let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    built.map_err(|source| EncryptionError::Unusable { path: path.to_owned(), source: source.into() })
}

/// Checks everything but the server's name, or nothing of the certificate. That the server has its key is always checked.
#[derive(Debug)]
struct NamelessCheck {
    authority: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for NamelessCheck {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(authority) = &self.authority else { return Ok(ServerCertVerified::assertion()) };
        match authority.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            // The name is compared last, when all else was found right.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_have_to_be_there_where_they_are_needed() {
        assert!(matches!(client(EncryptionMode::Authority, None), Err(EncryptionError::NoAuthorities)));
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let error = |mode| client(mode, Some(file.path())).unwrap_err();
        assert!(matches!(error(EncryptionMode::Complete), EncryptionError::Unusable { .. }));
        assert!(matches!(error(EncryptionMode::Required), EncryptionError::Unusable { .. }));
        let gone = file.path().with_extension("gone");
        let error = client(EncryptionMode::Complete, Some(&gone)).unwrap_err();
        assert!(error.to_string().contains("gone") && matches!(error, EncryptionError::Authorities { .. }));
        std::io::Write::write_all(
            &mut file,
            b"-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n",
        )
        .unwrap();
        assert!(client(EncryptionMode::Authority, Some(file.path())).is_err());
        assert!(client(EncryptionMode::Preferred, Some(file.path())).is_ok());
    }
}

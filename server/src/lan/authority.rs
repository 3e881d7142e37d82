//! The local authority: made once, kept in the data folder, good for nothing but local addresses.

use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
    PKCS_ECDSA_P256_SHA256, SanType,
};
use roundsman_core::sync::hash;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

use crate::error::{Error, Result};

/// How long a phone may trust the authority. Its key never leaves the data folder.
const AUTHORITY_TIME: Duration = Duration::days(10 * 365);
/// How long a server certificate lasts; one is made at each start. iOS takes none beyond 825 days.
const SERVER_TIME: Duration = Duration::days(397);
/// Clocks of phones that are behind.
const EARLIER: Duration = Duration::days(2);

/// Whoever certifies this server to phones in the same network.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    /// Reads the authority in this folder, or makes one for a server at these addresses.
    ///
    /// # Errors
    /// When the folder cannot be used, or holds something else.
    pub fn open(folder: &Path, addresses: &[IpAddr]) -> Result<Self> {
        let (certificate, key) = (folder.join("authority.crt"), folder.join("authority.key"));
        if !certificate.exists() {
            make(folder, (&certificate, &key), addresses)?;
        }
        let pem = fs::read_to_string(&certificate).map_err(Error::internal)?;
        let key = fs::read_to_string(&key).map_err(Error::internal)?;
        let key = KeyPair::from_pem(&key).map_err(Error::internal)?;
        Ok(Self {
            issuer: Issuer::from_ca_cert_pem(&pem, key).map_err(Error::internal)?,
            certificate: CertificateDer::from_pem_slice(pem.as_bytes()).map_err(Error::internal)?,
        })
    }

    /// The certificate that phones are to trust, in DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// SHA-256 of the certificate, in pairs of hexadecimal digits as phones show it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let bytes: Vec<String> =
            hash(&self.certificate).iter().map(|byte| format!("{byte:02X}")).collect();
        bytes.join(" ")
    }

    /// Certifies a server at these addresses, under a key that lives as long as this process.
    ///
    /// # Errors
    /// When there is no chance to be had from the system.
    pub fn certify(&self, addresses: &[IpAddr]) -> Result<Arc<ServerConfig>> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(Error::internal)?;
        let mut params = params("Roundsman server", SERVER_TIME);
        params.subject_alt_names = addresses.iter().map(|it| SanType::IpAddress(*it)).collect();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let server = params.signed_by(&key, &self.issuer).map_err(Error::internal)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(Error::internal)?;
        tls(vec![server.der().clone(), self.certificate.clone()], key)
    }
}

/// TLS with a certificate by an authority that browsers know, and its key, both PEM files.
///
/// # Errors
/// When a file cannot be read, or key and certificate do not fit.
pub fn known(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error| Error::internal(format!("cannot use {path}: {error}"))
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(failed(certificate))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(failed(key))?;
    tls(chain, key)
}

/// TLS with this chain, the server's own certificate first.
fn tls(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Error::internal)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(Error::internal)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn make(folder: &Path, (certificate, key): (&Path, &Path), addresses: &[IpAddr]) -> Result<()> {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(Error::internal)?;
    let mut params = params("Roundsman local authority", AUTHORITY_TIME);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(local_only(addresses));
    let made = params.self_signed(&pair).map_err(Error::internal)?;
    fs::create_dir_all(folder).map_err(Error::internal)?;
    write_secret(key, &pair.serialize_pem())?;
    // Last, and whole or not at all: half a certificate, or one without its key, would be in the way
    // for good.
    let part = certificate.with_extension("part");
    fs::write(&part, made.pem()).map_err(Error::internal)?;
    fs::rename(&part, certificate).map_err(Error::internal)
}

fn params(name: &str, time: Duration) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = OffsetDateTime::now_utc() - EARLIER;
    params.not_after = params.not_before + time;
    params
}

/// Whoever steals the key can pretend to be a machine in a local network, and no site beyond. A
/// network that uses other addresses than those set apart for that is known by this machine's own.
fn local_only(addresses: &[IpAddr]) -> NameConstraints {
    let v4 = |a, b, prefix| CidrSubnet::from_addr_prefix(Ipv4Addr::new(a, b, 0, 0).into(), prefix);
    let v6 = |a, prefix| {
        CidrSubnet::from_addr_prefix(Ipv6Addr::new(a, 0, 0, 0, 0, 0, 0, 0).into(), prefix)
    };
    let networks = [v4(10, 0, 8), v4(172, 16, 12), v4(192, 168, 16), v6(0xfc00, 7)];
    let own = addresses
        .iter()
        .map(|it| CidrSubnet::from_addr_prefix(*it, if it.is_ipv4() { 32 } else { 128 }));
    let mut permitted: Vec<_> =
        networks.into_iter().chain(own).map(GeneralSubtree::IpAddress).collect();
    permitted.push(GeneralSubtree::DnsName("local".to_owned()));
    NameConstraints { permitted_subtrees: permitted, excluded_subtrees: Vec::new() }
}

/// Writes a file that nobody else on this machine can read.
fn write_secret(path: &Path, text: &str) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(Error::internal)?;
    file.write_all(text.as_bytes()).map_err(Error::internal)
}

//! The client: a connection to a server, and the studies there.

use std::sync::Arc;
use std::time::Duration;

use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::error::{Error, Result};
use crate::proto;
use crate::retry::Limits;
use crate::spec::StudySpec;
use crate::study::Study;
use crate::transport::{Terms, Transport};
use crate::trial::new_id;

/// Which certificates to trust, and which one to show. All are PEM texts.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    ca: Option<Vec<u8>>,
    identity: Option<(Vec<u8>, Vec<u8>)>,
    server_name: Option<String>,
}

impl Tls {
    /// Trust the system's authorities.
    pub fn system() -> Self {
        Self::default()
    }

    /// Trust these authorities.
    pub fn with_ca(pem: impl AsRef<[u8]>) -> Self {
        Self { ca: Some(pem.as_ref().to_vec()), ..Self::default() }
    }

    /// Show this certificate chain, for mutual TLS.
    #[must_use]
    pub fn identity(mut self, certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.identity = Some((certificate.as_ref().to_vec(), key.as_ref().to_vec()));
        self
    }

    /// Name in the server's certificate, when it is not the address.
    #[must_use]
    pub fn server_name(mut self, name: &str) -> Self {
        self.server_name = Some(name.to_owned());
        self
    }

    fn config(self) -> ClientTlsConfig {
        let mut config = match self.ca {
            Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        if let Some((certificate, key)) = self.identity {
            config = config.identity(Identity::from_pem(certificate, key));
        }
        match self.server_name {
            Some(name) => config.domain_name(name),
            None => config,
        }
    }
}

/// Says where the server is and how to speak to it; [`Client::builder`] starts one.
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    address: String,
    project: String,
    token: Option<String>,
    tls: Option<Tls>,
    limits: Limits,
}

impl ClientBuilder {
    /// The tenant whose studies are meant; `default` when not given.
    #[must_use]
    pub fn project(mut self, project: &str) -> Self {
        project.clone_into(&mut self.project);
        self
    }

    /// Shown to the server as a bearer token.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Speak TLS.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// For a call to be answered; the service config's for its method when not given.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = Some(timeout);
        self
    }

    /// For the first call to be answered at all, 10 s when not given; a worker that may start before its server wants more.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect_timeout = timeout;
        self
    }

    /// How long a server may be away in the middle of a trial, 10 minutes when not given.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.limits.patience = patience;
        self
    }

    /// The client; nothing is sent yet.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the option that cannot be used.
    pub fn build(self) -> Result<Client> {
        let not_one = |why: &str| Error::invalid("address", format!("'{}' is not host:port{why}", self.address));
        if self.address.is_empty() || self.address.contains("://") {
            return Err(not_one(""));
        }
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{}", self.address))
            .and_then(|endpoint| endpoint.user_agent(concat!("assay-rust/", env!("CARGO_PKG_VERSION"))))
            .map_err(|error| not_one(&format!(": {error}")))?
            .connect_timeout(self.limits.connect_timeout)
            // A dead line is noticed within a long poll.
            .http2_keep_alive_interval(Duration::from_secs(60))
            .keep_alive_timeout(Duration::from_secs(20));
        let endpoint = match self.tls {
            None => endpoint,
            Some(tls) => endpoint.tls_config(tls.config()).map_err(|error| Error::invalid("tls", deepest(&error)))?,
        };
        let token = self.token.map(|token| bearer(&token)).transpose()?;
        let transport = Transport::new(self.address, endpoint, token, self.limits);
        Ok(Client { transport: Arc::new(transport), project: self.project })
    }
}

/// A connection to an Assay server. Clones share it; the last one that is dropped closes it.
///
/// Nothing is sent before the first call, which has to run on a Tokio runtime. A call is tried again while the server
/// cannot be reached: for the connect timeout at first contact, for as long as the client's patience lasts if a worker
/// depends on it (asking, reporting, ending a trial), for the timeout otherwise. Repeating is safe: every act has an id,
/// and has one effect.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Arc<Transport>,
    project: String,
}

impl Client {
    /// A client of the server at *address*, `host:port`, without TLS and token.
    ///
    /// # Errors
    /// `InvalidArgument`, when it is no address.
    pub fn new(address: &str) -> Result<Self> {
        Self::builder(address).build()
    }

    /// The same with options.
    pub fn builder(address: &str) -> ClientBuilder {
        ClientBuilder {
            address: address.to_owned(),
            project: "default".to_owned(),
            token: None,
            tls: None,
            limits: Limits {
                timeout: None,
                connect_timeout: Duration::from_secs(10),
                patience: Duration::from_secs(600),
            },
        }
    }

    /// Create a study, or get the existing one of that id and an equal specification.
    ///
    /// *study_id* is 1 to 63 of a-z, 0-9 and -; drawn by the server when empty.
    ///
    /// # Errors
    /// `InvalidArgument` with every violation at once; `StudySpecMismatch`: the id is taken by another specification.
    pub async fn create_study(&self, study_id: &str, spec: impl Into<StudySpec>) -> Result<Study> {
        self.send_study(study_id, spec.into(), false).await
    }

    /// Check everything and return what would be created, but create nothing.
    ///
    /// # Errors
    /// As [`create_study`](Self::create_study).
    pub async fn validate_study(&self, study_id: &str, spec: impl Into<StudySpec>) -> Result<Study> {
        self.send_study(study_id, spec.into(), true).await
    }

    /// A study by its id, or by its full name in another project.
    ///
    /// # Errors
    /// `StudyNotFound`.
    pub async fn get_study(&self, name: &str) -> Result<Study> {
        let is_full = name.contains('/');
        let name = if is_full { name.to_owned() } else { format!("projects/{}/studies/{name}", self.project) };
        self.study(proto::GetStudyRequest { name, ..Default::default() }).await
    }

    /// The project's studies that *filter* lets through, newest first.
    ///
    /// # Errors
    /// `InvalidArgument`: the filter cannot be read.
    pub async fn list_studies(&self, filter: &str) -> Result<Vec<Study>> {
        let parent = format!("projects/{}", self.project);
        let mut request = proto::ListStudiesRequest { parent, filter: filter.to_owned(), ..Default::default() };
        let mut found = Vec::new();
        loop {
            let page = self.transport.run(request.clone(), Terms::default()).await?;
            found.extend(page.studies.into_iter().map(|study| Study::new(Arc::clone(&self.transport), study)));
            if page.next_page_token.is_empty() {
                return Ok(found);
            }
            request.page_token = page.next_page_token;
        }
    }

    /// The channel, for calls of the contract that have no method here: `TrialServiceClient::new(client.channel())`.
    /// It sends no token and repeats nothing. Has to run on a Tokio runtime.
    pub fn channel(&self) -> Channel {
        self.transport.channel()
    }

    /// Where the server is.
    pub fn address(&self) -> &str {
        self.transport.address()
    }

    async fn send_study(&self, study_id: &str, spec: StudySpec, validate_only: bool) -> Result<Study> {
        let spec = spec.into_message()?;
        self.study(proto::CreateStudyRequest {
            parent: format!("projects/{}", self.project),
            study_id: study_id.to_owned(),
            study: Some(proto::Study { spec: Some(spec), ..Default::default() }),
            request_id: new_id(),
            validate_only,
            ..Default::default()
        })
        .await
    }

    async fn study<C: crate::transport::Call<Answer = proto::Study>>(&self, call: C) -> Result<Study> {
        let message = self.transport.run(call, Terms::default()).await?;
        Ok(Study::new(Arc::clone(&self.transport), message))
    }
}

fn bearer(token: &str) -> Result<MetadataValue<Ascii>> {
    let mut value: MetadataValue<Ascii> = format!("Bearer {token}")
        .parse()
        .map_err(|_| Error::invalid("token", "holds characters that a header cannot carry"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// tonic's own words are "transport error"; what happened is at the end of the chain.
fn deepest(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), deepest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cannot be an address or a token is named before anything is sent; the token itself is not told.
    #[test]
    fn unusable_options_are_named() {
        let refused = |builder: ClientBuilder| builder.build().unwrap_err().to_string();

        assert_eq!(refused(Client::builder("")), "address: '' is not host:port");
        assert!(refused(Client::builder("http://here:1")).contains("'http://here:1' is not host:port"));
        assert!(refused(Client::builder("a b:1")).starts_with("address: 'a b:1' is not host:port"));
        let with_token = refused(Client::builder("here:1").token("se\ncret"));
        assert_eq!(with_token, "token: holds characters that a header cannot carry");
        assert!(refused(Client::builder("here:1").tls(Tls::system().identity("x", "y"))).starts_with("tls: "));
    }
}

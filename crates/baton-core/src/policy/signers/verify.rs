use bstr::{BStr, ByteSlice};
use ssh_key::{HashAlg, LineEnding, PublicKey, SshSig};

use super::{AllowedSigners, NAMESPACE, Signer};
use crate::model::Signature;

/// The bytes of the shortest RSA key whose signatures are verified: 2048 bits.
const SHORTEST_RSA: usize = 256;
const BEGIN: &[u8] = b"-----BEGIN SSH SIGNATURE-----";
const END: &[u8] = b"-----END SSH SIGNATURE-----";
/// The width of a line of base64 in an SSH signature, which the decoder insists on.
const LINE_WIDTH: usize = 70;

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is of another kind: OpenPGP or X.509.
    #[error("it is not an SSH signature")]
    NotSsh,
    /// It cannot be read.
    #[error("it is malformed: {0}")]
    Malformed(String),
    /// It was made for another purpose than a commit.
    #[error("it was made in the namespace `{0}`, not `git`")]
    Namespace(String),
    /// Its key is not on the list, or not for commits.
    #[error("the list of signers does not have its key, {fingerprint}")]
    UnknownKey {
        /// The key's fingerprint, as `ssh-keygen -l` prints it.
        fingerprint: String,
    },
    /// Its key is on the list, under principals who may not sign this.
    #[error("its key belongs to {principals}, who may not sign this")]
    Principal {
        /// The principals as the list names them.
        principals: String,
    },
    /// Its key was not valid yet, or not any more, when the commit says it was made.
    #[error("the key of {principals} was not valid when the commit was made")]
    Expired {
        /// The principals as the list names them.
        principals: String,
    },
    /// It does not fit the commit.
    #[error("it does not belong to this commit's content")]
    Mismatch,
}

impl AllowedSigners {
    /// Verifies the signature of a commit and returns the principal who made it: one of
    /// `allowed`, or, when that is empty, the principals of the key as the list names them.
    ///
    /// When a key was valid is judged by the time that the commit itself claims.
    ///
    /// # Errors
    /// When the signature is no good or not one of the allowed.
    pub fn verify(
        &self,
        signature: &Signature,
        allowed: &[String],
    ) -> Result<String, SignatureError> {
        let sshsig = read(signature.armoured.as_ref())?;
        if sshsig.namespace() != NAMESPACE {
            return Err(SignatureError::Namespace(sshsig.namespace().to_owned()));
        }
        let (signer, principal) = self.signer_of(&sshsig, signature.committed_at, allowed)?;
        signer
            .key
            .verify(NAMESPACE, &signature.payload, &sshsig)
            .map_err(|_| SignatureError::Mismatch)?;
        Ok(principal)
    }

    /// The first line that admits the signature; else the reason why the likeliest one does not.
    fn signer_of(
        &self,
        sshsig: &SshSig,
        committed_at: i64,
        allowed: &[String],
    ) -> Result<(&Signer, String), SignatureError> {
        let fingerprint = sshsig.public_key().fingerprint(HashAlg::Sha256);
        let mut reason = SignatureError::UnknownKey {
            fingerprint: fingerprint.to_string(),
        };
        for signer in &self.entries {
            if signer.key.key_data() != sshsig.public_key() || !signer.signs_commits() {
                continue;
            }
            let principals = signer.principals.0.clone();
            match signer.principal_among(allowed) {
                None => reason = SignatureError::Principal { principals },
                Some(_) if !signer.is_valid_at(committed_at) => {
                    reason = SignatureError::Expired { principals };
                }
                Some(principal) => return Ok((signer, principal)),
            }
        }
        Err(reason)
    }
}

impl Signer {
    /// Returns the principal that may sign commits with this key, if it is the signer's.
    pub(super) fn holds(&self, key: &PublicKey, allowed: &[String]) -> Option<String> {
        let is_theirs = self.key.key_data() == key.key_data() && self.signs_commits();
        is_theirs.then(|| self.principal_among(allowed)).flatten()
    }

    /// Returns true if a commit of this time or a later one can be signed with the key by one of `allowed`,
    /// or by any signer when that is empty.
    pub(super) fn may_sign(&self, allowed: &[String], time: i64) -> bool {
        let is_long_enough = match self.key.key_data().rsa() {
            Some(rsa) => rsa.n.as_bytes().len() >= SHORTEST_RSA,
            None => true,
        };
        is_long_enough
            && self.signs_commits()
            && self.valid_before.is_none_or(|before| time <= before)
            && self.principal_among(allowed).is_some()
    }

    fn signs_commits(&self) -> bool {
        let namespaces = self.namespaces.as_ref();
        namespaces.is_none_or(|patterns| patterns.admits(NAMESPACE))
    }

    fn is_valid_at(&self, time: i64) -> bool {
        self.valid_after.is_none_or(|after| time >= after)
            && self.valid_before.is_none_or(|before| time <= before)
    }

    fn principal_among(&self, allowed: &[String]) -> Option<String> {
        if allowed.is_empty() {
            return Some(self.principals.0.clone());
        }
        let admitted = allowed.iter().find(|name| self.principals.admits(name));
        admitted.cloned()
    }
}

/// Reads the armour as OpenSSH does, which lets lines be of any width.
fn read(armoured: &BStr) -> Result<SshSig, SignatureError> {
    let malformed = |why: &str| SignatureError::Malformed(why.to_owned());
    let text = armoured.trim();
    let body = match text.strip_prefix(BEGIN) {
        Some(rest) => rest
            .strip_suffix(END)
            .ok_or_else(|| malformed("it does not end"))?,
        None if text.starts_with(b"-----BEGIN ") => return Err(SignatureError::NotSsh),
        None => return Err(malformed("it does not begin as a signature")),
    };
    let base64: Vec<u8> = body
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let mut lines = vec![BEGIN];
    lines.extend(base64.chunks(LINE_WIDTH));
    lines.push(END);
    let sshsig = SshSig::from_pem(lines.join(&b'\n'))
        .map_err(|error| SignatureError::Malformed(error.to_string()))?;
    if sshsig.version() != SshSig::VERSION {
        return Err(malformed("its version is not 1"));
    }
    // The decoder passes over lengths that do not fit, at which OpenSSH stops.
    let canonical = sshsig.to_pem(LineEnding::LF);
    let canonical = canonical.map_err(|error| SignatureError::Malformed(error.to_string()))?;
    let written = canonical.lines().filter(|line| !line.starts_with('-'));
    if written.collect::<String>().as_bytes() != base64 {
        return Err(malformed("its lengths do not fit what they stand before"));
    }
    Ok(sshsig)
}

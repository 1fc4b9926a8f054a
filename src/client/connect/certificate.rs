//! Client certificates: the pair that identifies a user, and from when to when a certificate is valid. It verifies no
//! signatures.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use secrecy::{ExposeSecret, SecretString};

use super::failure::Fault;

/// A client certificate and its key, both PEM.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub certificate: Vec<u8>,
    pub key: SecretString,
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.certificate == other.certificate && self.key.expose_secret() == other.key.expose_secret()
    }
}

/// From when to when a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Validity {
    /// Reads the first certificate of a PEM file; nothing when there is none.
    pub(super) fn of_pem(pem: &[u8]) -> Option<Self> {
        let first = CertificateDer::pem_slice_iter(pem).next()?.ok()?;
        Self::of_der(&first)
    }

    /// What is wrong with the certificate at `now`, if anything.
    pub(super) fn fault(&self, now: Timestamp) -> Option<Fault> {
        if now > self.until {
            Some(Fault::Expired { since: Some(self.until) })
        } else if now < self.from {
            Some(Fault::NotYetValid { from: Some(self.from) })
        } else {
            None
        }
    }

    /// RFC 5280: Certificate { TBSCertificate { [0] version?, serial, algorithm, issuer, validity, ... } ... }.
    fn of_der(der: &[u8]) -> Option<Self> {
        let (_, certificate, _) = element(der)?;
        let (_, mut signed, _) = element(certificate)?;
        let (tag, _, rest) = element(signed)?;
        if tag == 0xa0 {
            signed = rest;
        }
        for _ in ["serial", "algorithm", "issuer"] {
            (_, _, signed) = element(signed)?;
        }
        let (_, validity, _) = element(signed)?;
        let (from_tag, from, rest) = element(validity)?;
        let (until_tag, until, _) = element(rest)?;
        Some(Self { from: time(from_tag, from)?, until: time(until_tag, until)? })
    }
}

/// The first DER element: its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let bytes = usize::from(first & 0x7f);
        if bytes == 0 || bytes > 4 || rest.len() < bytes {
            return None;
        }
        length = rest[..bytes].iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
        rest = &rest[bytes..];
    }
    (rest.len() >= length).then(|| (tag, &rest[..length], &rest[length..]))
}

/// UTCTime (two-digit year, below 50 means 20xx) or GeneralizedTime, both in UTC to the second.
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let text = match tag {
        0x17 if text.get(..2)? < "50" => format!("20{text}"),
        0x17 => format!("19{text}"),
        0x18 => text.to_owned(),
        _ => return None,
    };
    let civil = DateTime::strptime("%Y%m%d%H%M%S", &text).ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::{Fault, Validity, element};

    fn valid(from: i32, until: i32) -> Validity {
        let mut wish = rcgen::CertificateParams::new(vec!["a".to_owned()]).unwrap();
        wish.not_before = rcgen::date_time_ymd(from, 2, 3);
        wish.not_after = rcgen::date_time_ymd(until, 4, 5);
        let key = rcgen::KeyPair::generate().unwrap();
        Validity::of_pem(wish.self_signed(&key).unwrap().pem().as_bytes()).unwrap()
    }

    #[test]
    fn reads_both_forms_of_time() {
        let short = valid(1998, 2031);
        assert_eq!(short.from.to_string(), "1998-02-03T00:00:00Z");
        assert_eq!(short.until.to_string(), "2031-04-05T00:00:00Z");
        assert_eq!(valid(2020, 2075).until.to_string(), "2075-04-05T00:00:00Z");
    }

    #[test]
    fn tells_early_from_late() {
        let validity = valid(2020, 2030);
        assert_eq!(validity.fault("2025-01-01T00:00:00Z".parse().unwrap()), None);
        let late = validity.fault("2031-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(late, Some(Fault::Expired { since: Some(validity.until) }));
        let early = validity.fault("2019-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(early, Some(Fault::NotYetValid { from: Some(validity.from) }));
    }

    #[test]
    fn truncated_input_is_no_certificate() {
        assert!(
            Validity::of_pem(b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n").is_none()
        );
        assert!(Validity::of_pem(b"").is_none());
        assert!(element(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).is_none());
        assert!(element(&[0x30, 0x80]).is_none());
        assert!(element(&[0x30]).is_none());
    }
}

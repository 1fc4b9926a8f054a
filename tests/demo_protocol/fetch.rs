//! Answers read as far as they come, whole or broken.

use tokio::io::AsyncReadExt;

use crate::client::{Client, PATIENCE, header};

/// An answer as far as it came.
pub(crate) struct Fetched {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    pub(crate) ending: Ending,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All that was announced came.
    Whole,
    /// The connection ended before that.
    Broken,
}

impl Client {
    /// The body of an answer that comes whole, however it is sent.
    pub(crate) async fn whole(&self, path: &str, accept: &str) -> Vec<u8> {
        let fetched = self.fetch(path, accept).await.unwrap();
        assert_eq!((fetched.status, fetched.ending), (200, Ending::Whole), "{path}");
        fetched.body
    }

    /// Reads an answer as far as it comes; none when the connection ends without one.
    pub(crate) async fn fetch(&self, path: &str, accept: &str) -> Option<Fetched> {
        let fetched = async {
            let mut stream = self.send("GET", path, accept, "", &[]).await;
            let mut bytes = Vec::new();
            let (mut head, mut body, mut ending) = (String::new(), Vec::new(), Ending::Broken);
            // A reset is an end as well.
            bytes.reserve(1 << 20);
            while ending == Ending::Broken && stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
                let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                head = String::from_utf8_lossy(&bytes[..end + 4]).into_owned();
                // Looking from the beginning at every piece of a large answer would take for ever.
                let enough = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
                if bytes.len() - end - 4 >= enough || header(&head, "content-length").is_none() {
                    (body, ending) = body_so_far(&head, &bytes[end + 4..]);
                }
            }
            let status = head.split(' ').nth(1)?.parse().unwrap();
            Some(Fetched {
                status,
                content_type: header(&head, "content-type").unwrap_or_default(),
                body,
                ending,
            })
        };
        tokio::time::timeout(PATIENCE, fetched).await.expect("an end of the answer")
    }
}

fn body_so_far(head: &str, mut rest: &[u8]) -> (Vec<u8>, Ending) {
    if let Some(length) = header(head, "content-length") {
        let length: usize = length.parse().unwrap();
        return (rest.to_vec(), if rest.len() < length { Ending::Broken } else { Ending::Whole });
    }
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        let chunk = &rest[end + 2..];
        if size == 0 {
            return (body, Ending::Whole);
        }
        body.extend_from_slice(&chunk[..size.min(chunk.len())]);
        rest = chunk.get(size + 2..).unwrap_or_default();
    }
    (body, Ending::Broken)
}

//! A connection that is read for all that is there: TLS hands over one record at a time, and a server that streams a
//! list sends each object as a record of its own. It changes no byte and waits for nothing.

use std::io::{Error, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

/// How a connection hands over what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serving {
    /// As much as there is room for, so that there is nothing to do.
    Plenty,
    /// One record at a time.
    Records,
}

/// As much as one TLS record holds.
const RECORD: usize = 16 << 10;

/// A connection, read greedily.
#[derive(Debug)]
pub(super) struct Greedy<T> {
    inner: T,
    serving: Serving,
    /// One record on its way to the reader; as long as it need be, once something is read.
    record: Vec<u8>,
    /// What went wrong behind bytes that were handed over first.
    broken: Option<Error>,
}

impl<T> Greedy<T> {
    pub(super) fn new(inner: T, serving: Serving) -> Self {
        Self { inner, serving, record: Vec::new(), broken: None }
    }
}

impl<T: Read + Unpin> Read for Greedy<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<Result<(), Error>> {
        let Self { inner, serving, record, broken } = &mut *self;
        if *serving == Serving::Plenty {
            return Pin::new(inner).poll_read(context, cursor);
        }
        if let Some(error) = broken.take() {
            return Poll::Ready(Err(error));
        }
        record.resize(RECORD, 0);
        let mut some = false;
        while cursor.remaining() > 0 {
            let most = RECORD.min(cursor.remaining());
            let mut buffer = ReadBuf::new(&mut record[..most]);
            match Pin::new(&mut *inner).poll_read(context, buffer.unfilled()) {
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => break,
                Poll::Ready(Ok(())) => {
                    cursor.put_slice(buffer.filled());
                    some = true;
                }
                Poll::Ready(Err(error)) if some => {
                    *broken = Some(error);
                    break;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if some => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: Write + Unpin> Write for Greedy<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, bytes)
    }
}

impl<T: Connection> Connection for Greedy<T> {
    fn connected(&self) -> Connected {
        self.inner.connected()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io::ErrorKind;
    use std::task::Waker;

    use super::*;

    /// What a connection has at hand: records, and at last what comes then.
    struct Script(VecDeque<Poll<Result<&'static [u8], ErrorKind>>>);

    impl Read for Script {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            mut cursor: ReadBufCursor<'_>,
        ) -> Poll<Result<(), Error>> {
            match self.0.pop_front() {
                Some(Poll::Ready(Ok(bytes))) => {
                    let (now, later) = bytes.split_at(bytes.len().min(cursor.remaining()));
                    cursor.put_slice(now);
                    if !later.is_empty() {
                        self.0.push_front(Poll::Ready(Ok(later)));
                    }
                    Poll::Ready(Ok(()))
                }
                Some(Poll::Ready(Err(kind))) => Poll::Ready(Err(kind.into())),
                Some(Poll::Pending) => Poll::Pending,
                None => Poll::Ready(Ok(())),
            }
        }
    }

    /// Reads once into so many bytes: what came, `None` for nothing yet.
    fn read(connection: &mut Greedy<Script>, room: usize) -> Option<Result<Vec<u8>, ErrorKind>> {
        let mut bytes = vec![0; room];
        let mut buffer = ReadBuf::new(&mut bytes);
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(connection).poll_read(&mut context, buffer.unfilled()) {
            Poll::Pending => None,
            Poll::Ready(read) => Some(read.map(|()| buffer.filled().to_vec()).map_err(|error| error.kind())),
        }
    }

    fn connection(
        script: impl IntoIterator<Item = Poll<Result<&'static [u8], ErrorKind>>>,
    ) -> Greedy<Script> {
        Greedy::new(Script(script.into_iter().collect()), Serving::Records)
    }

    #[test]
    fn takes_every_record_that_is_there_and_no_more_than_there_is_room_for() {
        let ready = |bytes| Poll::Ready(Ok(bytes));
        let mut it = connection([ready(b"abc".as_slice()), ready(b"defg"), Poll::Pending, ready(b"h")]);
        assert_eq!(read(&mut it, 5), Some(Ok(b"abcde".to_vec())));
        assert_eq!(read(&mut it, 64), Some(Ok(b"fg".to_vec())));
        assert_eq!(read(&mut it, 64), Some(Ok(b"h".to_vec())), "what comes later is for the next time");
        assert_eq!(read(&mut it, 64), Some(Ok(Vec::new())), "the end");
        assert_eq!(read(&mut connection([Poll::Pending]), 64), None);
    }

    #[test]
    fn who_serves_plenty_is_read_once() {
        let ready = |bytes| Poll::Ready(Ok(bytes));
        let script = [ready(b"abc".as_slice()), ready(b"defg")];
        let mut it = Greedy::new(Script(script.into_iter().collect()), Serving::Plenty);
        assert_eq!(read(&mut it, 64), Some(Ok(b"abc".to_vec())));
        assert_eq!(read(&mut it, 64), Some(Ok(b"defg".to_vec())));
    }

    #[test]
    fn an_error_behind_bytes_is_told_after_them_and_once() {
        let reset = Poll::Ready(Err(ErrorKind::ConnectionReset));
        let mut it = connection([Poll::Ready(Ok(b"last".as_slice())), reset]);
        assert_eq!(read(&mut it, 64), Some(Ok(b"last".to_vec())));
        assert_eq!(read(&mut it, 64), Some(Err(ErrorKind::ConnectionReset)));
        assert_eq!(read(&mut it, 64), Some(Ok(Vec::new())));
    }
}

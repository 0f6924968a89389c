//! Frames without a topic on the public and private sockets: acknowledgements and pongs, in the shapes of each path.

use mm_core::input::Message;

use super::fields::{Fields, Result};
use super::{Decoder, ENVELOPE_FIELDS};
use crate::refusal::{DecodeError, Why};
use crate::scope::Reason;

/// A frame that a client sends.
pub(super) const CLIENT_REQUEST: DecodeError = DecodeError { field: "op", why: Why::OutOfScope(Reason::ClientRequest) };

impl Decoder {
    pub(super) fn control<'a>(&'a mut self, envelope: &Fields<'_, ENVELOPE_FIELDS>) -> Result<Message<'a>> {
        let ok = envelope.boolean("success")?;
        match envelope.text_or_empty("op")? {
            // Public sockets answer a ping with `op: ping`, the private one with `op: pong`.
            b"ping" | b"pong" => Ok(Message::Pong),
            // The transport has authenticated before it reports the socket up.
            b"auth" | b"unsubscribe" if ok == Some(true) => Ok(Message::Ignored),
            b"subscribe" | b"auth" | b"unsubscribe" if ok.is_none() && envelope.has("args") => Err(CLIENT_REQUEST),
            b"subscribe" | b"" | b"auth" | b"unsubscribe" => {
                let ok = ok.ok_or(DecodeError { field: "success", why: Why::Missing })?;
                self.scratch.text = envelope.words("ret_msg")?;
                Ok(Message::Subscribed { ok, text: &self.scratch.text })
            }
            // A refusal may echo any op, known to us or not.
            _ if ok == Some(false) => {
                self.scratch.text = envelope.words("ret_msg")?;
                Ok(Message::Subscribed { ok: false, text: &self.scratch.text })
            }
            _ => Err(DecodeError { field: "op", why: Why::UnknownValue }),
        }
    }
}

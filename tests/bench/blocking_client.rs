//! What a tick to an order costs without a bot: a blocking client that decodes nothing.

use std::io::{Read, Write};
use std::net::TcpStream;

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).unwrap_or_default();
    let mut link = TcpStream::connect(format!("127.0.0.1:{port}"))?;
    link.set_nodelay(true)?;
    let (mut tick, order) = ([0_u8; 65536], [b'x'; 300]);
    while link.read(&mut tick)? > 0 {
        link.write_all(&order)?;
    }
    Ok(())
}

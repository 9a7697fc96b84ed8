// A WebSocket of the fake gateway: text messages only, enough for one page (RFC 6455).
import { createHash } from 'node:crypto';

function frame(opcode, payload) {
  const length = payload.length;
  const head = length < 126 ? Buffer.from([0x80 | opcode, length]) : Buffer.from([0x80 | opcode, 126, length >> 8, length & 255]);
  if (length < 65536) return Buffer.concat([head, payload]);
  const long = Buffer.alloc(10);
  long[0] = 0x80 | opcode;
  long[1] = 127;
  long.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([long, payload]);
}

/** Accepts an upgrade. @returns {send(object), on_message, on_close, close()}; messages are JSON. */
export function accept(request, socket) {
  const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`);
  const web = {
    on_message: () => {},
    on_close: () => {},
    send: (message) => socket.writable && socket.write(frame(1, Buffer.from(JSON.stringify(message)))),
    close: () => socket.writable && socket.end(frame(8, Buffer.alloc(0))),
  };
  let waiting = Buffer.alloc(0);
  socket.on('data', (data) => {
    waiting = Buffer.concat([waiting, data]);
    for (;;) {
      if (waiting.length < 6) return;
      let length = waiting[1] & 127;
      let at = 2;
      if (length === 126) {
        length = waiting.readUInt16BE(2);
        at = 4;
      }
      if (waiting.length < at + 4 + length) return;
      const mask = waiting.subarray(at, at + 4);
      const payload = Buffer.from(waiting.subarray(at + 4, at + 4 + length).map((byte, i) => byte ^ mask[i % 4]));
      const opcode = waiting[0] & 15;
      waiting = waiting.subarray(at + 4 + length);
      if (opcode === 8) return socket.end(frame(8, Buffer.alloc(0)));
      if (opcode === 9) socket.write(frame(10, payload));
      if (opcode === 1) web.on_message(JSON.parse(payload.toString()));
    }
  });
  socket.on('close', () => web.on_close());
  socket.on('error', () => {});
  return web;
}

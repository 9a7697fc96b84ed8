// The explorer of the fake gateway: what a WebSocket at /api/v1/explorer does. `web` is what accept() in socket.mjs gives, `shop` the simulated devices.
export function explore(web, _shop) {
  web.on_message = (message) => web.send({ n: message.n, ok: false, error: 'The fake gateway has no explorer yet.', advice: '' });
}

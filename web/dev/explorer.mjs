// The explorer of the fake gateway: what a WebSocket at /api/v1/explorer does. `web` is what accept() in socket.mjs gives, `shop` the simulated devices.
// Every device is a heart rate monitor with a battery; one whose name ends in 2 has no slot free, one that ends in 3 is lost after a while.

const long = (number) => `0000${number}-0000-1000-8000-00805f9b34fb`;
const own = '6e400002-b5a3-f393-e0a9-e50e24dcca9e';
const subscription = (handle) => ({ uuid: long('2902'), name: 'Client Characteristic Configuration', handle, value: '0000', decoded: { notifications: false, indications: false } });

function services(name) {
  const characteristic = (uuid, title, handle, properties, value, decoded, descriptors = []) =>
    ({ uuid: uuid.length === 4 ? long(uuid) : uuid, name: title, handle, properties, value, decoded, error: null, descriptors });
  return [
    { uuid: long('1800'), name: 'Generic Access', handle: 1, primary: true, characteristics: [
      characteristic('2a00', 'Device Name', 3, ['READ'], Buffer.from(name).toString('hex'), name),
      characteristic('2a01', 'Appearance', 5, ['READ'], '4103', { appearance: 833, name: 'Heart Rate Belt' }) ] },
    { uuid: long('180d'), name: 'Heart Rate', handle: 6, primary: true, characteristics: [
      characteristic('2a37', 'Heart Rate Measurement', 8, ['NOTIFY'], null, null, [subscription(9)]),
      characteristic('2a38', 'Body Sensor Location', 11, ['READ'], '01', { value: 1, name: 'Chest' }),
      { ...characteristic('2a39', 'Heart Rate Control Point', 13, ['WRITE'], null, null), error: null } ] },
    { uuid: long('180f'), name: 'Battery', handle: 14, primary: true, characteristics: [
      characteristic('2a19', 'Battery Level', 16, ['READ', 'NOTIFY'], '55', { value: 85, unit: '%' }, [subscription(17)]) ] },
    { uuid: '6e400001-b5a3-f393-e0a9-e50e24dcca9e', name: null, handle: 18, primary: true, characteristics: [
      characteristic(own, null, 20, ['READ', 'WRITE', 'WRITE_WITHOUT_RESPONSE'], '2909', null, [{ uuid: long('2901'), name: 'Characteristic User Description', handle: 21, value: '536574', decoded: 'Set' }]),
      { ...characteristic('6e400003-b5a3-f393-e0a9-e50e24dcca9e', null, 23, ['READ'], null, null), error: 'Insufficient Authentication (0x05): pair with the device' } ] },
  ];
}

export function explore(web, shop) {
  let device = null;
  let written = '2909';
  const timers = new Map();
  const stop = () => {
    for (const timer of timers.values()) clearInterval(timer);
    timers.clear();
    device = null;
  };
  const heart_rate = () => {
    const rate = Math.round(72 + 8 * Math.sin(Date.now() / 4000) + Math.random() * 2);
    return { handle: 8, uuid: long('2a37'), hex: `00${rate.toString(16)}`, decoded: { value: rate, unit: 'bpm' }, text: `${rate} bpm`, number: rate, t: new Date().toISOString() };
  };
  const battery = () => ({ handle: 16, uuid: long('2a19'), hex: '55', decoded: { value: 85, unit: '%' }, text: '85 %', number: 85, t: new Date().toISOString() });
  const value = (handle) => {
    if (handle === 8) return heart_rate();
    if (handle === 16) return battery();
    for (const service of services(device?.name ?? ''))
      for (const one of service.characteristics)
        if (one.handle === handle) return { handle, uuid: one.uuid, hex: handle === 20 ? written : one.value, decoded: one.decoded, text: null, number: null, t: new Date().toISOString() };
    return null;
  };
  const refuse = (n, error, advice, more = {}) => web.send({ n, ok: false, error, advice, ...more });
  const connect = (n, { id, address }) => {
    const found = id ? shop.find(id) : shop.list.find((one) => one.address === address);
    web.send({ event: 'progress', text: 'connecting' });
    if (!found) return refuse(n, `device ${address} was not heard in 10 s`, 'Is it switched on, awake, near, and not connected to something else?');
    if (/ 2$/.test(found.name))
      return refuse(n, 'no connection slot is free on a radio that reaches the device', 'Disconnect one of the holders, wait, or add a proxy near the device.',
        { holders: [{ id: 'till', address: 'A4:CF:12:34:56:78', radio: 'hall', label: 'till display', since: new Date(Date.now() - 7_200_000).toISOString() }] });
    setTimeout(() => {
      web.send({ event: 'progress', text: 'connected; reading what can be read' });
      setTimeout(() => {
        device = found;
        web.send({ n, ok: true, id: found.id, device_name: found.name || null, address: found.address, mtu: 247, radio: 'hall', services: services(found.name) });
        if (/ 3$/.test(found.name)) timers.set('lost', setTimeout(() => { stop(); web.send({ event: 'disconnected', cause: 'supervision timeout: the device is out of range or asleep' }); }, 1500));
      }, 150);
    }, 150);
  };
  web.on_message = ({ n, op, handle, hex, text, format, ...more }) => {
    if (op === 'connect') return connect(n, more);
    if (op === 'disconnect') return stop(), web.send({ n, ok: true });
    if (!device) return refuse(n, 'there is no connection', 'Send {"op": "connect", "id": ...} first.');
    if (op === 'read') {
      if (handle === 23) return refuse(n, 'the device refuses: Insufficient Authentication (0x05)', 'Pair with the device: moor pair.');
      return web.send({ n, ok: true, ...value(handle) });
    }
    if (op === 'write') {
      if (hex !== undefined && !/^([0-9a-f]{2})+$/i.test(hex)) return refuse(n, `'${hex}' is no hexadecimal text`, 'give two digits a byte; spaces need quotes');
      if (format?.startsWith('u') && format !== 'utf8' && Number.isNaN(Number(text))) return refuse(n, `'${text}' is no number`, 'give one such as 21.5');
      written = hex ?? (format === 'u16' ? Buffer.from(Uint16Array.of(Number(text)).buffer).toString('hex') : Buffer.from(text).toString('hex'));
      return web.send({ n, ok: true, handle, uuid: own, hex: written });
    }
    if (op === 'subscribe') timers.set(handle, setInterval(() => web.send({ event: 'value', ...value(handle) }), 250));
    if (op === 'unsubscribe') {
      clearInterval(timers.get(handle));
      timers.delete(handle);
    }
    web.send({ n, ok: true, handle, uuid: value(handle)?.uuid });
  };
  web.on_close = stop;
}

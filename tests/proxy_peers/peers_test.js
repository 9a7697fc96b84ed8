// What a client sees through moor's proxy. PEER is the client, ENCRYPTION is "noise" or "plain".

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { EsphomeClient } from './esphome_client.js';
import { NativeApi } from './native_api.js';
import { MAC, NAME, Proxy, SLOTS } from './stage.js';

const CLIENTS = { 'esphome-client': EsphomeClient, 'native-api': NativeApi };
const Client = CLIENTS[process.env.PEER];
const Other = Client === EsphomeClient ? NativeApi : EsphomeClient;
const encrypted = process.env.ENCRYPTION === 'noise';

// Of world.toml.
const SENSOR = 'A4:CF:12:34:56:78';
const BEACON = 'C0:11:22:33:44:55';
const RESTLESS = 'C0:11:22:33:44:66';
const SPARE_1 = 'A4:CF:12:34:00:01';
const SPARE_2 = 'A4:CF:12:34:00:02';
const PUBLIC = 0;
const RANDOM = 1;
const BATTERY = { value: 8, configuration: 9 };
const TEXT = { value: 12, description: 13 };
const COFFEE = { value: 15, configuration: 16 };
const SECRET = { value: 18 };
const NOWHERE = 99;
const KNOWING = true;

// Core 5.4, Vol 3, Part G, 3.3.1.1.
const READ = 0x02;
const WRITE_WITHOUT_RESPONSE = 0x04;
const WRITE = 0x08;
const NOTIFY = 0x10;
const INDICATE = 0x20;

const assigned = (number) => `0000${number}-0000-1000-8000-00805f9b34fb`;
const own = (number) => `6e40000${number}-b5a3-f393-e0a9-e50e24dcca9e`;
const characteristic = (uuid, handle, properties, descriptors = []) => ({ uuid, handle, properties, descriptors });
const SERVICES = [
  { uuid: assigned('1800'), handle: 1,
    characteristics: [characteristic(assigned('2a00'), 3, READ), characteristic(assigned('2a01'), 5, READ)] },
  { uuid: assigned('180f'), handle: 6,
    characteristics: [
      characteristic(assigned('2a19'), BATTERY.value, READ | NOTIFY, [{ uuid: assigned('2902'), handle: BATTERY.configuration }])] },
  { uuid: own(1), handle: 10,
    characteristics: [
      characteristic(own(2), TEXT.value, READ | WRITE | WRITE_WITHOUT_RESPONSE, [{ uuid: assigned('2901'), handle: TEXT.description }]),
      characteristic(own(3), COFFEE.value, INDICATE, [{ uuid: assigned('2902'), handle: COFFEE.configuration }]),
      characteristic(own(4), SECRET.value, READ)] },
];

const proxy = new Proxy(encrypted);
before(() => proxy.start());
after(() => proxy.stop());

/** A client that has the proxy's radio, with all slots free. */
async function subscribed(t, Kind = Client) {
  const peer = await Kind.open(proxy.port, proxy.key);
  t.after(() => peer.close());
  peer.scan();
  await all_free(peer);
  return peer;
}

const all_free = (peer) => peer.until('all slots are free', () => peer.slots?.free === SLOTS);
const is_lost = (peer, address) => peer.until(`${address} is lost`, () => peer.links.get(address)?.connected === false);

/** Connects as programs do, when the device has been heard. */
async function connect(peer, address, type, knowing = false) {
  await peer.until(`${address} is heard`, () => peer.heard.has(address));
  return await peer.connect(address, type, knowing);
}

/** A client that has the radio, connected to the sensor; `knowing` as by a client that has kept the services, which does not wait for them. */
async function connected(t, knowing = false) {
  const peer = await subscribed(t);
  await connect(peer, SENSOR, PUBLIC, knowing);
  return peer;
}

function refused(promise, code) {
  return assert.rejects(promise, { code });
}

test('it says what Home Assistant asks of a proxy', async (t) => {
  const peer = await subscribed(t);
  assert.deepEqual(await peer.info(), {
    name: NAME, mac: MAC, friendly_name: 'Proxy of the peers', area: 'Hall', project: 'moor.proxy', manufacturer: 'moor', features: 0xff,
  });
});

test('what is in the air is heard byte for byte', async (t) => {
  const peer = await subscribed(t);
  await peer.until('all devices are heard', () => [BEACON, SENSOR, RESTLESS, SPARE_1].every((each) => peer.heard.has(each)));
  assert.deepEqual(peer.heard.get(BEACON),
    { type: RANDOM, rssi: -59, data: '0201061aff4c000215e2c56db5dffb48d2b060d0f5a71096e000010065c5' });
  assert.deepEqual(peer.heard.get(SENSOR), { type: PUBLIC, rssi: -67, data: '020106' + '03030f18' + '0709' + '53656e736f72' });
  assert.equal(peer.heard.get(RESTLESS).type, RANDOM);
});

test('the scanner says that it runs', async (t) => {
  const peer = await subscribed(t);
  const running = 2;
  await peer.until('it runs', () => peer.scanner?.state === running);
});

test('a connection takes a slot until it has ended', async (t) => {
  const peer = await subscribed(t);
  const { mtu } = await connect(peer, SENSOR, PUBLIC);
  assert.equal(mtu, 247);
  await peer.until('a slot is taken', () => peer.slots.free === SLOTS - 1);
  assert.deepEqual(peer.slots, { free: SLOTS - 1, limit: SLOTS, allocated: [SENSOR] });
  await peer.disconnect(SENSOR);
  assert.equal(peer.links.get(SENSOR).connected, false);
  await all_free(peer);
  assert.deepEqual(peer.slots.allocated, []);
});

test('a client that knows the services connects without waiting for them', async (t) => {
  const peer = await subscribed(t);
  assert.equal((await connect(peer, SENSOR, PUBLIC, KNOWING)).connected, true);
  assert.equal(await peer.read(SENSOR, BATTERY.value), '57');
});

test('services come with their handles, properties and descriptors', async (t) => {
  const peer = await connected(t);
  assert.deepEqual(await peer.services(SENSOR), SERVICES);
});

test('values and descriptors are read', async (t) => {
  const peer = await connected(t, KNOWING);
  assert.equal(await peer.read(SENSOR, BATTERY.value), '57');
  assert.equal(await peer.read_descriptor(SENSOR, TEXT.description), '74657874');
});

test('what was written is there, with response and without', async (t) => {
  const peer = await connected(t);
  await peer.write(SENSOR, TEXT.value, '6d6f6f72', true);
  assert.equal(await peer.read(SENSOR, TEXT.value), '6d6f6f72');
  await peer.write(SENSOR, TEXT.value, 'beef', false);
  assert.equal(await peer.read(SENSOR, TEXT.value), 'beef');
});

test('what a device refuses has the code that it gave', async (t) => {
  const peer = await connected(t, KNOWING);
  await refused(peer.read(SENSOR, SECRET.value), 0x05);
  await refused(peer.read(SENSOR, NOWHERE), 0x01);
  await refused(peer.write(SENSOR, BATTERY.value, '00', true), 0x03);
  await refused(peer.write(SENSOR, TEXT.value, '00'.repeat(21), true), 0x0d);
  assert.equal(await peer.read(SENSOR, BATTERY.value), '57');
});

test('notifications and indications come while they are wanted', async (t) => {
  const peer = await connected(t);
  await peer.notify(SENSOR, BATTERY.value);
  await peer.write_descriptor(SENSOR, BATTERY.configuration, '0100');
  assert.deepEqual((await peer.values(SENSOR, BATTERY.value, 3)).slice(0, 3), ['57', '57', '57']);
  assert.equal(await peer.read_descriptor(SENSOR, BATTERY.configuration), '0100');
  await peer.notify(SENSOR, COFFEE.value);
  await peer.write_descriptor(SENSOR, COFFEE.configuration, '0200');
  assert.deepEqual((await peer.values(SENSOR, COFFEE.value, 2)).slice(0, 2), ['c0ffee', 'c0ffee']);

  await peer.stop_notifications(SENSOR, BATTERY.value, BATTERY.configuration);
  const before_more_coffee = peer.came(SENSOR, BATTERY.value);
  await peer.values(SENSOR, COFFEE.value, 5);  // as often as the other, so that would have come too
  assert.equal(peer.came(SENSOR, BATTERY.value), before_more_coffee);
});

test('a device is paired, and then lets its secret be read', async (t) => {
  const peer = await connected(t, KNOWING);
  await peer.pair(SENSOR);
  assert.equal(await peer.read(SENSOR, SECRET.value), '2a');
  await peer.unpair(SENSOR);
});

test('the parameters of a link are changed, and what is known of a device is forgotten', { skip: Client === NativeApi }, async (t) => {
  const peer = await connected(t, KNOWING);
  await peer.set_parameters(SENSOR, 24, 40, 0, 400);
  await refused(peer.set_parameters(SENSOR, 40, 24, 0, 400), 135);
  await peer.clear_cache(SENSOR);
  assert.deepEqual(await peer.services(SENSOR), SERVICES);
});

test('a device that is lost is told of, with the reason', async (t) => {
  const supervision_timeout = 0x08;
  const peer = await subscribed(t);
  await connect(peer, RESTLESS, RANDOM, KNOWING);
  await is_lost(peer, RESTLESS);
  assert.equal(peer.links.get(RESTLESS).error, supervision_timeout);
  await all_free(peer);
});

test('requests to a device that is not connected are refused', async (t) => {
  const peer = await subscribed(t);
  await refused(peer.read(SENSOR, BATTERY.value), -1);
});

test('without a free slot a connection is refused at once', async (t) => {
  const peer = await connected(t, KNOWING);
  await connect(peer, SPARE_1, PUBLIC, KNOWING);
  await assert.rejects(connect(peer, SPARE_2, PUBLIC));
  assert.deepEqual(peer.links.get(SPARE_2), { connected: false, mtu: 0, error: 0 });
  await peer.disconnect(SPARE_1);
  await connect(peer, SPARE_2, PUBLIC, KNOWING);
});

test('the newest client has the radio, and connections of the one before are closed', async (t) => {
  const old = await connected(t, KNOWING);
  const newest = await subscribed(t, Other);
  await connect(newest, SENSOR, PUBLIC, KNOWING);
  assert.equal(await newest.read(SENSOR, BATTERY.value), '57');
  await assert.rejects(old.connect(SPARE_1, PUBLIC));
});

test('a client with another key, or none, is told so', { skip: !encrypted }, async () => {
  const another = Buffer.alloc(32, '0').toString('base64');
  assert.match(await Client.refusal(proxy.port, another), Client.wrong_key);
  assert.match(await Client.refusal(proxy.port, null), Client.no_key);
});

test('a client with a key is told that there is no encryption', { skip: encrypted }, async () => {
  const some = Buffer.alloc(32, '0').toString('base64');
  assert.match(await Client.refusal(proxy.port, some), Client.no_encryption);
});

test('when the program ends, its clients are seen off', async (t) => {
  const ending = new Proxy(encrypted);
  await ending.start();
  const peer = await Client.open(ending.port, ending.key);
  t.after(() => peer.close());
  peer.scan();
  await connect(peer, SENSOR, PUBLIC, KNOWING);
  await ending.stop();
  await peer.until('it is gone', () => peer.gone);
});

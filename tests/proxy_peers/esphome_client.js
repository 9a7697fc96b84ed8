// The npm package esphome-client: its own Noise and protobuf.

import assert from 'node:assert/strict';

import { Peer, Refused, hex, installed, to_number, to_text } from './peer.js';

const { openEspHomeClient } = await installed('esphome-client');

// Fields that have their default are not on the wire; it takes that for damage, of these two.
const DROPPED = /^Received Bluetooth(ScannerState|ConnectionsFree)Response without /;
const BASE = '-0000-1000-8000-00805f9b34fb';

function uuid_of({ uuid, shortUuid }) {
  if (shortUuid !== undefined) return shortUuid.toString(16).padStart(8, '0') + BASE;
  const digits = uuid.map((half) => half.toString(16).padStart(16, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

// The codes of refusals are in the causes of its errors.
async function answered(promise) {
  try {
    return await promise;
  } catch (error) {
    throw error.cause?.error === undefined ? error : new Refused(error.cause.error | 0);  // it reads them without their sign
  }
}

export class EsphomeClient extends Peer {
  static wrong_key = /^EncryptionKeyInvalidError/;
  static no_key = /^EncryptionRequiredError/;
  static no_encryption = /^it was let in$/;  // it tries again in plain text by itself
  #client;
  #warnings = [];
  #ending = new AbortController();
  #streams = [];

  static async open(port, key) {
    const peer = new EsphomeClient();
    const warn = (text) => peer.#warnings.push(text);
    const logger = { debug() {}, info() {}, warn, error: warn };
    peer.#client = await openEspHomeClient({ host: '127.0.0.1', port, psk: key, reconnect: false, clientId: 'peer', logger });
    peer.#client.on('disconnect', () => peer.on_gone());
    return peer;
  }

  /** The error that it gives when it cannot open. */
  static async refusal(port, key) {
    const let_in = (peer) => peer.close().then(() => 'it was let in');
    return EsphomeClient.open(port, key).then(let_in, ({ name, message }) => `${name}: ${message}`);
  }

  async close() {
    this.#ending.abort();
    await Promise.allSettled(this.#streams);
    await this.#client.disconnectAsync();
    assert.deepEqual(this.#warnings.filter((text) => !DROPPED.test(text)), []);
  }

  async info() {
    const { name, macAddress, friendlyName, suggestedArea, projectName, manufacturer, bluetoothProxyFeatureFlags } =
      this.#client.deviceInfo();
    return { name, mac: macAddress, friendly_name: friendlyName, area: suggestedArea, project: projectName, manufacturer,
      features: bluetoothProxyFeatureFlags };
  }

  scan() {
    const { bluetooth } = this.#client;
    const signal = this.#ending.signal;
    this.#client.on('bluetoothConnectionState', ({ address, connected, mtu, error }) => {
      this.on_link(to_text(address), { connected, mtu, error });
    });
    this.#client.on('bluetoothScannerState', ({ state, mode }) => this.on_scanner({ state, mode }));
    this.#client.on('bluetoothNotifyData', ({ address, handle, data }) => this.on_value(to_text(address), handle, hex(data)));
    this.#follow(bluetooth.advertisements({ signal }), ({ address, addressType, rssi, data }) => {
      this.hear(to_text(address), { type: addressType, rssi, data: hex(data) });
    });
    this.#follow(bluetooth.connectionsFree({ signal }), ({ free, limit, allocated }) => {
      this.on_slots({ free, limit, allocated: allocated.map(to_text) });
    });
  }

  #follow(stream, take) {
    this.#streams.push((async () => {
      for await (const each of stream) take(each);
    })());
  }

  async connect(address, type, cached = false) {
    const { connected, mtu } = await answered(
      this.#client.bluetooth.connect(to_number(address), { addressType: type, useCache: cached }));
    return { connected, mtu };
  }

  disconnect(address) {
    return this.#client.bluetooth.disconnect(to_number(address));
  }

  async services(address) {
    const services = await this.#client.bluetooth.getServices(to_number(address));
    return services.map((service) => ({
      uuid: uuid_of(service), handle: service.handle,
      characteristics: service.characteristics.map((characteristic) => ({
        uuid: uuid_of(characteristic), handle: characteristic.handle, properties: characteristic.properties,
        descriptors: characteristic.descriptors.map((descriptor) => ({ uuid: uuid_of(descriptor), handle: descriptor.handle })),
      })),
    }));
  }

  async read(address, handle) {
    return hex(await answered(this.#client.bluetooth.readCharacteristic(to_number(address), handle)));
  }

  async read_descriptor(address, handle) {
    return hex(await answered(this.#client.bluetooth.readDescriptor(to_number(address), handle)));
  }

  write(address, handle, value, response) {
    return answered(this.#client.bluetooth.writeCharacteristic(to_number(address), handle, Buffer.from(value, 'hex'), { response }));
  }

  write_descriptor(address, handle, value) {
    return answered(this.#client.bluetooth.writeDescriptor(to_number(address), handle, Buffer.from(value, 'hex')));
  }

  notify(address, handle) {
    return answered(this.#client.bluetooth.setNotify(to_number(address), handle, true));
  }

  // As Home Assistant does: the wish is taken back, and nothing is written.
  stop_notifications(address, handle) {
    return answered(this.#client.bluetooth.setNotify(to_number(address), handle, false));
  }

  pair(address) {
    return answered(this.#client.bluetooth.pair(to_number(address)));
  }

  unpair(address) {
    return answered(this.#client.bluetooth.unpair(to_number(address)));
  }

  // Units as on the air: 1.25 ms and 10 ms.
  set_parameters(address, minInterval, maxInterval, latency, timeout) {
    return answered(
      this.#client.bluetooth.setConnectionParams(to_number(address), { minInterval, maxInterval, latency, timeout }));
  }

  clear_cache(address) {
    return answered(this.#client.bluetooth.clearCache(to_number(address)));
  }
}

// The npm package @2colors/esphome-native-api: Noise in WebAssembly, protobuf by google-protobuf.

import { once } from 'node:events';

import { Peer, Refused, hex, installed, to_number, to_text } from './peer.js';

const { default: { Connection } } = await installed('@2colors/esphome-native-api');

const from_base64 = (text) => Buffer.from(text, 'base64').toString('hex');
const bytes = (value) => new Uint8Array(Buffer.from(value, 'hex'));
const number = (address) => Number(to_number(address));

export class NativeApi extends Peer {
  static wrong_key = /^Handshake failure: Handshake MAC failure$/;
  static no_key = /^Bad format: Encryption expected$/;
  static no_encryption = /^Bad format\. Expected 1 at the begin$/;
  #connection;
  #failure = null;

  static async open(port, key) {
    const peer = new NativeApi();
    await peer.#open(port, key);
    return peer;
  }

  /** The error that it gives when it cannot open. */
  static async refusal(port, key) {
    const peer = new NativeApi();
    const said = await peer.#open(port, key).then(() => 'it was let in', ({ message }) => message);
    peer.#connection.on('error', () => {});  // it goes on waiting for an answer
    peer.#connection.frameHelper.destroy();
    return said;
  }

  async #open(port, key) {
    const connection = new Connection({ host: '127.0.0.1', port, encryptionKey: key ?? '', reconnect: false });
    this.#connection = connection;
    const ready = once(connection, 'authorized');
    connection.connect();
    await ready;
    connection.on('error', (error) => { this.#failure ??= error; });
    connection.on('disconnected', () => this.on_gone());
  }

  close() {
    this.#connection.disconnect();
    if (this.#failure) throw this.#failure;
  }

  async info() {
    const { name, macAddress, friendlyName, suggestedArea, projectName, manufacturer, bluetoothProxyFeatureFlags } =
      await this.#connection.deviceInfoService();
    return { name, mac: macAddress, friendly_name: friendlyName, area: suggestedArea, project: projectName, manufacturer,
      features: bluetoothProxyFeatureFlags };
  }

  scan() {
    const on = (type, take) => this.#connection.on(`message.${type}`, take);
    on('BluetoothConnectionsFreeResponse', ({ free, limit, allocatedList }) => {
      this.on_slots({ free, limit, allocated: allocatedList.map(to_text) });
    });
    on('BluetoothDeviceConnectionResponse', ({ address, connected, mtu, error }) => {
      this.on_link(to_text(address), { connected, mtu, error });
    });
    on('BluetoothScannerStateResponse', ({ state, mode }) => this.on_scanner({ state, mode }));
    on('BluetoothGATTNotifyDataResponse', ({ address, handle, data }) => this.on_value(to_text(address), handle, from_base64(data)));
    // The connection tells what it makes of a payload; its frames still have the payload.
    this.#connection.frameHelper.on('message', (message) => {
      if (message.constructor.type !== 'BluetoothLERawAdvertisementsResponse') return;
      for (const each of message.getAdvertisementsList())
        this.hear(to_text(each.getAddress()), { type: each.getAddressType(), rssi: each.getRssi(), data: hex(each.getData_asU8()) });
    });
    this.#connection.subscribeBluetoothAdvertisementService();
  }

  // It waits for the answer that it hopes for; a refusal is another message.
  #answered(address, handle, promise) {
    return new Promise((resolve, reject) => {
      const on_error = (message) => {
        if (message.address === number(address) && message.handle === handle) reject(new Refused(message.error));
      };
      this.#connection.on('message.BluetoothGATTErrorResponse', on_error);
      promise.then(resolve, reject).finally(() => this.#connection.off('message.BluetoothGATTErrorResponse', on_error));
    });
  }

  async connect(address, type, cached = false) {
    const { connected, mtu, error } = await this.#connection.connectBluetoothDeviceService(number(address), type, cached);
    if (!connected) throw new Refused(error);
    return { connected, mtu };
  }

  disconnect(address) {
    return this.#connection.disconnectBluetoothDeviceService(number(address));
  }

  async services(address) {
    const { servicesList } = await this.#connection.listBluetoothGATTServicesService(number(address));
    return servicesList.map((service) => ({
      uuid: service.uuid, handle: service.handle,
      characteristics: service.characteristicsList.map((characteristic) => ({
        uuid: characteristic.uuid, handle: characteristic.handle, properties: characteristic.properties,
        descriptors: characteristic.descriptorsList.map(({ uuid, handle }) => ({ uuid, handle })),
      })),
    }));
  }

  async read(address, handle) {
    const { data } = await this.#answered(address, handle, this.#connection.readBluetoothGATTCharacteristicService(number(address), handle));
    return from_base64(data);
  }

  async read_descriptor(address, handle) {
    const { data } = await this.#answered(address, handle, this.#connection.readBluetoothGATTDescriptorService(number(address), handle));
    return from_base64(data);
  }

  write(address, handle, value, response) {
    return this.#answered(address, handle,
      this.#connection.writeBluetoothGATTCharacteristicService(number(address), handle, bytes(value), response));
  }

  write_descriptor(address, handle, value) {
    return this.#answered(address, handle,
      this.#connection.writeBluetoothGATTDescriptorService(number(address), handle, bytes(value)));
  }

  notify(address, handle) {
    return this.#answered(address, handle, this.#connection.notifyBluetoothGATTCharacteristicService(number(address), handle));
  }

  // It has no call that takes the wish back, so the descriptor is written.
  stop_notifications(address, handle, configuration) {
    return this.write_descriptor(address, configuration, '0000');
  }

  async pair(address) {
    const { paired, error } = await this.#connection.pairBluetoothDeviceService(number(address));
    if (!paired) throw new Refused(error);
  }

  async unpair(address) {
    const { success, error } = await this.#connection.unpairBluetoothDeviceService(number(address));
    if (!success) throw new Refused(error);
  }
}

// What the tests see of a client: the state that it was told of, in one form for both, and the answers to what it asked.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { Bell } from './events.js';

/** Imports an installed package; it is in the build folder, where Node does not look by itself. */
export async function installed(name) {
  const folder = join(process.env.MOOR_PEERS, 'node_modules', name);
  const { main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return import(pathToFileURL(join(folder, main)));
}

export const to_number = (address) => BigInt(`0x${address.replaceAll(':', '')}`);
export const to_text = (number) => BigInt(number).toString(16).padStart(12, '0').match(/../g).join(':').toUpperCase();
export const hex = (bytes) => Buffer.from(bytes).toString('hex');

/** What a request ended with, in place of an answer. */
export class Refused extends Error {
  constructor(code) {
    super(`refused with ${code}`);
    this.code = code;
  }
}

/** Base of the clients. Addresses are texts, bytes are hexadecimal texts. */
export class Peer {
  heard = new Map();  // by address: {type, rssi, data}
  links = new Map();  // by address: {connected, mtu, error}
  slots = null;  // {free, limit, allocated}
  scanner = null;  // {state, mode}
  gone = false;  // whether the connection to the proxy has ended
  #bell = new Bell();
  #values = new Map();  // by address and handle

  until(what, condition) {
    return this.#bell.until(what, condition);
  }

  /** The next values that come, so many of them. */
  async values(address, handle, count) {
    const key = `${address} ${handle}`;
    this.#values.set(key, []);
    return await this.until(`${count} values of ${key}`, () => this.#values.get(key).length >= count && this.#values.get(key));
  }

  /** How many have come since the last time that values were waited for. */
  came(address, handle) {
    return this.#values.get(`${address} ${handle}`).length;
  }

  hear(address, sighting) {
    this.heard.set(address, sighting);
    this.#bell.ring();
  }

  on_link(address, state) {
    this.links.set(address, state);
    this.#bell.ring();
  }

  on_slots(state) {
    this.slots = state;
    this.#bell.ring();
  }

  on_scanner(state) {
    this.scanner = state;
    this.#bell.ring();
  }

  on_gone() {
    this.gone = true;
    this.#bell.ring();
  }

  on_value(address, handle, value) {
    this.#values.get(`${address} ${handle}`)?.push(value);
    this.#bell.ring();
  }
}

// `moor proxy` over the world beside this file, as a program of its own at a free port of loopback.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { Bell } from './events.js';

export const NAME = 'peers-proxy';
export const MAC = 'A4:CF:12:00:00:01';
export const SLOTS = 2;
const INTERRUPTED = 130;
const LIFE_S = '600';  // it ends by itself where these tests were killed

export class Proxy {
  #process;
  #folder;
  #errors = '';
  #bell = new Bell();
  #status = null;
  #events = [];

  constructor(encrypted) {
    this.encrypted = encrypted;
  }

  async start() {
    this.#folder = mkdtempSync(join(tmpdir(), 'moor-peers-'));
    const config = join(this.#folder, 'proxy.toml');
    const world = join(import.meta.dirname, 'world.toml');
    writeFileSync(config, [
      `name = "${NAME}"`, 'friendly_name = "Proxy of the peers"', 'area = "Hall"', `mac = "${MAC}"`, `radio = "sim:${world}"`,
      `slots = ${SLOTS}`, 'listen = ["127.0.0.1:0"]', `encryption = ${this.encrypted}`, 'announce = false', ''].join('\n'));
    this.#process = spawn(process.env.MOOR_PROGRAM, ['proxy', '--config', config, '--json', '--duration', LIFE_S],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, XDG_STATE_HOME: this.#folder, MOOR_MDNS: 'off' } });
    process.once('exit', () => this.#leave_nothing());
    this.#process.stderr.on('data', (text) => { this.#errors += text; });
    this.#process.on('close', (code, signal) => {
      this.#status = code ?? signal;
      this.#bell.ring();
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.#events.push(JSON.parse(line));
      this.#bell.ring();
    });
    const listening = await this.#bell.until(`the proxy listens`, () => this.#find('listening') ?? this.#ended());
    this.port = Number(listening.address.split(':').at(-1));
    this.key = this.encrypted ? readFileSync(join(this.#folder, `${NAME}.key`), 'utf8').trim() : null;
  }

  /** Ends it as Ctrl-C does. Fails unless it goes in order, having seen each of its clients off. */
  async stop() {
    this.#process.kill('SIGINT');
    await this.#bell.until('the proxy ends', () => this.#status !== null);
    assert.equal(this.#status, INTERRUPTED, this.#errors);
    assert.equal(this.#find('stopped').reason, 'interrupted');
    const peers = (event) => this.#events.filter((each) => each.event === event).map((each) => each.peer).sort();
    assert.deepEqual(peers('client_went'), peers('client_came'));
  }

  // Also where a test has failed before it came to stop().
  #leave_nothing() {
    this.#process.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }

  #find(event) {
    return this.#events.find((each) => each.event === event);
  }

  #ended() {
    if (this.#status !== null) throw new Error(`the proxy has ended (${this.#status}): ${this.#errors}`);
  }
}

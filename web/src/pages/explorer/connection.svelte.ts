// One connected device over the explorer's WebSocket (docs/api.md): requests with numbers, answers in their turn, values that come by themselves. The link ends
// with the socket, so leaving the page disconnects.
import { api, ApiError } from '../../lib/api';

export interface Descriptor {
  uuid: string;
  name: string | null;
  handle: number;
  value: string | null;
  decoded: unknown;
  error?: string | null;
}

export interface Characteristic extends Descriptor {
  properties: string[];
  descriptors: Descriptor[];
}

export interface Service {
  uuid: string;
  name: string | null;
  handle: number;
  primary: boolean;
  characteristics: Characteristic[];
}

export interface Explored {
  id?: string;
  device_name: string | null;
  address: string | null;
  mtu: number;
  radio: string;
  services: Service[];
}

export interface Value {
  handle: number;
  hex: string;
  decoded: unknown;
  text: string | null;
  number: number | null;
  t: string;
}

export interface Holder {
  id?: string;
  address?: string | null;
  radio: string;
  label: string;
  since: string;
}

export interface Trouble {
  error: string;
  advice: string;
  holders?: Holder[];
}

const kept_log = 200;
const kept_points = 600;
const redraw_ms = 100;

/** What is known of a characteristic beyond the tree. */
export class Heard {
  value = $state.raw<Value | null>(null);
  trouble = $state.raw<Trouble | null>(null);
  written = $state('');
  busy = $state(false);
  subscribed = $state(false);
  log = $state.raw<Value[]>([]); // newest first
  series = $state.raw<[number[], number[]]>([[], []]); // seconds since 1970, numbers
  count = $state(0);
  #new: Value[] = [];
  #redraw: ReturnType<typeof setTimeout> | undefined;

  /** Values may come by the hundred a second; what shows them looks ten times. */
  take(value: Value) {
    this.#new.push(value);
    if (this.#new.length > kept_points) this.#new.shift();
    ++this.count;
    this.#redraw ??= setTimeout(() => this.#show(), redraw_ms);
  }

  #show() {
    this.#redraw = undefined;
    const fresh = this.#new;
    this.#new = [];
    this.value = fresh.at(-1) ?? this.value;
    this.trouble = null;
    this.log = [...[...fresh].reverse(), ...this.log].slice(0, kept_log);
    const numbers = fresh.filter((one) => one.number !== null);
    if (!numbers.length) return;
    const [t, y] = this.series;
    this.series = [
      [...t, ...numbers.map((one) => Date.parse(one.t) / 1000)].slice(-kept_points),
      [...y, ...numbers.map((one) => one.number!)].slice(-kept_points),
    ];
  }
}

type Answer = Record<string, unknown> & { n: number; ok: boolean; error?: string; advice?: string; holders?: Holder[] };

class Refused extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble.error);
  }
}

export class Connection {
  phase = $state<'idle' | 'connecting' | 'connected' | 'ended'>('idle');
  progress = $state<string[]>([]);
  trouble = $state.raw<Trouble | null>(null);
  device = $state.raw<Explored | null>(null);
  ended_by = $state('');
  #heard = new Map<number, Heard>();
  #socket: WebSocket | null = null;
  #next = 1;
  #turn = 0; // which call of connect() the page waits for
  #waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (why: unknown) => void }>();

  heard(handle: number): Heard {
    let found = this.#heard.get(handle);
    if (!found) this.#heard.set(handle, (found = new Heard()));
    return found;
  }

  async connect(target: { id: string } | { address: string; random?: boolean }) {
    this.close();
    const turn = ++this.#turn;
    this.phase = 'connecting';
    this.progress = [];
    this.trouble = null;
    this.device = null;
    this.ended_by = '';
    this.#heard = new Map();
    try {
      await this.#open();
      const answer = await this.#ask('connect', target);
      this.device = answer as unknown as Explored;
      this.phase = 'connected';
    } catch (why) {
      if (turn !== this.#turn || this.phase !== 'connecting') return; // given up meanwhile
      this.trouble = this.#trouble_of(why);
      this.close();
    }
  }

  /** Ends the link and the socket. */
  close() {
    const socket = this.#socket;
    this.#socket = null;
    this.phase = 'idle';
    for (const one of this.#waiting.values()) one.reject(new Refused({ error: 'Disconnected.', advice: '' }));
    this.#waiting.clear();
    socket?.close();
  }

  async read(handle: number, format = '') {
    await this.#try(handle, async (heard) => {
      heard.value = (await this.#ask('read', { handle, ...(format && { format }) })) as unknown as Value;
    });
  }

  async write(handle: number, value: { hex: string } | { text: string; format: string }, response: boolean, read_back: boolean) {
    await this.#try(handle, async (heard) => {
      heard.written = '';
      const answer = await this.#ask('write', { handle, ...value, response });
      heard.written = String(answer.hex);
      if (read_back) heard.value = (await this.#ask('read', { handle })) as unknown as Value;
    });
  }

  async subscribe(handle: number, on: boolean, format = '') {
    await this.#try(handle, async (heard) => {
      await this.#ask(on ? 'subscribe' : 'unsubscribe', { handle, ...(on && format && { format }) });
      heard.subscribed = on;
    });
  }

  async #try(handle: number, act: (heard: Heard) => Promise<void>) {
    const heard = this.heard(handle);
    heard.busy = true;
    heard.trouble = null;
    try {
      await act(heard);
    } catch (why) {
      heard.trouble = this.#trouble_of(why);
    }
    heard.busy = false;
  }

  #trouble_of(why: unknown): Trouble {
    if (why instanceof Refused) return why.trouble;
    if (why instanceof ApiError) return { error: why.message, advice: why.advice };
    return { error: String(why), advice: '' };
  }

  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/explorer`);
      this.#socket = socket;
      socket.onopen = () => resolve();
      socket.onmessage = (event) => this.#socket === socket && this.#take(JSON.parse(String(event.data)) as Answer & { event?: string });
      socket.onclose = (event) => {
        if (this.#socket !== socket) return;
        this.#lost(event.reason || 'the gateway closed the explorer');
        void why_refused().then(reject);
      };
    });
  }

  #take(message: Answer & { event?: string; text?: string; cause?: string }) {
    if (message.event === 'progress') this.progress = [...this.progress, message.text ?? ''].slice(-20);
    else if (message.event === 'value') this.heard(Number(message.handle)).take(message as unknown as Value);
    else if (message.event === 'disconnected') this.#lost(message.cause ?? '');
    else if (message.ok) this.#answered(message.n)?.resolve(message);
    else this.#answered(message.n)?.reject(new Refused({ error: message.error ?? '', advice: message.advice ?? '', holders: message.holders }));
  }

  #answered(n: number) {
    const waiting = this.#waiting.get(n);
    this.#waiting.delete(n);
    return waiting;
  }

  #lost(cause: string) {
    if (this.phase === 'connected') {
      this.close();
      this.phase = 'ended';
      this.ended_by = cause;
      for (const heard of this.#heard.values()) heard.subscribed = false;
      return;
    }
    for (const one of this.#waiting.values()) one.reject(new Refused({ error: cause, advice: 'Is the device awake and near? Connect again.' }));
    this.#waiting.clear();
  }

  #ask(op: string, fields: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const n = this.#next++;
      this.#waiting.set(n, { resolve, reject });
      if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ n, op, ...fields }));
      else this.#answered(n)?.reject(new Refused({ error: 'There is no connection.', advice: 'Connect again.' }));
    });
  }
}

// A browser does not tell why a WebSocket was refused; the same address asked plainly does.
async function why_refused(): Promise<unknown> {
  try {
    await api.get('/explorer');
  } catch (why) {
    if (why instanceof ApiError && why.status !== 400 && why.status !== 426) return why;
  }
  return new ApiError(0, 'The explorer of the gateway does not answer.', 'Is moor gateway running? Try again in a moment.');
}

// What the gateway tells all the time (GET /api/v1/live). Devices lie in a plain map, and what shows them looks again when `version` changes: at most once
// a frame, however many events came in between.
import { api, type Device, type Radio, type Sensor, type Status, type ZoneEvent } from './api';
import { session } from './session.svelte';

export type Connection = 'connecting' | 'live' | 'lost';

const silence_ms = 10_000; // the gateway tells its status each 2 s
const settle_ms = 3_000; // until all devices have been told of after a connection
const retry_ms = [500, 1_000, 2_000, 5_000, 10_000];
const kept_events = 200;

class Live {
  readonly devices = new Map<string, Device>();
  version = $state(0);
  connection = $state<Connection>('connecting');
  /** Whether the first devices have come. */
  known = $state(false);
  status = $state.raw<Status | null>(null);
  radios = $state.raw<Radio[]>([]);
  sensors = $state.raw<Map<string, Sensor>>(new Map());
  events = $state.raw<ZoneEvent[]>([]); // newest first
  visits = $state(0); // how many were told of: a reason to read them again
  /** Events that this page was too slow for. */
  lost = $state(0);
  now = $state(Date.now()); // each second, by the gateway's clock

  #source: EventSource | null = null;
  #fresh: Set<string> | null = null;
  #heard = 0;
  #opened = 0;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;
  #ahead = 0; // of this machine's clock

  start() {
    setInterval(() => this.#tick(), 1000);
    this.#open();
  }

  get zones(): string[] {
    return this.status?.zones ?? [];
  }

  /** After signing in, or for who does not want to wait. */
  reconnect() {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#open();
  }

  async #open() {
    this.connection = this.#failures ? 'lost' : 'connecting';
    try {
      this.#take_status(await api.get<Status>('/status')); // an event source does not tell why it was refused
    } catch {
      return this.#failed();
    }
    if (session.needed) return;
    const source = new EventSource('/api/v1/live');
    this.#source = source;
    this.#heard = performance.now();
    source.onopen = () => {
      this.#fresh = new Set();
      this.#opened = performance.now();
      this.#failures = 0;
    };
    source.onerror = () => {
      source.close();
      if (source === this.#source) this.#failed();
    };
    const on = <T>(name: string, take: (data: T) => void) =>
      source.addEventListener(name, (event) => {
        this.#heard = performance.now();
        this.connection = 'live';
        take(JSON.parse((event as MessageEvent<string>).data) as T);
      });
    on<{ changed: Device[]; gone: string[] }>('devices', (data) => this.#take_devices(data.changed, data.gone));
    on<ZoneEvent>('zone', (data) => (this.events = [data, ...this.events].slice(0, kept_events)));
    on<unknown>('visit', () => ++this.visits);
    on<Sensor>('sensor', (data) => (this.sensors = new Map(this.sensors).set(`${data.sensor} ${data.id}`, data)));
    on<{ radios: Radio[] }>('radios', (data) => (this.radios = data.radios));
    on<Status>('status', (data) => {
      this.#forget_stale();
      this.#take_status(data);
    });
    on<{ lost: number }>('lost', (data) => (this.lost += data.lost));
  }

  #failed() {
    this.#source = null;
    if (session.needed) return;
    this.connection = 'lost';
    const wait = retry_ms[Math.min(this.#failures++, retry_ms.length - 1)];
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), wait);
  }

  #tick() {
    this.now = Date.now() + this.#ahead;
    if (this.#source && performance.now() - this.#heard > silence_ms) {
      this.#source.close();
      this.#failed();
    }
  }

  #take_status(status: Status) {
    this.status = status;
    this.#ahead = Date.parse(status.now) - Date.now();
    if (Math.abs(this.#ahead) < 1500) this.#ahead = 0;
    this.now = Date.now() + this.#ahead;
  }

  #take_devices(changed: Device[], gone: string[]) {
    for (const device of changed) {
      this.devices.set(device.id, device);
      this.#fresh?.add(device.id);
    }
    for (const id of gone) this.devices.delete(id);
    this.known = true;
    this.#changed();
  }

  /** After a reconnection: what was not told of again is gone. */
  #forget_stale() {
    if (!this.#fresh || performance.now() - this.#opened < settle_ms) return;
    for (const id of this.devices.keys()) if (!this.#fresh.has(id)) this.devices.delete(id);
    this.#fresh = null;
    this.known = true;
    this.#changed();
  }

  #changed() {
    if (this.#frame) return;
    const show = () => {
      this.#frame = 0;
      ++this.version;
    };
    // A page in the background gets no frames.
    this.#frame = document.hidden ? (setTimeout(show, 1000) as unknown as number) : requestAnimationFrame(show);
  }
}

export const live = new Live();
